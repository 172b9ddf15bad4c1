"""Linked data in files and in pages, as those read it who gather it."""

import json
import re
from datetime import date

import extruct
import pytest
from rdflib import DCAT, DCTERMS, RDF, Graph, Literal, Namespace, URIRef

from practices.models import Citation, Link
from tests import factories as make
from tests.listing.test_references import HOSTILE
from tests.reading import body

pytestmark = pytest.mark.django_db

SCHEMA = Namespace("https://schema.org/")
SITE = "http://testserver"


def graph(client, address):
    """Return what a file says, as triples."""
    response = client.get(address)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/ld+json; charset=utf-8"
    return Graph().parse(data=body(response), format="json-ld")


def in_page(client, address):
    """Return what the page of a record says to machines, as it stands there and as triples."""
    page = body(client.get(address))
    (node,) = extruct.extract(page, base_url=SITE + address, syntaxes=["json-ld"])["json-ld"]
    return node, Graph().parse(data=json.dumps(node), format="json-ld")


def palim():
    practice = make.practice(
        slug="palim",
        title="Pilot project",
        acronym="PALIM",
        start_year=2019,
        end_year=2021,
        countries=[("MA", "origin"), ("BE", "destination"), ("TN", "concerned")],
        organisations=[("enabel", "lead")],
        themes=["free-movement"],
        published_on=date(2025, 1, 1),
        updated_on=date(2026, 5, 1),
        cited=False,
    )
    Citation.objects.create(practice=practice, document=make.document(), locator="Annex 1, §2b")
    Link.objects.create(practice=practice, url="https://example.org/palim")
    return practice


def test_a_list_is_a_data_set_with_its_records_and_its_files(client):
    palim()
    make.practice(slug="other")
    found = graph(client, "/practices.jsonld?country=MA")
    data = URIRef(f"{SITE}/practices/?country=MA")
    assert set(found.objects(data, RDF.type)) == {SCHEMA.Dataset, DCAT.Dataset}
    assert found.value(data, DCTERMS.title) == found.value(data, SCHEMA.name) == Literal("Practices with MA")
    assert set(found.objects(data, SCHEMA.hasPart)) == {URIRef(f"{SITE}/practices/palim/")}
    files = {str(found.value(one, DCAT.downloadURL)) for one in found.objects(data, DCAT.distribution)}
    assert f"{SITE}/practices.csv?country=MA" in files
    assert f"{SITE}/practices.bib?country=MA" in files
    for one in found.objects(data, SCHEMA.distribution):
        assert set(found.objects(one, RDF.type)) == {SCHEMA.DataDownload, DCAT.Distribution}
        assert str(found.value(one, DCAT.mediaType)).startswith("https://www.iana.org/assignments/media-types/")
    for predicate in (DCTERMS.description, DCTERMS.license, DCTERMS.publisher, DCTERMS.modified, DCAT.landingPage):
        assert found.value(data, predicate) is not None, predicate


def test_a_practice_says_what_it_is_about_and_where_it_is_printed(client):
    palim()
    node, found = in_page(client, "/practices/palim/")
    record = URIRef(f"{SITE}/practices/palim/")
    about = found.value(record, SCHEMA.about)
    assert found.value(about, RDF.type) == SCHEMA.Project
    assert str(found.value(about, SCHEMA.name)) == "Pilot project"
    assert str(found.value(about, SCHEMA.alternateName)) == "PALIM"
    assert found.value(about, SCHEMA.sameAs) == URIRef("https://example.org/palim")
    countries = {str(found.value(one, SCHEMA.identifier)) for one in found.objects(record, SCHEMA.spatialCoverage)}
    assert countries == {"MA", "BE"}
    assert node["temporalCoverage"] == "2019/2021"
    assert (node["datePublished"], node["dateModified"]) == ("2025-01-01", "2026-05-01")
    source = found.value(record, SCHEMA.isBasedOn)
    assert str(found.value(source, SCHEMA.name)) == "Annex 1, §2b"
    assert str(found.value(found.value(source, SCHEMA.isPartOf), SCHEMA.name)) == "Background paper"
    assert str(found.value(found.value(record, SCHEMA.publisher), SCHEMA.name)) == "Pathways"
    assert found.value(record, SCHEMA.license) == URIRef(f"{SITE}/about/#licence")


def test_the_page_of_a_record_says_what_the_file_of_the_list_says(client):
    palim()
    _node, page = in_page(client, "/practices/palim/")
    record = URIRef(f"{SITE}/practices/palim/")
    file = graph(client, "/practices.jsonld")
    assert {(p, str(o)) for p, o in page.predicate_objects(record) if isinstance(o, Literal)} == {
        (p, str(o)) for p, o in file.predicate_objects(record) if isinstance(o, Literal)
    }


@pytest.mark.parametrize(
    ("precision", "first", "said"), [("day", "2018-05-03", "2018-05-03"), ("month", "2018-05-01", "2018-05")]
)
def test_a_meeting_is_an_event_with_its_dates_as_exact_as_they_are_known(client, precision, first, said):
    make.meeting(
        slug="workshop",
        starts_on=date.fromisoformat(first),
        date_precision=precision,
        place="Geneva",
        country=make.country("CH", "Switzerland"),
    )
    node, found = in_page(client, "/meetings/workshop/")
    event = found.value(URIRef(f"{SITE}/meetings/workshop/"), SCHEMA.about)
    assert found.value(event, RDF.type) == SCHEMA.Event
    assert node["about"]["startDate"] == said
    assert node["about"]["location"]["address"]["addressCountry"] == "CH"
    assert graph(client, "/meetings.jsonld").value(event, SCHEMA.startDate) is not None


def test_an_outcome_names_its_meeting_and_what_it_is_part_of_if_they_are_public(client):
    meeting = make.meeting(slug="workshop")
    parent = make.outcome(slug="r-1", meeting=meeting)
    make.outcome(slug="r-1a", parent=parent, meeting=meeting)
    _node, found = in_page(client, "/outcomes/r-1a/")
    outcome = URIRef(f"{SITE}/outcomes/r-1a/")
    assert found.value(outcome, SCHEMA.isPartOf) == URIRef(f"{SITE}/outcomes/r-1/")
    assert found.value(outcome, SCHEMA.recordedAt) == URIRef(f"{SITE}/meetings/workshop/#meeting")
    assert str(found.value(outcome, SCHEMA.genre)) == "Recommendation"
    type(meeting).objects.update(status="draft")
    type(parent).objects.filter(pk=parent.pk).update(status="draft")
    text = body(client.get("/outcomes.jsonld"))
    assert "workshop" not in text
    assert "/r-1/" not in text


@pytest.mark.parametrize("text", [*HOSTILE, "</script><script>alert(1)</script>", "<!--<script>", "]]>&amp;"])
def test_hostile_texts_come_back_and_never_end_the_script(client, text):
    text = text.replace("\x00", "")
    practice = make.practice(title=text[:300], summary=text)
    practice.refresh_from_db()
    page = body(client.get(practice.get_absolute_url()))
    (block,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert not set("<>&\u2028") & set(block)
    assert json.loads(block)["abstract"] == practice.summary
    (record,) = json.loads(body(client.get("/practices.jsonld")))["hasPart"]
    assert record["abstract"] == practice.summary
    assert record["name"] == practice.title


def test_a_list_of_nothing_is_a_data_set(client):
    assert json.loads(body(client.get("/practices.jsonld")))["hasPart"] == []
