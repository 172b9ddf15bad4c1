"""A file that is cut off can be told from a whole one, and half a file is never kept for the next who asks."""

import http.client
import json
import os
import signal
import sqlite3
import time
from contextlib import closing

import pytest

from tests.conftest import TESTED_DATABASE
from tests.serving import until

# So little is taken at a time that the rest of the file has to wait with whoever writes it.
LITTLE = 4096
CUT_OFF = (http.client.IncompleteRead, ConnectionError)


def whole(site, path):
    answer = site.get(path)
    assert answer.status == 200
    return answer.body


@pytest.mark.skipif(TESTED_DATABASE != "postgresql", reason="SQLite has no locks of one table")
def test_a_small_file_whose_rows_cannot_be_read_is_not_begun(site, fault):
    path = "/practices.csv?country=MA"
    for kept in (site.folder / "cache").glob("*"):
        kept.unlink()
    with fault("citations_locked"):
        assert site.get(path).status == 503
    assert b"PALIM" in whole(site, path)


def test_a_file_whose_rows_cannot_be_read_on_is_cut_off(site, fault):
    before = whole(site, "/practices.json")
    with site.asked("GET", "/practices.json", receive_buffer=LITTLE) as response:
        assert response.status == 200
        assert response.read(LITTLE)
        with fault("held_up"), pytest.raises(CUT_OFF):
            response.read()
    assert len(whole(site, "/practices.json")) == len(before)


def test_a_file_whose_process_is_killed_is_cut_off_and_half_of_it_is_never_kept(site):
    for kept in (site.folder / "cache").glob("*"):
        kept.unlink()
    with site.asked("GET", "/practices.csv", receive_buffer=LITTLE) as response:
        assert response.read(LITTLE)
        (worker,) = site.workers()
        os.kill(worker, signal.SIGKILL)
        with pytest.raises(CUT_OFF):
            response.read()
    until(lambda: site.get("/static/site/icon.svg").status == 200)
    first, second = whole(site, "/practices.csv"), whole(site, "/practices.csv")
    assert first == second
    assert first.count(b"\r\n") == 1 + json.loads(whole(site, "/api/v1/practices/"))["count"]


def lost_page(path):
    """Lose what stands in the middle of a file, as a disk does that loses its power."""
    with open(path, "r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(bytes(4096))


def other_line(path):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE lines SET line = replace(line, 'PALIM', 'PALIN')")


DAMAGES = {
    "cut short": lambda path: os.truncate(path, path.stat().st_size // 2),
    "cut within a page": lambda path: os.truncate(path, path.stat().st_size // 2 + 1000),
    "a page lost": lost_page,
    "a line another": other_line,
    "empty": lambda path: os.truncate(path, 0),
    "something else": lambda path: path.write_bytes(b"something else" * 5000),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_lines_that_were_not_kept_well_are_made_anew(site, damage):
    before = whole(site, "/practices.csv")
    assert b"PALIM" in before
    (kept,) = (site.folder / "cache").glob("practices-csv-*.sqlite")
    DAMAGES[damage](kept)
    assert whole(site, "/practices.csv") == before
    assert whole(site, "/practices.csv") == before


def test_a_file_of_open_data_that_was_not_kept_whole_is_made_anew(site):
    before = whole(site, "/data/pathways.sqlite")
    (kept,) = (site.folder / "public").glob("pathways-*.sqlite")
    unfinished, in_the_making = (kept.with_name(f"tmp{n}.making") for n in range(2))
    unfinished.write_bytes(before[:1000])
    in_the_making.write_bytes(before[:1000])
    yesterday = time.time() - 86_400
    os.utime(unfinished, (yesterday, yesterday))
    os.truncate(kept, len(before) // 2)
    assert whole(site, "/data/pathways.sqlite") == before
    assert kept.read_bytes() == before
    assert not unfinished.exists()
    assert in_the_making.exists()
