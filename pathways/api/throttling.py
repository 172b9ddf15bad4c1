"""How many requests of the API one address may make: so many in each span of time, then 429 with Retry-After."""

import math
import time

from django.conf import settings
from django.core.cache import caches
from rest_framework.throttling import BaseThrottle


class Limit(BaseThrottle):
    """Counts the requests of each address in spans of time: one small number each, whatever the limit.

    The count is kept in the cache "limits"; where that is the memory of each process, as it is without a shared cache,
    every process counts for itself. What is answered with 304 is not counted: it does not come here.
    """

    def allow_request(self, request, view):
        if settings.API_LIMIT is None:
            return True
        most, self.span = settings.API_LIMIT
        key = f"api:{self.get_ident(request)}:{int(time.time() // self.span)}"
        cache = caches["limits"]
        cache.add(key, 0, timeout=self.span)
        try:
            return cache.incr(key) <= most
        except ValueError:
            # The cache was full and forgot the key between the two.
            return True

    def wait(self):
        """Return the seconds until the next span begins."""
        return max(1, math.ceil(self.span - time.time() % self.span))
