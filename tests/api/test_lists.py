"""The lists of the API: the same records in the same order as on the pages, page by page."""

import re

import pytest
from django.http import QueryDict

from meetings.filters import MeetingFilter, OutcomeFilter
from pathways.api.filters import ParticipationFilter
from pathways.api.urls import LISTS
from pathways.site.corridors import pairs
from practices.filters import PracticeFilter
from tests.reading import found


def asked(client, address):
    response = client.get(f"/api/v1{address}")
    assert response.status_code == 200, response.content
    assert response.headers["Content-Type"] == "application/json"
    return response.json()


def ids(client, address, key="id"):
    return [one[key] for one in asked(client, f"{address}{'&' if '?' in address else '?'}per_page=200")["results"]]


@pytest.mark.parametrize(
    "address",
    [
        "/practices/",
        "/practices/?country=ma&country=tn&sort=newest",
        "/practices/?region=002&sort=oldest",
        "/practices/?q=skills+passport",
        "/practices/?year_from=2018&year_to=2019",
        "/practices/?country=TV",
        "/outcomes/?kind=recommendation&kind=key-message",
        "/outcomes/?answered=no&sort=title",
        "/outcomes/?q=visa",
        "/meetings/?country=IT",
        "/meetings/?series=gfmd&sort=oldest",
    ],
)
def test_a_list_has_the_records_of_its_page_in_their_order(client, curated, address):
    assert ids(client, address) == found(client, address)


def test_countries_are_those_of_their_page_in_its_order(client, curated):
    codes = [row["code"].lower() for row in asked(client, "/countries/?region=015&per_page=200")["results"]]
    assert codes == found(client, "/countries/?region=015")
    assert asked(client, "/countries/")["count"] == 250


def test_an_envelope_says_how_many_there_are_where_the_others_are_and_which_data_it_is(client, curated):
    first = asked(client, "/practices/?country=MA&per_page=3&fields=id")
    assert (first["count"], first["page"], first["pages"], len(first["results"])) == (7, 1, 3, 3)
    assert first["previous"] is None
    assert re.fullmatch(r"[0-9a-f]{16}\.\d+", first["data_version"])
    assert first["licence"] == "No licence has been granted for the data yet."
    walked, address = [], first["next"]
    walked += first["results"]
    while address:
        page = client.get(address).json()
        walked += page["results"]
        address = page["next"]
    assert [row["id"] for row in walked] == ids(client, "/practices/?country=MA")
    assert all(row.keys() == {"id"} for row in walked)


def test_the_link_header_leads_to_the_other_pages(client, curated):
    def relations(address):
        header = client.get(address).headers["Link"]
        return {relation: target for target, relation in re.findall(r'<([^>]+)>; rel="([a-z]+)"', header)}

    start = "http://testserver/api/v1/practices/?country=MA&per_page=3"
    assert relations("/api/v1/practices/?country=MA&per_page=3") == {
        "first": f"{start}&page=1",
        "next": f"{start}&page=2",
        "last": f"{start}&page=3",
    }
    assert relations("/api/v1/practices/?country=MA&per_page=3&page=3") == {
        "first": f"{start}&page=1",
        "prev": f"{start}&page=2",
        "last": f"{start}&page=3",
    }


def test_every_list_is_named_at_the_root_and_answers(client, curated):
    root = asked(client, "/")
    assert list(root["lists"]) == LISTS
    for name, address in root["lists"].items():
        page = client.get(address).json()
        assert page["count"] > 0, name
        assert len(page["results"]) == min(50, page["count"])
    assert client.get(root["schema"]).status_code == client.get(root["documentation"]).status_code == 200


@pytest.mark.parametrize(
    ("name", "filter_class"),
    [
        ("practices", PracticeFilter),
        ("outcomes", OutcomeFilter),
        ("meetings", MeetingFilter),
        ("participations", ParticipationFilter),
    ],
)
def test_the_count_beside_each_value_is_what_choosing_it_shows(client, curated, name, filter_class):
    answer = asked(client, f"/{name}/facets/")
    assert [facet["name"] for facet in answer["facets"]] == [facet.name for facet in filter_class(QueryDict()).facets]
    for facet in answer["facets"]:
        for value in facet["values"][:2]:
            listed = asked(client, f"/{name}/?per_page=1&{facet['name']}={value['code']}")
            assert listed["count"] == value["count"] > 0, (facet["name"], value)


def test_a_facet_is_counted_over_what_the_others_leave_and_says_what_was_chosen(client, curated):
    answer = asked(client, "/practices/facets/?country=MA")
    assert answer["count"] == 7
    (values,) = [facet["values"] for facet in answer["facets"] if facet["name"] == "country"]
    countries = {value["code"]: value for value in values}
    assert countries["MA"] == {"code": "MA", "label": "Morocco", "count": 7, "chosen": True}
    assert countries["IT"]["chosen"] is False
    assert countries["IT"]["count"] == asked(client, "/practices/?country=IT")["count"]


def test_terms_stand_in_the_order_of_their_vocabulary(client, curated):
    assert [one["code"] for one in asked(client, "/gcm-objectives/")["results"]] == [str(n) for n in range(1, 24)]
    assert [one["code"] for one in asked(client, "/skill-levels/")["results"]] == ["low", "medium", "high"]
    names = [one["label"] for one in asked(client, "/organisations/?per_page=200")["results"]]
    assert names[0] < names[-1]


def test_corridors_are_those_of_the_practices_that_the_filter_leaves(client, curated):
    everything = asked(client, "/corridors/?per_page=200")
    counted = {(row["origin"]["code"], row["destination"]["code"]): row["practices"] for row in everything["results"]}
    assert counted == pairs()
    assert [row["id"] for row in asked(client, "/corridors/?origin=MA&destination=BE")["results"]] == ["ma-be"]


def test_search_finds_each_kind_and_says_where_it_is(client, curated):
    answer = asked(client, "/search/?q=palim")
    (practices, *_others) = answer["groups"]
    assert practices["kind"] == "practices"
    assert practices["results"][0]["id"] == "palim"
    for group in asked(client, "/search/?q=morocco")["groups"]:
        for row in group["results"]:
            assert client.get(row["api"]).status_code == client.get(row["url"]).status_code == 200


def test_the_number_of_questions_does_not_depend_on_the_number_of_records(
    client, curated, django_assert_max_num_queries
):
    for name in LISTS:
        # The first to ask makes the index.
        client.get(f"/api/v1/{name}/?per_page=1")
        for rows in (2, 200):
            with django_assert_max_num_queries(40, info=name):
                client.get(f"/api/v1/{name}/?per_page={rows}")
