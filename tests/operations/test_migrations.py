"""What is promised of migrations, on both databases.

Forwards, from the schema that was first released: every row keeps every value it had, whatever is added to it, and
people keep their groups. Backwards, to that schema: so do the rows; what only a newer schema can hold is lost, and the
groups stay. One migration is one transaction, with the record that it was applied: one that is killed leaves what was
there before it, and ``migrate`` goes on from there.
"""

import pytest

from .keeping import Site, database


@pytest.fixture
def site(tmp_path):
    with database(tmp_path) as address:
        yield Site(address)


def test_rows_of_the_first_schema_go_to_the_newest_and_back(site):
    told = site.tell("migrated", "rows")
    assert told["tables"] > 50
    assert told["empty"] == []
    assert (told["changed"], told["changed_back"], told["changed_again"]) == ([], [], [])
    assert told["pending"] == 0
    # Of a group that was there, the members stay and the rights are those that the release gives.
    assert told["groups"].keys() == {"Administrator", "Editor", "Press", "Reviewer"}
    assert told["groups"]["Administrator"] > told["groups"]["Reviewer"] > told["groups"]["Editor"] > 20
    assert told["groups"]["Press"] == 0
    assert "é1" in told["members"]


def test_a_migration_that_is_killed_anywhere_is_completed_by_the_next(site, tmp_path):
    killed = site.tell("migrated", "killed")
    with database(tmp_path) as address:
        whole = Site(address).tell("migrated", "whole")
    assert killed.pop("kills") > 8
    assert killed == whole
