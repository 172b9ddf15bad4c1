"""Pages that are kept: made once for a version of the data, and never one that is for one reader alone."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pathways.curation.changes import record
from pathways.curation.models import Change, DataVersion
from pathways.listing.middleware import kept_pages
from pathways.listing.pages import OVERHEAD, KeptPages
from tests import factories as make

ADDRESSES = ["/", "/practices/?country=MA", "/practices/nurses/", "/countries/ma/", "/search/?q=nurses"]


@pytest.fixture
def practice(transactional_db):
    practice = make.practice(slug="nurses", title="Nurses", countries=[("MA", "origin"), ("BE", "destination")])
    record(Change.Action.EDIT, [practice])
    return practice


def headers(response):
    """Return the headers of a response, but for the id that each request has of its own."""
    return {name: value for name, value in response.headers.items() if name != "X-Request-ID"}


def rename(practice, title):
    """Change what the public sees, as every door of the site does."""
    practice.title = title
    practice.save()
    record(Change.Action.EDIT, [practice])


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_second_to_ask_gets_the_same_page_for_one_question_to_the_database(client, practice, address):
    first = client.get(address)
    with CaptureQueriesContext(connection) as asked:
        second = Client().get(address)
    assert len(asked) == 1
    assert (second.status_code, second.content, headers(second)) == (200, first.content, headers(first))
    head = client.head(address)
    assert (head.status_code, headers(head)) == (200, headers(first))


@pytest.mark.parametrize("address", ADDRESSES[1:])
def test_a_change_is_in_the_next_answer(client, practice, address):
    before = client.get(address)
    rename(practice, "Nurses and doctors")
    for _time in range(2):
        after = client.get(address)
        assert "doctors" in after.content.decode()
        assert after.headers["ETag"] != before.headers["ETag"]


def test_a_change_elsewhere_is_noticed_by_the_version_alone(client, practice):
    """Another process, or another machine, changes the database and nothing in this process."""
    before = client.get("/practices/nurses/")
    with transaction.atomic():
        type(practice).objects.filter(pk=practice.pk).update(title="Changed elsewhere")
        DataVersion.advance(new_epoch=True)
    after = client.get("/practices/nurses/", headers={"if-none-match": before.headers["ETag"]})
    assert after.status_code == 200
    assert "Changed elsewhere" in after.content.decode()


def test_what_is_not_committed_is_never_kept(client, practice):
    with transaction.atomic():
        rename(practice, "Never committed")
        assert "Never committed" in client.get("/practices/nurses/").content.decode()
        transaction.set_rollback(True)
    assert len(kept_pages) == 0
    assert "Never committed" not in client.get("/practices/nurses/").content.decode()


def test_nobody_is_shown_the_page_of_another(client, practice):
    staff = Client()
    staff.force_login(get_user_model().objects.create_superuser("ana"))
    own = staff.get("/practices/nurses/")
    assert len(kept_pages) == 0
    assert "ETag" not in own.headers
    client.get("/practices/nurses/")
    assert len(kept_pages) == 1
    with CaptureQueriesContext(connection) as asked:
        staff.get("/practices/nurses/")
    assert len(asked) > 1, "made for them"


def test_a_form_that_is_made_for_who_opens_it_is_not_kept(client, practice):
    assert client.get("/suggest/").status_code == 200
    assert len(kept_pages) == 0


@pytest.mark.parametrize(
    "address", ["/no-such-page/", "/practices/?country=ZZ", "/practices.csv", "/api/v1/practices/"]
)
def test_errors_files_and_the_api_are_not_kept(client, practice, address):
    response = client.get(address)
    if response.streaming:
        list(response.streaming_content)
    assert len(kept_pages) == 0


def test_an_address_of_another_host_is_another_page(client, practice, settings):
    settings.ALLOWED_HOSTS = ["one.example", "two.example"]
    assert "http://one.example/" in client.get("/practices/nurses/", headers={"host": "one.example"}).content.decode()
    assert "one.example" not in client.get("/practices/nurses/", headers={"host": "two.example"}).content.decode()


# The store


@pytest.fixture
def kept(transactional_db):
    """Room for ten pages of 1,000 bytes."""
    return KeptPages(10 * (1000 + OVERHEAD))


def page_of(size=1000, **headers):
    return HttpResponse(b"x" * size, headers={"ETag": 'W/"1"', "Content-Type": "text/html", **headers})


def test_the_pages_asked_for_least_recently_are_dropped_first(kept):
    for name in range(10):
        assert kept.keep(name, page_of())
    kept.get(0)
    kept.keep("new", page_of())
    assert sorted(map(str, kept.pages)) == sorted(["0", *map(str, range(2, 10)), "new"])
    assert kept.bytes == kept.most_bytes


def test_a_page_that_takes_the_place_of_another_takes_its_room_too(kept):
    for size in (1000, 1500, 500):
        kept.keep("page", page_of(size))
    assert (len(kept), kept.bytes) == (1, 500 + OVERHEAD)


def test_a_page_too_large_for_the_room_drives_nobody_out(kept):
    kept.keep("page", page_of())
    assert not kept.keep("large", page_of(kept.most_bytes // 2))
    assert list(kept.pages) == ["page"]


def test_without_room_nothing_is_kept(transactional_db):
    assert not KeptPages(0).keep("page", page_of())


@pytest.mark.parametrize(
    "response",
    [
        page_of(Vary="Cookie"),
        page_of(**{"Cache-Control": "no-store"}),
        page_of(**{"Content-Type": "application/json"}),
        StreamingHttpResponse([b"x"], headers={"ETag": 'W/"1"', "Content-Type": "text/html"}),
        HttpResponse("x", headers={"ETag": 'W/"1"'}, status=404),
        HttpResponse("x"),
    ],
)
def test_what_is_not_for_everybody_is_not_kept(kept, response):
    assert not kept.keep("page", response)


def test_a_page_that_sets_a_cookie_is_not_kept(kept):
    response = page_of()
    response.set_cookie("who", "me")
    assert not kept.keep("page", response)
