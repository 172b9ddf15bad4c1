"""An index of PostgreSQL's own that is damaged on its disk: what readers see, and what the doctor says to mend it.

PostgreSQL's module amcheck, which looks into indexes, is not in the wheel: the server is the machine's own.
"""

import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from pathways.operations.backup.postgresql import DEBIAN
from tests.conftest import TESTED_DATABASE, unavailable

from .databases import Postgresql
from .running import environment, never_asked, prepared

pytestmark = pytest.mark.skipif(TESTED_DATABASE != "postgresql", reason="only on PostgreSQL")

INDEX, TABLE = "practices_practice_slug_is_unique", "practices_practice"
# Other indexes lead to the same rows, and the planner may prefer them.
DROP_OTHERS = (
    """DO $drop$ DECLARE one text; BEGIN
    FOR one IN SELECT indexname FROM pg_indexes WHERE indexname LIKE 'practices_practice_slug_%' AND indexname <> 'IT'
    LOOP EXECUTE format('DROP INDEX %I', one); END LOOP; END $drop$""".replace("IT", INDEX),
    f"ANALYZE {TABLE}, listing_searchentry",
)
PATH = "/practices/palim/"
PAGE = 8192
AMCHECK = (
    "CREATE EXTENSION IF NOT EXISTS amcheck",
    "GRANT EXECUTE ON FUNCTION bt_index_check(regclass, boolean) TO site",
)


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory(prefix="pathways-damage-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@pytest.fixture(scope="module")
def damageable(folder):
    """A database whose one index of addresses is read, however small the table is, on a server without checksums."""
    servers = [path.parent for path in sorted(DEBIAN.glob("*/bin/postgres"))]
    made = Postgresql(folder, servers[-1] if servers else unavailable("PostgreSQL of the machine"))
    try:
        (folder / "prepared").mkdir()
        prepared(made.address, folder / "prepared")
        made.execute("ALTER ROLE site SET enable_seqscan = off")
        made.execute(*DROP_OTHERS, database="pathways")
        yield made
    finally:
        made.server.stop()


@pytest.fixture(scope="module")
def site_on_it(damageable, start):
    return start(damageable.address)


def doctor(database, folder, *options):
    """Return the exit status of the doctor, and what it prints."""
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor", *options],
        cwd=settings.BASE_DIR,
        env=environment(database.address, folder / "prepared"),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr[-3000:]
    return done.returncode, done.stdout


@contextmanager
def overwritten(database, change, index=INDEX):
    """The leaves of an index are other bytes than the server wrote, until it is built anew."""
    path = database.file_of(index)
    with database.stopped():
        whole = path.read_bytes()
        # The first page says where the tree begins.
        other = whole[:PAGE] + change(whole[PAGE:])
        assert len(other) == len(whole) > PAGE
        assert other != whole
        path.write_bytes(other)
    try:
        yield
    finally:
        database.execute(f"REINDEX INDEX CONCURRENTLY {index}", database="pathways")


DAMAGES = {
    "pages lost": lambda pages: bytes(len(pages)),
    "something else": lambda pages: (b"something else" * len(pages))[: len(pages)],
}


def test_where_indexes_cannot_be_looked_into_the_doctor_says_how_to_have_it(damageable, folder):
    damageable.execute("DROP EXTENSION IF EXISTS amcheck", database="pathways")
    status, told = doctor(damageable, folder, "--only=indexes")
    assert status == 0
    assert told.endswith("0 of 1 rules hold.\n")
    statements = told.partition("in the database pathways: ")[2].splitlines()[0]
    damageable.execute(*statements.split("; "), database="pathways")
    assert doctor(damageable, folder, "--only=indexes") == (0, "1 of 1 rules hold.\n")


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_index_that_cannot_be_read_is_told_of_and_named(damageable, site_on_it, folder, damage):
    damageable.execute(*AMCHECK, database="pathways")
    assert site_on_it.get(never_asked(PATH)).status == 200
    with overwritten(damageable, DAMAGES[damage]):
        answer = site_on_it.get(never_asked(PATH))
        assert answer.status == 503
        assert "The database is damaged." in answer.text
        status, told = doctor(damageable, folder, "--only=indexes")
        assert status == 1
        assert f"{INDEX} of {TABLE} is damaged" in told
        assert f"REINDEX INDEX CONCURRENTLY {INDEX};" in told
        assert told.startswith("indexes: 1 faults.")
    assert doctor(damageable, folder, "--only=indexes") == (0, "1 of 1 rules hold.\n")
    assert site_on_it.get(never_asked(PATH)).status == 200


def test_an_index_that_leads_elsewhere_is_noticed_by_the_doctor_alone(damageable, site_on_it, folder):
    damageable.execute(*AMCHECK, database="pathways")
    with overwritten(damageable, lambda pages: pages.replace(b"palim", b"palin")):
        # Nothing tells the server that it is another: this is what checksums are for.
        assert site_on_it.get(never_asked(PATH)).status == 404
        status, told = doctor(damageable, folder, "--only=indexes")
        assert status == 1
        assert f"{INDEX} of {TABLE} is damaged (heap tuple" in told
    assert doctor(damageable, folder, "--only=indexes") == (0, "1 of 1 rules hold.\n")
    assert site_on_it.get(never_asked(PATH)).status == 200


def test_what_else_is_wrong_is_told_where_an_index_keeps_rules_from_being_asked(damageable, folder):
    damageable.execute(*AMCHECK, database="pathways")
    with overwritten(damageable, DAMAGES["pages lost"], f"{TABLE}_pkey"):
        status, told = doctor(damageable, folder)
    assert status == 1
    assert f'cannot be asked to the end: index "{TABLE}_pkey" contains unexpected zero page' in told
    assert f"REINDEX INDEX CONCURRENTLY {TABLE}_pkey;" in told
    assert " of 19 rules hold." in told


def test_the_index_of_full_text_search_is_built_anew_by_whoever_cannot_read_it(damageable, site_on_it):
    # amcheck cannot look into it.
    with overwritten(damageable, DAMAGES["something else"], "listing_searchentry_vector"):
        answer = site_on_it.get(never_asked("/api/v1/practices/?q=palim"))
        assert answer.status == 200
        assert '"id":"palim"' in answer.text
        assert "The search index of practices.Practice was wrong" in site_on_it.logged
