"""Visitors read a replica, which may lag, break off and be gone: what they are shown is right all the same."""

import logging
import re
import shutil
from contextlib import contextmanager

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pathways.curation.changes import record
from pathways.curation.models import Change, DataVersion
from pathways.listing.index import index_for
from pathways.operations import databases, dispensable
from practices.filters import PracticeFilter
from practices.models import Practice
from tests.conftest import TESTED_DATABASE
from tests.curation.desk import published

from .replicas import Copy, Standby, folder_for_sockets

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("replica")]

LIST = "/practices/"
EVERYTHING = ["/", LIST, "/practices/one/", "/practices.csv", "/practices.xlsx", "/search/?q=one", "/api/v1/practices/"]


@pytest.fixture(scope="module")
def server(django_db_setup, django_db_blocker):
    """The replica, started once for the module."""
    folder = folder_for_sockets()
    with django_db_blocker.unblock():
        made = Copy(folder) if TESTED_DATABASE == "sqlite" else Standby(folder)
    if TESTED_DATABASE == "postgresql":
        made.start()
    yield made
    if TESTED_DATABASE == "postgresql":
        made.stop()
    shutil.rmtree(folder)


@pytest.fixture
def replica(server, transactional_db, settings, monkeypatch):
    """A replica that has caught up with a published practice, read by a site that has it in its settings."""
    published(slug="one", title="As it was")
    server.catch_up()
    settings.DATABASE_ROUTERS = ["pathways.operations.databases.Router"]
    # Whenever it is due, unless a test says otherwise.
    monkeypatch.setattr(databases, "ASK_EVERY", 0)
    connections.databases["replica"] = server.settings
    let_tests_connect(connections["replica"])
    yield server
    connections["replica"].close()
    del connections["replica"]
    del connections.databases["replica"]
    server.catch_up()


def let_tests_connect(other):
    """Django's test cases forbid connections to databases that they did not set up."""

    def ensure_connection():
        if other.connection is None:
            with other.wrap_database_errors:
                other.connect()

    other.ensure_connection = ensure_connection


@pytest.fixture
def staff(replica):
    reader = Client()
    reader.force_login(get_user_model().objects.create_user("staff", is_staff=True))
    return reader


@contextmanager
def queries():
    """Count the queries of the primary and of the replica."""
    with CaptureQueriesContext(connection) as primary, CaptureQueriesContext(connections["replica"]) as other:
        yield lambda: (len(primary), len(other))


def body(response):
    content = b"".join(response) if response.streaming else response.content
    return content.decode("utf-8", "replace")


def title(reader, address=LIST):
    """Return what a reader is told that the practice is called."""
    response = reader.get(address)
    assert response.status_code == 200
    (found,) = set(re.findall("As it (?:was|is)", body(response)))
    return found


def rename():
    practice = Practice.objects.get()
    practice.title = "As it is"
    practice.save()
    record(Change.Action.EDIT, [practice])


def told(caplog):
    return [one.getMessage() for one in caplog.records if one.name == dispensable.__name__]


# Who reads where


def test_what_visitors_read_comes_from_the_replica_to_the_last_byte(client, replica, monkeypatch):
    monkeypatch.setattr(databases, "ASK_EVERY", 3600)
    client.get("/")
    for address in EVERYTHING:
        with queries() as asked:
            response = client.get(address)
            assert body(response)
        assert response.status_code == 200
        assert asked()[0] == 0, address
        assert asked()[1] > 0, address


def test_the_replica_s_answer_is_the_primary_s(client, replica):
    from_replica = {address: client.get(address) for address in EVERYTHING}
    bodies = {address: body(response) for address, response in from_replica.items()}
    replica.lose()
    connections["replica"].close()
    for address, response in from_replica.items():
        again = client.get(address)
        assert again.headers["ETag"] == response.headers["ETag"]
        if not address.endswith(".xlsx"):
            assert body(again) == bodies[address]
    replica.start()


def test_who_is_signed_in_reads_the_primary(staff, replica):
    with queries() as asked:
        assert title(staff) == "As it was"
        staff.get("/admin/")
    assert asked()[1] == 0


def test_who_sends_something_reads_the_primary_and_sees_what_became_of_it(client, replica):
    with queries() as asked:
        client.post("/practices/one/suggest/", {"wrong": "It began in 2017."})
        assert client.get("/suggestions/nothing-like-it/").status_code == 404
        client.get("/admin/login/")
        client.options(LIST)
    assert asked()[1] == 0


def test_a_transaction_and_a_lock_and_a_session_stay_with_the_primary(replica):
    with databases.reading("replica"):
        assert Practice.objects.all().db == "replica"
        assert Practice.objects.get()._state.db == "replica"
        with transaction.atomic():
            assert Practice.objects.all().db == "default"
            assert Practice.objects.select_for_update().db == "default"
            session = SessionStore()
            session["kept"] = True
            session.save()
        assert Practice.objects.all().db == "replica"
        replica.catch_up()
        theirs = Practice.objects.get()
    # What came from the one is written to the other.
    theirs.title = "Written"
    theirs.save(using=None)
    assert Practice.objects.using("default").get().title == "Written"
    assert SessionStore(session.session_key)["kept"] is True


# What is shown while it lags


def test_nobody_is_shown_what_a_publication_has_replaced(client, replica):
    assert title(client) == "As it was"
    before = client.get(LIST).headers["ETag"]
    replica.pause()
    rename()
    with queries() as asked:
        assert title(client) == "As it is"
    assert asked()[0] > 1
    from_primary = client.get(LIST).headers["ETag"]
    assert from_primary != before
    assert client.get(LIST, headers={"if-none-match": before}).status_code == 200
    replica.catch_up()
    with queries() as asked:
        assert client.get(LIST).headers["ETag"] == from_primary
        assert title(client) == "As it is"
    assert asked()[0] <= 2, "the primary is asked for its version alone"


def test_what_an_old_row_looks_like_is_never_kept_as_new(client, staff, replica, monkeypatch):
    addresses = [LIST, "/practices.csv", "/search/?q=programme", "/oai?verb=ListRecords&metadataPrefix=oai_dc"]
    assert {title(client, address) for address in addresses} == {"As it was"}
    monkeypatch.setattr(databases, "ASK_EVERY", 3600)
    before = client.get(LIST).headers["ETag"]
    replica.pause()
    rename()
    # Someone who reads the primary takes the index of this process to the new version.
    assert staff.get("/practices/?q=nothing").status_code == 200
    assert {title(client, address) for address in addresses} == {"As it was"}
    assert client.get(LIST).headers["ETag"] == before
    replica.catch_up()
    assert {title(client, address) for address in addresses} == {"As it is"}
    assert client.get(LIST).headers["ETag"] != before


def test_an_index_is_at_the_version_of_who_reads_it(client, replica):
    older = DataVersion.current()
    replica.pause()
    rename()
    newer = index_for(PracticeFilter)
    with databases.reading("replica"), DataVersion.hold(older):
        assert index_for(PracticeFilter).version == (older.epoch, older.number)
    assert newer.version == (older.epoch, older.number + 1)
    assert index_for(PracticeFilter) is newer


def test_a_process_never_goes_back(client, replica, monkeypatch):
    replica.pause()
    rename()
    assert title(client) == "As it is"
    monkeypatch.setattr(databases, "ASK_EVERY", 3600)
    for _ in range(3):
        assert title(client) == "As it is"
    replica.catch_up()
    with queries() as asked:
        assert title(client) == "As it is"
    assert asked()[0] == 0


def test_another_epoch_is_waited_for(client, replica):
    replica.pause()
    with transaction.atomic():
        Practice.objects.update(title="As it is")
        DataVersion.advance(new_epoch=True)
    assert title(client) == "As it is"
    replica.catch_up()
    with queries() as asked:
        assert title(client) == "As it is"
    assert asked()[0] <= 2


def test_a_replica_that_stays_behind_is_told_of_once(client, replica, monkeypatch, caplog):
    monkeypatch.setattr(databases, "TELL_AFTER", 0)
    replica.pause()
    rename()
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            client.get(LIST)
    messages = [one.getMessage() for one in caplog.records if one.name == databases.__name__]
    assert messages == ["The replica has been behind for 0 s; the primary answers until it is not."]


# What is shown when it is gone


def test_when_it_is_gone_the_primary_answers_and_the_log_tells_once(client, replica, monkeypatch, caplog):
    monkeypatch.setattr(dispensable, "PAUSE", 3600)
    assert title(client) == "As it was"
    replica.lose()
    connections["replica"].close()
    with caplog.at_level(logging.WARNING):
        for address in EVERYTHING:
            assert client.get(address).status_code == 200
    (message,) = told(caplog)
    assert message.startswith("The replica does not answer; the primary takes its reading until it does. ")
    assert "\n" not in message
    replica.start()
    with queries() as asked:
        client.get(LIST)
    assert asked()[1] == 0, "it is left alone for a while"
    monkeypatch.setattr(dispensable.time, "monotonic", later(dispensable.PAUSE + 1))
    with caplog.at_level(logging.WARNING), queries() as asked:
        client.get(LIST)
    assert asked()[1] > 0
    assert told(caplog)[1:] == ["The replica answers again."]


def later(seconds):
    """Return a clock that is ahead by so many seconds."""
    clock = dispensable.time.monotonic
    return lambda: clock() + seconds


@pytest.mark.skipif(TESTED_DATABASE == "sqlite", reason="only a server can break off while it is read")
def test_what_breaks_off_is_answered_by_the_primary(replica, caplog):
    # What it comes to on the way to the answer stands in the log; the test client would raise it.
    client, asked = Client(raise_request_exception=False), 0

    def lose(execute, *arguments):
        nonlocal asked
        asked += 1
        if asked == 3:
            replica.lose()
        return execute(*arguments)

    with connections["replica"].execute_wrapper(lose):
        assert title(client) == "As it was"
    assert asked >= 3
    assert len(told(caplog)) == 1
    replica.start()


def test_what_a_replica_cannot_answer_before_it_has_followed_a_migration_the_primary_does(replica, caplog):
    client = Client(raise_request_exception=False)
    rename_column = "ALTER TABLE practices_practice RENAME COLUMN {} TO {}"
    with connection.cursor() as cursor:
        cursor.execute(rename_column.format("acronym", "name_of_before"))
        replica.catch_up()
        replica.pause()
        cursor.execute(rename_column.format("name_of_before", "acronym"))
    assert title(client, "/practices/one/") == "As it was"
    assert told(caplog) == [], "it is not gone"


def test_without_a_replica_nothing_of_this_is_there(client, transactional_db, settings):
    published(slug="one", title="As it was")
    assert settings.DATABASE_ROUTERS == []
    assert title(client) == "As it was"
