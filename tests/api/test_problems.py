"""Errors: problem documents that name the parameter and the value, whatever went wrong."""

import pytest

from pathways.api.views import RootView


def problem(response, status):
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    content = response.json()
    assert content["status"] == status
    assert content["title"]
    assert content["detail"]
    assert content["type"] == "about:blank"
    return content


@pytest.mark.parametrize(
    ("address", "parameter", "value"),
    [
        ("/practices/?country=ZZ&country=MA", "country", "ZZ"),
        ("/practices/?kind=song", "kind", "song"),
        ("/practices/?year_from=soon", "year_from", "soon"),
        ("/practices/?year_from=2020&year_to=2019", "year_to", "2019"),
        ("/practices/?sort=random", "sort", "random"),
        ("/practices/?per_page=201", "per_page", "201"),
        ("/practices/?page=0", "page", "0"),
        ("/practices/?fields=id,colour", "fields", "colour"),
        ("/practices/palim/?fields=colour", "fields", "colour"),
        ("/practices/palim/?fields=,", "fields", ", "),
        ("/practices/facets/?theme=nothing", "theme", "nothing"),
        ("/outcomes/?answered=perhaps", "answered", "perhaps"),
        ("/meetings/?series=olympics", "series", "olympics"),
        ("/participations/?role=guest", "role", "guest"),
        ("/countries/?per_page=1000", "per_page", "1000"),
        ("/corridors/?origin=ZZ", "origin", "ZZ"),
        ("/themes/?page=first", "page", "first"),
        ("/search/", "q", ""),
        ("/search/?q=" + "a" * 201, "q", "a" * 201),
    ],
)
def test_a_wrong_parameter_is_named_with_its_value_and_what_is_allowed(client, curated, address, parameter, value):
    (error,) = problem(client.get(f"/api/v1{address}"), 400)["errors"]
    assert (error["parameter"], error["value"]) == (parameter, value)
    assert error["message"]


def test_several_wrong_parameters_are_all_named(client, curated):
    errors = problem(client.get("/api/v1/practices/?country=ZZ&page=x"), 400)["errors"]
    assert {error["parameter"] for error in errors} == {"country", "page"}


@pytest.mark.parametrize(
    "address",
    [
        "/nothing",
        "/nothing/at/all/",
        "/practices/nothing/",
        "/countries/zz/",
        "/countries/morocco/",
        "/corridors/ma-zz/",
        "/corridors/ma-ma/",
        "/themes/nothing/",
        "/gcm-objectives/x/",
        "/gcm-objectives/99999999999999999999/",
        "/sdg-targets/8.%00/",
    ],
)
def test_what_is_not_there_is_a_problem_too(client, curated, address):
    problem(client.get(f"/api/v1{address}"), 404)


def test_a_page_past_the_end_says_how_many_there_are(client, curated):
    assert problem(client.get("/api/v1/themes/?page=2"), 404)["detail"] == "This list has 1 page."
    assert problem(client.get("/api/v1/practices/?country=MA&per_page=3&page=4"), 404)["detail"] == (
        "This list has 3 pages."
    )


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "trace"])
def test_it_is_for_reading_only(client, curated, method):
    response = getattr(client, method)("/api/v1/practices/")
    problem(response, 405)
    assert "GET" in response.headers["Allow"]
    assert "POST" not in response.headers["Allow"]


def test_only_json_is_to_be_had(client, curated):
    problem(client.get("/api/v1/practices/", headers={"accept": "application/xml"}), 406)
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    assert client.get("/api/v1/practices/", headers={"accept": browser}).status_code == 200


def test_an_error_of_ours_is_a_problem_that_tells_nothing_of_the_inside(client, db, monkeypatch):
    def fail(*args):
        raise RuntimeError("secret")

    monkeypatch.setattr(RootView, "get", fail)
    client.raise_request_exception = False
    response = client.get("/api/v1/")
    assert "secret" not in str(problem(response, 500))


def test_elsewhere_errors_stay_pages(client, db):
    response = client.get("/nothing/")
    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")


def test_an_unknown_parameter_is_ignored(client, curated):
    assert client.get("/api/v1/practices/?colour=red&country=MA").json()["count"] == 7
