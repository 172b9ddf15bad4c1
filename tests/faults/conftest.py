"""A site to break, on a database of its own: each lane breaks its own kind."""

import secrets
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import TESTED_DATABASE
from tests.serving import until

from .databases import Postgresql, Sqlite
from .running import Curator, Site, prepared


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Keep what breaks one database on one worker."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.xdist_group("faults"))


@pytest.fixture(scope="session")
def database():
    """A database with a few records; each fault mends it again. ``told`` is what its preparation told."""
    with tempfile.TemporaryDirectory(prefix="pathways-faults-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        kind = {"sqlite": Sqlite, "postgresql": Postgresql}[TESTED_DATABASE]
        made = kind(folder)
        (folder / "prepared").mkdir()
        made.told = prepared(made.address, folder / "prepared")
        yield made
        if TESTED_DATABASE == "postgresql":
            made.server.stop()


@pytest.fixture(scope="session")
def start(database, tmp_path_factory):
    """Return a function that starts a site on the database; all end with the tests."""
    sites = []

    def started(address=database.address, **more):
        site = Site(address, tmp_path_factory.mktemp("site"), **{"prefix": database.prefix, **more})
        sites.append(site)
        return site

    yield started
    for site in sites:
        site.stop()


@pytest.fixture(scope="session")
def site(start):
    """The site of all tests that leave it running: it mends itself when the fault is over."""
    return start()


@pytest.fixture
def fault(site, database):
    """Return a function that gives the context of a fault by its name: when it is over, the site is well again."""

    @contextmanager
    def befallen(name):
        until(lambda: site.get("/practices/").status == 200)
        with getattr(database, name)():
            if name in database.met_when_opened:
                site.replace_workers()
            yield
        if name in database.met_when_opened:
            site.replace_workers()
        until(lambda: site.get(f"/practices/?q={secrets.token_hex(4)}").status == 200)

    return befallen


@pytest.fixture
def curator(site, database):
    return Curator(site, database.told["session"])
