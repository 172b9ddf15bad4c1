"""Single records and terms: everything of them that is public, and what answers where they once were."""

import pytest

from pathways.curation.models import Status
from pathways.vocabulary.models import Country, Organisation, Theme
from practices.models import Practice, PracticeRelation
from tests import factories as make
from tests.practices.test_csv import filled_practice


def asked(client, address):
    response = client.get(f"/api/v1{address}")
    assert response.status_code == 200, response.content
    return response.json()


def test_a_practice_with_all_that_is_known_of_it(client, db):
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
    assert [theme["code"] for theme in found["themes"]] == ["skills-mobility-partnerships", "admission-visas-and-permits"]
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


def test_an_outcome_refers_only_to_what_is_public(client, db):
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


def test_a_meeting_has_its_sessions_participants_and_documents(client, curated):
    found = asked(client, "/meetings/gcm-2017-thematic-session-6/")
    assert len(found["participations"]) == 32
    assert "meeting" not in found["participations"][0]
    assert found["sessions"]
    assert found["documents"][0]["relation"]["code"] in {"prepares", "reports-on"}
    assert found["date_precision"]["code"] == "day"


def test_a_country_is_found_by_its_code_in_any_case(client, curated):
    found = asked(client, "/countries/ma/")
    assert found == asked(client, "/countries/MA/")
    assert (found["code"], found["label"], found["practices"]) == ("MA", "Morocco", 7)
    assert found["roles"]["origin"] == asked(client, "/practices/?origin=MA")["count"]


@pytest.mark.parametrize("address", ["/sdg-targets/8.8/", "/gcm-objectives/05/", "/regions/ECOWAS/", "/series/gfmd/"])
def test_a_term_is_found_by_the_value_that_filters_take(client, curated, address):
    assert asked(client, address)["label"]


def test_a_corridor_has_its_practices_there_and_back(client, curated):
    found = asked(client, "/corridors/ma-be/")
    assert [practice["id"] for practice in found["practices"]] == ["palim"]
    assert found["back"] == []
    assert asked(client, "/corridors/BE-MA/")["back"] == found["practices"]


def test_every_public_record_and_term_has_an_address(client, curated):
    for model, name in ((Country, "countries"), (Theme, "themes"), (Organisation, "organisations")):
        rows = model.objects.published() if model is Organisation else model.objects.all()
        for row in rows[:30]:
            assert client.get(f"/api/v1/{name}/{row.natural_key()[0]}/").status_code == 200


def test_only_the_fields_that_were_asked_for(client, curated):
    assert list(asked(client, "/practices/palim/?fields=title,id")) == ["id", "title"]
    assert list(asked(client, "/practices/palim/?fields=title&fields=id")) == ["id", "title"]
    listed = asked(client, "/outcomes/?fields=id,heading&per_page=2")
    assert [list(row) for row in listed["results"]] == [["id", "heading"]] * 2


def test_a_former_slug_leads_to_the_record(client, db):
    make.practice(slug="new", former_slugs="old\nolder")
    response = client.get("/api/v1/practices/older/?fields=id")
    assert response.status_code == 301
    assert response.headers["Location"] == "http://testserver/api/v1/practices/new/?fields=id"
    assert client.get(response.headers["Location"]).json() == {"id": "new"}


def test_a_withdrawn_record_says_what_replaced_it(client, db):
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


def test_what_was_never_published_is_not_there(client, db):
    make.practice(slug="draft", status=Status.DRAFT)
    assert client.get("/api/v1/practices/draft/").status_code == 404
    assert client.get("/api/v1/practices/").json()["count"] == 0
    assert Practice.objects.count() == 1
