"""The figures at /metrics: for who knows the token, true, and of a number of labels that no visitor can make grow."""

import datetime

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from pathways.curation.changes import record as write_change
from pathways.curation.models import Change, DataVersion, ImportRun, Status
from pathways.suggestions.models import Suggestion
from tests import factories as make

pytestmark = pytest.mark.django_db

TOKEN = "a-token-of-twenty-letters"


@pytest.fixture
def figures(client, settings):
    """Return a function that gives each figure by its name and labels."""
    settings.METRICS_TOKEN = TOKEN

    def read():
        response = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == "no-store"
        return {
            (sample.name, *sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(response.content.decode())
            for sample in family.samples
        }

    return read


def test_there_are_none_until_a_token_is_set(client):
    assert client.get("/metrics", headers={"authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer é"])
def test_nobody_is_told_without_the_token(client, settings, given):
    settings.METRICS_TOKEN = TOKEN
    response = client.get("/metrics", headers={"authorization": given})
    assert (response.status_code, response.content) == (401, b"")


def test_requests_are_counted_by_route_method_and_status(client, figures):
    before = figures()
    client.get("/themes/")
    client.get("/themes/")
    client.post("/themes/")
    after = figures()

    def grown(name, **labels):
        key = (name, *sorted(labels.items()))
        return after.get(key, 0) - before.get(key, 0)

    assert grown("pathways_requests_total", route="site:themes", method="GET", status="2xx") == 2
    assert grown("pathways_requests_total", route="site:themes", method="POST", status="4xx") == 1
    assert grown("pathways_request_seconds_count", route="site:themes") == 3
    assert grown("pathways_request_queries_sum", route="site:themes") >= 2


def test_no_visitor_makes_new_labels(client, figures):
    client.get("/nowhere/")
    client.generic("FROBNICATE", "/")
    client.get("/admin/login/")
    before = figures().keys()
    for n in range(5):
        client.get(f"/nowhere-{n}/")
        client.get(f"/static/{n}.css")
        client.get(f"/admin/nowhere-{n}/")
        client.get(f"/practices/nowhere-{n}/?x={n}")
        client.generic(f"VERB{n}", "/")
    new = figures().keys() - before
    assert {dict(key[1:])["route"] for key in new} <= {"static", "practices:detail", "operations:metrics", "admin"}


def test_cards_are_counted_as_they_are_kept_or_made(client, figures, kept_index):
    make.practice()
    hit, miss = (("pathways_cache_total", ("cache", "cards"), ("result", result)) for result in ("hit", "miss"))
    before = figures()
    client.get("/practices/")
    client.get("/practices/")
    after = figures()
    assert after[miss] - before.get(miss, 0) == 1
    assert after[hit] - before.get(hit, 0) == 1


def test_the_age_of_an_index_and_whether_it_is_behind_can_be_told(client, figures, kept_index):
    make.practice()
    DataVersion.advance()
    client.get("/practices/")
    number = ("pathways_index_data_version", ("list", "practice"))
    found = figures()
    assert found[number] == found[("pathways_data_version",)] == DataVersion.current().number
    loaded = found[("pathways_index_loaded_timestamp_seconds", ("list", "practice"))]
    assert loaded == pytest.approx(timezone.now().timestamp(), abs=600)
    DataVersion.advance()
    found = figures()
    assert found[number] == found[("pathways_data_version",)] - 1


def test_what_waits_is_counted_and_for_how_long_it_has(figures):
    author = get_user_model().objects.create_user("author")
    practice = make.practice(status=Status.DRAFT)
    write_change(Change.Action.ADD, [practice], actor=author)
    kind = ("kind", "practice")
    assert figures()[("pathways_reviews_waiting", kind)] == 0
    assert ("pathways_reviews_oldest_seconds", kind) not in figures()
    practice.status = Status.IN_REVIEW
    practice.save()
    write_change(Change.Action.SUBMIT, [practice], actor=author)
    Change.objects.update(at=timezone.now() - datetime.timedelta(days=3))
    Suggestion.objects.create(kind="practice", title="x", content={}, form_id="1", key_hash="1")
    Suggestion.objects.create(kind="practice", title="y", content={}, form_id="2", key_hash="2", state="declined")
    ImportRun.objects.create(kind="practices.practice", file_name="a.csv", state=ImportRun.State.STOPPED)
    found = figures()
    assert found[("pathways_reviews_waiting", kind)] == 1
    assert found[("pathways_reviews_oldest_seconds", kind)] == pytest.approx(3 * 86_400, abs=600)
    assert found[("pathways_suggestions_waiting",)] == 1
    assert found[("pathways_suggestions_oldest_seconds",)] < 600
    assert found[("pathways_imports", ("state", "stopped"))] == 1
    assert found[("pathways_imports", ("state", "done"))] == 0
