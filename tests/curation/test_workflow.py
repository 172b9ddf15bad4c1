"""Who may take which step with which record, through the admin's pages, and what a step leaves behind."""

from datetime import date

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse

from meetings.models import KeyMessage, Meeting, Outcome, Recommendation
from pathways.curation import bulk, workflow
from pathways.curation.changes import curated_models, record
from pathways.curation.importing.models import ImportRun
from pathways.curation.models import Change, DataVersion, Status, Term, Version
from pathways.curation.snapshots import snapshot
from practices.models import Practice
from tests import factories as make

pytestmark = pytest.mark.django_db

KINDS = (Practice, Meeting, Outcome)
# The text of each kind that a revision changes here.
TEXTS = {Practice: "summary", Meeting: "summary", Outcome: "text"}
ROLES = ("nobody", "viewer", "Editor", "Reviewer", "Administrator", "superuser")
STATUSES = ("draft", "in-review", "published", "archived", "draft revision", "revision in review")
# What each may do with a record that others wrote, by its status; whoever is not named here may do nothing.
ALLOWED = {
    "Editor": {
        "draft": {"submit"},
        "published": {"revise"},
        "draft revision": {"submit", "discard"},
        "revision in review": {"discard"},
    },
    "Reviewer": {
        "draft": {"submit"},
        "in-review": {"return", "publish"},
        "published": {"archive", "revise"},
        "archived": {"reinstate"},
        "draft revision": {"submit", "discard"},
        "revision in review": {"return", "publish", "discard"},
    },
}
ALLOWED["Administrator"] = ALLOWED["superuser"] = ALLOWED["Reviewer"]
ACTIONS = ("submit", "return", "publish", "archive", "reinstate", "revise", "discard", "nonsense")


def user(role, name="user"):
    made = get_user_model().objects.create_user(name, is_staff=role != "nobody", is_superuser=role == "superuser")
    if role in {"Editor", "Reviewer", "Administrator"}:
        made.groups.add(Group.objects.get(name=role))
    return made


@pytest.fixture
def author(db):
    return user("Editor", "author")


def complete_practice(**fields):
    summary = "A programme that trains people for work abroad and at home."
    return make.practice(summary=summary, countries=[("MA", "origin")], themes=["free-movement"], **fields)


def complete(kind, **fields):
    """Make a record of a kind that lacks nothing."""
    if kind is Practice:
        return complete_practice(**fields)
    if kind is Meeting:
        return make.meeting(summary="States spoke of skills.", **fields)
    return make.outcome(themes=["free-movement"], **fields)


@pytest.fixture
def record_in(author):
    """Make a record that stands where the name of its status says, by the steps that lead there."""
    reviewer = user("Reviewer", "other-reviewer")

    def made(kind, status):
        row, text = complete(kind, status=Status.DRAFT), TEXTS[kind]
        record(Change.Action.ADD, [row], actor=author)
        path = {
            "draft": "",
            "in-review": "submit",
            "published": "submit publish",
            "archived": "submit publish archive",
            "draft revision": "submit publish revise",
            "revision in review": "submit publish revise submit",
        }[status]
        for action in path.split():
            if action == "revise":
                row = workflow.revise(row, author)
                setattr(row, text, getattr(row, text) + " It goes on.")
                row.save()
                record(Change.Action.EDIT, [row], actor=author)
            else:
                row = workflow.take(action, row, author if action == "submit" else reviewer, "A note.")
        return row

    return made


@pytest.fixture
def practice_in(record_in):
    return lambda status: record_in(Practice, status)


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def step(client, row, action, note="A note."):
    return client.post(address(row, "step", row.pk), {"action": action, "note": note})


def state(row):
    """Return what tells whether anything was done to a record or its revision."""
    rows = type(row).objects.filter(slug=row.slug).order_by("pk").values_list("pk", "status", TEXTS[type(row)])
    return list(rows), Change.objects.count()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("role", ROLES)
def test_who_may_do_what(client, record_in, role, status, kind):
    row = record_in(kind, status)
    one = user(role)
    if role == "viewer":
        one.user_permissions.add(Permission.objects.get(codename=f"view_{kind._meta.model_name}"))
    client.force_login(one)
    allowed = ALLOWED.get(role, {}).get(status, set())
    page = client.get(address(row, "change", row.pk))
    assert page.status_code == (302 if role == "nobody" else 200)
    offered = {action for action in ACTIONS if f'value="{action}"' in page.content.decode()}
    assert offered == allowed
    before = state(row)
    for action in sorted(set(ACTIONS) - allowed):
        step(client, row, action)
        assert state(row) == before, f"{role} could {action} what is {status}"
    for action in sorted(allowed):
        # Each is undone: a step changes what comes after it.
        with transaction.atomic():
            assert step(client, row, action).status_code == 302
            assert state(row) != before
            transaction.set_rollback(True)


def forgeries(model, row, other):
    """Return the pages that write, each with what a form on it would send."""
    run = ImportRun.objects.create(kind=model._meta.concrete_model._meta.label_lower, file_name="rows.csv")
    version = workflow.versions_of(row).first()
    file = SimpleUploadedFile("rows.csv", b"title\nNew\n")
    pages = [
        ("change", [row.pk], {"_version": version.pk, "title": "New", "heading": "New"}),
        ("change", [row.pk], {"_resolve": "x", "_version": version.pk}),
        ("delete", [row.pk], {"post": "yes"}),
        ("open", [row.pk], {}),
        ("restore", [row.pk], {"version": version.pk}),
        ("remove", [row.pk], {"note": "Twice."}),
        ("merge", [row.pk], {"gone": other.pk, "note": "Twice."}),
        ("import", [], {"file": file}),
        ("import_run", [run.pk], {"action": "stop"}),
        ("import_run", [run.pk], {"action": "confirm"}),
    ]
    pages += [("step", [row.pk], {"action": action, "note": "A note."}) for action in ACTIONS]
    given = {"ids": row.pk, "seen": version.pk, "note": "A note.", "date": "2030-01-31", "confirm": "yes"}
    for name in bulk.OPERATIONS:
        term = {"sector": "ict", "country": "MA", "theme": "free-movement"}.get(name.partition("-")[2], "")
        pages.append(("bulk", [], {"operation": name, "term": term, "role": "origin", **given}))
    pages += [
        ("changelist", [], {"action": name, "_selected_action": row.pk}) for name in [*bulk.OPERATIONS, "export-csv"]
    ]
    return pages


@pytest.mark.parametrize("status", ["draft", "published"])
@pytest.mark.parametrize("model", [*KINDS, KeyMessage, Recommendation])
def test_who_may_not_change_a_kind_of_record_writes_on_none_of_its_pages(client, record_in, model, status):
    """Someone has every permission there is, but to change records of this kind."""
    kind = model._meta.concrete_model
    row = record_in(kind, status)
    if model is KeyMessage:
        row.kind = kind.Kind.KEY_MESSAGE
    other = complete(kind, status=Status.DRAFT)
    one = user("viewer")
    names = {f"change_{each._meta.model_name}" for each in (kind, model)}
    one.user_permissions.set(Permission.objects.exclude(codename__in=names))
    # What they wrote while they might, they could take back.
    setattr(row, TEXTS[kind], "Another text.")
    row.save()
    own = record(Change.Action.EDIT, [row], actor=one)
    client.force_login(one)
    assert client.get(address(model, "change", row.pk)).status_code == 200
    before = state(row), state(other), snapshot(row), snapshot(other)
    for page, args, data in forgeries(model, row, other):
        answer = client.post(address(model, page, *args), data)
        # The list knows no such action, and shows itself.
        assert answer.status_code == 403 or (page == "changelist" and "cl" in answer.context), (page, data)
        row.refresh_from_db()
        assert (state(row), state(other), snapshot(row), snapshot(other)) == before, (page, data)
    assert ImportRun.objects.get().state == ImportRun.State.CHECKING
    assert client.post(reverse("admin:curation_change_undo", args=[own.pk])).status_code == 403
    for page in ("import", "import_template", "import_records", "duplicates"):
        assert client.get(address(model, page)).status_code == 403, page


def test_nobody_publishes_what_they_alone_wrote(client, settings):
    one = user("Reviewer")
    client.force_login(one)
    practice = complete_practice(status=Status.DRAFT)
    record(Change.Action.ADD, [practice], actor=one)
    step(client, practice, "submit")
    page = client.post(address(practice, "step", practice.pk), {"action": "publish"}, follow=True)
    assert "You alone wrote this" in page.content.decode()
    practice.refresh_from_db()
    assert practice.status == Status.IN_REVIEW
    settings.FOUR_EYES = False
    step(client, practice, "publish")
    practice.refresh_from_db()
    assert practice.status == Status.PUBLISHED


def test_what_is_incomplete_is_not_submitted_and_says_what_is_missing(client, author):
    practice = make.practice(status=Status.DRAFT, summary="Short.", cited=False)
    client.force_login(author)
    page = client.post(address(practice, "step", practice.pk), {"action": "submit"}, follow=True)
    text = page.content.decode()
    for what in ("20 to 80 words", "Name a country", "one to four themes", "in which document"):
        assert text.count(what) >= 2, what  # in the message and in the list
    practice.refresh_from_db()
    assert practice.status == Status.DRAFT


def test_a_step_that_someone_else_took_first_is_refused(client, practice_in):
    practice = practice_in("in-review")
    client.force_login(user("Reviewer"))
    step(client, practice, "publish")
    count = Change.objects.count()
    again = client.post(address(practice, "step", practice.pk), {"action": "publish"}, follow=True)
    assert "someone else has taken a step" in again.content.decode()
    assert Change.objects.count() == count


def test_a_step_by_get_or_without_the_token_does_nothing(practice_in):
    practice = practice_in("in-review")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user("Reviewer"))
    page = address(practice, "step", practice.pk)
    assert strict.get(page).status_code == 405
    assert strict.post(page, {"action": "publish"}).status_code == 403
    practice.refresh_from_db()
    assert practice.status == Status.IN_REVIEW


def test_a_note_comes_back_to_the_author(client, practice_in, author):
    practice = practice_in("in-review")
    client.force_login(user("Reviewer"))
    step(client, practice, "return", note="")
    practice.refresh_from_db()
    assert practice.status == Status.IN_REVIEW
    step(client, practice, "return", note="Which ministry?")
    client.force_login(author)
    page = client.get(address(practice, "change", practice.pk)).content.decode()
    assert "Which ministry?" in page


def test_what_is_published_is_not_edited_but_revised(client, practice_in, author):
    practice = practice_in("published")
    client.force_login(author)
    before = snapshot(practice)
    page = client.get(address(practice, "change", practice.pk))
    assert b'name="_save"' not in page.content
    assert client.post(address(practice, "change", practice.pk), {}).status_code == 403
    step(client, practice, "revise")
    revision = Practice.objects.get(revises=practice)
    assert snapshot(revision) == before
    assert b'name="_save"' in client.get(address(revision, "change", revision.pk)).content
    # A second click finds the same one.
    step(client, practice, "revise")
    assert Practice.objects.filter(revises=practice).count() == 1


def test_a_revision_is_not_public_until_it_is_published(client, practice_in):
    revision = practice_in("revision in review")
    public = revision.revises
    page = public.get_absolute_url()
    version = DataVersion.current().number
    assert b"It goes on." not in client.get(page).content
    client.force_login(user("Reviewer"))
    step(client, revision, "publish")
    client.logout()
    assert b"It goes on." in client.get(page).content
    assert not Practice.objects.filter(pk=revision.pk).exists()
    assert DataVersion.current().number > version
    public.refresh_from_db()
    assert public.reviewed_on is not None
    versions = Version.objects.filter(object_id=public.pk, content_type__model="practice")
    assert {"add", "submit", "publish", "revise", "edit"} <= set(versions.values_list("change__action", flat=True))


def test_a_revision_takes_in_what_changed_meanwhile_and_refuses_what_both_changed(client, practice_in):
    revision = practice_in("revision in review")
    public = revision.revises
    client.force_login(user("Reviewer"))
    Practice.objects.filter(pk=public.pk).update(summary="Another summary, meanwhile, of the same.")
    record(Change.Action.LOAD, [public])
    page = client.post(address(revision, "step", revision.pk), {"action": "publish"}, follow=True)
    assert "changed meanwhile in: summary" in page.content.decode()
    assert Practice.objects.filter(pk=revision.pk).exists()
    Practice.objects.filter(pk=public.pk).update(
        summary="A programme that trains people for work abroad and at home.", acronym="NEW"
    )
    record(Change.Action.LOAD, [public])
    step(client, revision, "publish")
    public.refresh_from_db()
    assert (public.acronym, public.summary.endswith("It goes on.")) == ("NEW", True)


def test_the_review_date_of_a_revision_is_that_of_the_record_once_it_is_published(client, practice_in):
    revision = practice_in("draft revision")
    public = revision.revises
    revision.review_due_on = date(2030, 1, 31)
    revision.save()
    record(Change.Action.EDIT, [revision])
    client.force_login(user("Reviewer"))
    step(client, revision, "submit")
    step(client, revision, "publish")
    public.refresh_from_db()
    assert public.review_due_on == date(2030, 1, 31)


@pytest.mark.parametrize(
    "model", [one for one in curated_models() if issubclass(one, Term)], ids=lambda one: one.__name__
)
def test_editors_see_every_vocabulary_and_administrators_look_after_it(model):
    """Migrations give these rights: one that adds a vocabulary gives them too."""
    options = model._meta
    for role, actions in [("Editor", ["view"]), ("Reviewer", ["view"]), ("Administrator", ["add", "change", "delete"])]:
        rights = Permission.objects.filter(group__name=role, content_type__app_label=options.app_label)
        wanted = {f"{action}_{options.model_name}" for action in actions}
        assert wanted <= set(rights.values_list("codename", flat=True)), role
