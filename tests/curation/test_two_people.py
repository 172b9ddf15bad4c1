"""Two people at one record: they know of each other, and neither loses what they typed."""

import datetime
import html
import re

import pytest
from django.utils import timezone

from pathways.curation import presence, workflow
from pathways.curation.models import Change, Opening
from pathways.curation.snapshots import snapshot
from pathways.curation.uniting import both
from practices.models import Practice
from tests import factories as make
from tests.reading import AdminForm

from .desk import SUMMARY, Person, published
from .helpers import unversioned

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana():
    return Person("ana")


@pytest.fixture
def rui():
    return Person("rui")


@pytest.fixture
def draft(ana):
    return ana.writes(title="Draft")


def choices(page):
    """Return the form of the page that compares as it would be sent back: its hidden fields."""
    text = page.content.decode()
    return {
        name: html.unescape(re.search(rf'name="{name}" value="([^"]*)"', text)[1]) for name in ("_version", "_resolve")
    }


# Who has it open


def test_the_second_is_told_who_has_it_open(ana, rui, draft):
    assert "Also open with: " not in ana.read(draft).partition("data-newer")[2]
    assert "Also open with: ana" in " ".join(rui.read(draft).split())
    assert "Also open with: rui" in " ".join(ana.read(draft).split())


def test_who_has_left_or_kept_quiet_is_not_told_of(ana, rui, draft):
    address = ana.address(draft, "open")
    assert ana.client.post(address).json()["others"] == []
    assert [one.partition(" ")[0] for one in rui.client.post(address).json()["others"]] == ["ana"]
    ana.client.post(address, {"left": "1"})
    assert rui.client.post(address).json()["others"] == []
    ana.client.post(address)
    Opening.objects.filter(user=ana.user).update(seen_at=timezone.now() - presence.EXPIRES - datetime.timedelta(1))
    assert rui.client.post(address).json()["others"] == []


def test_who_saves_has_left(ana, rui, draft):
    ana.save(draft)
    assert rui.client.post(rui.address(draft, "open")).json()["others"] == []


def test_whether_someone_has_saved_is_told_to_who_has_it_open(ana, rui, draft):
    address = ana.address(draft, "open")
    before = ana.client.post(address).json()["version"]
    rui.save(draft, title="Newer")
    assert ana.client.post(address).json()["version"] > before


def test_only_who_may_edit_says_so(ana, draft, client, django_user_model):
    client.force_login(django_user_model.objects.create_user("viewer", is_staff=True))
    assert client.post(ana.address(draft, "open")).status_code == 403
    assert ana.client.get(ana.address(draft, "open")).status_code == 405
    public = published()
    ana.open(public)
    assert not Opening.objects.filter(object_id=public.pk).exists()


# Saving over a newer version


def test_saving_over_a_newer_version_is_refused_and_both_are_kept(ana, rui, draft):
    form, theirs = ana.form(draft), rui.form(draft)
    make.theme("skills", "Skills")
    theirs.add("theme_rows", theme=make.theme("skills").pk)
    rui.save(draft, theirs, acronym="RUI")
    form.add("country_rows", country=make.country("BE", "Belgium").pk, role="destination")
    before = snapshot(draft), Change.objects.count()
    page = ana.send(draft, form, title="Ana's title")
    assert page.status_code == 409
    assert (snapshot(draft), Change.objects.count()) == before
    text = page.content.decode()
    for told in ("rui has saved this record", "RUI", "Ana&#x27;s", "Belgium", "Skills", "<ins>", "<del>"):
        assert told in text, told
    assert "choice-" not in text
    assert ana.client.post(ana.address(draft), choices(page)).status_code == 302
    data = snapshot(draft)
    assert (data["title"], data["acronym"]) == ("Ana's title", "RUI")
    assert sorted(row["country"] for row in data["country_rows"]) == ["BE", "MA"]
    assert [row["theme"] for row in data["theme_rows"]] == ["free-movement", "skills"]
    assert Change.objects.first().actor == ana.user
    assert not [one for one in unversioned() if one.startswith("practices.")]


@pytest.mark.parametrize(
    ("choice", "text", "left"),
    [("ours", "", "Ana's."), ("theirs", "", "Rui's."), ("both", "Rui's.\r\n\r\nAna's.", "Rui's.\n\nAna's.")],
)
def test_where_both_changed_a_field_someone_chooses(ana, rui, draft, choice, text, left):
    form = ana.form(draft)
    rui.save(draft, description="Rui's.")
    page = ana.send(draft, form, description="Ana's.")
    sent = choices(page)
    again = ana.client.post(ana.address(draft), sent)
    assert "Choose for each field" in again.content.decode()
    assert snapshot(draft)["description"] == "Rui's."
    assert "Rui&#x27;s.\n\nAna&#x27;s.</textarea>" in again.content.decode()
    chosen = {"choice-description": choice, "text-description": text}
    ana.client.post(ana.address(draft), {**choices(again), **chosen})
    assert snapshot(draft)["description"] == left


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "left"),
    [
        ("one two three four", "ONE two three four", "one two three four five", "ONE two three four five"),
        ("one two three four", "one three four", "one two three FOUR", "one three FOUR"),
        ("one two", "one 2", "one II", "one II\n\none 2"),
        ("one", "one a", "one b", "one b\n\none a"),
        ("", "a", "", "a"),
        ("a", "", "a", ""),
    ],
)
def test_the_words_of_both(base, ours, theirs, left):
    assert both(base, ours, theirs) == left


def test_rows_that_someone_removed_meanwhile_do_not_come_in_the_way(ana, rui, draft):
    make.country("BE", "Belgium")
    draft.country_rows.create(country=make.country("BE"), role="lead")
    draft.links.create(url="https://a.example/", title="A", position=1)
    ana.save(draft, acronym="X")
    form, theirs = ana.form(draft), rui.form(draft)
    theirs.data["country_rows-0-DELETE"] = "on"
    theirs.data["citations-0-DELETE"] = "on"
    theirs.data["links-0-title"] = "Rui's"
    theirs.add("figures", slug="n", value="3", counts="courses", nature="result")
    rui.save(draft, theirs)
    gone = snapshot(draft)["country_rows"]
    form.data["citations-0-note"] = "Ana's note."
    page = ana.send(draft, form, title="Ana's")
    text = page.content.decode()
    # One removed the source, the other wrote in it: that is to be chosen.
    assert "choice-citations" in text
    assert "choice-country_rows" not in text
    ana.client.post(ana.address(draft), {**choices(page), "choice-citations": "ours"})
    data = snapshot(draft)
    assert data["country_rows"] == gone
    assert data["citations"][0]["note"] == "Ana's note."
    assert data["figures"][0]["slug"] == "n"
    assert (data["title"], data["links"][0]["title"]) == ("Ana's", "Rui's")


def test_it_may_move_on_once_more_while_someone_chooses(ana, rui, draft):
    form = ana.form(draft)
    rui.save(draft, acronym="ONE")
    page = ana.send(draft, form, title="Ana's")
    rui.save(draft, acronym="TWO")
    again = ana.client.post(ana.address(draft), choices(page))
    assert again.status_code == 409
    assert "TWO" in again.content.decode()
    assert ana.client.post(ana.address(draft), choices(again)).status_code == 302
    data = snapshot(draft)
    assert (data["title"], data["acronym"]) == ("Ana's", "TWO")


def test_what_is_wrong_in_a_form_over_a_newer_version_is_told_and_nothing_typed_is_lost(ana, rui, draft):
    form = ana.form(draft)
    rui.save(draft, acronym="RUI")
    page = ana.send(draft, form, start_year="2020", end_year="2010", description="Long and typed.")
    text = page.content.decode()
    assert page.status_code == 200
    assert "The end year comes before the start year." in text
    assert "Long and typed." in text
    assert snapshot(draft)["acronym"] == "RUI"
    # What is sent next is still held against the version that both began from.
    assert f'name="_version" value="{form.data["_version"][0]}"' in text
    assert Change.objects.filter(action="edit").count() == 1


def test_what_was_typed_into_a_record_that_someone_submitted_is_shown(ana, rui, draft):
    form = ana.form(draft)
    rui.step(draft, "submit")
    page = ana.send(draft, form, summary="Typed for an hour.")
    assert page.status_code == 403
    assert "Typed for an hour." in page.content.decode()
    assert snapshot(draft)["summary"] == SUMMARY


def test_a_forged_choice_is_refused(ana, draft):
    assert ana.client.post(ana.address(draft), {"_resolve": "forged", "_version": "1"}).status_code == 403
    assert ana.client.post(ana.address(draft), {"_version": "9" * 40}).status_code != 500


def test_the_same_form_sent_twice_is_saved_once(ana, draft):
    form = ana.form(draft)
    ana.save(draft, form, acronym="X")
    page = ana.send(draft, form, acronym="X")
    assert page.status_code == 409
    assert "You have both made the same of it." in page.content.decode()
    assert Change.objects.filter(action="edit").count() == 1


def test_the_next_in_my_list(ana):
    first, second = ana.writes(title="A"), ana.writes(title="B")
    page = ana.save(first, _next="1")
    assert page.url == ana.address(second)
    assert ana.save(second, _next="1").url == ana.address(first)
    assert ana.send(first, ana.form(first), "change").status_code == 302
    filters = "?_changelist_filters=q%3DB"
    form = ana.form(first)
    answer = ana.client.post(ana.address(first) + filters, {**form.data, "_next": "1"})
    assert answer.url == ana.address(second) + filters
    ana.step(second, "submit")
    assert ana.save(first, _next="1").url == "/admin/"


# What was typed into a revision that has ended meanwhile


@pytest.fixture
def revised(ana):
    """A published practice, and a revision of it that was submitted and is open with a reviewer."""
    public = published(title="Public", slug="public", description="As published.")
    revision = workflow.revise(public, ana.user)
    ana.save(revision, acronym="NEW")
    return public, revision


def published_by(person, revision):
    workflow.take("submit", revision, person.user)
    workflow.take("publish", revision, person.user)


def discarded_by(person, revision):
    workflow.discard(revision, person.user)


@pytest.mark.parametrize(
    ("end", "told"), [(published_by, "vera has published it"), (discarded_by, "vera has discarded this revision")]
)
def test_what_was_typed_into_a_revision_that_has_ended_becomes_a_new_one(ana, revised, end, told):
    public, revision = revised
    form = ana.form(revision)
    form.add("country_rows", country=make.country("BE", "Belgium").pk, role="destination")
    end(Person("vera", "Reviewer"), revision)
    before = snapshot(public), Change.objects.count()
    page = ana.send(revision, form, summary="Typed in during a whole hour.", **{"citations-0-note": "Hers."})
    assert page.status_code == 409
    text = page.content.decode()
    for one in (told, "during a whole hour", "Belgium", "Hers.", "Save as a new revision"):
        assert one in text, one
    assert (snapshot(public), Change.objects.count()) == before
    assert not Practice.objects.filter(revises=public).exists()
    answer = ana.client.post(ana.address(public), choices(page))
    again = Practice.objects.get(revises=public)
    assert answer.url == ana.address(again)
    data = snapshot(again)
    assert (data["summary"], data["acronym"]) == ("Typed in during a whole hour.", "NEW")
    assert [row["country"] for row in data["country_rows"]] == ["BE", "MA"]
    assert data["citations"][0]["note"] == "Hers."
    assert snapshot(public) == before[0]
    assert [change.action for change in Change.objects.all()[:2]] == ["edit", "revise"]
    assert not [one for one in unversioned() if one.startswith("practices.")]


def test_what_was_typed_into_a_draft_that_was_published_becomes_a_revision(ana, draft):
    form = ana.form(draft)
    published_by(Person("vera", "Reviewer"), draft)
    page = ana.send(draft, form, summary="Typed in during a whole hour.")
    assert page.status_code == 409
    ana.client.post(ana.address(draft), choices(page))
    assert snapshot(Practice.objects.get(revises=draft))["summary"] == "Typed in during a whole hour."
    assert snapshot(draft)["summary"] == SUMMARY


def test_what_was_typed_goes_into_the_revision_that_was_begun_since(ana, rui, revised):
    public, revision = revised
    form = ana.form(revision)
    published_by(Person("vera", "Reviewer"), revision)
    page = ana.send(revision, form, summary="Typed in during a whole hour.")
    theirs = workflow.revise(public, rui.user)
    rui.save(theirs, description="Rui's.")
    again = ana.client.post(ana.address(public), choices(page))
    assert again.status_code == 409
    assert ana.client.post(ana.address(theirs), choices(again)).url == ana.address(theirs)
    data = snapshot(theirs)
    assert (data["summary"], data["description"]) == ("Typed in during a whole hour.", "Rui's.")
    # Whoever sends the old form once more is compared with that revision at once.
    direct = ana.send(revision, form, title="Ana's title")
    assert direct.status_code == 409
    assert "Another revision has been begun since" in direct.content.decode()


def test_a_form_with_errors_over_a_revision_that_has_ended_comes_back_with_what_was_typed(ana, revised):
    public, revision = revised
    form = ana.form(revision)
    discarded_by(Person("vera", "Reviewer"), revision)
    page = ana.send(revision, form, summary="Typed in during a whole hour.", start_year="20")
    assert page.status_code == 200
    assert "Typed in during a whole hour." in page.content.decode()
    assert not Practice.objects.filter(revises=public).exists()
    mended = AdminForm(page.content.decode())
    mended.data["start_year"] = "2020"
    assert "Save as a new revision" in ana.send(revision, mended).content.decode()


def test_who_may_not_write_keeps_nothing(ana, revised, client, django_user_model):
    public, revision = revised
    form = ana.form(revision)
    discarded_by(Person("vera", "Reviewer"), revision)
    page = ana.send(revision, form, summary="Typed in during a whole hour.")
    client.force_login(django_user_model.objects.create_user("viewer", is_staff=True))
    assert client.post(ana.address(public), choices(page)).status_code == 403
    assert client.post(ana.address(revision), form.data).status_code == 403
    assert not Practice.objects.filter(revises=public).exists()


# A step saves the form


def test_a_step_takes_what_stands_in_the_form(ana):
    draft = ana.writes(summary="Short.")
    form = ana.form(draft)
    assert "Say what it is" in ana.read(draft)
    page = ana.send(draft, form, summary=SUMMARY, _step="submit", _step_note="Mended.")
    assert page.url == ana.address(draft)
    draft.refresh_from_db()
    assert (draft.status, draft.summary) == ("in-review", SUMMARY)
    assert [(change.action, change.note) for change in Change.objects.all()[:2]] == [
        ("submit", "Mended."),
        ("edit", ""),
    ]


def test_a_step_tells_of_what_is_missing_in_what_was_just_typed(ana):
    draft = ana.writes()
    page = ana.client.post(
        ana.address(draft), {**ana.form(draft).data, "summary": "Short.", "_step": "submit"}, follow=True
    )
    draft.refresh_from_db()
    assert (draft.status, draft.summary) == ("draft", "Short.")
    assert page.content.decode().count("Say what it is in 20 to 80 words") >= 2


def test_a_step_with_a_form_that_has_errors_is_not_taken_and_its_note_is_kept(ana, draft):
    page = ana.send(draft, ana.form(draft), start_year="20", _step="submit", _step_note="Please look.")
    assert page.status_code == 200
    assert "Please look." in page.content.decode()
    draft.refresh_from_db()
    assert draft.status == "draft"


def test_a_double_click_on_a_step_is_one_step(ana, revised):
    vera = Person("vera", "Reviewer")
    _public, revision = revised
    for person, step in ((ana, "submit"), (vera, "return"), (ana, "submit"), (vera, "publish")):
        data = {**person.form(revision).data, "_step": step, "_step_note": "A note."}
        person.client.post(person.address(revision), data)
        changes = Change.objects.count()
        page = person.client.post(person.address(revision), data, follow=True)
        assert "this step has been taken already" in page.content.decode(), step
        assert Change.objects.count() == changes
    assert not Practice.objects.filter(pk=revision.pk).exists()


def test_a_revision_is_discarded_with_whatever_stands_in_the_form(ana, revised):
    public, revision = revised
    answer = ana.send(revision, ana.form(revision), title="", _step="discard", _step_note="Not needed.")
    assert answer.url == ana.address(public)
    assert not Practice.objects.filter(revises=public).exists()
    assert Change.objects.first().note == "Not needed."
