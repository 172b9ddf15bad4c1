"""What HTTP says: asking again, scripts of other sites, heads, and the limit on how often one may ask."""

import pytest
from django.core.cache import caches

from pathways.api.throttling import Limit
from pathways.curation.models import DataVersion

LIST = "/api/v1/practices/?country=MA"


def test_what_has_not_changed_is_not_sent_again(client, curated):
    etag = client.get(LIST).headers["ETag"]
    again = client.get(LIST, headers={"if-none-match": etag})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["ETag"] == etag
    assert again.headers["Access-Control-Allow-Origin"] == "*"
    DataVersion.advance()
    assert client.get(LIST, headers={"if-none-match": etag}).status_code == 200


def test_each_address_has_a_version_of_its_own(client, curated):
    assert client.get(LIST).headers["ETag"] != client.get("/api/v1/practices/?country=TN").headers["ETag"]


def test_a_problem_has_no_version(client, curated):
    assert "ETag" not in client.get("/api/v1/practices/?country=ZZ").headers


def test_a_head_is_a_get_without_its_content(client, curated):
    get, head = client.get(LIST), client.head(LIST)
    assert head.status_code == 200
    assert head.content == b""
    for name in ("Content-Type", "ETag", "Link"):
        assert head.headers[name] == get.headers[name]


@pytest.mark.parametrize(
    "address", [LIST, "/api/v1/practices", "/api/v1/nothing/", "/api/v1/schema", "/api/v1/practices/?country=ZZ"]
)
def test_scripts_of_any_site_may_read_every_answer(client, curated, address):
    response = client.get(address, headers={"origin": "https://example.org"})
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    exposed = response.headers["Access-Control-Expose-Headers"].split(", ")
    assert {"Link", "ETag", "Retry-After"} <= set(exposed)
    assert "Access-Control-Allow-Credentials" not in response.headers


def test_a_browser_that_asks_before_is_told_what_a_script_may_do(client, db):
    headers = {
        "origin": "https://example.org",
        "access-control-request-method": "GET",
        "access-control-request-headers": "if-none-match",
    }
    response = client.options(LIST, headers=headers)
    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert "If-None-Match" in response.headers["Access-Control-Allow-Headers"]


def test_pages_are_not_open_to_scripts_of_other_sites(client, db):
    assert "Access-Control-Allow-Origin" not in client.get("/about/").headers


def test_nobody_is_known_and_no_cookie_is_set(client, curated):
    response = client.get(LIST)
    assert not response.cookies
    assert "Cookie" not in response.headers.get("Vary", "")


def test_whoever_asks_too_often_is_told_when_to_come_back(client, curated, settings, monkeypatch):
    settings.API_LIMIT = (3, 60)
    monkeypatch.setattr("pathways.api.throttling.time.time", lambda: 1_000_020.0)
    etag = client.get(LIST).headers["ETag"]
    for _ in range(5):
        # What has not changed counts for nothing.
        assert client.get(LIST, headers={"if-none-match": etag}).status_code == 304
    assert [client.get(LIST).status_code for _ in range(4)] == [200, 200, 429, 429]
    response = client.get(LIST)
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "60"
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["status"] == 429
    assert client.get(LIST, REMOTE_ADDR="192.0.2.7").status_code == 200
    monkeypatch.setattr("pathways.api.throttling.time.time", lambda: 1_000_080.0)
    assert client.get(LIST).status_code == 200


def test_a_forged_header_is_no_way_around_the_limit(client, curated, settings):
    settings.API_LIMIT = (1, 86400)
    client.get(LIST)
    assert client.get(LIST, headers={"x-forwarded-for": "192.0.2.9"}).status_code == 429


def test_behind_a_proxy_of_ours_its_word_counts(client, curated, settings):
    settings.API_LIMIT = (1, 86400)
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    statuses = [client.get(LIST, headers={"x-forwarded-for": f"192.0.2.{n}"}).status_code for n in (1, 2, 1)]
    assert statuses == [200, 200, 429]


def test_a_cache_that_forgets_lets_people_in(client, curated, settings, monkeypatch):
    settings.API_LIMIT = (1, 60)

    def forgotten(key):
        raise ValueError(key)

    monkeypatch.setattr(caches["limits"], "incr", forgotten)
    assert client.get(LIST).status_code == 200
    assert Limit.__doc__
