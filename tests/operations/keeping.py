"""What the tests of backups and migrations have in common: sites as processes, on databases of their own."""

import itertools
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from django.conf import settings

from tests.conftest import TESTED_DATABASE

numbers = itertools.count(1)


class Site:
    """The site on the database at ``address``: each command is a process of its own."""

    def __init__(self, address, **environment):
        self.address = address
        self.environment = {
            **os.environ,
            "DATABASE_URL": address,
            "DJANGO_SETTINGS_MODULE": "pathways.settings",
            "LOCAL": "true",
            **environment,
        }

    def start(self, *command, **options):
        return subprocess.Popen(
            [sys.executable, *map(str, command)],
            cwd=settings.BASE_DIR,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def run(self, *command, **options):
        """Run Python with ``command`` to its end; return its exit status, what it printed, and its complaints."""
        with self.start(*command, **options) as process:
            out, complaints = process.communicate(timeout=280)
        return process.returncode, out, complaints

    def manage(self, *command, **options):
        """Run a command that has to succeed; return what it printed."""
        status, out, complaints = self.run("manage.py", *command, **options)
        assert status == 0, complaints[-3000:]
        return out

    def refused(self, *command, **options):
        """Run a command that has to fail; return what it said, without a traceback."""
        status, _out, complaints = self.run("manage.py", *command, **options)
        assert status == 1
        assert "Traceback" not in complaints
        return complaints

    def steps(self, *steps):
        """Do one thing after the other in one process, as ``steps.py`` names them; return what each gave."""
        return self.tell("steps", json.dumps(steps, default=str))

    def tell(self, module, *arguments):
        """Run one of the tests' programs; return the JSON of its last line."""
        status, out, complaints = self.run("-m", f"tests.operations.{module}", *arguments)
        assert status == 0, complaints[-3000:]
        return json.loads(out.splitlines()[-1])


@contextmanager
def database(folder):
    """Give the address of an empty database, of the kind that is tested."""
    name = f"kept_{os.getpid()}_{next(numbers)}"
    if TESTED_DATABASE == "sqlite":
        yield f"sqlite:///{folder / name}.sqlite3"
        return
    address = os.environ["DATABASE_URL"]
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield urlsplit(address)._replace(path=f"/{name}").geturl()
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")
