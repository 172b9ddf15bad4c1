"""JSON of whole lists: what it is, then every record as the API has it."""

import json

import pytest

from meetings.exports import MEETINGS, OUTCOMES
from pathways.listing.writers.structured import JSON
from pathways.site.exports import COUNTRIES
from practices.exports import PRACTICES
from tests.reading import body, found


def read(client, address):
    response = client.get(address)
    assert response.status_code == 200
    assert response.streaming
    assert response.headers["Content-Type"] == "application/json"
    return json.loads(body(response))


@pytest.mark.parametrize(
    ("name", "query"),
    [("practices", "country=MA&sort=newest"), ("outcomes", "answered=no"), ("meetings", "series=gfmd")],
)
def test_a_list_says_what_it_is_and_has_the_rows_of_its_page(client, curated, name, query):
    whole = read(client, f"/{name}.json?{query}")
    ids = [row["id"] for row in whole["results"]]
    assert ids == found(client, f"/{name}/?{query}")
    about = whole["about"]
    assert about["rows"] == len(ids)
    assert about["address"] == f"http://testserver/{name}/?{query}"
    assert about["data_version"] in about["citation"]


@pytest.mark.parametrize("name", ["practices", "outcomes", "meetings"])
def test_a_record_is_the_same_in_the_file_and_in_the_api(client, curated, name):
    records = read(client, f"/{name}.json")["results"]
    for record in records[:: max(1, len(records) // 10)]:
        assert client.get(f"/api/v1/{name}/{record['id']}/").json() == record


def test_countries_and_participants_too(client, curated):
    countries = read(client, "/countries.json")["results"]
    assert len(countries) == 250
    assert client.get("/api/v1/countries/ma/").json() in countries
    meeting = "gcm-2017-thematic-session-6"
    participants = read(client, f"/meetings/{meeting}/participants.json")["results"]
    assert len(participants) == 32
    listed = client.get(f"/api/v1/participations/?meeting={meeting}&per_page=200").json()["results"]
    assert [{name: row[name] for name in row if name != "meeting"} for row in listed] == participants


def test_the_size_that_is_offered_is_about_what_is_sent(client, curated):
    for of in (PRACTICES, OUTCOMES, MEETINGS, COUNTRIES):
        text = body(client.get(f"/{of.name}.json"))
        expected = JSON.shell + of.sizes[JSON] * len(json.loads(text)["results"])
        assert expected / 2 < len(text.encode()) < expected * 2, of.name
