"""Each request has an id, and leaves one line in the log; what it costs is counted on the way."""

import logging
import re
import secrets
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from time import perf_counter

from django.conf import settings
from django.core.signals import request_finished
from django.db.backends.signals import connection_created
from django.urls import Resolver404, resolve

from . import logs, metrics

HEADER, GIVEN = "X-Request-ID", "HTTP_X_REQUEST_ID"
# As nginx makes them.
WELL_FORMED = re.compile(r"[0-9a-f]{32}")
METHODS = {"GET", "HEAD", "POST", "OPTIONS"}
# Asked every few seconds by machines: told of only when they fail.
QUIET = {"operations:healthz", "operations:readyz", "operations:metrics"}
LONGEST_STATEMENT = 2000

logger = logging.getLogger("pathways.request")
slow = logging.getLogger("pathways.query")


@dataclass
class Handled:
    """A request on its way: what the log says of it when it is done. ``size`` is in bytes."""

    id: str
    method: str
    route: str = "none"
    status: int = 500
    size: int = 0
    queries: int = 0
    started: float = field(default_factory=perf_counter)


current = ContextVar("handled", default=None)


class Requests:
    """Gives each request its id, and each answer the same one; the first of all middleware, as it tells of all others.

    The line is written when the answer has been sent: a long export is not done when its first byte is.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        handled = Handled(id_of(request), request.method if request.method in METHODS else "other")
        current.set(handled)
        logs.request_id.set(handled.id)
        request.request_id = handled.id
        response = self.get_response(request)
        response[HEADER] = handled.id
        handled.status, handled.route = response.status_code, route_of(request)
        if response.has_header("Content-Length"):
            handled.size = int(response["Content-Length"])
        elif response.streaming:
            response.streaming_content = counted(response.streaming_content, handled)
        else:
            handled.size = len(response.content)
        return response


def id_of(request):
    """Return the id that our own proxy gave the request, or a new one; nobody else's is believed."""
    given = request.META.get(GIVEN, "")
    believed = settings.REST_FRAMEWORK["NUM_PROXIES"] and WELL_FORMED.fullmatch(given)
    return given if believed else secrets.token_hex(16)


def route_of(request):
    """Return the name of the address that a request was sent to: of the site map, and so one of not very many."""
    if request.resolver_match is not None:
        return request.resolver_match.view_name
    return "static" if request.path.startswith(settings.STATIC_URL) else route_at(request.path_info)


@lru_cache(maxsize=4096)
def route_at(path):
    """Return the name of an address that was answered before it came to a view: a page that is kept, a 304."""
    try:
        return resolve(path).view_name
    except Resolver404:
        return "none"


def counted(content, handled):
    for part in content:
        handled.size += len(part)
        yield part


def finish(**kwargs):
    """Write the line of the request that was answered, and count it."""
    handled = current.get()
    if handled is None:
        return
    seconds = perf_counter() - handled.started
    metrics.answered(handled, seconds)
    quiet = handled.route in QUIET and handled.status < 400
    told = {
        "method": handled.method,
        "route": handled.route,
        "status": handled.status,
        "ms": round(seconds * 1000, 1),
        "queries": handled.queries,
        "bytes": handled.size,
    }
    logger.log(logging.DEBUG if quiet else logging.INFO, "answered", extra={"fields": told})
    # The id stays until the thread's next request: what goes wrong behind the last byte is told under it too.
    current.set(None)


def watch(connection, **kwargs):
    """Have the queries of a connection counted. First of its wrappers: others are taken off from the end."""
    if watched not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, watched)


def watched(execute, sql, params, many, context):
    """Run a query and count it; tell of it if it is slow, by its statement, in which no value stands."""
    started = perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        ms = (perf_counter() - started) * 1000
        handled = current.get()
        if handled is not None:
            handled.queries += 1
        if settings.SLOW_QUERY_MS and ms >= settings.SLOW_QUERY_MS:
            told = {"ms": round(ms, 1), "statement": str(sql)[:LONGEST_STATEMENT]}
            slow.warning("slow query", extra={"fields": told})


def connect():
    """Listen to what there is to count."""
    request_finished.connect(finish)
    connection_created.connect(watch)
