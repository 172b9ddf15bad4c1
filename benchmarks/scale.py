"""Measure what deploy/SCALE.md counts with, on PostgreSQL with a corpus; see there.

DATABASE_URL=postgresql://… LOCAL=true python -m benchmarks.scale
"""

import gzip
import statistics
import time
from wsgiref.util import setup_testing_defaults

import django

django.setup()

from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.db import connection  # noqa: E402

from pathways.curation.changes import record  # noqa: E402
from pathways.curation.models import Change, DataVersion, Status  # noqa: E402
from practices.models import Practice  # noqa: E402

ROUNDS = 200


def main():
    records = Practice.objects.filter(status=Status.PUBLISHED).count()
    print(f"{records:,} practices")
    print_sizes(records)
    print_publication()
    print_requests()


def asked(sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()[0]


def print_sizes(records):
    """What a record takes on the disk: all of it, and what search and history take of that."""
    print(f"database: {asked('SELECT pg_database_size(current_database())') / records / 1024:.1f} KiB a record")
    for table in ("listing_searchentry", "curation_version"):
        size = asked("SELECT pg_total_relation_size(%s::regclass)", table)
        print(f"of that {table}: {size / records / 1024:.1f} KiB")


def print_publication():
    """What a replica is sent when a record changes: bytes of the write-ahead log."""
    sizes = []
    for practice in Practice.objects.published().order_by("pk")[:20]:
        before = asked("SELECT pg_current_wal_lsn()")
        practice.acronym = f"{practice.acronym[:20]} X"
        practice.save()
        record(Change.Action.EDIT, [practice])
        sizes.append(asked("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), %s)", before))
    print(f"write-ahead log of a change: {statistics.median(sizes) / 1024:.0f} KiB")


def print_requests():
    """What a process spends on a request, by its own CPU clock: on the version alone, and on whole requests."""
    print_time("version of the data", DataVersion.current)
    handler = WSGIHandler()
    answer = get(handler, "/practices/")
    again = {"HTTP_IF_NONE_MATCH": answer.headers["ETag"]}
    print(
        f"list page: {len(answer.content) / 1024:.0f} KiB, {len(gzip.compress(answer.content)) / 1024:.0f} compressed"
    )
    print_time("list page, kept", lambda: get(handler, "/practices/"))
    print_time("list page, not changed (304)", lambda: get(handler, "/practices/", again))
    numbers = iter(range(10 * ROUNDS))
    print_time("list page, never asked for", lambda: get(handler, f"/practices/?country=MA&visit={next(numbers)}"), 50)
    print_time("search, never asked for", lambda: get(handler, f"/practices/?q=training&visit={next(numbers)}"), 50)


def get(handler, address, headers=()):
    environ = {"PATH_INFO": address.partition("?")[0], "QUERY_STRING": address.partition("?")[2], **dict(headers)}
    setup_testing_defaults(environ)
    return handler.get_response(handler.request_class(environ))


def print_time(name, act, rounds=ROUNDS):
    act()
    start = time.process_time()
    for _ in range(rounds):
        act()
    print(f"{name}: {1000 * (time.process_time() - start) / rounds:.2f} ms of CPU")


if __name__ == "__main__":
    main()
