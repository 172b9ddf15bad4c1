"""An index that is wrong is noticed and made anew, whichever process has it, and nothing made from it is kept."""

import json

import pytest

from tests.conftest import TESTED_DATABASE
from tests.serving import until

only_on_sqlite = pytest.mark.skipif(TESTED_DATABASE != "sqlite", reason="only on SQLite")


@pytest.fixture(scope="module")
def watchful(start):
    """A site that holds its indexes against the database with each request."""
    return start(INDEX_CHECK_SECONDS="0", DATABASE_TIMEOUT="20")


def count(site, query):
    answer = site.get(f"/api/v1/practices/?{query}")
    assert answer.status == 200
    return json.loads(answer.body)["count"]


def found(site, words):
    answer = site.get(f"/api/v1/practices/?q={words}")
    assert answer.status == 200, site.logged[-2000:]
    return [one["id"] for one in json.loads(answer.body)["results"]]


WRONG = {
    "a value is gone": (
        "DELETE FROM practices_practicecountry WHERE role = 'destination'",
        "destination=BE",
        (1, 0),
    ),
    "a record is not public any more": (
        "UPDATE practices_practice SET status = 'archived' WHERE slug = 'long-1'",
        "q=",
        (61, 60),
    ),
    "a record is another": (
        "UPDATE practices_practice SET start_year = 1999, end_year = 1999 WHERE slug = 'long-2'",
        "year_from=1999&year_to=1999",
        (0, 1),
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_an_index_of_facets_that_is_wrong_is_noticed(watchful, database, what):
    statement, query, (before, after) = WRONG[what]
    assert count(watchful, query) == before
    known = watchful.get("/practices/")
    logged = watchful.logged.count("The index of PracticeFilter did not say what the database says")
    # Past every door, and so without another version of the data.
    database.write(statement)
    assert count(watchful, query) == after
    assert watchful.logged.count("The index of PracticeFilter did not say what the database says") == logged + 1
    # What a reader, or a process, has kept of it is not confirmed.
    assert watchful.get("/practices/", If_None_Match=known.headers["ETag"]).status == 200
    assert count(watchful, query) == after
    assert watchful.logged.count("The index of PracticeFilter did not say what the database says") == logged + 1


LOST = {
    "entries are gone": "DELETE FROM listing_searchentry",
    "an entry says something else": "UPDATE listing_searchentry SET names = '|x|', a = 'x', b = '', c = '', d = ''",
    "an entry is of nothing": "INSERT INTO listing_searchentry (id, names, a, b, c, d) "
    "SELECT id + 100000, names, a, b, c, d FROM listing_searchentry WHERE a LIKE '%palim%'",
}


@pytest.mark.parametrize("what", LOST)
def test_a_search_index_that_is_wrong_is_noticed(watchful, database, what):
    assert found(watchful, "palim") == ["palim"]
    database.write(LOST[what])
    assert found(watchful, "palim") == ["palim"]
    assert "The search index of practices.Practice was wrong" in watchful.logged
    assert count(watchful, "q=palim") == 1


@only_on_sqlite
@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM listing_fts_data WHERE id > 10",
        "UPDATE listing_fts_data SET block = x'00ff00ff' WHERE id > 10",
        "DELETE FROM listing_fts_idx",
    ],
)
def test_an_inverted_index_that_is_damaged_is_made_anew(watchful, site, database, damage):
    until(lambda: found(site, "palim") == ["palim"])
    database.write(damage)
    assert found(watchful, "palim") == ["palim"]
    # Another process answers from the same one.
    assert found(site, "palim") == ["palim"]


@only_on_sqlite
def test_a_search_that_the_database_cannot_answer_for_damage_mends_it_at_once(site, database):
    until(lambda: found(site, "palim") == ["palim"])
    # It is not its turn to be looked at.
    database.write("UPDATE listing_fts_data SET block = x'00ff00ff' WHERE id > 10")
    assert found(site, "palim") == ["palim"]
    assert "The search index of practices.Practice was wrong" in site.logged
