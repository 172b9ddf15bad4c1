"""The cache that processes and machines share: what it holds may be lost at any moment."""

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import RedisError
from redis.retry import Retry

from .dispensable import Dispensable

# Seconds to wait for the server: it stands beside the site, or is of no use to it.
PATIENCE = 0.5

# By address, for all threads: each has cache objects of its own.
servers = {}


class Numbers:
    """Writes whole numbers and reads nothing else: who gets hold of the server cannot have objects unpickled here."""

    def dumps(self, value):
        return int(value)

    def loads(self, data):
        return int(data)


class SharedCounts(BaseCache):
    """Whole numbers in Valkey or Redis; while that does not answer, in the memory of this process."""

    def __init__(self, location, params):
        super().__init__(params)
        options = {
            "serializer": Numbers,
            "socket_connect_timeout": PATIENCE,
            "socket_timeout": PATIENCE,
            # A connection that was closed while it was idle is opened once more; a server that is slow is not.
            "retry": Retry(NoBackoff(), 1, supported_errors=(NotConnected,)),
        }
        self.own = LocMemCache(location, params)
        self.shared = RedisCache(location, {**params, "OPTIONS": options})
        self.server = servers.setdefault(location, Dispensable("shared cache", "each process counts for itself"))

    def ask(self, method, *args, **kwargs):
        if self.server.may_be_asked():
            try:
                answer = getattr(self.shared, method)(*args, **kwargs)
            except RedisError as error:
                self.server.did_not_answer(error)
            else:
                self.server.answered()
                return answer
        return getattr(self.own, method)(*args, **kwargs)

    def add(self, key, value, timeout=DEFAULT_TIMEOUT, version=None):
        return self.ask("add", key, value, timeout=timeout, version=version)

    def get(self, key, default=None, version=None):
        return self.ask("get", key, default=default, version=version)

    def set(self, key, value, timeout=DEFAULT_TIMEOUT, version=None):
        return self.ask("set", key, value, timeout=timeout, version=version)

    def touch(self, key, timeout=DEFAULT_TIMEOUT, version=None):
        return self.ask("touch", key, timeout=timeout, version=version)

    def delete(self, key, version=None):
        return self.ask("delete", key, version=version)

    def incr(self, key, delta=1, version=None):
        return self.ask("incr", key, delta=delta, version=version)

    def clear(self):
        return self.ask("clear")
