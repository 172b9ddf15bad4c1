"""The database in a backup, for each kind: a consistent copy of a database at work, and the way back.

Each kind gives the name of its member, and

- ``copy(path)`` writes the database, as it stands at one moment, to a file, and returns what the manifest says of that
  same moment: {table: {rows, checksum}}, the data version, the migrations; writers go on meanwhile;
- ``filled()`` names the tables that hold what people have put there;
- ``replace(path, tables)`` puts the copy in the place of all that is there, all or nothing, after it was held against
  ``tables``; who was logged in is not any more, and the data version has a new epoch.

A checksum is the sum of the checksums of the rows, whose order says nothing. It is compared with others of the same
kind of database only.
"""

from django.db import connection

from .postgresql import Postgresql
from .sqlite import Sqlite

KINDS = {"sqlite": Sqlite, "postgresql": Postgresql}


def database():
    """Return the site's own database."""
    return KINDS[connection.vendor]()
