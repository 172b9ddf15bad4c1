"""What keeps the site from reading or writing, told from the errors of the database and of the disk."""

import errno
import logging
import sqlite3

from django.db import DatabaseError, InterfaceError, models
from django.utils.translation import gettext_lazy as _

logger = logging.getLogger("pathways.outages")

# After so many seconds it may be worth asking again.
RETRY_AFTER = 30


class Outage(models.TextChoices):
    """A fault around the site, not of it: nothing is wrong with the request, and it may be sent again later."""

    GONE = "gone", _("The database does not answer.")
    SLOW = "slow", _("The database takes too long to answer.")
    READ_ONLY = "read-only", _("Nothing can be changed at the moment.")
    FULL = "full", _("There is no room left on the disk.")
    DAMAGED = "damaged", _("The database is damaged. Those who run the site have to mend it.")


# https://www.sqlite.org/rescode.html: the last eight bits are the primary code.
SQLITE = {
    sqlite3.SQLITE_BUSY: Outage.SLOW,
    sqlite3.SQLITE_LOCKED: Outage.SLOW,
    # Others have kept the file from being read for ten seconds.
    sqlite3.SQLITE_PROTOCOL: Outage.SLOW,
    sqlite3.SQLITE_READONLY: Outage.READ_ONLY,
    sqlite3.SQLITE_FULL: Outage.FULL,
    sqlite3.SQLITE_IOERR: Outage.GONE,
    sqlite3.SQLITE_CANTOPEN: Outage.GONE,
    sqlite3.SQLITE_CORRUPT: Outage.DAMAGED,
    sqlite3.SQLITE_NOTADB: Outage.DAMAGED,
}
# https://www.postgresql.org/docs/current/errcodes-appendix.html, the longest beginning first.
POSTGRESQL = {
    "25006": Outage.READ_ONLY,
    "53100": Outage.FULL,
    "55P03": Outage.SLOW,
    "57014": Outage.SLOW,
    "08": Outage.GONE,
    "53": Outage.GONE,
    "57": Outage.GONE,
    "58": Outage.GONE,
    "XX001": Outage.DAMAGED,
    "XX002": Outage.DAMAGED,
}
DISK = {
    errno.ENOSPC: Outage.FULL,
    errno.EDQUOT: Outage.FULL,
    errno.EFBIG: Outage.FULL,
    errno.EROFS: Outage.READ_ONLY,
}


def outage_of(error):
    """Return the Outage that ``error`` comes from, or None if it is an ordinary mistake."""
    if isinstance(error, DatabaseError | InterfaceError):
        # What Django raises has the driver's own error as its cause; one without a cause is the connection's.
        cause = error.__cause__
        if isinstance(cause, sqlite3.Error):
            return outage_of(cause)
        state = getattr(cause, "sqlstate", None)
        if state:
            return next((outage for beginning, outage in POSTGRESQL.items() if state.startswith(beginning)), None)
        return Outage.GONE if type(error).__name__ in {"OperationalError", "InterfaceError"} else None
    if isinstance(error, sqlite3.Error):
        return SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    if isinstance(error, OSError):
        return DISK.get(error.errno)
    return None


def log(outage, error):
    """Tell of an outage in one line, without what was sent: everybody's requests at length would fill the disk."""
    logger.error("%s: %s: %s", outage.value, type(error).__name__, str(error).partition("\n")[0])
