"""Lines of files, kept on disk for a version of the data: whoever takes the same rows away next has them ready.

What cannot be kept or read is made anew: a full disk, a broken file or a busy one costs time, never a line; and a line
that is not as it was written is not taken.
"""

import hashlib
import json
import sqlite3
from contextlib import suppress
from zlib import crc32

from django.conf import settings
from django.utils.translation import get_language

import pathways

from .index import within_transaction

CREATE = "CREATE TABLE IF NOT EXISTS lines (id INTEGER PRIMARY KEY, line TEXT NOT NULL, checksum INTEGER NOT NULL)"
FIND = "SELECT id, line, checksum FROM lines WHERE id IN (SELECT value FROM json_each(?))"


class KeptLines:
    """The lines of rows in one format, by id. ``name`` says of which list and format, ``parts`` what they depend on."""

    def __init__(self, name, version, parts):
        self.connection = None
        epoch, _number = version
        if within_transaction() or not epoch:
            return
        lasting = digest(pathways.__version__, get_language(), *parts)
        self.path = settings.CACHE_DIR / f"{name}-{lasting}-{digest(*version)}.sqlite"
        try:
            settings.CACHE_DIR.mkdir(exist_ok=True)
            is_new = not self.path.exists()
            self.connection = sqlite3.connect(self.path, timeout=1, isolation_level=None, check_same_thread=False)
            self.connection.execute("PRAGMA synchronous=OFF")
            self.connection.execute(CREATE)
            if is_new:
                for other in settings.CACHE_DIR.glob(f"{name}-{lasting}-*.sqlite"):
                    if other != self.path:
                        other.unlink(missing_ok=True)
        except (OSError, sqlite3.Error):
            self.give_up()

    def get(self, ids):
        """Return the lines that are kept of the rows ``ids``, by id."""
        if self.connection is None:
            return {}
        try:
            found = self.connection.execute(FIND, [json.dumps(ids)])
            # SQLite notices when a page of the file is lost, not when it is another than was written.
            return {pk: line for pk, line, checksum in found if crc32(line.encode()) == checksum}
        except sqlite3.Error:
            self.give_up()
            return {}

    def put(self, lines):
        """Keep ``lines``, by id."""
        if self.connection is None or not lines:
            return
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            rows = ((pk, line, crc32(line.encode())) for pk, line in lines.items())
            self.connection.executemany("INSERT OR REPLACE INTO lines VALUES (?, ?, ?)", rows)
            self.connection.execute("COMMIT")
        except sqlite3.OperationalError:
            # Another process writes, or the disk is full: what is kept is sound all the same.
            with suppress(sqlite3.Error):
                self.connection.execute("ROLLBACK")
        except sqlite3.Error:
            self.give_up()

    def give_up(self):
        """Keep nothing any more; a file that cannot be read goes."""
        self.close()
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def digest(*parts):
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:16]
