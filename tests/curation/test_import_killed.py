"""A process that dies in the middle of an import leaves everything as it was, on both databases."""

import json
import os
import subprocess
import sys
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings

from tests.conftest import TESTED_DATABASE


@pytest.fixture
def database(tmp_path):
    """Yield the address of an empty database that another process may use."""
    if TESTED_DATABASE == "sqlite":
        yield f"sqlite:///{tmp_path / 'killed.sqlite3'}"
        return
    address, name = os.environ["DATABASE_URL"], f"killed_{os.getpid()}"
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield urlsplit(address)._replace(path=f"/{name}").geturl()
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_an_import_that_is_killed_after_any_of_its_writes_leaves_the_state_before(database, tmp_path):
    environment = {
        **os.environ,
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "pathways.settings",
        "LOCAL": "true",
    }
    command = [sys.executable, "-m", "tests.curation.import_killed", str(tmp_path / "fixtures")]
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["writes"] > 15
    assert told["torn"] == []
    assert told["finished"] == [
        "done",
        [["palim", "draft"], ["palim", "published"], ["second", "draft"], ["third", "draft"]],
    ]
