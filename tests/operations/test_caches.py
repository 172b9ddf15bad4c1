"""The shared cache counts for all processes; when it is gone, or does not answer, each counts for itself."""

import logging
import os
import pickle
import shutil
import signal
import socket
import subprocess

import pytest
from django.core.cache import caches

from pathways.operations import dispensable
from pathways.operations.caches import SharedCounts, servers
from tests.conftest import unavailable

from .replicas import wait_until

PROGRAM = shutil.which("valkey-server") or shutil.which("redis-server")


class Server:
    """A server of Valkey or Redis, on a port of its own."""

    def __init__(self, folder):
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        self.folder, self.address = folder, f"redis://127.0.0.1:{self.port}/0"

    def start(self):
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen([PROGRAM, *options], stdout=subprocess.DEVNULL)
        wait_until(self.answers, lambda: "the cache did not start")

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as asking:
                asking.sendall(b"PING\r\n")
                return asking.recv(100).startswith(b"+PONG")
        except OSError:
            return False

    def send(self, which):
        os.kill(self.process.pid, which)

    def lose(self):
        self.send(signal.SIGKILL)
        self.process.wait(30)


@pytest.fixture
def server(tmp_path):
    if PROGRAM is None:
        unavailable("redis-server")
    running = Server(tmp_path)
    running.start()
    yield running
    running.lose()
    servers.pop(running.address, None)


def cache_of_a_process(server):
    """Return the cache as one process has it: with a memory of its own, and what it knows of the server."""
    made = SharedCounts(server.address, {"KEY_PREFIX": "test"})
    made.own = type(made.own)(f"own-{id(made)}", {})
    made.server = dispensable.Dispensable("shared cache", "each process counts for itself")
    return made


def count(cache):
    cache.add("visits", 0, timeout=60)
    return cache.incr("visits")


def told(caplog):
    return [one.getMessage() for one in caplog.records]


def test_processes_count_together(server):
    one, other = cache_of_a_process(server), cache_of_a_process(server)
    assert [count(one), count(other), count(one)] == [1, 2, 3]
    assert other.get("visits") == 3
    assert other.delete("visits") is True
    assert one.get("visits", "none") == "none"


def test_when_it_is_gone_each_counts_for_itself_until_it_is_back(server, caplog, monkeypatch):
    monkeypatch.setattr(dispensable, "PAUSE", 3600)
    one, other = cache_of_a_process(server), cache_of_a_process(server)
    count(one)
    count(other)
    server.lose()
    with caplog.at_level(logging.WARNING):
        assert [count(one), count(one), count(other)] == [1, 2, 1]
    assert len(told(caplog)) == 2, "each process tells once"
    assert told(caplog)[0].startswith("The shared cache does not answer; each process counts for itself until it does.")
    server.start()
    assert count(one) == 3, "it is left alone for a while"
    caplog.clear()
    clock = dispensable.time.monotonic
    monkeypatch.setattr(dispensable.time, "monotonic", lambda: clock() + dispensable.PAUSE + 1)
    with caplog.at_level(logging.WARNING):
        assert [count(one), count(other)] == [1, 2]
    assert told(caplog) == ["The shared cache answers again."] * 2


def test_one_that_answers_nothing_is_not_waited_for_long(server, caplog, monkeypatch):
    monkeypatch.setattr(dispensable, "PAUSE", 3600)
    cache = cache_of_a_process(server)
    count(cache)
    server.send(signal.SIGSTOP)
    try:
        with caplog.at_level(logging.WARNING):
            assert [count(cache), count(cache)] == [1, 2]
    finally:
        server.send(signal.SIGCONT)
    assert len(told(caplog)) == 1


def test_a_connection_that_was_closed_while_idle_is_opened_again(server, caplog):
    cache = cache_of_a_process(server)
    count(cache)
    with socket.create_connection(("127.0.0.1", server.port)) as other:
        other.sendall(b"CLIENT KILL TYPE normal SKIPME yes\r\n")
        assert other.recv(100).startswith(b":1")
    assert count(cache) == 2
    assert told(caplog) == []


def test_nothing_that_comes_from_it_is_unpickled(server, tmp_path):
    marker = tmp_path / "run"

    class Attack:
        def __reduce__(self):
            return (marker.touch, ())

    cache = cache_of_a_process(server)
    key = cache.shared.make_key("visits")
    cache.shared._cache.get_client().set(key, pickle.dumps(Attack()))
    with pytest.raises(ValueError, match="invalid literal"):
        cache.get("visits")
    assert not marker.exists()


def test_the_limit_of_the_api_is_one_for_all_processes(client, db, server, settings):
    settings.API_LIMIT = (2, 86400)
    settings.CACHES = {
        **settings.CACHES,
        "limits": {
            **settings.CACHES["limits"],
            "BACKEND": "pathways.operations.caches.SharedCounts",
            "LOCATION": server.address,
        },
    }
    address = "/api/v1/practices/"
    assert client.get(address).status_code == 200
    # Another process has no memory of this one's.
    caches["limits"].own.clear()
    assert [client.get(address).status_code for _ in range(2)] == [200, 429]
