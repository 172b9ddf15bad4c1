"""Single records and terms: everything of them that is public, and what answers where they once were."""

import pytest

from pathways.vocabulary.models import Country, Organisation, Theme


def asked(client, address):
    response = client.get(f"/api/v1{address}")
    assert response.status_code == 200, response.content
    return response.json()


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
