"""The scanner of the site is run before a release only: what it needs of the tests is there all the same."""

import subprocess
import sys

import pytest
from django.conf import settings

pytestmark = pytest.mark.once


def asked(*arguments):
    command = [sys.executable, "scripts/scan.py", *arguments]
    return subprocess.run(command, check=False, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=60)


def test_it_starts():
    done = asked("--help")
    assert done.returncode == 0, done.stderr
    assert "--as" in done.stdout


def test_a_role_is_for_the_admin():
    assert "--as is for --admin" in asked("--as", "Editor").stderr
