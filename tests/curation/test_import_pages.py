"""The pages of imports in the admin: who may see them, and what each button does."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from pathways.curation.fixtures import load
from pathways.curation.importing import running
from pathways.curation.importing.models import KEPT, ImportRow, ImportRun
from pathways.curation.models import Change
from practices.importing import PRACTICE_SHEETS
from practices.models import Practice

from .helpers import write_fixtures
from .import_helpers import table

pytestmark = pytest.mark.django_db

UPLOAD = "/admin/practices/practice/import/"
NEW = {"title": "Nurses for two shores", "kind": "programme", "summary": "Trains nurses for work at home and abroad."}
ROWS = (
    NEW,
    {**NEW, "title": "Refused <script>alert(1)</script>", "origin": "Moroco"},
    {**NEW, "title": "Pálim", "summary": "<b>Trains</b>"},
)


@pytest.fixture
def editor():
    made = get_user_model().objects.create_user("editor", is_staff=True)
    made.groups.add(Group.objects.get(name="Editor"))
    return made


@pytest.fixture
def desk(client, editor, tmp_path):
    """A client in which an editor of a small knowledge base is logged in."""
    load(write_fixtures(tmp_path / "fixtures"))
    client.force_login(editor)
    return client


def sent(client, *rows, name="practices.csv", content=None):
    """Send a file; return the response."""
    return client.post(UPLOAD, {"file": SimpleUploadedFile(name, content or table(*rows))})


def checked(client, *rows):
    """Send a file and have its rows checked; return the address of the import."""
    address = sent(client, *rows).url
    client.post(address, {"action": "step"})
    return address


def said(client, address, **data):
    """Post to an import; return the text of the page that follows."""
    return text_of(client.post(address, data, follow=True))


def text_of(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_from_the_list_of_practices_to_drafts(desk, editor):
    assert f'href="{UPLOAD}"' in desk.get(reverse("admin:practices_practice_changelist")).content.decode()
    assert 'type="file"' in desk.get(UPLOAD).content.decode()
    address = sent(desk, *ROWS).url
    assert "0 of 3 rows checked" in text_of(desk.get(address))
    page = said(desk, address, action="step")
    assert "To be decided: 1 Refused: 1 New: 1" in page
    assert "Decide about 1 row first." in page
    assert "Change PALIM (palim)" in page
    row = ImportRow.objects.get(outcome="asked")
    said(desk, address, action="decide", **{f"choice-{row.pk}": "skip"})
    page = text_of(desk.get(address, {"outcome": "refused"}))
    assert "D3 There is no country “Moroco”. The nearest: Morocco (MA)." in page
    assert "&lt;script&gt;" in page
    assert "Some rows are refused" in said(desk, address, action="confirm")
    assert Practice.objects.count() == 1
    page = said(desk, address, action="confirm", leave_out_refused="on")
    assert "New records are drafts" in page
    assert list(Practice.objects.values_list("slug", "status").order_by("slug")) == [
        ("nurses-for-two-shores", "draft"),
        ("palim", "published"),
    ]
    change = Change.objects.get(action="import")
    assert (change.actor, change.note) == (editor, "practices.csv: 1 new, 0 changed")
    assert reverse("admin:curation_change_change", args=[change.pk]) in desk.get(address).content.decode()
    # A double click, or going back and confirming again.
    assert "imported already" in said(desk, address, action="confirm", leave_out_refused="on")
    assert Practice.objects.count() == 2


def test_many_decisions_at_once(desk):
    address = checked(desk, *({**NEW, "title": "Palim", "acronym": name} for name in ("A1", "B2")))
    assert "Palim" in said(desk, address, action="decide", all="skip")
    assert running.counts(ImportRun.objects.get())["skipped"] == 2
    assert "There is nothing to import" in text_of(desk.get(address))


def test_a_file_that_cannot_be_taken_is_told_on_the_form(desk):
    response = sent(desk, name="../../x.xlsx", content=b"nonsense")
    assert response.status_code == 400
    assert "This is not a workbook, whatever its name says." in text_of(response)
    assert not ImportRun.objects.exists()
    assert "This field is required." in text_of(desk.post(UPLOAD, {}))


def test_checking_goes_on_where_it_was_and_tells_how_far_it_is(desk, monkeypatch):
    monkeypatch.setattr(running, "CHUNK", 2)
    monkeypatch.setattr(running.step, "__defaults__", (0.0001,))
    address = sent(desk, *({**NEW, "title": f"Practice {number}"} for number in range(5))).url
    found = []
    for _time in range(3):
        answer = desk.post(address, {"action": "step"}, headers={"accept": "application/json"}).json()
        found.append((answer["done"], answer["state"]))
    assert answer["said"] == "5 of 5 rows checked"
    assert found == [(2, "checking"), (4, "checking"), (5, "checked")]


@pytest.mark.parametrize("when", ["while it is checked", "afterwards"])
def test_an_import_can_be_stopped(desk, when):
    address = sent(desk, NEW).url if when == "while it is checked" else checked(desk, NEW)
    assert "Nothing was changed" in said(desk, address, action="stop")
    assert not ImportRow.objects.exists()
    assert "not checked yet" in said(desk, address, action="confirm")
    assert "stopped" in said(desk, address, action="decide")
    assert Practice.objects.count() == 1


def test_an_import_done_is_not_stopped(desk):
    address = checked(desk, NEW)
    said(desk, address, action="confirm")
    assert "imported already" in said(desk, address, action="stop")
    assert ImportRun.objects.get().state == "done"


def test_nothing_else_is_a_step(desk):
    address = checked(desk, NEW)
    assert "There is no such step." in said(desk, address, action="nonsense")
    assert desk.put(address).status_code == 405
    assert desk.get(f"{UPLOAD}999/").status_code == 404


def test_imports_that_were_begun_and_not_finished_are_found(desk):
    checked(desk, NEW)
    assert [run.file_name for run in ImportRun.objects.unfinished()] == ["practices.csv"]
    assert "practices.csv" in text_of(desk.get(UPLOAD))
    front = desk.get("/admin/")
    assert f'href="{UPLOAD}"' in front.content.decode()
    assert "Imports of practices, not finished" in text_of(front)


def test_imports_of_long_ago_go_when_another_begins(desk, editor):
    running.carry_out(PRACTICE_SHEETS, ImportRun.objects.get(pk=number_of(checked(desk, NEW))), editor)
    lying = checked(desk, {**NEW, "title": "Left lying"})
    ImportRun.objects.update(started_at=timezone.now() - KEPT - timedelta(days=1))
    recent = checked(desk, {**NEW, "title": "Recent"})
    ImportRun.objects.filter(pk=number_of(recent)).update(started_at=timezone.now() - KEPT + timedelta(days=1))
    new = checked(desk, {**NEW, "title": "New"})
    assert {run.pk for run in ImportRun.objects.all()} == {number_of(recent), number_of(new)}
    assert desk.get(lying).status_code == 404
    assert ImportRow.objects.count() == 2
    # What it changed stays, and so does the history of it.
    assert Practice.objects.filter(title=NEW["title"]).exists()
    assert Change.objects.filter(action="import").exists()


def number_of(address):
    return int(address.rstrip("/").rpartition("/")[2])


@pytest.mark.parametrize("role", ["nobody", "viewer", "author"])
def test_who_may_not_add_and_change_practices_may_not_import(desk, client, role):
    from django.contrib.auth.models import Permission

    address = checked(desk, NEW)
    other = get_user_model().objects.create_user("other", is_staff=role != "nobody")
    names = {"viewer": ["view_practice"], "author": ["view_practice", "add_practice"]}.get(role, [])
    other.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(other)
    for response in (
        client.get(UPLOAD),
        sent(client, NEW),
        client.get(f"{UPLOAD}template.xlsx"),
        client.get(f"{UPLOAD}records.xlsx"),
        client.get(address),
        client.post(address, {"action": "confirm"}),
    ):
        assert response.status_code == (302 if role == "nobody" else 403)
    assert Practice.objects.count() == 1
    if role != "nobody":
        assert UPLOAD not in client.get(reverse("admin:practices_practice_changelist")).content.decode()


def test_a_forged_form_does_nothing(desk, editor):
    from django.test import Client

    address = checked(desk, NEW)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(editor)
    assert strict.post(address, {"action": "confirm"}).status_code == 403
    assert Practice.objects.count() == 1


def test_the_rows_of_an_import_cost_the_same_however_many_there_are(desk, django_assert_max_num_queries):
    address = checked(desk, *({**NEW, "title": f"Practice {number}", "origin": "MA"} for number in range(60)))
    with django_assert_max_num_queries(20):
        desk.get(address)
