"""A process that dies in the middle of curators' work leaves everything as it was, on both databases."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

from .test_import_killed import database  # noqa: F401 -- a fixture


@pytest.mark.parametrize("work", ["add_theme", "publish", "merge", "undo", "restore"])
def test_work_that_is_killed_after_any_of_its_writes_leaves_the_state_before(database, work):  # noqa: F811
    environment = {
        **os.environ,
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "pathways.settings",
        "LOCAL": "true",
    }
    command = [sys.executable, "-m", "tests.curation.desk_killed", work]
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["writes"] >= 3
    assert told["torn"] == []
    assert told["finished"] is True
