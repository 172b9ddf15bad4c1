"""Wrong parameters, on every list: a clear message and an empty list, never an error of ours, never everything."""

from html import escape

import pytest
from django.http import QueryDict

from meetings.filters import MeetingFilter, OutcomeFilter
from pathways.listing.filters import FacetFilter
from pathways.site.filters import CountryFilter
from practices.filters import PracticeFilter
from tests import factories as make
from tests.reading import body, found, is_harmless, results, words

pytestmark = pytest.mark.django_db

LISTS = {
    "/practices/": PracticeFilter,
    "/outcomes/": OutcomeFilter,
    "/meetings/": MeetingFilter,
    "/countries/": CountryFilter,
}
FACETS = [
    (path, name)
    for path, filterset in LISTS.items()
    for name, declared in filterset.base_filters.items()
    if isinstance(declared, FacetFilter)
]
PAGED = ["/practices/", "/outcomes/", "/meetings/"]


@pytest.fixture(autouse=True)
def record():
    """Something that an unfiltered list would show."""
    make.country("MA", "Morocco")
    meeting = make.meeting(slug="shown", title="Shown")
    make.outcome(slug="shown", heading="Shown", meeting=meeting)
    make.practice(slug="shown", title="Shown")


def assert_is_refused(client, path, name, value, *, as_given):
    """Assert that a value is refused by name, with nothing shown, on the page and in the export."""
    page = client.get(path, {name: value})
    assert page.status_code == 400
    text = body(page)
    assert f"<code>{name}={escape(as_given)}</code>" in text
    assert "Shown" not in results(text)
    assert "Morocco" not in results(text)
    assert is_harmless(text)
    export = client.get(f"{path.rstrip('/')}.csv", {name: value})
    assert export.status_code == 400
    assert export.headers["Content-Type"] == "application/problem+json"
    (error,) = export.json()["errors"]
    assert (error["parameter"], error["value"]) == (name, as_given)
    assert error["message"]


@pytest.mark.parametrize(("path", "name"), FACETS)
def test_a_value_that_does_not_exist_is_refused_by_every_facet(client, path, name):
    assert_is_refused(client, path, name, "no-such-thing", as_given="no-such-thing")


def refused(client, path, query):
    """Return the names of the parameters that are refused, the same on the page, which is empty, and in the export."""
    page = client.get(f"{path}?{query}")
    export = client.get(f"{path.rstrip('/')}.csv?{query}")
    assert page.status_code == export.status_code == 400
    text = body(page)
    assert "Shown" not in results(text)
    assert is_harmless(text)
    errors = [error["parameter"] for error in export.json()["errors"]]
    assert all(f"<code>{name}=" in text for name in errors)
    return errors


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "junk",
    [
        "%00",
        "MA%00",
        "9" * 5000,
        "%E2%80%8F" * 300,
        "%ff%fe%80%00",
        "%ED%A0%80%00",
        "%F0%9F%87%B2" * 201,
    ],
    ids=["nul", "nul-behind", "long", "right-to-left-marks", "no-text", "half-a-pair", "emoji"],
)
def test_what_no_database_takes_is_refused_by_every_parameter(client, path, junk):
    names = LISTS[path].base_filters
    assert sorted(refused(client, path, "&".join(f"{name}={junk}" for name in names))) == sorted(names)


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "junk", ["%ff%fe", "%zz", "%F0%9F%87%B2", "'+OR+1=1+--", "<script>", "1e9", "-1", "../..", "*", "%25", "%D9%A1"]
)
def test_junk_is_refused_by_every_facet(client, path, junk):
    names = [name for facet_path, name in FACETS if facet_path == path]
    assert sorted(refused(client, path, "&".join(f"{name}={junk}" for name in names))) == sorted(names)


@pytest.mark.parametrize("path", ["/practices/", "/meetings/"])
@pytest.mark.parametrize("name", ["year_from", "year_to"])
@pytest.mark.parametrize("value", ["abc", "20.5", "0", "-2020", "999", "10000", "2020-01-01", "99999999999999999999"])
def test_a_year_that_is_none_is_refused(client, path, name, value):
    assert_is_refused(client, path, name, value, as_given=value)


@pytest.mark.parametrize("path", PAGED)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page", "abc"),
        ("page", "0"),
        ("page", "-1"),
        ("page", "1.5"),
        ("page", "99999999999999999999"),
        ("per_page", "201"),
        ("per_page", "0"),
        ("per_page", "many"),
    ],
)
def test_a_page_that_is_none_is_refused(client, path, name, value):
    assert_is_refused(client, path, name, value, as_given=value)


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("value", ["x", "slug", "-title", "null", "TITLE"])
def test_an_order_that_is_none_is_refused(client, path, value):
    assert_is_refused(client, path, "sort", value, as_given=value)


@pytest.mark.parametrize("path", LISTS)
def test_more_words_than_anyone_types_are_refused(client, path):
    assert_is_refused(client, path, "q", "a" * 201, as_given="a" * 201)
    assert client.get(path, {"q": "a" * 200}).status_code == 200


@pytest.mark.parametrize("path", LISTS)
def test_a_filter_that_was_given_something_wrong_matches_nothing(path):
    assert LISTS[path](QueryDict("")).matching
    assert not LISTS[path](QueryDict("sort=x")).matching


def test_of_several_values_only_the_wrong_ones_are_named(client):
    response = client.get("/practices.csv?country=MA&country=zz&country=Q1")
    assert response.json()["errors"] == [
        {
            "parameter": "country",
            "value": "zz, Q1",
            "message": "There is no “zz, Q1” here. Countries are given by their ISO 3166-1 codes, such as MA.",
        }
    ]


def test_several_wrong_parameters_are_all_named(client):
    response = client.get("/practices.csv?country=ZZ&year_from=abc")
    assert [error["parameter"] for error in response.json()["errors"]] == ["country", "year_from"]
    text = words(body(client.get("/practices/?country=ZZ&year_from=abc")))
    assert "country=ZZ" in text
    assert "year_from=abc" in text


def test_the_problem_document_is_the_one_of_rfc_9457(client):
    response = client.get("/practices.csv?kind=x")
    assert response.json() == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": (
            "kind: There is no “x” here. Allowed are programme, policy, admission-scheme, agreement, framework, tool, "
            "service, network, publication, event."
        ),
        "errors": [
            {
                "parameter": "kind",
                "value": "x",
                "message": (
                    "There is no “x” here. Allowed are programme, policy, admission-scheme, agreement, framework, "
                    "tool, service, network, publication, event."
                ),
            }
        ],
    }


def test_a_message_repeats_what_was_given_without_running_it(client):
    response = client.get("/practices/?theme=<script>alert(1)</script>")
    page = body(response)
    assert response.status_code == 400
    assert "theme=<script>alert(1)</script>" in words(page)
    assert is_harmless(page)


@pytest.mark.parametrize("path", LISTS)
def test_a_parameter_that_the_list_does_not_have_is_ignored(client, path):
    assert found(client, f"{path}?no_such=1&utm_source=mail&id=5&status=draft") == found(client, path)


@pytest.mark.parametrize("path", PAGED)
def test_a_page_past_the_end_is_not_found_and_says_how_many_there_are(client, path):
    assert client.get(f"{path}?page=1").status_code == 200
    response = client.get(f"{path}?page=2")
    assert response.status_code == 404
    assert "This list has 1 page." in words(body(response))


@pytest.mark.parametrize("path", PAGED)
def test_the_first_page_of_an_empty_list_is_there(client, path):
    assert client.get(f"{path}?q=nothing-has-this&page=1").status_code == 200
    assert client.get(f"{path}?q=nothing-has-this&page=2").status_code == 404


def test_a_thousand_values_are_more_than_anyone_chooses(client):
    assert client.get("/practices/?" + "&".join(["country=MA"] * 1001)).status_code == 400
    assert client.get("/practices/?" + "&".join(["country=MA"] * 900)).status_code == 200


@pytest.mark.parametrize("path", [*LISTS, "/recommendations/", "/key-messages/"])
def test_lists_are_only_read(client, path):
    assert client.post(path).status_code == 405
    assert client.head(path).status_code == 200
