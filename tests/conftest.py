"""What every test has: the database it says it runs on, the curated entries, and a chance to count queries."""

import os
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

TESTED_DATABASE = os.environ.get("TESTED_DATABASE", "sqlite")


def pytest_report_header():
    return f"database: {TESTED_DATABASE}"


@pytest.fixture(scope="session", autouse=True)
def tested_database():
    """Each lane asserts its database, so that neither silently tests the other."""
    assert connection.vendor == TESTED_DATABASE


@pytest.fixture(autouse=True)
def plain_settings(settings):
    """Settings that a developer's environment might change."""
    settings.DATA_LICENCE = settings.DATA_LICENCE_URL = settings.SITE_URL = ""


@pytest.fixture(scope="session")
def fixtures_dir():
    return Path(settings.FIXTURE_DIRS[0])


def unavailable(what):
    """Skip a test for want of ``what``; where CI runs, that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and CI must have it")
    pytest.skip(f"{what} is missing")
