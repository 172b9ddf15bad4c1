"""Whether the site is alive, and whether it is ready to answer visitors: for load balancers, monitors and people."""

from functools import cache

from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

import pathways
from meetings.filters import MeetingFilter, OutcomeFilter
from pathways.listing.index import index_for
from practices.filters import PracticeFilter

INDEXED = (PracticeFilter, OutcomeFilter, MeetingFilter)
# Seconds after which it is worth asking again.
RETRY = 5


@csrf_exempt
@require_safe
def healthz(request):
    """Say that this process answers, and which release it is. No database is asked."""
    return plain(["ok", f"Pathways {pathways.__version__}"])


@csrf_exempt
@require_safe
def readyz(request):
    """Say that visitors can be answered, or with 503 what is in the way."""
    problems = list(in_the_way())
    if not problems:
        return plain(["ready"])
    response = plain(problems, status=503)
    response["Retry-After"] = str(RETRY)
    return response


def plain(lines, status=200):
    headers = {"Cache-Control": "no-store"}
    content = "".join(f"{line}\n" for line in lines)
    return HttpResponse(content, status=status, content_type="text/plain; charset=utf-8", headers=headers)


def in_the_way():
    """Yield what keeps visitors from being answered, in words that give nothing of the machine away.

    It takes a query for the migrations and one for each index that is up to date, so that it can be asked each second.
    """
    try:
        applied = MigrationRecorder(connection).applied_migrations()
    except DatabaseError:
        yield _("database: it does not answer")
        return
    missing = sorted(needed_migrations() - applied.keys())
    for app, name in missing:
        yield _("migrations: %s is not applied") % f"{app}.{name}"
    if missing:
        return
    for filter_class in INDEXED:
        try:
            index_for(filter_class)
        except DatabaseError:
            yield _("index: that of %s cannot be read") % filter_class._meta.model._meta.verbose_name_plural


@cache
def needed_migrations():
    """Return (app, name) of the migrations that this release's code ends with, as its files have them."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())
