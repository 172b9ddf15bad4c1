"""The open data: the package, the SQLite file, the dictionary, what changed, and the examples."""

import threading
from concurrent.futures import ThreadPoolExecutor
from html import unescape

import pytest
from django.conf import settings as project
from django.db import connection
from django.utils import translation
from frictionless import Resource

from pathways.curation.changes import record
from pathways.curation.models import Change, Status
from pathways.site.data import database as database_of_data
from pathways.site.data.database import database as database_file
from pathways.site.data.tables import BY_NAME, TABLES
from pathways.site.data.views import EXAMPLES
from tests import factories as make
from tests.reading import body, rows, words
from tests.site.open_data import content, database, downloaded, problems, table

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    """Keep the SQLite files of the tests away from those of the site."""
    settings.VAR_DIR = tmp_path / "var"
    settings.VAR_DIR.mkdir()


def test_bad_texts_come_back_from_the_package_and_the_database(client, tmp_path):
    bad = ['say "yes", twice', "two\nlines\ttab", "مسارات \u200f", "👩🏽‍🎓", "\x01\x1f", "Long. " * 3334, "=1+1", "-1"]
    slugs = [make.practice(summary=text, countries=[("MA", "origin")]).slug for text in bad]
    descriptor = downloaded(client, tmp_path / "package")
    assert problems(descriptor) == ([], [], [[]] * len(TABLES))
    read = {row["id"]: row["summary"] for row in Resource(str(tmp_path / "package/practices.csv")).read_rows()}
    # A spreadsheet would run these two.
    assert [read[slug] for slug in slugs] == [*bad[:-2], "'=1+1", "'-1"]
    with database(client, tmp_path) as file:
        kept = dict(file.execute("SELECT id, summary FROM practices"))
    assert [kept[slug] for slug in slugs] == bad


def test_the_database_is_made_once_for_a_version_of_the_data(client, tmp_path):
    practice = make.practice(title="First")
    record(Change.Action.ADD, [practice])
    folder = project.VAR_DIR / "public"
    content(client.get("/data/pathways.sqlite"))
    (first,) = folder.iterdir()
    made = first.stat().st_mtime_ns
    content(client.get("/data/pathways.sqlite"))
    assert [one.stat().st_mtime_ns for one in folder.iterdir()] == [made]
    practice.title = "Second"
    practice.save()
    record(Change.Action.EDIT, [practice])
    with database(client, tmp_path) as file:
        assert file.execute("SELECT title FROM practices").fetchall() == [("Second",)]
    (second,) = folder.iterdir()
    assert second != first


@pytest.mark.django_db(transaction=True)
def test_all_who_ask_at_once_have_it_made_once(monkeypatch):
    make.practice()
    made, together = [], threading.Barrier(4)
    write = database_of_data.write

    def counted(path, site, about):
        made.append(path)
        write(path, site, about)

    def ask():
        together.wait(10)
        try:
            return database_file("https://example.org")
        finally:
            connection.close()

    monkeypatch.setattr(database_of_data, "write", counted)
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask) for _reader in range(4)]
    assert len({one.result() for one in asked}) == 1
    assert len(made) == 1


def test_each_language_has_a_database_of_its_own(db):
    made = {database_file("https://example.org")}
    with translation.override("fr"):
        made.add(database_file("https://example.org"))
    assert len(made) == 2
    assert set((project.VAR_DIR / "public").iterdir()) == made


def test_nothing_that_is_not_public_is_in_any_table(client, tmp_path):
    shown = make.practice(title="Shown", slug="shown", countries=[("MA", "origin")])
    secret = make.practice(title="Secret", slug="secret", status=Status.DRAFT, countries=[("TN", "origin")])
    shown.relations.create(other=secret, kind="part-of")
    meeting = make.meeting(slug="secret-meeting", title="Secret", status=Status.DRAFT)
    session = make.session(meeting, "secret-session", "Secret")
    make.participation(meeting, person="Secret Person")
    outcome = make.outcome(slug="shown-outcome", meeting=meeting, session=session)
    make.response(secret, outcome)
    make.organisation("secret-org", "Secret")
    for one in TABLES:
        assert "secret" not in content(client.get(one.path)).decode().casefold(), one.name
    with database(client, tmp_path) as file:
        assert "secret" not in "\n".join(file.iterdump()).casefold()
    (row,) = table(client, "outcomes")
    assert (row["id"], row["meeting"], row["session"]) == ("shown-outcome", "", "")


def test_no_help_is_empty_and_keys_are_fields():
    for one in TABLES:
        names = [field.name for field in one.fields]
        assert len(set(names)) == len(names)
        assert set(one.key) <= set(names)
        assert all(field.help.strip(" .") for field in one.fields), one.name
        assert all(field.refers_to in BY_NAME for field in one.fields if field.refers_to)


# What changed, by day


def changes(client):
    return [(row["change"], row["kind"], row["id"], row["title"]) for row in rows(client.get("/data/changes.csv"))]


def test_what_changed_is_told_as_the_public_saw_it(client):
    practice = make.practice(title="A practice", slug="a-practice")
    draft = make.practice(title="A draft", slug="a-draft", status=Status.DRAFT)
    record(Change.Action.ADD, [practice, draft])
    assert changes(client) == [("added", "practice", "a-practice", "A practice")]
    Change.objects.update(at="2026-01-01T12:00Z")
    # What the public does not see is no change to it.
    practice.reviewed_on = "2026-02-01"
    practice.save()
    record(Change.Action.EDIT, [practice])
    assert len(changes(client)) == 1
    practice.title = "A better title"
    practice.save()
    record(Change.Action.EDIT, [practice])
    assert [row[0] for row in changes(client)] == ["changed", "added"]
    assert "A better title" in words(body(client.get("/data/")))


def test_what_was_withdrawn_keeps_its_id_and_loses_its_title(client):
    practice = make.practice(title="A secret title", slug="gone")
    record(Change.Action.ADD, [practice])
    Change.objects.update(at="2026-01-01T12:00Z")
    practice.status = Status.ARCHIVED
    practice.save()
    record(Change.Action.ARCHIVE, [practice])
    assert changes(client) == [("withdrawn", "practice", "gone", ""), ("added", "practice", "gone", "")]
    page = body(client.get("/data/"))
    assert "A secret title" not in page
    assert "Withdrawn: 1 practice gone" in words(page)


def test_what_changed_names_nobody(client, django_user_model):
    curator = django_user_model.objects.create_user("curator-name", first_name="Given", last_name="Family")
    record(Change.Action.ADD, [make.practice(title="Shown")], actor=curator, note="A note for colleagues")
    for text in (body(client.get("/data/")), body(client.get("/data/changes.csv"))):
        assert "Shown" in text
        for secret in ("curator-name", "Family", "A note for colleagues"):
            assert secret not in text


def test_a_page_tells_the_newest_changes_and_the_file_all(client, monkeypatch):
    monkeypatch.setattr("pathways.site.data.views.CHANGES_SHOWN", 2)
    monkeypatch.setattr("pathways.site.data.changes.BATCH", 2)
    practices = [make.practice(title=f"Practice {number}") for number in range(5)]
    for practice in practices:
        record(Change.Action.ADD, [practice])
    assert [title for _what, _kind, _id, title in changes(client)] == [f"Practice {n}" for n in (4, 3, 2, 1, 0)]
    page = words(body(client.get("/data/")))
    assert "The last 2 changes" in page
    assert "Practice 3" in page
    assert "Practice 2" not in page


# Files as HTTP has them


def test_a_table_there_is_not_is_404(client):
    assert client.get("/data/auth_user.csv").status_code == 404


# The examples, as a reader would run them


def test_the_page_shows_the_examples_for_its_own_address(client, settings):
    settings.SITE_URL = "https://pathways.example.org"
    page = unescape(body(client.get("/data/")))
    for name in EXAMPLES:
        text = (project.BASE_DIR / "examples" / name).read_text()
        assert text.replace("http://127.0.0.1:8000", "https://pathways.example.org") in page
