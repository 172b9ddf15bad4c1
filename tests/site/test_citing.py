"""How pages say how to cite them, and what they say of themselves to those who link to them."""

import html
import re
from datetime import date

import pytest
import rispy
from pybtex.database import parse_string

from pathways.curation.models import DataVersion
from practices.models import Practice
from tests import factories as make
from tests.reading import body, read, says

pytestmark = pytest.mark.django_db

RECORDS = ["practice", "outcome", "meeting"]


@pytest.fixture
def version():
    DataVersion.advance()
    DataVersion.objects.update(epoch="abc", number=7, changed_at="2026-11-02T12:00:00Z")
    return DataVersion.current()


def made(kind, **fields):
    return getattr(make, kind)(slug="one", updated_on=date(2026, 5, 1), **fields)


@pytest.mark.parametrize("kind", RECORDS)
def test_a_record_says_how_to_cite_it(client, version, kind):
    record = made(kind)
    page = body(client.get(record.get_absolute_url()))
    address = f"http://testserver/{kind}s/one/"
    assert says(page, "Cite this record", "APA", record.title, "data version abc.7 of November 2, 2026", address)
    assert says(page, "Chicago", record.title, "Data version abc.7 of November 2, 2026", address)
    assert f'href="/{kind}s/one/cite.ris" download' in page
    assert f'href="/{kind}s/one/cite.bib" download' in page


@pytest.mark.parametrize("kind", RECORDS)
def test_the_citation_of_a_record_is_a_file(client, version, kind):
    record = made(kind)
    response = client.get(f"/{kind}s/one/cite.ris")
    assert response.headers["Content-Disposition"] == f'attachment; filename="{kind}-one.ris"'
    (entry,) = rispy.loads(body(response))
    assert (entry["title"], entry["urls"]) == (record.title, [f"http://testserver/{kind}s/one/"])
    library = parse_string(body(client.get(f"/{kind}s/one/cite.bib")), "bibtex")
    assert library.entries[f"{kind}-one"].fields["url"] == f"http://testserver/{kind}s/one/"
    assert client.get(f"/{kind}s/one/cite.csv").status_code == 404


@pytest.mark.parametrize("kind", RECORDS)
@pytest.mark.parametrize("extension", ["ris", "bib"])
def test_the_citations_of_a_list_are_those_of_its_records(client, version, kind, extension):
    made(kind)
    alone = body(client.get(f"/{kind}s/one/cite.{extension}"))
    assert body(client.get(f"/{kind}s.{extension}")) == alone
    getattr(make, kind)(slug="two")
    assert alone in body(client.get(f"/{kind}s.{extension}"))


def test_a_list_says_how_to_cite_it(client, version):
    make.practice(countries=[("MA", "origin")])
    make.practice()
    page = body(client.get("/practices/?origin=MA&page=1"))
    assert says(page, "Cite this list", "APA", "Practices with MA as origin [Data set of 1 record; data version abc.7")
    (path,) = re.findall(r'href="(/practices/cite\.ris[^"]*)"', page)
    assert html.unescape(path) == "/practices/cite.ris?origin=MA"
    (entry,) = rispy.loads(body(client.get(html.unescape(path))))
    assert entry["type_of_reference"] == "DATA"
    assert entry["title"] == "Practices with MA as origin"
    assert entry["urls"] == ["http://testserver/practices/?origin=MA"]
    assert entry["date"] == "2026/11/02/"


def test_lists_have_keys_of_their_own(client):
    make.practice(countries=[("MA", "origin")])
    files = [body(client.get(f"/{path}")) for path in ("practices/cite.bib", "practices/cite.bib?origin=MA")]
    keys = [list(parse_string(text, "bibtex").entries) for text in (*files, body(client.get("/outcomes/cite.bib")))]
    assert len({key for (key,) in keys}) == 3


def test_a_wrong_filter_is_no_citation(client):
    response = client.get("/practices/cite.ris?country=ZZ")
    assert response.status_code == 400
    assert response.json()["errors"][0]["parameter"] == "country"


def test_a_key_stays_when_the_address_changes(client):
    practice = make.practice(slug="pilot")
    Practice.objects.filter(pk=practice.pk).update(slug="palim", first_slug="pilot", former_slugs="pilot")
    response = client.get("/practices/pilot/cite.bib")
    assert (response.status_code, response.headers["Location"]) == (301, "/practices/palim/cite.bib")
    assert "@misc{practice-pilot," in body(client.get("/practices/palim/cite.bib"))


def test_a_record_called_cite_is_a_record_like_any_other(client):
    make.practice(slug="cite")
    assert client.get("/practices/cite/").status_code == 200
    assert "@misc{practice-cite," in body(client.get("/practices/cite/cite.bib"))
    assert "@misc{practices-list," in body(client.get("/practices/cite.bib"))


def test_drafts_are_not_cited(client):
    make.practice(slug="one", status="draft")
    assert client.get("/practices/one/cite.ris").status_code == 404


# What a page says of itself


def head(client, address):
    """Return what the head of a page says: the address it is known by, and its properties."""
    tags = read(body(client.get(address))).tags
    links = [attributes["href"] for tag, attributes in tags if tag == "link" and attributes.get("rel") == "canonical"]
    named = [
        (attributes.get("name") or attributes.get("property"), attributes["content"])
        for tag, attributes in tags
        if tag == "meta" and ("name" in attributes or "property" in attributes)
    ]
    said = dict(named)
    assert len(said) == len(named)
    return links, said


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        ("/", "/"),
        ("/about/?utm_source=x", "/about/"),
        ("/practices/?page=1&per_page=20&utm_source=x", "/practices/"),
        ("/practices/?origin=MA&page=1", "/practices/?origin=MA"),
        ("/practices/?per_page=1&page=2", "/practices/?page=2"),
        ("/recommendations/", "/recommendations/"),
        ("/practices/one/?x=1", "/practices/one/"),
    ],
)
def test_every_page_is_known_by_one_address(client, settings, address, canonical):
    settings.SITE_URL = "https://pathways.example.org"
    make.practice(slug="one", countries=[("MA", "origin")])
    make.practice()
    links, said = head(client, address)
    assert links == [f"https://pathways.example.org{canonical}"]
    assert said["og:url"] == links[0]


def test_what_is_not_there_has_no_address(client):
    links, said = head(client, "/nowhere/")
    assert links == []
    assert said["robots"] == "noindex"


def test_a_list_with_a_wrong_filter_has_no_address_and_no_files(client):
    links, said = head(client, "/practices/?country=ZZ")
    assert links == []
    assert said["robots"] == "noindex"
    assert 'rel="alternate"' not in body(client.get("/practices/?country=ZZ"))


def test_a_record_describes_itself_to_those_who_link_to_it(client):
    make.practice(slug="one", title='The "first" <practice>', summary="It trains people. It does more.")
    _links, said = head(client, "/practices/one/")
    assert said["description"] == said["og:description"] == "It trains people."
    assert said["og:title"] == 'The "first" <practice>'
    assert said["og:type"] == "article"
    assert said["og:site_name"] == "Pathways"


def test_every_kind_of_page_has_a_description_of_its_own(client):
    make.practice(slug="one", countries=[("MA", "origin"), ("BE", "destination")], themes=["free-movement"])
    make.outcome(slug="one")
    make.meeting(slug="one")
    addresses = ["/", "/practices/", "/outcomes/", "/recommendations/", "/meetings/", "/countries/", "/themes/"]
    addresses += ["/countries/ma/", "/themes/free-movement/", "/corridors/", "/corridors/ma-be/", "/documents/"]
    addresses += ["/documents/paper/", "/outcomes/one/", "/meetings/one/", "/search/?q=x", "/coverage/", "/about/"]
    said = [head(client, address)[1] for address in addresses]
    assert len({one["description"] for one in said}) == len(addresses)
    assert all(one["og:title"] for one in said)
