"""The site on a real server, as it runs in production: several processes, slow clients, what is not there."""

import json
import re
import socket
import threading
import time
import urllib.error
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pathways.operations import health
from tests.serving import environment, manage, served

from .expected_headers import problems

# What it does on PostgreSQL, the runbook is followed for.
pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.xdist_group("served")]

TOKEN = "a-token-of-twenty-letters"
BOUND = 60


def empty_database(folder):
    return f"sqlite:///{folder / 'served.sqlite3'}"


def serving(folder, workers, threads, env):
    options = ["--worker-class=gthread", "--no-control-socket", f"--workers={workers}", f"--threads={threads}"]
    return served(folder, *options, env=env)


def fetch(address, **headers):
    """Return the status, headers and text of what stands at an address, asked for as the proxy before the site does."""
    headers = {"X-Forwarded-Proto": "https"} | {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(address, headers=headers)  # noqa: S310 -- our own server
    try:
        with urllib.request.urlopen(request, timeout=BOUND) as response:  # noqa: S310 -- our own server
            return response.status, response.headers, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def told(log, number):
    """Return the line of the log on the request with an id: it is written right after its answer was sent."""
    until = time.monotonic() + BOUND
    while time.monotonic() < until:
        for line in log.read_text().splitlines():
            if number in line and '"answered"' in line:
                return json.loads(line)
        time.sleep(0.05)
    raise AssertionError(f"{number} is not in the log:\n{log.read_text()}")


def sent(site, request):
    """Return the first line that is answered to the bytes of a request."""
    host, _colon, port = site.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=BOUND) as link:
        link.sendall(request)
        return link.makefile("rb").readline().decode()


@pytest.fixture(scope="module")
def env(tmp_path_factory):
    """What production runs are given: static files once, and figures that processes count together."""
    folder = tmp_path_factory.mktemp("served")
    env = environment(DATABASE_URL=empty_database(folder), METRICS_TOKEN=TOKEN, PROMETHEUS_MULTIPROC_DIR=str(folder))
    manage("collectstatic", "--no-input", "-v0", env=env)
    return env


@pytest.fixture(scope="module")
def site(env, tmp_path_factory):
    """Two processes of four threads, on a database with its tables; gives its address and its log."""
    folder = tmp_path_factory.mktemp("site")
    env = {**env, "DATABASE_URL": empty_database(folder)}
    manage("migrate", "-v0", env=env)
    with serving(folder, workers=2, threads=4, env=env) as server:
        yield server.address, server.log


def test_the_log_is_lines_of_json_each_with_the_id_of_its_answer(site):
    address, log = site
    status, headers, _text = fetch(f"{address}/practices/?q=maria", User_Agent="Mozilla/5.0 maria")
    assert status == 200
    assert problems(headers) == []
    line = told(log, headers["X-Request-ID"])
    assert (line["route"], line["status"], line["level"]) == ("practices:list", 200, "info")
    assert "maria" not in log.read_text()
    assert "127.0.0.1" not in json.dumps(line)


def test_processes_count_together(site):
    address, _log = site

    def counted():
        status, _headers, text = fetch(f"{address}/metrics", Authorization=f"Bearer {TOKEN}")
        assert status == 200
        found = {
            tuple(sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == "pathways_requests_total"
        }
        return found.get((("method", "GET"), ("route", "site:about"), ("status", "2xx")), 0)

    before = counted()
    for _n in range(20):
        assert fetch(f"{address}/about/")[0] == 200
    assert {counted() for _n in range(4)} == {before + 20}


def test_clients_that_send_a_byte_a_second_hold_nobody_else_up(site):
    """As long as they are fewer than the threads of one process: more do not come, as nginx hands on whole requests."""
    address, _log = site
    host, _colon, port = address.removeprefix("http://").partition(":")
    stop = threading.Event()
    links = [socket.create_connection((host, int(port)), timeout=BOUND) for _n in range(3)]

    def drip():
        for byte in b"GET /practices/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: " + b"a" * 10_000:
            for link in links:
                link.sendall(bytes([byte]))
            if stop.wait(1):
                return

    slow = threading.Thread(target=drip, daemon=True)
    slow.start()
    try:
        for _n in range(10):
            assert fetch(f"{address}/about/")[0] == 200
        assert slow.is_alive()
    finally:
        stop.set()
        slow.join(BOUND)
        for link in links:
            link.close()
    assert fetch(f"{address}/practices/")[0] == 200


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /?q=" + b"a" * 9000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "400|414"),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: " + b"a" * 9000 + b"\r\n\r\n", "400|431"),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X-Many: a\r\n" * 200 + b"\r\n", "400|431"),
        (b"GET / HTTP/1.1\r\nHost: evil.example.org\r\n\r\n", "400"),
        (
            b"GET http://evil.example.org/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-Proto: https\r\n\r\n",
            "200",
        ),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example.org\r\n\r\n", "400"),
        (
            b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "400",
        ),
        (
            b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-Proto: https\r\nContent-Length: 999999999\r\n\r\n",
            "413",
        ),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", "400"),
    ],
    ids=[
        "long query",
        "long header",
        "many headers",
        "other host",
        "whole address",
        "two hosts",
        "two lengths",
        "long body",
        "no HTTP",
    ],
)
def test_what_no_browser_sends_is_refused(site, request_bytes, status):
    address, _log = site
    assert re.fullmatch(rf"HTTP/1\.[01] (?:{status}) .*\r\n", sent(address, request_bytes))


def test_cookies_of_staff_are_for_this_host_over_https_alone(site):
    address, _log = site
    (cookie,) = fetch(f"{address}/admin/login/")[1].get_all("Set-Cookie")
    name, _equals, attributes = cookie.partition("=")
    assert name == "__Host-csrf"
    assert {part.strip() for part in attributes.split(";")[1:]} >= {"HttpOnly", "Path=/", "SameSite=Lax", "Secure"}
    assert "Domain" not in attributes


def test_a_static_file_has_its_name_and_headers(site):
    address, _log = site
    (path,) = re.findall(r'href="(/static/site/site\.[0-9a-f]+\.css)"', fetch(f"{address}/about/")[2])
    status, headers, _text = fetch(address + path)
    assert (status, problems(headers)) == (200, [])
    assert "immutable" in headers["Cache-Control"]


@pytest.mark.parametrize("database", ["without tables", "away"])
def test_a_site_that_cannot_answer_is_alive_and_says_why_it_is_not_ready(env, tmp_path, database):
    if database == "away":
        env = {**env, "DATABASE_URL": "postgresql://maria:hunter2@127.0.0.1:1/pathways"}
        expected = ["database: it does not answer"]
    else:
        env = {**env, "DATABASE_URL": empty_database(tmp_path)}
        expected = sorted(f"migrations: {app}.{name} is not applied" for app, name in health.needed_migrations())
    with serving(tmp_path, workers=1, threads=2, env=env) as server:
        address, log = server.address, server.log
        status, headers, text = fetch(f"{address}/readyz")
        assert (status, headers["Retry-After"], text.splitlines()) == (503, "5", expected)
        assert fetch(f"{address}/healthz")[0] == 200
        status, headers, text = fetch(f"{address}/practices/")
        assert status in {500, 503}
        assert told(log, headers["X-Request-ID"])["status"] == status
        assert "hunter2" not in text + log.read_text()
