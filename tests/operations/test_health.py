"""Whether the site is alive, and whether it is ready."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

import pathways
from pathways import settings as readers
from pathways.operations import health


def test_a_process_that_answers_says_which_release_it_is_and_asks_no_database(client):
    """The test has no right to the database, and would fail if it were asked."""
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.content.decode() == f"ok\nPathways {pathways.__version__}\n"
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_the_site_is_ready_when_all_is_there_and_it_is_cheap_to_ask(client, kept_index, django_assert_max_num_queries):
    assert client.get("/readyz").content == b"ready\n"
    with django_assert_max_num_queries(5):
        assert client.get("/readyz").content == b"ready\n"


@pytest.mark.django_db
def test_a_migration_that_is_not_applied_is_named(client):
    app, name = next(node for node in health.needed_migrations() if node[0] == "practices")
    MigrationRecorder(connection).record_unapplied(app, name)
    response = client.get("/readyz")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert response.content.decode() == f"migrations: {app}.{name} is not applied\n"


@pytest.mark.django_db(transaction=True)
def test_an_index_that_cannot_be_read_is_named(client):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE practices_practicetheme RENAME TO gone")
    try:
        response = client.get("/readyz")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE gone RENAME TO practices_practicetheme")
    assert response.status_code == 503
    assert response.content.decode() == "index: that of practices cannot be read\n"
    assert client.get("/readyz").status_code == 200


# What switches and tunes it


def test_a_number_has_its_bounds(monkeypatch):
    monkeypatch.setenv("NUMBER", "500")
    assert readers.env_number("NUMBER", default=1, most=1000) == 500
    for text in ("0", "1001", "-1", "1.5", "1e3"):
        monkeypatch.setenv("NUMBER", text)
        with pytest.raises(ImproperlyConfigured, match="NUMBER is"):
            readers.env_number("NUMBER", default=5, least=1, most=1000)


@pytest.mark.parametrize("text", ["hunter2", "with a blank in it, but long", "nineteen-characters"])
def test_a_token_that_can_be_guessed_is_refused_and_not_repeated(monkeypatch, text):
    monkeypatch.setenv("TOKEN", text)
    with pytest.raises(ImproperlyConfigured, match="TOKEN is too short or no token") as caught:
        readers.env_token("TOKEN")
    assert text not in str(caught.value)
    monkeypatch.setenv("TOKEN", "a" * 20)
    assert readers.env_token("TOKEN") == "a" * 20
