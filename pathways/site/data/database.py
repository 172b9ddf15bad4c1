"""The public tables as an SQLite file, made once for each version of the data."""

import hashlib
import os
import sqlite3
import threading
import time
from contextlib import closing, suppress
from itertools import islice
from tempfile import NamedTemporaryFile

from django.conf import settings
from django.utils.translation import get_language

import pathways

from .package import package
from .tables import BY_NAME, TABLES

TYPES = {"integer": "INTEGER", "number": "REAL", "boolean": "INTEGER"}
BATCH = 5000
# Nobody takes so many seconds to write the file.
LONGEST = 3600

being_made = threading.Lock()


def database(site):
    """Return the path of the file of the public tables as they stand, which is made if there is none yet.

    What it says of itself is in the language of the request, so each language has a file.
    """
    about = package(site)
    parts = (pathways.__version__, site, about["version"], about["licenses"])
    digest = hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()
    folder = settings.VAR_DIR / "public"
    name = f"pathways-{get_language()}"
    path = folder / f"{name}-{digest[:32]}.sqlite"
    if not is_whole(path):
        # In one process at once it is made for all who ask. In several, the last to be ready stays: they are the same.
        with being_made:
            if not is_whole(path):
                make(path, site, about)
                remove_others(folder, name, path)
    return path


def make(path, site, about):
    """Make the file, which is there when it is finished."""
    path.parent.mkdir(exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, suffix=".making", delete=False) as file:
        making = file.name
    try:
        write(making, site, about)
        to_disk(making)
        os.replace(making, path)
    except BaseException:
        os.unlink(making)
        raise


def is_whole(path):
    """Whether the file is there, and as long as it says itself (https://www.sqlite.org/fileformat2.html)."""
    try:
        with open(path, "rb") as file:
            head = file.read(32)
            size = os.fstat(file.fileno()).st_size
    except FileNotFoundError:
        return False
    page_size, pages = int.from_bytes(head[16:18], "big"), int.from_bytes(head[28:32], "big")
    return head.startswith(b"SQLite format 3\0") and size == page_size * pages


def to_disk(path):
    """Wait until the file is on the disk, so that no loss of power leaves the name of a whole file to half of one."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())


def remove_others(folder, name, path):
    """Remove the files of former versions under ``name``, and what processes that were killed have left unfinished."""
    for other in folder.glob(f"{name}-{'?' * 32}.sqlite"):
        if other != path:
            other.unlink(missing_ok=True)
    for unfinished in folder.glob("*.making"):
        with suppress(FileNotFoundError):
            if abs(time.time() - unfinished.stat().st_mtime) > LONGEST:
                unfinished.unlink()


def write(path, site, about):
    """Write the tables, with their keys and what refers to what, and a table that says what they are."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        # The file is new: nothing is lost when it is not finished.
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("BEGIN")
        for table in TABLES:
            connection.execute(definition(table))
            places = ", ".join("?" * len(table.fields))
            rows = (tuple(map(plain, row)) for row in table.rows(site))
            while batch := list(islice(rows, BATCH)):
                connection.executemany(f'INSERT INTO "{table.name}" VALUES ({places})', batch)  # noqa: S608
            for field in table.fields:
                if field.refers_to and table.key[:1] != (field.name,):
                    connection.execute(f'CREATE INDEX "{table.name}_{field.name}" ON "{table.name}" ("{field.name}")')
        connection.execute("CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
        licence = about["licenses"][0]
        said = {name: about[name] for name in ("title", "description", "homepage", "version", "created")}
        said |= {"licence": licence["title"], "licence_address": licence["path"]}
        connection.executemany("INSERT INTO about VALUES (?, ?)", said.items())
        connection.execute("COMMIT")
        connection.execute("ANALYZE")


def definition(table):
    """Return the statement that creates a table."""
    parts = [column(field) for field in table.fields]
    if table.key:
        parts.append(f"PRIMARY KEY ({quoted(table.key)})")
    parts += [
        f'FOREIGN KEY ("{field.name}") REFERENCES "{field.refers_to}" ({quoted(BY_NAME[field.refers_to].key)})'
        for field in table.fields
        if field.refers_to
    ]
    return f'CREATE TABLE "{table.name}" ({", ".join(parts)})'


def column(field):
    required = " NOT NULL" if field.required else ""
    return f'"{field.name}" {TYPES.get(field.type, "TEXT")}{required}'


def quoted(names):
    return ", ".join(f'"{name}"' for name in names)


def plain(value):
    """Return a value as SQLite keeps it; an empty text is nothing."""
    if value == "" or value is None:
        return None
    return value if isinstance(value, str | int | float) else str(value)
