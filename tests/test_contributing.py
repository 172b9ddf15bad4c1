"""The changes that CONTRIBUTING.md shows can be made as they stand, and what it names is there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from .conftest import unavailable

pytestmark = pytest.mark.once

ROOT = Path(settings.BASE_DIR)
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CHANGES = sorted(ROOT.glob("docs/changes/*.patch"))
LEFT_BEHIND = shutil.ignore_patterns(".git", ".venv", ".*_cache", ".hypothesis", "__pycache__", "var", "*.png")


@pytest.fixture
def tree(tmp_path):
    """A copy of the project, as it stands."""
    if not shutil.which("git"):
        unavailable("git")
    return shutil.copytree(ROOT, tmp_path / "tree", ignore=LEFT_BEHIND)


def run(tree, *command):
    """Run a command there on a database of its own; fail with what it said if it fails."""
    ours = ("PYTEST_", "DATABASE_URL", "TESTED_DATABASE", "DJANGO_", "LOCAL", "DEBUG", "SECRET_KEY", "ALLOWED_HOSTS")
    env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(
        command, cwd=tree, env={**env, "LOCAL": "true"}, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("change", CHANGES, ids=lambda path: path.stem)
def test_a_change_that_is_shown_is_whole_and_brings_its_tests(tree, change):
    text = change.read_text(encoding="utf-8")
    named = re.findall(r"^Test: (\S+)$", text, re.MULTILINE)
    brought = re.findall(r"^\+def (test_\w+)", text, re.MULTILINE)
    # A file that is named is run whole.
    files = [test for test in named if "::" not in test]
    assert named
    assert files or set(brought) <= {test.partition("::")[2] for test in named}
    run(tree, "git", "apply", str(change))
    run(tree, sys.executable, "-m", "ruff", "check", ".")
    run(tree, sys.executable, "-m", "ruff", "format", "--check", ".")
    run(tree, sys.executable, "manage.py", "makemigrations", "--check", "--dry-run")
    run(tree, sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *named)


def test_every_change_is_in_the_guide():
    assert sorted(re.findall(r"\]\((docs/changes/[^)]+)\)", GUIDE)) == [f"docs/changes/{one.name}" for one in CHANGES]


def test_what_the_guide_names_is_there():
    named = re.findall(r"`([\w-]+(?:/[\w.-]+)*/|(?:[\w-]+/)+[\w-]+\.\w+)`", GUIDE)
    assert len(named) > 30
    assert [path for path in named if not (ROOT / path).exists()] == []
