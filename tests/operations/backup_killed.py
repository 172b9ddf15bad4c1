"""Run as a process of its own: a backup, or a restore, killed before each thing that it does to files, programs or
databases, until one is not. Prints a line of JSON: how many were killed, and what was found amiss after them.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

import django

django.setup()

from django.db import connection, connections  # noqa: E402

from pathways.operations.backup import NAME, Archive, back_up, restore  # noqa: E402
from tests.killing import forked  # noqa: E402

from .contents import contents  # noqa: E402

COUNTED = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "subprocess.Popen", "sqlite3.connect"}
MOST, PATIENCE = 500, 60


def child(act, number):
    """Act in another process that kills itself before the deed of that ``number``; return whether it came to that."""
    done = 0

    def count(event, arguments):
        nonlocal done
        if event in COUNTED or (event == "open" and isinstance(arguments[1], str) and "w" in arguments[1]):
            done += 1
            if done == number:
                os.kill(os.getpid(), signal.SIGKILL)

    def counted():
        sys.addaudithook(count)
        act()

    return forked(counted)


def alone():
    """Wait until the programs that a killed process has started are gone."""
    if connection.vendor != "postgresql":
        return
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    deadline = time.monotonic() + PATIENCE
    with connection.cursor() as cursor:
        while cursor.execute(query) and cursor.fetchone()[0]:
            if time.monotonic() > deadline:
                raise SystemExit("A program that was started goes on for ever.")
            time.sleep(0.05)


def killed_backups(folder):
    amiss = []
    for number in range(1, MOST):
        killed = child(lambda: back_up(folder, keep=1), number)
        alone()
        # Whatever is there under the name of a backup is one.
        there = [path for path in folder.iterdir() if NAME.fullmatch(path.name)]
        for path in there:
            Archive(path).zip.close()
        if number > 1 and len(there) == 0:
            amiss.append(number)
        if not killed:
            return number - 1, amiss, sorted("backup" if path in there else path.name for path in folder.iterdir())
    raise SystemExit("It does not come to an end.")


def killed_restores(backup, later):
    restore(backup, force=True)
    old = contents()
    restore(later, force=True)
    new, amiss, seen = contents(), [], set()
    for number in range(1, MOST):
        killed = child(lambda: restore(backup, force=True), number)
        alone()
        now = contents()
        if now == old:
            seen.add("after")
            restore(later, force=True)
        elif now == new:
            seen.add("before")
        else:
            amiss.append(number)
        connections.close_all()
        if not killed:
            return number - 1, amiss, [now == old, *sorted(seen)]
    raise SystemExit("It does not come to an end.")


if __name__ == "__main__":
    what, *paths = sys.argv[1:]
    act = {"backup": killed_backups, "restore": killed_restores}[what]
    print(json.dumps(act(*map(Path, paths))))
