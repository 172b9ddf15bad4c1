"""What of a record is public, in the API and in JSON, and what answers where it once was."""

import json

import pytest

from pathways.curation.models import Status
from practices.models import Practice, PracticeRelation
from tests import factories as make
from tests.practices.test_csv import filled_practice
from tests.reading import body

pytestmark = pytest.mark.django_db

HOSTILE = ['=1+1"', "+cmd", "-x", "@y", "a\nb\tc\r\nd", "\u202eعربي\u200f", "emoji 🧑‍🎓", "nul-free \x07", "x" * 300]


def asked(client, address):
    response = client.get(f"/api/v1{address}")
    assert response.status_code == 200, response.content
    return response.json()


def read(client, address):
    return json.loads(body(client.get(address)))


def test_a_practice_with_all_that_is_known_of_it(client):
    match = filled_practice()
    meeting = make.meeting(slug="summit", title="Summit")
    make.document("paper").meeting_rows.create(meeting=meeting, relation="reports-on")
    make.document("table").meeting_rows.create(meeting=make.meeting(status="draft"), relation="prepares")
    make.response(match, make.outcome(slug="r-1", heading="Do it"), "It does.")
    make.response(match, make.outcome(status="draft"))
    PracticeRelation.objects.create(practice=make.practice(slug="part", title="Part"), other=match, kind="part-of")
    found = asked(client, "/practices/match/")
    assert found["kind"] == {"code": "programme", "label": "Programme or project"}
    assert found["other_names"] == ["Hiring African Talents", "MATCH scheme"]
    assert [(row["country"]["code"], row["role"]["code"], row["basis"]["code"]) for row in found["countries"]] == [
        ("BE", "destination", "stated"),
        ("DE", "lead", "stated"),
        ("EG", "transit", "stated"),
        ("FR", "donor", "stated"),
        ("GH", "concerned", "stated"),
        ("IT", "partner", "stated"),
        ("LU", "host", "stated"),
        ("NG", "origin", "stated"),
        ("NL", "destination", "country-inferred"),
        ("SN", "origin", "role-inferred"),
    ]
    assert [(row["organisation"]["code"], row["basis"]["code"]) for row in found["organisations"]] == [
        ("eu", "stated"),
        ("iom", "role-inferred"),
    ]
    assert [theme["code"] for theme in found["themes"]] == [
        "skills-mobility-partnerships",
        "admission-visas-and-permits",
    ]
    assert found["gcm_objectives"][0] == {"code": "5", "label": "Objective 5"}
    assert found["places"][0]["country"] == {"code": "SN", "label": "Senegal"}
    assert found["inferred"] == ["sectors", "end_year"]
    assert [(row["value"], row["low"], row["nature"]["code"]) for row in found["figures"]] == [
        ("36", None, "design"),
        ("105", 105.0, "target"),
    ]
    assert [(row["document"]["id"], row["locator"]) for row in found["sources"]] == [
        ("paper", "Annex 1, §5, IOM"),
        ("table", "Practices 9"),
    ]
    assert found["meetings"] == [
        {"id": "summit", "title": "Summit", "url": "http://testserver/meetings/summit/"},
    ]
    assert [(row["kind"]["code"], row["practice"]["id"]) for row in found["relations"]] == [
        ("edition-of", "match-pilot"),
        ("part-of", "mpf"),
    ]
    assert [row["practice"]["id"] for row in found["inverse_relations"]] == ["part"]
    assert [(row["outcome"]["id"], row["reason"]) for row in found["responses"]] == [("r-1", "It does.")]
    assert found["url"] == "http://testserver/practices/match/"
    assert found["updated_on"] == "2026-03-01"


def test_an_outcome_refers_only_to_what_is_public(client):
    hidden = make.meeting(status="draft")
    parent = make.outcome(status="draft")
    outcome = make.outcome(
        slug="r-1", meeting=hidden, session=make.session(hidden), parent=parent, addressees="States\nEmployers"
    )
    make.response(make.practice(slug="answer"), outcome, "It does.")
    make.response(make.practice(status="draft"), outcome)
    found = asked(client, "/outcomes/r-1/")
    assert found["meeting"] is found["session"] is found["parent"] is None
    assert [row["practice"]["id"] for row in found["responses"]] == ["answer"]
    assert found["addressees"] == ["States", "Employers"]
    assert found["document"]["id"] == "paper"


def test_a_former_slug_leads_to_the_record(client):
    make.practice(slug="new", former_slugs="old\nolder")
    response = client.get("/api/v1/practices/older/?fields=id")
    assert response.status_code == 301
    assert response.headers["Location"] == "http://testserver/api/v1/practices/new/?fields=id"
    assert client.get(response.headers["Location"]).json() == {"id": "new"}


def test_a_withdrawn_record_says_what_replaced_it(client):
    new = make.practice(slug="new")
    make.practice(slug="old", status=Status.ARCHIVED, published_on="2026-01-01", replaced_by=new)
    make.practice(slug="gone", status=Status.ARCHIVED, published_on="2026-01-01")
    response = client.get("/api/v1/practices/old/")
    assert response.status_code == 410
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["replaced_by"] == {
        "id": "new",
        "url": "http://testserver/practices/new/",
        "api": "http://testserver/api/v1/practices/new/",
    }
    assert client.get("/api/v1/practices/gone/").json()["replaced_by"] is None


def test_what_was_never_published_is_not_there(client):
    make.practice(slug="draft", status=Status.DRAFT)
    assert client.get("/api/v1/practices/draft/").status_code == 404
    assert client.get("/api/v1/practices/").json()["count"] == 0
    assert Practice.objects.count() == 1


def test_participations_are_those_of_published_meetings(client):
    meeting = make.meeting(slug="open")
    make.participation(meeting, country=make.country("IT", "Italy"), role="chair")
    session = make.session(meeting, slug="panel")
    make.participation(meeting, session=session, person="Ann Example", represents_country=make.country("IT", "Italy"))
    make.participation(make.meeting(status="draft"), organisation=make.organisation())
    everybody = asked(client, "/participations/")["results"]
    assert [(row["kind"], row["role"]["code"]) for row in everybody] == [("state", "chair"), ("person", "participant")]
    assert everybody[1]["session"] == {"code": "panel", "label": "Session 1"}
    assert everybody[1]["meeting"]["id"] == "open"
    assert asked(client, "/participations/?country=IT")["count"] == 2
    assert asked(client, "/participations/?role=chair")["count"] == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_of_any_kind_come_back_as_they_went_in(client, text):
    make.practice(title=text, summary=text * 60)
    (record,) = read(client, "/practices.json")["results"]
    assert record["title"] == text
    assert record["summary"] == (text * 60).replace("\r\n", "\n")


def test_an_empty_list_is_an_empty_list(client):
    assert read(client, "/practices.json")["results"] == []


def test_an_empty_knowledge_base_has_an_api_too(client):
    root = asked(client, "/")
    for address in root["lists"].values():
        assert client.get(address).json()["results"] == []
    assert client.get(root["schema"]).json()["openapi"]
    assert client.get(root["documentation"]).status_code == 200
