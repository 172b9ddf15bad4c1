"""SQLite: a copy by VACUUM INTO, which reads one state; restored by the online backup, which is one transaction.

No file is put in the place of another: a process that has the old one open would go on with it, and its journal would
be taken for the new one's.
"""

import hashlib
import secrets
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from django.db import connection

from .archive import BackupError
from .tables import DATA_VERSION, OF_MIGRATIONS, SESSIONS, state

# Seconds that a writer is waited for.
PATIENCE = 20


class Sqlite:
    member = "database.sqlite3"
    release = sqlite3.sqlite_version

    def __init__(self):
        self.path = Path(connection.settings_dict["NAME"])

    def copy(self, path):
        try:
            with closing(opened(self.path)) as live:
                live.execute("VACUUM INTO ?", [str(path)])
            with closing(opened(path)) as copied:
                # One file, without a journal beside it.
                copied.execute("PRAGMA journal_mode=DELETE")
                check(copied)
                return state(copied.execute, fingerprints(copied))
        except sqlite3.Error as error:
            raise BackupError(f"The database cannot be copied: {error}.") from None

    def filled(self):
        if not self.path.exists():
            return []
        query = 'SELECT EXISTS (SELECT 1 FROM "{}")'
        try:
            with closing(opened(self.path)) as live:
                names = [name for name in tables(live) if name not in OF_MIGRATIONS]
                return [name for name in names if live.execute(query.format(name)).fetchone()[0]]
        except sqlite3.Error as error:
            raise BackupError(f"The database that is there cannot be read ({error}): move its file away.") from None

    def replace(self, path, expected):
        try:
            with closing(opened(path)) as copied:
                check(copied)
                compare(fingerprints(copied), expected)
                with copied:
                    copied.execute("BEGIN")
                    copied.execute(f"DELETE FROM {SESSIONS}")  # noqa: S608
                    advance = f"UPDATE {DATA_VERSION} SET number = number + 1, epoch = ?"  # noqa: S608
                    copied.execute(advance, [secrets.token_hex(8)])
                with closing(opened(self.path, mode="rwc")) as live:
                    copied.backup(live, progress=bounded(time.monotonic() + PATIENCE))
        except sqlite3.Error as error:
            raise BackupError(f"The database cannot be restored: {error}. It is as it was before.") from None


def opened(path, mode="rw"):
    address = f"{Path(path).absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(address, uri=True, timeout=PATIENCE, isolation_level=None)


def compare(found, expected):
    """Raise BackupError unless the tables ``found`` have the rows and checksums that the manifest says."""
    for name in sorted({*found, *expected}):
        if found.get(name) != expected.get(name):
            raise BackupError(
                f"The table {name} is not what was saved: {found.get(name)}, where the backup had "
                f"{expected.get(name)}. Nothing was restored."
            )


def bounded(deadline):
    """Return what ends a copy that a writer has kept waiting until ``deadline``."""

    def progress(status, remaining, total):
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > deadline:
            raise BackupError(
                "Another process keeps writing to the database: stop the site first. Nothing was restored."
            )

    return progress


def check(database):
    """Raise BackupError if the file is damaged."""
    found = [text for (text,) in database.execute("PRAGMA integrity_check(3)")]
    if found != ["ok"]:
        raise BackupError(f"The database is damaged: {'; '.join(found)}.")


def tables(database):
    """Return the names of the tables that hold rows of their own, not parts of the full-text index."""
    query = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' ORDER BY name"
    return [name for (name,) in database.execute(query) if not name.startswith("sqlite_")]


def fingerprints(database):
    return {name: fingerprint(database, name) for name in tables(database)}


def fingerprint(database, name):
    rows = total = 0
    for row in database.execute(f'SELECT * FROM "{name}"'):  # noqa: S608 -- a name that the database gave
        rows += 1
        total += int.from_bytes(hashlib.md5(repr(row).encode(), usedforsecurity=False).digest(), "big")
    return {"rows": rows, "checksum": f"{total % (1 << 128):032x}"}
