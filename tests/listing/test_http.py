"""What HTTP says of every list and every format: methods, types, what has moved, what is gone, who stops reading."""

import gc
import socket
import tempfile
from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.urls import get_resolver

from meetings.exports import MEETINGS, OUTCOMES, PARTICIPANTS
from pathways.curation.models import Status
from pathways.listing import plain
from pathways.site.exports import COUNTRIES, COVERAGE_ANSWERS
from practices.exports import PRACTICES
from tests import factories as make
from tests.conftest import connection_kept
from tests.reading import body, words

pytestmark = pytest.mark.django_db

LISTS = (PRACTICES, OUTCOMES, MEETINGS, COUNTRIES)
FILES = [f"/{one.name}.{extension}" for one in LISTS for extension in one.formats]
FILES += [f"/meetings/lisbon/participants.{extension}" for extension in PARTICIPANTS.formats]
FILES += [f"/coverage/answers.{extension}" for extension in COVERAGE_ANSWERS.formats]
PAGES = [f"/{one.name}/" for one in LISTS]
PAGES += ["/", "/practices/palim/", "/meetings/lisbon/", "/countries/ma/", "/corridors/ma-be/", "/themes/", "/search/"]
PAGES += ["/coverage/", "/map/", "/timeline/", "/sitemap.xml", "/robots.txt", "/healthz"]


@pytest.fixture(autouse=True)
def something():
    """A record of each kind."""
    meeting = make.meeting(slug="lisbon", title="Lisbon", starts_on=date(2018, 3, 1), date_precision="day")
    make.participation(meeting, country=make.country())
    make.outcome(slug="rec-1", meeting=meeting)
    make.practice(slug="palim", title="PALIM", countries=[("MA", "origin"), ("BE", "destination")])


# Methods and types


@pytest.mark.parametrize("address", FILES)
def test_a_head_of_a_file_has_its_headers_and_does_none_of_its_work(client, address, monkeypatch):
    response = client.get(address)
    assert body_of(response)
    # Each request has an id of its own.
    own = {"Content-Length", "X-Request-ID"}
    headers = {name: value for name, value in response.headers.items() if name not in own}

    def no_work(*args, **kwargs):
        raise AssertionError("Rows were read for a request that wants none.")

    monkeypatch.setattr(plain.Reader, "fetch", no_work)
    monkeypatch.setattr(tempfile, "TemporaryFile", no_work)
    head = client.head(address)
    assert head.status_code == 200
    assert {name: value for name, value in head.headers.items() if name not in own} == headers
    assert not body_of(head)


def body_of(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


@pytest.mark.parametrize("address", PAGES)
def test_a_head_of_a_page_has_its_headers_only(client, address):
    head = client.head(address)
    assert head.status_code == 200
    assert not body_of(head)
    assert head.headers["Content-Type"] == client.get(address).headers["Content-Type"]


@pytest.mark.parametrize("address", FILES + PAGES)
def test_other_methods_are_not_allowed_and_it_says_which_are(address):
    # As browsers and scripts have it: with the check of forms that test clients leave out.
    client = Client(enforce_csrf_checks=True)
    for method in (client.post, client.put, client.patch, client.delete):
        response = method(address)
        assert response.status_code == 405, method
        assert "GET" in response.headers["Allow"]
        assert "HEAD" in response.headers["Allow"]


def test_every_view_of_the_site_refuses_what_it_does_not_support():
    """But those of the admin and of accounts, which have forms: who posts to a page is told so, not of a token."""
    lacking = []
    for pattern in patterns(get_resolver().url_patterns):
        view = pattern.callback
        if not view.__module__.startswith("django.contrib.admin") and not getattr(view, "csrf_exempt", False):
            lacking.append(str(pattern))
    assert not lacking


def patterns(found):
    for one in found:
        if getattr(one, "app_name", None) in {"admin", "accounts"}:
            continue
        if hasattr(one, "url_patterns"):
            yield from patterns(one.url_patterns)
        else:
            yield one


@pytest.mark.parametrize("address", [*FILES, "/practices/", "/practices/palim/"])
def test_the_address_says_the_format_whatever_is_accepted(client, address):
    content_type = client.head(address).headers["Content-Type"]
    for accept in ("application/json", "image/png", "text/html;q=0", "nonsense", ""):
        response = client.head(address, headers={"accept": accept})
        assert (response.status_code, response.headers["Content-Type"]) == (200, content_type), accept


@pytest.mark.parametrize(
    "start", ["/practices", "/outcomes", "/meetings", "/countries", "/meetings/lisbon/participants"]
)
def test_a_format_that_there_is_not_is_not_found(client, start):
    for extension in ("html", "zip", "csv2", "CSV", "c", "json-"):
        assert client.get(f"{start}.{extension}").status_code == 404, extension


# Parameters


@pytest.mark.parametrize("address", [f"/{one.name}.{extension}" for one in LISTS for extension in one.formats])
def test_what_is_wrong_is_a_problem_document_in_every_format(client, address):
    for query in ("sort=nonsense", "q=a%00b", "q=" + "a" * 201, "q=one&q=two", "q=&q=two", "sort=%ff"):
        response = client.get(f"{address}?{query}")
        assert response.status_code == 400, query
        assert response.headers["Content-Type"] == "application/problem+json"
        assert [error["parameter"] for error in response.json()["errors"]] == [query.partition("=")[0]]
        assert client.head(f"{address}?{query}").status_code == 400


@pytest.mark.parametrize(
    "query", ["sort=title&sort=newest", "year_from=2018&year_from=2019", "page=1&page=2", "per_page=1&per_page=2"]
)
def test_two_values_where_one_has_a_meaning_are_refused_rather_than_one_taken(client, query):
    parameter = query.partition("=")[0]
    page = client.get(f"/practices/?{query}")
    assert page.status_code == 400
    assert "Give one value, not several." in words(body(page))
    (error,) = client.get(f"/practices.csv?{query}").json()["errors"]
    assert error["parameter"] == parameter
    assert error["value"] == ", ".join(part.partition("=")[2] for part in query.split("&"))


def test_the_same_value_twice_is_that_value(client):
    assert client.get("/practices/?q=palim&q=palim&sort=title&sort=title&country=MA&country=MA").status_code == 200


@pytest.mark.parametrize("address", ["/practices/", "/outcomes/", "/meetings/"])
def test_a_page_past_the_end_is_not_found_but_a_file_is_whole(client, address):
    assert client.get(f"{address}?page=2").status_code == 404
    assert client.head(f"{address}?page=2").status_code == 404
    whole = body(client.get(f"{address.rstrip('/')}.csv"))
    assert body(client.get(f"{address.rstrip('/')}.csv?page=2&per_page=1")) == whole


# What moved, and what is gone


@pytest.mark.parametrize(
    ("address", "to"),
    [
        ("/countries/MA/", "/countries/ma/"),
        ("/countries/Ma/?x=1&y=%20", "/countries/ma/?x=1&y=%20"),
        ("/corridors/MA-BE/?x=1", "/corridors/ma-be/?x=1"),
        ("/corridors/ma-BE/", "/corridors/ma-be/"),
    ],
)
def test_codes_in_capitals_lead_to_the_page(client, address, to):
    response = client.get(address)
    assert (response.status_code, response.headers["Location"]) == (301, to)
    assert client.get(to).status_code == 200


@pytest.mark.parametrize("tail", ["/", "/?a=1&a=%C3%A9", *(f"/participants.{one}?x=1" for one in PARTICIPANTS.formats)])
def test_a_former_address_leads_to_the_same_of_the_record(client, tail):
    make.meeting(slug="new", former_slugs="old\nolder", first_slug="older")
    for former in ("old", "older"):
        response = client.get(f"/meetings/{former}{tail}")
        assert (response.status_code, response.headers["Location"]) == (301, f"/meetings/new{tail}")
        assert client.head(f"/meetings/{former}{tail}").status_code == 301


@pytest.mark.parametrize("extension", list(PARTICIPANTS.formats))
def test_what_was_withdrawn_is_gone_in_every_format_with_what_replaced_it(client, extension):
    successor = make.meeting(slug="successor", title="Successor")
    make.meeting(slug="gone", status=Status.ARCHIVED, published_on=date(2026, 1, 1), replaced_by=successor)
    page = client.get("/meetings/gone/")
    assert page.status_code == 410
    assert "It was replaced by Successor" in words(body(page))
    file = client.get(f"/meetings/gone/participants.{extension}")
    assert file.status_code == 410
    assert file.headers["Content-Type"] == "application/problem+json"
    assert file.json()["status"] == 410
    assert file.json()["replaced_by"] == {"id": "successor", "url": "http://testserver/meetings/successor/"}
    for response in (page, file):
        assert response.headers["Link"] == '<http://testserver/meetings/successor/>; rel="successor-version"'


def test_what_was_withdrawn_for_nothing_or_for_something_unpublished_says_so(client):
    hidden = make.meeting(slug="hidden", status=Status.DRAFT)
    make.meeting(slug="gone", status=Status.ARCHIVED, published_on=date(2026, 1, 1), replaced_by=hidden)
    response = client.get("/meetings/gone/participants.csv")
    assert response.status_code == 410
    assert response.json()["replaced_by"] is None
    assert "Link" not in response.headers
    assert client.get("/meetings/hidden/participants.csv").status_code == 404
    make.meeting(slug="never", status=Status.ARCHIVED)
    assert client.get("/meetings/never/participants.csv").status_code == 404


# Who stops reading


@pytest.fixture
def short_chunks(monkeypatch):
    """Let rows be read two at a time, of five."""
    for module in ("pathways.listing.export", "pathways.listing.plain"):
        monkeypatch.setattr(f"{module}.CHUNK", 2, raising=False)
    for n in range(4):
        make.practice(slug=f"p-{n}")
        make.outcome()
        make.meeting(starts_on=date(2019, 1, 1), date_precision="day")


@pytest.mark.parametrize("address", FILES)
def test_who_stops_reading_leaves_nothing_open(client, address, short_chunks, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    fetched = []
    fetch = plain.Reader.fetch
    monkeypatch.setattr(plain.Reader, "fetch", lambda self, ids: fetched.append(ids) or fetch(self, ids))
    response = client.get(address)
    assert next(iter(response.streaming_content))
    before = len(fetched)
    generators = [one for one in response._resource_closers if hasattr(one, "__self__")]
    with connection_kept():
        response.close()
    assert generators
    assert all(one.__self__.gi_frame is None for one in generators if hasattr(one.__self__, "gi_frame"))
    gc.collect()
    assert len(fetched) == before
    assert not list(Path(tmp_path).iterdir())
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


@pytest.mark.django_db(transaction=True)
def test_a_client_that_hangs_up_half_way_costs_the_server_nothing_lasting(live_server, client):
    for n in range(300):
        make.practice(slug=f"long-{n}", summary="A long tale. " * 200)
    host, port = live_server.thread.host, live_server.thread.port
    for address in ("/practices.csv", "/practices.json", "/practices.xlsx"):
        with socket.create_connection((host, port), timeout=20) as hasty:
            hasty.sendall(f"GET {address} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            assert hasty.recv(50).startswith(b"HTTP/1.1 200")
    with socket.create_connection((host, port), timeout=20) as patient:
        patient.sendall(f"GET /practices/palim/ HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        assert patient.recv(50).startswith(b"HTTP/1.1 200")
