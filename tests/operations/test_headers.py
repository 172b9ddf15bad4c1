"""Every answer carries the headers that keep browsers from harm, and depends on nothing that caches do not see."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client, override_settings

from pathways.api import views as api
from pathways.curation.models import Status
from pathways.site.views import themes
from tests import factories as make
from tests.conftest import connection_kept
from tests.reading import body

from .expected_headers import problems

pytestmark = pytest.mark.django_db

KINDS = {
    "page": ("get", "/", 200),
    "list": ("get", "/practices/?country=MA", 200),
    "record": ("get", "/practices/palim/", 200),
    "export": ("get", "/practices.csv", 200),
    "workbook": ("get", "/practices.xlsx", 200),
    "calendar": ("get", "/meetings.ics", 200),
    "open data": ("get", "/data/practices.csv", 200),
    "harvesting": ("get", "/oai?verb=Identify", 200),
    "API": ("get", "/api/v1/practices/", 200),
    "API description": ("get", "/api/v1/schema", 200),
    "API documentation": ("get", "/api/docs/", 200),
    "preflight": ("options", "/api/v1/practices/", 204),
    "static file": ("get", "/static/site/site.css", 200),
    "picture": ("get", "/static/site/icon.svg", 200),
    "health": ("get", "/healthz", 200),
    "readiness": ("get", "/readyz", 200),
    "sitemap": ("get", "/sitemap.xml", 200),
    "robots": ("get", "/robots.txt", 200),
    "form": ("get", "/suggest/", 200),
    "privacy": ("get", "/privacy/", 200),
    "redirect to the slash": ("get", "/practices", 301),
    "redirect of a former address": ("get", "/countries/MA/", 301),
    "login": ("get", "/admin/login/", 200),
    "admin for nobody": ("get", "/admin/", 302),
    "wrong parameter": ("get", "/practices/?country=ZZ", 400),
    "wrong parameter of an export": ("get", "/practices.csv?country=ZZ", 400),
    "too many parameters": ("get", "/?" + "&".join(["a=b"] * 1001), 400),
    "too many parameters of a list": ("get", "/practices/?" + "&".join(["country=MA"] * 1001), 400),
    "login without a token": ("post", "/admin/login/", 403),
    "nothing there": ("get", "/nowhere/", 404),
    "no such static file": ("get", "/static/nowhere.css", 404),
    "nothing there in the API": ("get", "/api/v1/nowhere/", 404),
    "figures that nobody may see": ("get", "/metrics", 404),
    "method not allowed": ("post", "/practices/", 405),
    "method not allowed in the API": ("post", "/api/v1/practices/", 405),
    "withdrawn": ("get", "/practices/gone/", 410),
}


@pytest.fixture(autouse=True)
def something():
    make.practice(slug="palim", countries=[("MA", "origin"), ("BE", "destination")])
    make.practice(slug="gone", status=Status.ARCHIVED, published_on="2026-01-01")


@pytest.fixture
def visitor():
    """A browser: it has to show tokens, and is told of errors as others are."""
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


def answer(client, method, address, **more):
    with connection_kept():
        response = getattr(client, method)(address, **more)
        if response.streaming:
            body_bytes = b"".join(response.streaming_content)
            assert body_bytes
    return response


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_answer_has_the_headers(visitor, kind):
    method, address, status = KINDS[kind]
    response = answer(visitor, method, address)
    assert response.status_code == status
    assert problems(response.headers) == []


@pytest.mark.parametrize("address", ["/practices/", "/practices.csv", "/api/v1/practices/"])
def test_what_has_not_changed_is_said_without_what_came_with_it(visitor, address):
    first = answer(visitor, "get", address)
    again = visitor.get(address, headers={"if-none-match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.headers["ETag"] == first.headers["ETag"]
    # A cache holds these against who reads it.
    assert again.headers.get("Access-Control-Allow-Origin") == first.headers.get("Access-Control-Allow-Origin")
    assert again.headers["Cross-Origin-Resource-Policy"] == first.headers["Cross-Origin-Resource-Policy"]
    assert not {"Content-Security-Policy", "Permissions-Policy", "Content-Type"} & {*again.headers}


def test_another_release_confirms_no_headers_of_the_one_before(visitor, monkeypatch):
    before = visitor.get("/practices/").headers["ETag"]
    monkeypatch.setattr("pathways.__version__", "99.0")
    after = Client().get("/practices/", headers={"if-none-match": before})
    assert after.status_code == 200
    assert problems(after.headers) == []


def test_pages_of_staff_have_them_too_and_no_cache_keeps_them(client):
    user = get_user_model().objects.create_superuser("maria", password="a long password")
    client.force_login(user)
    for address in (
        "/admin/",
        "/admin/practices/practice/",
        "/admin/practices/practice/add/",
        "/admin/password_change/",
    ):
        response = client.get(address)
        assert response.status_code == 200
        assert problems(response.headers) == []
        assert "no-store" in response.headers["Cache-Control"]
    assert client.get("/").headers["Cache-Control"].startswith("private")
    response = client.post("/admin/logout/")
    assert problems(response.headers) == []
    assert response.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'


@pytest.mark.parametrize(("view", "address"), [(themes.ThemeList, "/themes/"), (api.RootView, "/api/v1/")])
def test_an_error_of_ours_has_them_and_tells_nothing_but_its_number(visitor, monkeypatch, view, address):
    def fails(*args, **kwargs):
        raise RuntimeError("no such table: practice of maria@example.org")

    monkeypatch.setattr(view, "get", fails)
    response = visitor.get(address)
    assert response.status_code == 500
    assert problems(response.headers) == []
    assert response.headers["X-Request-ID"] in body(response)
    assert "maria" not in body(response)


def test_a_limit_reached_has_them(visitor, settings):
    settings.API_LIMIT = (1, 86_400)
    visitor.get("/api/v1/practices/")
    response = visitor.get("/api/v1/practices/")
    assert response.status_code == 429
    assert problems(response.headers) == []


def test_a_host_that_is_not_ours_is_refused(visitor):
    for host in ("evil.example.org", "testserver.evil.example.org", "testserver:80@evil.example.org", "a b"):
        response = visitor.get("/", headers={"host": host})
        assert response.status_code == 400, host
        assert problems(response.headers) == []
        assert "evil" not in body(response)


# Nothing that a cache does not see changes a public page

UNKEYED = {
    "x-forwarded-host": "evil.example.org",
    "x-forwarded-for": "203.0.113.9",
    "x-forwarded-proto": "https",
    "x-forwarded-port": "1234",
    "x-forwarded-prefix": "/evil",
    "x-forwarded-scheme": "http",
    "x-host": "evil.example.org",
    "x-original-url": "/admin/",
    "x-rewrite-url": "/admin/",
    "x-http-method-override": "POST",
    "forwarded": "host=evil.example.org;proto=http",
    "hx-request": "true",
    "hx-target": "results",
    "hx-boosted": "true",
    "accept-language": "fr",
    "accept": "application/json",
    "user-agent": "evil",
    "origin": "https://evil.example.org",
    "referer": "https://evil.example.org/",
    "x-request-id": "f" * 32,
    "cookie": "theme=evil",
    "range": "bytes=0-3",
}
# What is of one answer alone.
OF_EACH = {"X-Request-ID", "Content-Length"}


def shown(response):
    headers = {name: value for name, value in response.headers.items() if name not in OF_EACH}
    return response.status_code, headers, body(response)


@pytest.mark.parametrize(
    "address",
    ["/", "/practices/", "/practices/palim/", "/practices/?country=ZZ", "/sitemap.xml", "/nowhere/", "/about/"],
)
def test_no_header_that_caches_do_not_tell_apart_changes_a_page(client, address):
    plain = shown(client.get(address))
    for name, value in UNKEYED.items():
        assert shown(client.get(address, headers={name: value})) == plain, name
    assert shown(client.get(address, headers=UNKEYED)) == plain


def test_addresses_come_from_the_settings(client, settings):
    settings.SITE_URL = "https://pathways.example.org"
    page = body(client.get("/practices/palim/", headers=UNKEYED))
    assert '<link rel="canonical" href="https://pathways.example.org/practices/palim/">' in page
    assert "testserver" not in page
    assert "evil" not in page


def test_static_files_and_pages_are_for_this_site_and_data_for_all(client):
    assert client.get("/").headers.get("Access-Control-Allow-Origin") is None
    static = answer(client, "get", "/static/site/site.css")
    assert static.headers.get("Access-Control-Allow-Origin") is None
    assert client.get("/api/v1/practices/").headers["Cross-Origin-Resource-Policy"] == "cross-origin"


@override_settings(SECURE_SSL_REDIRECT=True)
def test_a_redirect_to_https_has_them(client):
    response = client.get("/practices/")
    assert (response.status_code, problems(response.headers)) == (301, [])
