"""Figures for Prometheus at /metrics, for who knows the token that METRICS_TOKEN sets; without one there are none.

Where PROMETHEUS_MULTIPROC_DIR names a folder, the processes of a server count together in it; else each counts for
itself. No label holds what a visitor sent: routes are those of the site map, methods and statuses are few.
"""

import os
import time

from django.apps import apps
from django.conf import settings
from django.db.models import Count, Min, Subquery
from django.http import Http404, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

import pathways
from pathways.counters import is_on, registry
from pathways.curation.models import Change, DataVersion, ImportRun, Record, Status
from pathways.curation.worklist import versions_of_outer
from pathways.listing import index
from pathways.suggestions.models import Suggestion

REQUESTS = Counter("pathways_requests", "Requests answered.", ["route", "method", "status"], registry=registry)
SECONDS = Histogram(
    "pathways_request_seconds",
    "Seconds until the last byte of an answer was sent.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60),
    registry=registry,
)
QUERIES = Histogram(
    "pathways_request_queries",
    "Queries to the database that an answer took.",
    ["route"],
    buckets=(0, 1, 2, 5, 10, 20, 50, 100),
    registry=registry,
)
REFUSED = Counter("pathways_refused", "What was refused because of a limit.", ["limit"], registry=registry)
INDEX_NUMBER = Gauge(
    "pathways_index_data_version",
    "The data version of a list's index, the oldest of all processes; see pathways_data_version.",
    ["list"],
    multiprocess_mode="livemin",
    registry=registry,
)
INDEX_LOADED = Gauge(
    "pathways_index_loaded_timestamp_seconds",
    "When a list's index was made or brought up to date, in the process where that is longest ago.",
    ["list"],
    multiprocess_mode="livemin",
    registry=registry,
)
# The version of each list's index that this process last told of.
told = {}


def answered(handled, seconds):
    """Count a request that took so many seconds; ``handled`` says what it was."""
    if not is_on():
        return
    # The admin has more addresses than all else together, and few who ask for them.
    route = "admin" if handled.route.startswith(("admin:", "accounts:")) else handled.route
    REQUESTS.labels(route, handled.method, f"{handled.status // 100}xx").inc()
    SECONDS.labels(route).observe(seconds)
    QUERIES.labels(route).observe(handled.queries)
    tell_of_indexes()


def refused(limit):
    """Count that something was refused because of a limit; ``limit`` is its name, of a few."""
    if is_on():
        REFUSED.labels(limit).inc()


def tell_of_indexes():
    for filter_class, found in list(index.current.items()):
        name = filter_class._meta.model._meta.model_name
        if told.get(name) != found.version:
            told[name] = found.version
            INDEX_NUMBER.labels(name).set(found.version[1])
            INDEX_LOADED.labels(name).set(time.time())


def tell_of_state():
    """Yield what the database says when it is asked: the version of the data, and what waits for someone."""
    yield gauge("release", "The release that runs.", {(pathways.__version__,): 1}, ["version"])
    yield gauge("data_version", "The version of the data.", {(): DataVersion.current().number})
    yield from tell_of_reviews()
    waiting = Suggestion.objects.waiting().aggregate(n=Count("pk"), oldest=Min("sent_at"))
    yield gauge("suggestions_waiting", "Suggestions that nobody has decided on.", {(): waiting["n"]})
    yield age("suggestions_oldest_seconds", "For how long the first of them has waited.", {(): waiting["oldest"]})
    imports = dict(ImportRun.objects.order_by().values_list("state").annotate(Count("pk")))
    states = {(state,): imports.get(state, 0) for state in ImportRun.State.values}
    yield gauge("imports", "Imports by their state.", states, ["state"])


def tell_of_reviews():
    """Yield how many records are in review, by kind, and for how long the first of them has been."""
    waiting, submitted = {}, {}
    for model in (one for one in apps.get_models() if issubclass(one, Record)):
        records = model.objects.filter(status=Status.IN_REVIEW)
        submissions = versions_of_outer(records).filter(change__action=Change.Action.SUBMIT).values("change__at")[:1]
        found = records.annotate(since=Subquery(submissions)).aggregate(n=Count("pk"), oldest=Min("since"))
        kind = (model._meta.model_name,)
        waiting[kind], submitted[kind] = found["n"], found["oldest"]
    yield gauge("reviews_waiting", "Records in review.", waiting, ["kind"])
    yield age("reviews_oldest_seconds", "For how long the first of them has been.", submitted, ["kind"])


def gauge(name, means, values, labels=()):
    """Return a family of figures; ``values`` has each by the values of its labels."""
    made = GaugeMetricFamily(f"pathways_{name}", means, labels=labels)
    for label_values, value in values.items():
        made.add_metric(label_values, value)
    return made


def age(name, means, times, labels=()):
    """Return the same of how long ago something was, where it was at all."""
    now = time.time()
    return gauge(name, means, {key: now - at.timestamp() for key, at in times.items() if at}, labels)


class State:
    def collect(self):
        return tell_of_state()


@csrf_exempt
@require_safe
def metrics(request):
    """Answer with every figure, in the text format of Prometheus."""
    if not is_on():
        raise Http404
    if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    gathered = registry
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        gathered = CollectorRegistry()
        MultiProcessCollector(gathered)
    state = CollectorRegistry()
    state.register(State())
    content = generate_latest(gathered) + generate_latest(state)
    return HttpResponse(content, content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})
