"""Who may take which step with which record, through the admin's pages, and what a step leaves behind."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.urls import reverse

from pathways.curation.models import Change, DataVersion, Status, Version
from pathways.curation.snapshots import snapshot
from practices.models import Practice
from tests import factories as make

pytestmark = pytest.mark.django_db

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


@pytest.fixture
def practice_in(client, author):
    """Make a practice that stands where the name of its status says, by the steps that lead there."""
    reviewer = user("Reviewer", "other-reviewer")

    def made(status):
        from pathways.curation import workflow
        from pathways.curation.changes import record

        practice = complete_practice(status=Status.DRAFT)
        record(Change.Action.ADD, [practice], actor=author)
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
                practice = workflow.revise(practice, author)
                practice.summary += " It goes on."
                practice.save()
                record(Change.Action.EDIT, [practice], actor=author)
            else:
                practice = workflow.take(action, practice, author if action == "submit" else reviewer, "A note.")
        return practice

    return made


def step(client, record, action, note="A note."):
    return client.post(reverse("admin:practices_practice_step", args=[record.pk]), {"action": action, "note": note})


def state(practice):
    """Return what tells whether anything was done to a practice."""
    rows = Practice.objects.filter(slug=practice.slug).order_by("pk").values_list("pk", "status", "summary")
    return list(rows), Change.objects.count()


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("role", ROLES)
def test_who_may_do_what(client, practice_in, role, status):
    practice = practice_in(status)
    one = user(role)
    if role == "viewer":
        from django.contrib.auth.models import Permission

        one.user_permissions.add(Permission.objects.get(codename="view_practice"))
    client.force_login(one)
    allowed = ALLOWED.get(role, {}).get(status, set())
    page = client.get(reverse("admin:practices_practice_change", args=[practice.pk]))
    offered = {action for action in ACTIONS if f'value="{action}"' in page.content.decode()}
    assert offered == allowed
    for action in sorted(set(ACTIONS) - allowed):
        before = state(practice)
        step(client, practice, action)
        assert state(practice) == before, f"{role} could {action} what is {status}"
    for action in sorted(allowed):
        before = state(practice)
        # Each on a record of its own: a step changes what comes after it.
        from django.db import transaction

        with transaction.atomic():
            assert step(client, practice, action).status_code == 302
            assert state(practice) != before
            transaction.set_rollback(True)


def test_nobody_publishes_what_they_alone_wrote(client, settings):
    one = user("Reviewer")
    client.force_login(one)
    practice = complete_practice(status=Status.DRAFT)
    from pathways.curation.changes import record

    record(Change.Action.ADD, [practice], actor=one)
    step(client, practice, "submit")
    page = client.post(reverse("admin:practices_practice_step", args=[practice.pk]), {"action": "publish"}, follow=True)
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
    page = client.post(reverse("admin:practices_practice_step", args=[practice.pk]), {"action": "submit"}, follow=True)
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
    again = client.post(
        reverse("admin:practices_practice_step", args=[practice.pk]), {"action": "publish"}, follow=True
    )
    assert "someone else has taken a step" in again.content.decode()
    assert Change.objects.count() == count


def test_a_step_by_get_or_without_the_token_does_nothing(practice_in):
    from django.test import Client

    practice = practice_in("in-review")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user("Reviewer"))
    address = reverse("admin:practices_practice_step", args=[practice.pk])
    assert strict.get(address).status_code == 405
    assert strict.post(address, {"action": "publish"}).status_code == 403
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
    page = client.get(reverse("admin:practices_practice_change", args=[practice.pk])).content.decode()
    assert "Which ministry?" in page


def test_what_is_published_is_not_edited_but_revised(client, practice_in, author):
    practice = practice_in("published")
    client.force_login(author)
    before = snapshot(practice)
    page = client.get(reverse("admin:practices_practice_change", args=[practice.pk]))
    assert b'name="_save"' not in page.content
    assert client.post(reverse("admin:practices_practice_change", args=[practice.pk]), {}).status_code == 403
    step(client, practice, "revise")
    revision = Practice.objects.get(revises=practice)
    assert snapshot(revision) == before
    assert b'name="_save"' in client.get(reverse("admin:practices_practice_change", args=[revision.pk])).content
    # A second click finds the same one.
    step(client, practice, "revise")
    assert Practice.objects.filter(revises=practice).count() == 1


def test_a_revision_is_not_public_until_it_is_published(client, practice_in):
    revision = practice_in("revision in review")
    public = revision.revises
    address = public.get_absolute_url()
    version = DataVersion.current().number
    assert b"It goes on." not in client.get(address).content
    client.force_login(user("Reviewer"))
    step(client, revision, "publish")
    client.logout()
    assert b"It goes on." in client.get(address).content
    assert not Practice.objects.filter(pk=revision.pk).exists()
    assert DataVersion.current().number > version
    public.refresh_from_db()
    assert public.reviewed_on is not None
    versions = Version.objects.filter(object_id=public.pk, content_type__model="practice")
    assert {"add", "submit", "publish", "revise", "edit"} <= set(versions.values_list("change__action", flat=True))


def test_a_revision_takes_in_what_changed_meanwhile_and_refuses_what_both_changed(client, practice_in):
    from pathways.curation.changes import record

    revision = practice_in("revision in review")
    public = revision.revises
    client.force_login(user("Reviewer"))
    Practice.objects.filter(pk=public.pk).update(summary="Another summary, meanwhile, of the same.")
    record(Change.Action.LOAD, [public])
    page = client.post(reverse("admin:practices_practice_step", args=[revision.pk]), {"action": "publish"}, follow=True)
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
    from datetime import date

    from pathways.curation.changes import record

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
