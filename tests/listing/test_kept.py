"""Lines of files are kept for a version of the data; whatever happens to them, a file is what the data say."""

import sqlite3

import pytest

from pathways.curation.changes import record
from pathways.curation.models import Change, Status
from practices.models import Practice
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept_index")]


@pytest.fixture
def folder(settings, tmp_path):
    settings.CACHE_DIR = tmp_path / "kept"
    return settings.CACHE_DIR


@pytest.fixture
def practices(db, folder):
    made = [make.practice(title=f"Practice {n}", acronym=f"P{n}") for n in range(3)]
    record(Change.Action.ADD, made)
    return made


def taken(client, query=""):
    return b"".join(client.get(f"/practices.csv{query}")).decode()


def files(folder):
    return sorted(folder.glob("*.sqlite"))


def test_rows_taken_again_are_not_read_again(client, practices, folder, django_assert_max_num_queries):
    first = taken(client)
    assert first.count("Practice ") == 3
    with django_assert_max_num_queries(4) as asked:
        assert taken(client) == first
    assert not any("summary" in query["sql"] for query in asked.captured_queries)
    assert len(files(folder)) == 1


def test_a_part_of_the_list_is_kept_for_the_whole(client, practices):
    part = taken(client, "?q=p1")
    assert part.count("Practice ") == 1
    assert taken(client).count("Practice ") == 3
    assert taken(client, "?q=p1") == part


def test_after_a_change_the_lines_are_made_anew_and_the_old_ones_go(client, practices, folder):
    taken(client)
    (before,) = files(folder)
    practices[1].title = "Another name"
    practices[1].save()
    record(Change.Action.EDIT, [practices[1]])
    assert "Another name" in taken(client)
    assert "Practice 1" not in taken(client)
    (after,) = files(folder)
    assert after != before


def test_what_is_not_public_any_more_is_left_out_whatever_is_kept(client, practices):
    taken(client)
    # Without a new version of the data, as between a change and the request that had begun before it.
    Practice.objects.filter(pk=practices[0].pk).update(status=Status.DRAFT)
    assert "Practice 0" not in taken(client)


@pytest.mark.parametrize("damage", [b"", b"not a database at all", b"SQLite format 3\x00" + bytes(4000)])
def test_a_broken_file_costs_nothing_but_time(client, practices, folder, damage):
    whole = taken(client)
    (file,) = files(folder)
    file.write_bytes(damage)
    assert taken(client) == whole
    assert taken(client) == whole


def test_a_file_that_another_process_is_writing_is_read_and_left(client, practices, folder):
    whole = taken(client)
    (file,) = files(folder)
    with sqlite3.connect(file, isolation_level=None) as other:
        other.execute("DELETE FROM lines WHERE id = ?", [practices[2].pk])
        other.execute("BEGIN EXCLUSIVE")
        assert taken(client) == whole
        other.execute("ROLLBACK")
    other.close()
    assert taken(client) == whole


def test_where_nothing_can_be_kept_the_file_is_made_each_time(client, practices, folder):
    folder.write_text("a file where the folder should be")
    assert taken(client) == taken(client)
    assert taken(client).count("Practice ") == 3


def test_addresses_are_those_of_the_site_that_was_asked(client, practices, settings):
    taken(client)
    settings.SITE_URL = "https://pathways.example.org"
    assert "https://pathways.example.org/practices/" in taken(client)
    assert "testserver" not in taken(client)
