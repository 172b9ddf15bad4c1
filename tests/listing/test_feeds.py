"""Feeds of lists, as a feed reader reads them."""

from datetime import date
from xml.etree import ElementTree

import feedparser
import pytest
from django.utils import timezone

from practices.models import Practice
from tests import factories as make
from tests.listing.test_references import HOSTILE
from tests.reading import body

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"


def feed(client, address):
    response = client.get(address)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    text = body(response)
    # A parser that forgives nothing, then one that people read feeds with.
    ElementTree.fromstring(text)  # noqa: S314 -- our own
    found = feedparser.parse(text)
    assert not found.bozo, found.get("bozo_exception")
    return found


def dated(slug, published_on, updated_on, **fields):
    return make.practice(slug=slug, published_on=published_on, updated_on=updated_on, **fields)


def test_what_changed_last_comes_first_and_what_was_added_has_one_day(client):
    dated("changed", date(2025, 1, 1), date(2026, 5, 2))
    dated("old", date(2025, 2, 3), date(2025, 2, 3))
    dated("added", date(2026, 5, 1), date(2026, 5, 1))
    entries = feed(client, "/practices.atom").entries
    assert [entry.link.rsplit("/", 2)[1] for entry in entries] == ["changed", "added", "old"]
    assert [(entry.published[:10], entry.updated[:10]) for entry in entries] == [
        ("2025-01-01", "2026-05-02"),
        ("2026-05-01", "2026-05-01"),
        ("2025-02-03", "2025-02-03"),
    ]


def test_a_feed_says_what_it_is_of_and_where(client):
    make.practice(countries=[("MA", "origin")], themes=["free-movement"], updated_on=date(2026, 5, 1))
    found = feed(client, "/practices.atom?origin=MA").feed
    assert found.title == "Practices with MA as origin"
    assert found.updated == "2026-05-01T00:00:00Z"
    links = {link.rel: link.href for link in found.links}
    assert links["self"] == "http://testserver/practices.atom?origin=MA"
    assert links["alternate"] == "http://testserver/practices/?origin=MA"
    assert found.author == "Pathways"


def test_every_feed_has_an_identifier_of_its_own(client):
    make.practice(countries=[("MA", "origin")])
    addresses = ["/practices.atom", "/practices.atom?origin=MA", "/outcomes.atom", "/meetings.atom"]
    assert len({feed(client, address).feed.id for address in addresses}) == 4


def test_a_feed_of_nothing_is_a_feed(client):
    found = feed(client, "/practices.atom")
    assert found.entries == []
    assert found.feed.updated[:10] == str(timezone.localdate())


def test_an_entry_keeps_its_identifier_when_its_address_changes(client, settings):
    practice = make.practice(slug="pilot")
    make.outcome(slug="pilot")
    (before,) = feed(client, "/practices.atom").entries
    (other,) = feed(client, "/outcomes.atom").entries
    assert before.id.startswith("urn:uuid:")
    assert other.id != before.id
    Practice.objects.filter(pk=practice.pk).update(slug="palim", first_slug="pilot", former_slugs="pilot")
    settings.SITE_URL = "https://pathways.example.org"
    (after,) = feed(client, "/practices.atom").entries
    assert after.link == "https://pathways.example.org/practices/palim/"
    assert after.id == before.id


def test_drafts_are_in_no_feed(client):
    make.practice(status="draft")
    assert feed(client, "/practices.atom").entries == []


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_come_back(client, text):
    # PostgreSQL has no place for a null.
    text = text.replace("\x00", "")
    make.practice(title=text[:300], summary=text)
    (entry,) = ElementTree.fromstring(body(client.get("/practices.atom"))).findall(f"{ATOM}entry")  # noqa: S314
    # XML has no place for control characters, and knows one end of a line.
    legal = text.replace("\x1b", "").replace("\r\n", "\n")
    assert entry.find(f"{ATOM}summary").text == legal
    assert entry.find(f"{ATOM}title").text == legal[: len(entry.find(f"{ATOM}title").text)]
    assert len(entry.find(f"{ATOM}title").text) >= min(len(legal), 290)


@pytest.mark.parametrize("kind", ["practices", "outcomes", "meetings"])
def test_lists_tell_readers_of_their_feed(client, kind):
    page = body(client.get(f"/{kind}/"))
    assert f'<link rel="alternate" type="application/atom+xml" href="/{kind}.atom"' in page


def test_the_feed_of_a_filtered_list_is_told_of_with_its_filter(client):
    make.country("MA")
    page = body(client.get("/practices/?country=MA&page=1"))
    assert 'type="application/atom+xml" href="/practices.atom?country=MA"' in page
