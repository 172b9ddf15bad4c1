"""What every test has: the database it says it runs on, the curated entries, and a chance to count queries."""

import os
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from django.db.models.signals import post_migrate

from pathways.accounts.models import Event
from pathways.curation.fixtures import load
from pathways.listing import cards, index, search
from pathways.listing.middleware import kept_pages

TESTED_DATABASE = os.environ.get("TESTED_DATABASE", "sqlite")


def pytest_report_header():
    return f"database: {TESTED_DATABASE}"


@pytest.fixture(scope="session", autouse=True)
def tested_database():
    """Each lane asserts its database, so that neither silently tests the other."""
    assert connection.vendor == TESTED_DATABASE


@pytest.fixture(autouse=True)
def groups_where_needed(request):
    """A run without a test of the database makes none, and so has no groups."""
    if request.node.get_closest_marker("django_db") or {"db", "transactional_db"} & set(request.fixturenames):
        request.getfixturevalue("groups")


@pytest.fixture(scope="session")
def groups(django_db_setup, django_db_blocker):
    """The groups that a migration makes are made again wherever a test has emptied the database."""
    with django_db_blocker.unblock():
        made = {
            one.name: [permission.natural_key() for permission in one.permissions.all()] for one in Group.objects.all()
        }

    def make_again(**kwargs):
        for name, permissions in made.items():
            group, is_new = Group.objects.get_or_create(name=name)
            if is_new:
                group.permissions.set(Permission.objects.get_by_natural_key(*key) for key in permissions)
        # The audit log tells of that, and nobody is to find it there.
        QuerySet(Event).delete()

    # Emptying a database ends in the signal of a migration, for one app after the other.
    *_others, last = apps.get_app_configs()
    post_migrate.connect(make_again, sender=last, weak=False)


@pytest.fixture(autouse=True)
def plain_settings(settings, tmp_path_factory):
    """Settings that a developer's environment might change, and a place of our own for what is kept."""
    settings.CACHE_DIR = tmp_path_factory.mktemp("cache")
    settings.DATA_LICENCE = settings.DATA_LICENCE_URL = settings.SITE_URL = ""


@pytest.fixture(autouse=True)
def no_index():
    """No test answers from the index of another one's data: factories write without a new version of the data."""
    forget()
    yield
    forget()


def forget():
    index.forget()
    cards.forget()
    kept_pages.forget()
    # It is not time to hold the search index against the records, which factories do not write it for.
    search.looks.clear()


@pytest.fixture
def kept_index(monkeypatch):
    """Keep index and cards from one request to the next, as a site does; a test is within a transaction."""
    outside = SimpleNamespace(in_atomic_block=False)
    monkeypatch.setattr(index, "transaction", SimpleNamespace(get_connection=lambda: outside))


@pytest.fixture(scope="session")
def fixtures_dir():
    return Path(settings.FIXTURE_DIRS[0])


@pytest.fixture(scope="module")
def curated_rows(groups, django_db_blocker, fixtures_dir):
    """Load the curated fixtures once for a module, within a transaction that ends with it."""
    outermost = transaction.atomic()
    with django_db_blocker.unblock():
        outermost.__enter__()
        load(fixtures_dir)
    yield
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        outermost.__exit__(None, None, None)


@pytest.fixture
def curated(curated_rows, db, kept_index):
    """The knowledge base as it is curated. What a test changes in it is undone for the next one."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Keep the tests of a module that reads the curated entries on one worker, so that they are loaded once."""
    for item in items:
        if "curated" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group(item.module.__name__))


@contextmanager
def connection_kept():
    """Keep the connection, and the transaction of a test with it, when a request ends without the test client."""
    with mock.patch.object(BaseDatabaseWrapper, "close_if_unusable_or_obsolete"):
        yield


def unavailable(what):
    """Skip a test for want of ``what``; where CI runs, that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and CI must have it")
    pytest.skip(f"{what} is missing")
