"""What search engines are told."""

from datetime import date
from urllib.robotparser import RobotFileParser

import pytest
from lxml import etree

from pathways.curation.models import Status
from pathways.listing import index
from pathways.site import sitemap
from tests import factories as make
from tests.reading import body

NAMES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


def changes_by_address(client, address="/sitemap.xml"):
    """Return the last change of each address in a sitemap."""
    response = client.get(address)
    assert response.headers["Content-Type"] == "application/xml; charset=utf-8"
    root = etree.fromstring(response.content)
    assert root.tag == f"{{{NAMES['s']}}}urlset"
    return {one.findtext("s:loc", None, NAMES): one.findtext("s:lastmod", None, NAMES) for one in root}


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
    found = {address.removeprefix(settings.SITE_URL): day for address, day in changes_by_address(client).items()}
    assert found["/practices/palim/"] == found["/countries/ma/"] == found["/corridors/ma-be/"] == "2026-03-04"
    assert found["/countries/tn/"] is None
    assert not {"/practices/draft/", "/practices/gone/"} & found.keys()


@pytest.mark.django_db
def test_more_pages_than_a_file_holds_are_in_several(client, monkeypatch):
    for _n in range(3):
        make.practice()
    whole = changes_by_address(client)
    monkeypatch.setattr(sitemap, "MOST", 7)
    root = etree.fromstring(client.get("/sitemap.xml").content)
    assert root.tag == f"{{{NAMES['s']}}}sitemapindex"
    files = root.xpath("//s:loc/text()", namespaces=NAMES)
    assert files[0] == "http://testserver/sitemap.xml?p=1"
    parts = [changes_by_address(client, address) for address in files]
    assert {address: day for part in parts for address, day in part.items()} == whole
    assert sum(map(len, parts)) == len(whole)
    for number in ("0", str(len(files) + 1), "x", "-1", "01"):
        assert client.get("/sitemap.xml", {"p": number}).status_code == 404


@pytest.mark.django_db
def test_how_often_the_sitemap_asks_does_not_depend_on_how_much_there_is(
    client, kept_index, django_assert_max_num_queries
):
    client.get("/sitemap.xml")
    with django_assert_max_num_queries(30) as few:
        client.get("/sitemap.xml")
    most = len(few)
    for code in ("MA", "TN", "EG", "NG"):
        make.practice(countries=[(code, "origin"), ("BE", "destination")], themes=["skills"])
        make.outcome(meeting=make.meeting())
    index.forget()
    client.get("/sitemap.xml")
    with django_assert_max_num_queries(most):
        assert b"/corridors/tn-be/" in client.get("/sitemap.xml").content


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
