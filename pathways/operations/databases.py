"""Two databases: the primary, which is written to, and a streaming replica of it that takes what visitors read.

A replica follows the primary by some milliseconds, or by more. Three rules keep that from showing:

- A request reads from one database from its first query to its last, the data version before all else. So what is kept
  under a version of the data, be it an index, a card, a file or a page in somebody's browser, is never older than that.
- A process never goes back. A replica that has not come as far as the newest version the process has seen is not read;
  the primary is. Every second the process asks the primary which that is, so nobody is shown for longer than that what
  a publication has replaced.
- Whoever is signed in, or sends anything, reads the primary.
"""

import logging
import math
import threading
import time
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from http import HTTPStatus

from django.core.exceptions import MiddlewareNotUsed
from django.db import DEFAULT_DB_ALIAS, Error, connections, transaction

from pathways.curation.models import DataVersion
from pathways.listing.middleware import is_for_everyone

from .dispensable import PAUSE, Dispensable

logger = logging.getLogger(__name__)

PRIMARY, REPLICA = DEFAULT_DB_ALIAS, "replica"
# What one person has just sent, and reads again.
PRIVATE = ("/suggestions/",)
# Seconds between two questions to the primary, and after so many the log tells that the replica is still behind.
ASK_EVERY = 1
TELL_AFTER = 30

# The database that the request reads from.
read_from = ContextVar("database to read from", default=PRIMARY)


class Router:
    """Sends what a request reads to the database that the request reads from, and everything else to the primary."""

    def db_for_read(self, model, **hints):
        return PRIMARY if transaction.get_connection(PRIMARY).in_atomic_block else read_from.get()

    def db_for_write(self, model, **hints):
        return PRIMARY

    def allow_relation(self, one, other, **hints):
        # They are the same rows.
        return True

    def allow_migrate(self, db, app_label, **hints):
        return db == PRIMARY


class Progress:
    """How far the data have come, as far as this process knows: the newest version that it has seen."""

    def __init__(self):
        self.lock = threading.Lock()
        self.newest = None
        self.ask_at = 0
        self.behind_since = None

    def note(self, version):
        """Take note of a version of the primary's."""
        with self.lock:
            newest = self.newest
            if newest is None or newest.epoch != version.epoch or newest.number < version.number:
                self.newest = version

    def ask_the_primary(self):
        """Return the primary's version, and take note of it; raise Error if the primary does not answer."""
        version = DataVersion.current()
        self.note(version)
        return version

    def keep_up(self):
        """Ask the primary if that is due. Without it the replica is read on, at the version it has."""
        with self.lock:
            if time.monotonic() < self.ask_at:
                return
            self.ask_at = time.monotonic() + ASK_EVERY
        try:
            self.ask_the_primary()
        except Error:
            self.ask_at = time.monotonic() + PAUSE

    def is_reached_by(self, version):
        """Whether a replica at ``version`` may be read."""
        newest = self.newest
        reached = newest is None or (version.epoch == newest.epoch and version.number >= newest.number)
        if reached:
            self.note(version)
            self.behind_since = None
        else:
            self.tell_if_long_behind()
        return reached

    def tell_if_long_behind(self):
        now = time.monotonic()
        with self.lock:
            behind_for = now - (self.behind_since or now)
            # Told once: of what was told, nothing is left to wait for.
            self.behind_since = math.inf if behind_for >= TELL_AFTER else self.behind_since or now
        if behind_for >= TELL_AFTER:
            logger.error("The replica has been behind for %d s; the primary answers until it is not.", behind_for)


class ReadingMiddleware:
    """Lets the replica answer who only reads; where it cannot, or breaks off, the primary does."""

    def __init__(self, get_response):
        if REPLICA not in connections.databases:
            raise MiddlewareNotUsed
        self.get_response = get_response
        self.replica = Dispensable("replica", "the primary takes its reading")
        self.progress = Progress()

    def __call__(self, request):
        if not is_for_everyone(request) or request.path.startswith(PRIVATE):
            return self.get_response(request)
        self.progress.keep_up()
        return self.from_replica(request) or self.from_primary(request)

    def from_replica(self, request):
        """Return the replica's answer, or None where it has none to give."""
        if not self.replica.may_be_asked():
            return None
        with reading(REPLICA):
            try:
                version = DataVersion.current()
            except Error as error:
                self.lost(error)
                return None
            self.replica.answered()
            if not self.progress.is_reached_by(version):
                return None
            with DataVersion.hold(version):
                response = self.get_response(request)
                if self.broke_off(response):
                    return None
                if response.streaming:
                    # It is read when this is long over.
                    response.streaming_content = within(copy_context(), iter(response.streaming_content))
                return response

    def from_primary(self, request):
        try:
            version = self.progress.ask_the_primary()
        except Error:
            # What is said then is said where every other fault of the database is.
            return self.get_response(request)
        with DataVersion.hold(version):
            return self.get_response(request)

    def broke_off(self, response):
        """Whether the replica did not answer to the end: what was made of that is no answer."""
        connection = connections[REPLICA]
        if not connection.errors_occurred:
            return False
        if connection.is_usable():
            # It ended a query for the sake of a change that it had to follow, or has yet to follow a migration.
            return response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
        self.lost("The connection broke off.")
        return True

    def lost(self, error):
        connections[REPLICA].close()
        self.replica.did_not_answer(error)


@contextmanager
def reading(alias):
    """Read from the database ``alias`` what is read within, transactions apart."""
    token = read_from.set(alias)
    try:
        yield
    finally:
        read_from.reset(token)


def within(context, parts):
    """Yield ``parts``, each made in ``context``."""
    end = object()
    while (part := context.run(next, parts, end)) is not end:
        yield part
