"""What every part of the house may count; pathways.operations.metrics says who is told of it."""

from django.conf import settings
from prometheus_client import CollectorRegistry, Counter

registry = CollectorRegistry()
CACHE = Counter(
    "pathways_cache", "What was asked of a cache, and whether it had it.", ["cache", "result"], registry=registry
)


def is_on():
    """Whether anybody wants to know."""
    return bool(settings.METRICS_TOKEN)


def cache_asked(cache, *, hits=0, misses=0):
    """Count what was asked of a cache; ``cache`` is its name, of a few."""
    if is_on():
        CACHE.labels(cache, "hit").inc(hits)
        CACHE.labels(cache, "miss").inc(misses)
