"""What a reader sees while the database is gone, slow, locked, full up or damaged, and afterwards."""

import json

import pytest

from tests.conftest import TESTED_DATABASE

from .running import until

only_on_postgresql = pytest.mark.skipif(TESTED_DATABASE != "postgresql", reason="only on PostgreSQL")
only_on_sqlite = pytest.mark.skipif(TESTED_DATABASE != "sqlite", reason="only on SQLite")

PAGES = ("/", "/practices/", "/practices/palim/", "/search/?q=skills", "/coverage/")
FILES = ("/practices.csv", "/practices.json", "/practices.xlsx", "/api/v1/practices/", "/data/pathways.sqlite")


def says_so(site, text):
    """Hold each page and file to what is promised while nothing can be read."""
    for path in PAGES:
        answer = site.get(path)
        assert answer.status == 503, path
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "<h1>This page cannot be shown at the moment</h1>" in answer.text
        assert text in answer.text
    for path in FILES:
        answer = site.get(path)
        assert answer.status == 503, path
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        told = json.loads(answer.body)
        assert (told["status"], told["title"]) == (503, "Service Unavailable")
        assert text in told["detail"]


def is_well(site):
    until(lambda: site.get("/practices/").status == 200)
    for path in (*PAGES, "/practices.csv"):
        assert site.get(path).status == 200, path


def test_while_the_database_is_gone_every_page_says_so_and_comes_back_with_it(site, database):
    is_well(site)
    before = len(site.logged)
    with database.gone():
        says_so(site, "The database does not answer.")
    is_well(site)
    told = site.logged[before:]
    assert "gone: OperationalError: " in told
    assert "Traceback" not in told


def test_a_database_that_does_not_answer_is_not_waited_for_without_end(site, database):
    is_well(site)
    with database.slow():
        answer = site.get("/practices/")
    assert answer.status == 503
    # A new connection to a server that is held up does not come about at all.
    assert "The database does not answer." in answer.text or "The database takes too long" in answer.text
    is_well(site)


@only_on_postgresql
def test_tables_that_someone_holds_are_not_waited_for_without_end(site, database):
    is_well(site)
    with database.locked():
        answers = [site.get(path) for path in ("/practices/", "/practices.csv")]
    assert [answer.status for answer in answers] == [503, 503]
    assert all("The database takes too long to answer." in answer.text for answer in answers)
    is_well(site)


def test_while_nothing_can_be_written_everything_is_read(site, database):
    with database.read_only():
        is_well(site)


@only_on_postgresql
def test_connections_that_the_server_drops_are_made_anew_and_nobody_notices(site, database):
    is_well(site)
    assert database.connections() > 0
    database.drop_connections()
    assert site.get("/practices/").status == 200


@only_on_postgresql
def test_a_server_that_takes_no_more_connections_is_told_of_and_not_waited_for(site, database):
    is_well(site)
    with database.crowded():
        answer = site.get("/practices/")
    assert answer.status == 503
    assert "The database does not answer." in answer.text
    is_well(site)


@only_on_sqlite
def test_a_file_that_is_no_database_any_more_is_told_of(site, database):
    is_well(site)
    with database.overwritten():
        answer = site.get("/practices/")
    assert answer.status == 503
    assert "The database is damaged." in answer.text
    is_well(site)
