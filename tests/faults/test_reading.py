"""What a reader sees while the database is gone, slow, locked, read-only, crowded or damaged, and afterwards."""

import json

import pytest

from tests.conftest import TESTED_DATABASE
from tests.serving import until

from .running import never_asked

only_on_postgresql = pytest.mark.skipif(TESTED_DATABASE != "postgresql", reason="only on PostgreSQL")
only_on_sqlite = pytest.mark.skipif(TESTED_DATABASE != "sqlite", reason="only on SQLite")

PAGES = ("/", "/practices/", "/practices/palim/", "/search/?q=skills", "/coverage/")
FILES = ("/practices.csv", "/practices.json", "/practices.xlsx", "/api/v1/practices/", "/data/pathways.sqlite")


def test_while_the_database_is_gone_every_page_and_file_says_so(site, fault):
    before = len(site.logged)
    with fault("gone"):
        for path in PAGES:
            answer = site.get(never_asked(path))
            assert answer.status == 503, path
            assert int(answer.headers["Retry-After"]) > 0
            assert answer.headers["Cache-Control"] == "no-store"
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert "<h1>This page cannot be shown at the moment</h1>" in answer.text
            assert "The database does not answer." in answer.text
        for path in FILES:
            answer = site.get(path)
            assert answer.status == 503, path
            assert int(answer.headers["Retry-After"]) > 0
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            told = json.loads(answer.body)
            assert (told["status"], told["title"]) == (503, "Service Unavailable")
            assert told["detail"].startswith("The database does not answer.")
        assert site.get("/healthz").status == 200
        assert site.get("/readyz").status == 503
    for path in (*PAGES, *FILES, "/readyz"):
        assert site.get(path).status == 200, path
    told = site.logged[before:]
    assert "gone: OperationalError: " in told
    assert "Traceback" not in told


def test_a_page_that_was_read_before_is_shown_as_it_was_and_says_so(site, fault):
    path = never_asked("/practices/palim/")
    before = site.get(path)
    with fault("held_up"):
        answer = site.get(path)
    assert answer.status == 200
    assert "This page is as it was on" in answer.text
    assert "PALIM" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers
    assert site.get(path).text == before.text


@only_on_postgresql
def test_a_server_that_does_not_answer_is_not_waited_for_without_end(site, fault):
    with fault("held_up"):
        answer = site.get(never_asked("/practices/"))
    assert answer.status == 503
    # A new connection to it does not come about at all.
    assert "The database does not answer." in answer.text or "The database takes too long" in answer.text


@only_on_postgresql
def test_tables_that_someone_holds_are_not_waited_for_without_end(site, fault):
    with fault("locked"):
        answers = [site.get(path) for path in (never_asked("/practices/"), "/practices.csv")]
    assert [answer.status for answer in answers] == [503, 503]
    assert all("The database takes too long to answer." in answer.text for answer in answers)


def test_while_nothing_can_be_written_everything_is_read(site, fault):
    with fault("read_only"):
        for path in (*map(never_asked, PAGES), *FILES):
            assert site.get(path).status == 200, path


@only_on_postgresql
def test_connections_that_the_server_drops_are_made_anew_and_nobody_notices(site, database):
    assert site.get(never_asked("/practices/")).status == 200
    assert database.connections() > 0
    database.drop_connections()
    assert site.get(never_asked("/practices/")).status == 200


@only_on_postgresql
def test_a_server_that_takes_no_more_connections_is_told_of_and_not_waited_for(site, fault):
    with fault("crowded"):
        answer = site.get(never_asked("/practices/"))
    assert answer.status == 503
    assert "The database does not answer." in answer.text


@only_on_postgresql
def test_who_finds_all_connections_of_a_process_taken_is_told_so(start):
    site = start(DATABASE_POOL="1")
    path = never_asked("/practices/")
    with site.asked("GET", "/practices.json", receive_buffer=4096) as slowly:
        assert slowly.read(4096)
        answer = site.get(path)
    assert answer.status == 503
    assert "The database does not answer." in answer.text
    until(lambda: site.get(path).status == 200)


@only_on_sqlite
def test_a_file_that_is_no_database_any_more_is_told_of(site, fault):
    with fault("overwritten"):
        answer = site.get(never_asked("/practices/"))
    assert answer.status == 503
    assert "The database is damaged." in answer.text
