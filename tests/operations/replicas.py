"""Replicas for tests, to be paused, lost and started: on PostgreSQL a streaming one, on SQLite a copy of the file."""

import os
import signal
import sqlite3
import subprocess
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path

import psycopg
from django.db import connection

WAITED_FOR = 60


class Copy:
    """A copy of an SQLite database, made whenever it is to catch up."""

    def __init__(self, folder):
        self.path = Path(folder) / "replica.sqlite3"
        self.settings = {**connection.settings_dict, "NAME": f"file:{self.path}?mode=ro", "OPTIONS": {}}
        self.is_paused = False

    def catch_up(self):
        self.is_paused = False
        connection.ensure_connection()
        with closing(sqlite3.connect(self.path)) as copy:
            connection.connection.backup(copy)

    def pause(self):
        self.is_paused = True

    def lose(self):
        self.path.rename(self.path.with_suffix(".lost"))

    def start(self):
        self.path.with_suffix(".lost").rename(self.path)


class Standby:
    """A streaming replica of the PostgreSQL server under test, made with its own programs."""

    def __init__(self, folder):
        with connection.cursor() as cursor:
            cursor.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'")
            (programs,) = cursor.fetchone()
        self.programs = Path(programs)
        self.folder, self.process = Path(folder), None
        # PostgreSQL does not run as root.
        self.user = "pgserver" if os.geteuid() == 0 else None
        if self.user:
            subprocess.run(["chown", self.user, folder], check=True)
        primary = connection.get_connection_params()
        own = {"host": str(folder), "connect_timeout": 2}
        self.settings = {**connection.settings_dict, "OPTIONS": {**connection.settings_dict["OPTIONS"], **own}}
        self.place = {"host": str(folder), "user": primary["user"], "dbname": "postgres"}
        server = ["--host", primary["host"], "--username", primary["user"]]
        options = ["--pgdata", self.folder / "data", "--write-recovery-conf", "--checkpoint=fast", "--no-sync"]
        self.run("pg_basebackup", *server, *options)

    def run(self, program, *arguments):
        subprocess.run([self.programs / program, *arguments], check=True, user=self.user, cwd=self.folder)

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.folder / "data", "-h", "", "-k", self.folder, "-F"],
                stdout=log,
                stderr=log,
                user=self.user,
                cwd=self.folder,
            )
        wait_until(self.answers, (self.folder / "log").read_text)

    def answers(self):
        try:
            return self.ask("SELECT pg_is_in_recovery()")
        except psycopg.OperationalError:
            return False

    def ask(self, sql):
        with psycopg.connect(**self.place, autocommit=True) as server:
            found = server.execute(sql)
            return found.fetchone()[0] if found.description else None

    def catch_up(self):
        self.ask("SELECT pg_wal_replay_resume()")
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_wal_lsn()")
            (position,) = cursor.fetchone()
        wait_until(lambda: self.ask(f"SELECT pg_last_wal_replay_lsn() >= '{position}'"), lambda: position)

    def pause(self):
        self.catch_up()
        self.ask("SELECT pg_wal_replay_pause()")
        wait_until(lambda: self.ask("SELECT pg_get_wal_replay_pause_state()") == "paused", lambda: "not paused")

    def lose(self):
        """Kill it as a machine dies: all at once."""
        for pid in [self.process.pid, *children(self.process.pid)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(WAITED_FOR)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(WAITED_FOR)


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_until(holds, otherwise):
    """Wait until ``holds()``; fail with what ``otherwise()`` returns if it never does."""
    for _ in range(WAITED_FOR * 20):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError(otherwise())


def folder_for_sockets():
    """Return a folder with a short name, as addresses of sockets have to have."""
    return Path(tempfile.mkdtemp(prefix="replica-"))
