"""The description of the API: valid, accurate to the last value, and kept to by requests nobody would think of typing.

API_EXAMPLES says how many requests of each kind each operation is sent.
"""

import json
import os
from urllib.parse import parse_qsl, urlsplit

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, assume, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from pathways.api.schema import MOST_LISTED
from pathways.api.urls import LISTS, addresses
from pathways.vocabulary.models import Country, Theme
from pathways.wsgi import application
from practices.models import Practice
from tests.conftest import connection_kept

EXAMPLES = int(os.environ.get("API_EXAMPLES", "5"))
NAMES = [made["name"] for _route, _view, made, _name in addresses()]


@pytest.fixture
def described(client, curated):
    return client.get("/api/v1/schema").json()


@pytest.fixture(scope="module")
def kept_connection():
    with connection_kept():
        yield


@pytest.fixture(scope="module")
def operations(curated_rows, kept_connection, django_db_blocker):
    """Return the operations of the description, by their names, ready to be asked through WSGI."""
    with django_db_blocker.unblock():
        schema = schemathesis.openapi.from_wsgi("/api/v1/schema", application)
    found = [result.ok() for result in schema.get_all_operations()]
    return {operation.definition.raw["operationId"]: operation for operation in found}


def parameter(described, path, name):
    given = described["paths"][f"/api/v1{path}"]["get"]["parameters"]
    return next(one for one in given if one["name"] == name)


def values(described, schema):
    schema = schema.get("items", schema)
    if "$ref" in schema:
        schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema["enum"]


def test_it_is_openapi_3_1_in_json_and_in_yaml(client, described):
    assert described["openapi"].startswith("3.1")
    response = client.get("/api/v1/schema.yaml")
    assert response.headers["Content-Type"] == "application/yaml"
    assert yaml.safe_load(response.content) == described


def test_every_list_is_described(described):
    assert {f"/api/v1/{name}/" for name in LISTS} <= described["paths"].keys()
    named = [methods["get"]["operationId"] for methods in described["paths"].values()]
    assert sorted(named) == sorted(set(NAMES))
    for methods in described["paths"].values():
        assert list(methods) == ["get"]


def test_parameters_name_the_values_that_exist(described):
    countries = values(described, parameter(described, "/practices/", "country")["schema"])
    assert countries == sorted(Country.objects.values_list("code", flat=True))
    themes = values(described, parameter(described, "/practices/", "theme")["schema"])
    assert set(themes) == set(Theme.objects.values_list("slug", flat=True))
    assert values(described, parameter(described, "/practices/", "kind")["schema"]) == Practice.Kind.values
    assert values(described, parameter(described, "/practices/", "sort")["schema"])[0] == "title"
    assert parameter(described, "/practices/", "per_page")["schema"]["maximum"] == 200
    assert len(countries) < MOST_LISTED


def test_each_record_has_the_fields_that_are_described(client, described):
    for name in LISTS:
        operation = described["paths"][f"/api/v1/{name}/"]["get"]
        envelope = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        results = described["components"]["schemas"][envelope]["properties"]["results"]
        record = described["components"]["schemas"][results["items"]["$ref"].rpartition("/")[2]]
        answer = client.get(f"/api/v1/{name}/?per_page=1").json()
        assert list(answer) == list(described["components"]["schemas"][envelope]["properties"]), name
        assert list(answer["results"][0]) == list(record["properties"]), name
        assert values(described, parameter(described, f"/{name}/", "fields")["schema"]) == list(record["properties"])


def test_examples_are_real(client, described):
    for path, methods in described["paths"].items():
        operation = methods["get"]
        known = {one["name"]: one["example"] for one in operation.get("parameters", []) if one["in"] == "path"}
        example = operation["responses"]["200"]["content"]["application/json"]["example"]
        paged = any(one["name"] == "per_page" for one in operation.get("parameters", []))
        query = "?per_page=1" if paged else "?q=skills" if path.endswith("/search/") else ""
        assert client.get(path.format(**known) + query).json() == example


def test_it_is_made_once_for_a_version_of_the_data(client, curated, django_assert_max_num_queries):
    client.get("/api/v1/schema")
    with django_assert_max_num_queries(2):
        client.get("/api/v1/schema")


def has_blank(address):
    """Whether a parameter is left blank, as forms leave them: that is as if it were not given."""
    return any(not value.strip() for _name, value in parse_qsl(urlsplit(address).query, keep_blank_values=True))


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
@pytest.mark.parametrize("name", NAMES)
def test_whatever_is_asked_the_answer_is_as_described(curated, operations, name, mode):
    operation = operations[name]
    if mode is GenerationMode.NEGATIVE and not operation.definition.raw.get("parameters"):
        pytest.skip("nothing to give wrongly")
    accepted = CHECKS.get_by_names(["positive_data_acceptance"])

    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        derandomize=EXAMPLES < 100,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        response = case.call()
        assume(not has_blank(response.request.url))
        case.validate_response(response, excluded_checks=accepted)
        if mode is GenerationMode.POSITIVE and response.status_code == 400:
            # That the last year comes before the first is all that a description cannot say.
            assert [error["parameter"] for error in json.loads(response.content)["errors"]] == ["year_to"]

    ask()
