"""What search engines are told."""

from datetime import date
from urllib.robotparser import RobotFileParser

import pytest
from lxml import etree

from pathways.curation.models import Status
from pathways.site import sitemap
from tests import factories as make
from tests.reading import body

from .test_crawl import crawled  # noqa: F401 (a fixture)

NAMES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


def listed(client, address="/sitemap.xml"):
    """Return the last change of each address in a sitemap."""
    response = client.get(address)
    assert response.headers["Content-Type"] == "application/xml; charset=utf-8"
    root = etree.fromstring(response.content)
    assert root.tag == f"{{{NAMES['s']}}}urlset"
    return {one.findtext("s:loc", None, NAMES): one.findtext("s:lastmod", None, NAMES) for one in root}


def test_every_page_that_can_be_reached_is_in_the_sitemap_and_answers(client, crawled):  # noqa: F811
    found = listed(client)
    pages = {f"http://testserver{address}" for address in crawled if "?" not in address}
    left_out = {f"http://testserver{address}" for address in ("/search/", "/compare/")}
    assert pages - left_out == found.keys()
    assert all(found.values())


@pytest.mark.django_db
def test_the_last_change_of_a_page_is_that_of_what_it_shows(client, settings):
    settings.SITE_URL = "https://pathways.example.org"
    make.practice(slug="palim", countries=[("MA", "origin"), ("BE", "destination")], updated_on=date(2026, 3, 4))
    make.practice(slug="draft", status=Status.DRAFT)
    make.practice(
        slug="gone",
        status=Status.ARCHIVED,
        published_on=date(2026, 1, 1),
        countries=[("MA", "host")],
        updated_on=date(2026, 5, 5),
    )
    make.country("TN", "Tunisia")
    found = {address.removeprefix(settings.SITE_URL): day for address, day in listed(client).items()}
    assert found["/practices/palim/"] == found["/countries/ma/"] == found["/corridors/ma-be/"] == "2026-03-04"
    assert found["/countries/tn/"] is None
    assert not {"/practices/draft/", "/practices/gone/"} & found.keys()


@pytest.mark.django_db
def test_more_pages_than_a_file_holds_are_in_several(client, monkeypatch):
    for _n in range(3):
        make.practice()
    whole = listed(client)
    monkeypatch.setattr(sitemap, "MOST", 7)
    root = etree.fromstring(client.get("/sitemap.xml").content)
    assert root.tag == f"{{{NAMES['s']}}}sitemapindex"
    files = root.xpath("//s:loc/text()", namespaces=NAMES)
    assert files[0] == "http://testserver/sitemap.xml?p=1"
    parts = [listed(client, address) for address in files]
    assert {address: day for part in parts for address, day in part.items()} == whole
    assert sum(map(len, parts)) == len(whole)
    for number in ("0", str(len(files) + 1), "x", "-1", "01"):
        assert client.get("/sitemap.xml", {"p": number}).status_code == 404


@pytest.mark.django_db
def test_how_often_the_sitemap_asks_does_not_depend_on_how_much_there_is(client, django_assert_max_num_queries):
    make.practice(countries=[("MA", "origin"), ("BE", "destination")])
    with django_assert_max_num_queries(60) as few:
        client.get("/sitemap.xml")
    for code in ("TN", "EG", "NG"):
        make.practice(countries=[(code, "origin"), ("BE", "destination")], themes=["skills"])
        make.outcome(meeting=make.meeting())
    with django_assert_max_num_queries(len(few)):
        client.get("/sitemap.xml")


def test_robots_read_everything_but_what_was_searched_for(client, db):
    text = body(client.get("/robots.txt"))
    assert "Sitemap: http://testserver/sitemap.xml" in text.splitlines()
    robots = RobotFileParser()
    robots.parse(text.splitlines())
    for path in ("/", "/practices/", "/practices/?page=2", "/practices.csv", "/oai?verb=Identify", "/sitemap.xml"):
        assert robots.can_fetch("AnyBot", f"http://testserver{path}")
    for path in (
        "/admin/",
        "/admin/practices/practice/",
        "/search/?q=skills",
        "/search/suggest/",
        "/compare/?practice=x",
    ):
        assert not robots.can_fetch("AnyBot", f"http://testserver{path}")
