"""The ENGINE of settings.DATABASES for PostgreSQL."""

from time import monotonic

import psycopg
from django.db.backends.postgresql import base

# So many seconds longer than the server may work on a statement is its answer waited for.
GRACE = 2


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to PostgreSQL that gives up after ``patience`` seconds, twice over.

    The server is asked to stop by itself (statement_timeout), which ends waiting for locks and long work; and where the
    server is stopped, swapped out or cut off without a word, its answer is not waited for. ``patience`` is that of the
    whole process, and None at first.
    """

    patience = None

    def get_connection_params(self):
        parameters = super().get_connection_params()
        if self.patience:
            given = parameters.get("options", "")
            parameters["options"] = f"{given} -c statement_timeout={self.patience * 1000}".strip()
        return parameters

    def get_new_connection(self, conn_params):
        connection = super().get_new_connection(conn_params)
        if self.patience:
            # Django, and the pool of connections, name the class themselves.
            connection.__class__ = ImpatientConnection
            connection.patience = self.patience + GRACE
        return connection


class ImpatientConnection(psycopg.Connection):
    """A connection that is closed when an answer does not begin to come within ``patience`` seconds."""

    def wait(self, gen, *args, **kwargs):
        return super().wait(self.while_patient(gen), *args, **kwargs)

    def while_patient(self, gen):
        deadline = monotonic() + self.patience
        try:
            waits_for = next(gen)
            while True:
                ready = yield waits_for
                if not ready and monotonic() > deadline:
                    # Who knows what it still sends: nothing is asked of it again.
                    self.pgconn.finish()
                    raise psycopg.errors.QueryCanceled(f"no answer within {self.patience} seconds")
                waits_for = gen.send(ready)
        except StopIteration as end:
            return end.value
