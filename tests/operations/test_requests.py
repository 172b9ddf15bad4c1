"""What the log says of requests: enough to find out what went wrong, and nothing of who asked."""

import io
import json
import logging

import pytest
from django.db import connection, transaction
from django.test import Client

from pathways.accounts.models import Event
from pathways.operations import logs
from pathways.site.views import themes
from tests import factories as make
from tests.conftest import connection_kept
from tests.reading import body

pytestmark = pytest.mark.django_db

SECRETS = ("maria", "203.0.113", "evil", "Mozilla")


class Log:
    """The lines that a production run would have written since."""

    def __init__(self):
        self.stream = io.StringIO()
        self.handler = logging.StreamHandler(self.stream)
        self.handler.addFilter(logs.Named())
        self.handler.setFormatter(logs.JsonLines())

    @property
    def text(self):
        return self.stream.getvalue()

    @property
    def lines(self):
        return [json.loads(line) for line in self.text.split("\n") if line]

    def of(self, logger):
        return [line for line in self.lines if line["logger"] == logger]


@pytest.fixture
def log():
    found = Log()
    logging.getLogger().addHandler(found.handler)
    yield found
    logging.getLogger().removeHandler(found.handler)


@pytest.fixture
def visitor():
    return Client(raise_request_exception=False, REMOTE_ADDR="203.0.113.9", HTTP_USER_AGENT="Mozilla/5.0")


def test_a_request_leaves_one_line_that_says_what_it_cost(visitor, log):
    make.practice(slug="palim")
    response = visitor.get("/practices/palim/?maria=evil", headers={"referer": "https://evil.example.org/"})
    (line,) = log.of("pathways.request")
    assert line["request"] == response.headers["X-Request-ID"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "practices:detail", 200)
    assert line["bytes"] == len(response.content)
    assert line["queries"] > 3
    assert line["ms"] > 0
    assert not [secret for secret in SECRETS if secret in log.text]


@pytest.mark.parametrize(
    ("address", "route", "status"),
    [
        ("/maria@example.org/", "none", 404),
        ("/practices/maria-evil/", "practices:detail", 404),
        ("/practices/?q=maria+evil", "practices:list", 200),
        ("/practices/?country=maria", "practices:list", 400),
        ("/search/?q=maria", "site:search", 200),
        ("/api/v1/practices/maria/", "api:practices-one", 404),
        ("/static/maria.css", "static", 404),
        ("/suggestions/maria/", "suggestions:state", 404),
        ("/healthz/maria%0d%0aevil:%20line", "none", 404),
    ],
)
def test_the_line_has_the_name_of_the_address_and_not_the_address(visitor, log, address, route, status):
    visitor.get(address)
    (line,) = log.of("pathways.request")
    assert (line["route"], line["status"]) == (route, status)
    assert not [secret for secret in SECRETS if secret in log.text]


def test_an_export_is_told_of_when_its_last_byte_was_sent(visitor, log):
    make.practice()
    with connection_kept():
        response = visitor.get("/practices.csv")
        assert not log.of("pathways.request")
        content = b"".join(response.streaming_content)
    (line,) = log.of("pathways.request")
    assert (line["route"], line["bytes"]) == ("practices:export", len(content))


def test_a_page_that_is_confirmed_by_its_etag_is_told_of_by_its_name(visitor, log):
    etag = visitor.get("/themes/").headers["ETag"]
    visitor.get("/themes/", headers={"if-none-match": etag})
    assert [(line["route"], line["status"]) for line in log.of("pathways.request")] == [
        ("site:themes", 200),
        ("site:themes", 304),
    ]


@pytest.mark.parametrize(
    ("given", "proxies", "is_taken"),
    [
        ("0123456789abcdef" * 2, 1, True),
        ("0123456789abcdef" * 2, 0, False),
        ("0123456789ABCDEF" * 2, 1, False),
        ("0123456789abcdef", 1, False),
        ("0123456789abcdef" * 2 + "\n", 1, False),
        ('"} {"level": "evil"', 1, False),
        ("", 1, False),
    ],
)
def test_an_id_is_taken_from_our_own_proxy_alone_and_only_if_it_is_one(visitor, settings, given, proxies, is_taken):
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": proxies}
    found = visitor.get("/healthz", headers={"x-request-id": given}).headers["X-Request-ID"]
    assert (found == given) is is_taken
    assert len(found) == 32


def test_an_error_is_found_by_the_number_on_its_page_and_repeats_nothing(visitor, log, monkeypatch):
    def fails(self, request):
        name = request.GET["name"]
        try:
            int(name)
        except ValueError:
            raise KeyError(f"of {name}") from None

    monkeypatch.setattr(themes.ThemeList, "get", fails)
    page = visitor.get("/themes/?name=maria@example.org")
    assert page.status_code == 500
    (line,) = log.of("django.request")
    assert line["request"] == page.headers["X-Request-ID"]
    assert line["request"] in body(page)
    assert (line["message"], line["error"]) == ("Internal Server Error", "KeyError")
    assert "in fails" in line["traceback"]
    assert "maria" not in log.text


def test_an_error_of_the_database_says_which_constraint_and_not_which_value(visitor, log, monkeypatch):
    def fails(self, request):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM nowhere WHERE name = %s", [request.GET["name"]])

    monkeypatch.setattr(themes.ThemeList, "get", fails)
    visitor.get("/themes/?name=evil")
    (line,) = log.of("django.request")
    assert line["error"] in {"django.db.utils.OperationalError", "django.db.utils.ProgrammingError"}
    assert ("SQLITE_ERROR" if connection.vendor == "sqlite" else "42P01") in line["traceback"]
    assert "evil" not in log.text


def test_an_error_outside_requests_says_all(log):
    logs.request_id.set("")
    try:
        raise ValueError("practices.yaml, line 3")
    except ValueError:
        logging.getLogger("pathways.command").exception("failed")
    assert "practices.yaml, line 3" in log.lines[0]["traceback"]


def test_nobody_writes_lines_of_their_own(log):
    logging.getLogger("pathways").warning('a\nb\r\u2028{"level": "critical"}\x1b[2J')
    (line,) = log.text.splitlines()
    assert json.loads(line)["message"] == 'a\nb\r\u2028{"level": "critical"}\x1b[2J'


def test_the_readable_log_is_of_one_line_each_too():
    record = logging.makeLogRecord({"msg": "a\nb\x1b[2J\u2028c", "levelname": "WARNING", "name": "x", "request_id": ""})
    assert logs.Readable().format(record).endswith(r"WARNING x a\nb\x1b[2J\u2028c")


def test_what_someone_tries_is_told_without_what_they_sent(visitor, log):
    visitor.get("/", headers={"host": "evil.example.org"})
    strict = Client(enforce_csrf_checks=True)
    strict.post("/admin/login/", {"username": "maria"}, headers={"origin": "https://evil.example.org"})
    messages = [line["message"] for line in log.lines if line["logger"].startswith("django.security")]
    assert messages == ["DisallowedHost", "csrf: Origin checking failed"]
    assert not [secret for secret in SECRETS if secret in log.text]


def test_who_fails_to_log_in_is_in_the_audit_log_alone(visitor, log):
    for _n in range(6):
        visitor.post("/admin/login/", {"username": "maria", "password": "evil"})
    assert Event.objects.filter(kind=Event.Kind.FAILURE, address="203.0.113.9").exists()
    assert log.of("axes.handlers.database")
    assert not [secret for secret in SECRETS if secret in log.text]


def test_the_server_does_not_tell_what_it_was_asked(log):
    server = logging.getLogger("gunicorn.error")
    server.warning("Invalid request from ip=203.0.113.9: evil")
    server.error("Error handling request %s %s", "GET", "/?name=maria")
    server.error("Error handling request %s", "/?name=maria")
    assert [line["message"] for line in log.lines] == ["Invalid request", *["Error handling request"] * 2]


def test_a_slow_query_is_told_of_by_its_statement_without_its_values(visitor, log, settings, monkeypatch):
    settings.SLOW_QUERY_MS = 1
    ticks = iter(range(1_000_000))
    monkeypatch.setattr("pathways.operations.requests.perf_counter", lambda: next(ticks))
    response = visitor.get("/practices/evil/")
    told = log.of("pathways.query")
    assert any("slug" in line["statement"] for line in told)
    assert {line["request"] for line in told} == {response.headers["X-Request-ID"]}
    assert not [secret for secret in SECRETS if secret in log.text]
    settings.SLOW_QUERY_MS = 0
    visitor.get("/practices/evil/")
    assert len(log.of("pathways.query")) == len(told)


def test_machines_that_ask_all_the_time_are_told_of_only_when_something_is_wrong(visitor, log, settings):
    settings.METRICS_TOKEN = "a" * 20
    visitor.get("/healthz")
    visitor.get("/readyz")
    assert not log.of("pathways.request")
    visitor.get("/metrics")
    assert [line["status"] for line in log.of("pathways.request")] == [401]
