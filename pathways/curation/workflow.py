"""From draft to published: the steps a record may take, who may take them, and what must be there first.

A published record is revised in a second row beside it, which takes the same steps; publishing that row gives its
content to the public one, whose id, address and inbound links stay.
"""

from dataclasses import dataclass
from typing import NamedTuple

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .changes import record as write_change
from .models import Change, Status, Version
from .snapshots import apply, give_content, snapshot
from .uniting import united

# What counts as having written a record.
WRITING = (Change.Action.ADD, Change.Action.EDIT, Change.Action.RESTORE, Change.Action.IMPORT)

SUBMIT, REVIEW = "curation.submit_record", "curation.review_record"


class Refused(Exception):
    """A step that cannot be taken; the message says why, in the curator's words."""


class Conflict(Refused):
    """A revision of what has changed since: ``fields`` names what both have changed."""

    def __init__(self, message, fields):
        super().__init__(message)
        self.fields = fields


@dataclass(frozen=True)
class Step:
    """A step: from which status to which, what it is called, who may take it, and what it wants."""

    action: Change.Action
    label: str
    origin: Status
    target: Status
    permission: str
    wants_note: bool = False
    wants_complete: bool = False
    wants_other_eyes: bool = False


STEPS = {
    step.action: step
    for step in (
        Step(
            Change.Action.SUBMIT,
            gettext_lazy("Submit for review"),
            Status.DRAFT,
            Status.IN_REVIEW,
            SUBMIT,
            wants_complete=True,
        ),
        Step(
            Change.Action.RETURN,
            gettext_lazy("Return to the author"),
            Status.IN_REVIEW,
            Status.DRAFT,
            REVIEW,
            wants_note=True,
        ),
        Step(
            Change.Action.PUBLISH,
            gettext_lazy("Publish"),
            Status.IN_REVIEW,
            Status.PUBLISHED,
            REVIEW,
            wants_complete=True,
            wants_other_eyes=True,
        ),
        Step(
            Change.Action.ARCHIVE,
            gettext_lazy("Archive"),
            Status.PUBLISHED,
            Status.ARCHIVED,
            REVIEW,
            wants_note=True,
        ),
        Step(
            Change.Action.REINSTATE,
            gettext_lazy("Publish again"),
            Status.ARCHIVED,
            Status.PUBLISHED,
            REVIEW,
            wants_note=True,
            wants_complete=True,
        ),
    )
}


class Missing(NamedTuple):
    """What a record lacks: the field, and what to do about it."""

    field: str
    message: str


def missing(record):
    """Return what ``record`` lacks before it can be submitted, in the order of its form."""
    return [Missing(*one) for one in record.missing()]


def steps(record, user):
    """Return the steps that ``user`` may take with ``record`` as it stands, whether or not it is complete."""
    return [step for step in STEPS.values() if step.origin == record.status and may(user, step, record)]


def may(user, step, record):
    """Whether ``user`` is one who takes this step with this record."""
    model = type(record)._meta.concrete_model._meta
    return user.has_perm(step.permission) and user.has_perm(f"{model.app_label}.change_{model.model_name}")


def alone(record, user):
    """Whether nobody but ``user`` wrote what is not published yet of ``record``."""
    writers = set(unpublished_versions(record).values_list("change__actor", flat=True))
    return writers == {user.pk}


def last_note(record):
    """Return the change that brought ``record`` back to its author, while it stands so, or None."""
    last = (
        versions_of(record).filter(change__action__in=[*STEPS, Change.Action.REVISE]).select_related("change").first()
    )
    return last.change if last and last.change.action == Change.Action.RETURN else None


def versions_of(record):
    """Return the versions of a record, those of its revisions among them, the newest first."""
    return Version.objects.filter(
        content_type=ContentType.objects.get_for_model(record), object_id=record.revises_id or record.pk
    ).order_by("-pk")


def unpublished_versions(record):
    """Return the versions in which people wrote, since the record, or a revision of it, was last published."""
    versions = versions_of(record)
    last = versions.filter(status=Status.PUBLISHED, change__action=Change.Action.PUBLISH).first()
    versions = versions.filter(change__action__in=WRITING)
    return versions.filter(pk__gt=last.pk) if last else versions


@transaction.atomic
def take(action, record, user, note=""):
    """Take a step with ``record``; return the record as it is then, for a published revision the public one.

    Raises Refused if the record is not where the step begins (another person took it first), if ``user`` may not, or if
    something is missing.
    """
    step = STEPS[action]
    record = allowed(step, record, user, note)
    record, anew = taken(step, record)
    write_change(action, [record], actor=user, note=note, even_if_equal=anew)
    return record


def allowed(step, record, user, note="", *, is_complete=False):
    """Return ``record`` as it stands now, held for the step; raise Refused if ``user`` may not take it so.

    Saying that it ``is_complete`` spares asking what it lacks.
    """
    record = locked(record)
    if record.status != step.origin:
        raise Refused(
            _("Its status is “%(status)s” now: someone else has taken a step with it.")
            % {"status": record.get_status_display()}
        )
    if not may(user, step, record):
        raise Refused(_("You may not do that."))
    if step.wants_note and not note.strip():
        raise Refused(_("Say why, in a note."))
    if step.wants_complete and not is_complete and (lacking := missing(record)):
        raise Refused(" ".join(str(one.message) for one in lacking))
    if step.wants_other_eyes and settings.FOUR_EYES and alone(record, user):
        raise Refused(_("You alone wrote this. Someone else has to publish it."))
    return record


def taken(step, record):
    """Bring ``record`` where ``step`` ends; return it, and whether that is a version even if nothing differs."""
    if step.action == Change.Action.PUBLISH and record.revises_id:
        return publish_revision(record), True
    record.status = step.target
    if step.target == Status.PUBLISHED:
        record.reviewed_on = timezone.localdate()
    record.save()
    return record, False


def locked(record):
    """Return ``record`` as it stands now, held until the transaction ends, so that of two clicks one comes first."""
    try:
        return type(record)._base_manager.select_for_update().get(pk=record.pk)
    except type(record).DoesNotExist:
        raise Refused(_("It is not there any more: someone else has published or discarded it.")) from None


# Revisions


@transaction.atomic
def revise(record, user):
    """Return the revision of a published record, a new one if it has none."""
    record = locked(record)
    if not record.is_public:
        raise Refused(_("Only what is published is revised."))
    if found := type(record)._base_manager.filter(revises=record).first():
        return found
    [revision] = begin([record])
    write_change(Change.Action.REVISE, [revision], actor=user, even_if_equal=True)
    return revision


def begin(records):
    """Return a new revision of each of ``records``, which are of one kind, with its content."""
    revisions = [
        type(record)(slug=record.slug, revises=record, status=Status.DRAFT, review_due_on=record.review_due_on)
        for record in records
    ]
    if revisions:
        give_content(revisions, records)
    return revisions


@transaction.atomic
def discard(revision, user, note=""):
    """Drop a revision; its versions stay with the record."""
    revision = locked(revision)
    if not revision.revises_id:
        raise Refused(_("Only a revision is discarded."))
    write_change(Change.Action.DISCARD, [revision], actor=user, note=note, even_if_equal=True)
    revision.delete()


def base_of(revision):
    """Return the content that a revision began from."""
    return beginning_of(revision).snapshot


def beginning_of(record, before=None):
    """Return the version in which the last revision of a record began, or the last one ``before`` a version."""
    begun = versions_of(record).filter(of_revision=True, change__action=Change.Action.REVISE)
    return (begun.filter(pk__lte=before.pk) if before else begun).first()


def ended_by(version):
    """Return the first change since ``version`` that published or discarded what it is a version of, or None."""
    later = Version.objects.filter(
        content_type=version.content_type_id, object_id=version.object_id, pk__gt=version.pk
    ).filter(change__action__in=[Change.Action.PUBLISH, Change.Action.DISCARD])
    ended = later.select_related("change__actor").order_by("pk").first()
    return ended.change if ended else None


def publish_revision(revision):
    """Give the content of ``revision`` to the public record, with what has changed there since, and delete it."""
    public = locked(revision.revises)
    before = snapshot(public)
    data, conflicts = united(public._meta.concrete_model, base_of(revision), snapshot(revision), before)
    if conflicts:
        raise Conflict(_("The published record has changed meanwhile in: %s.") % ", ".join(conflicts), conflicts)
    due = revision.review_due_on
    if (due.isoformat() if due else None) != beginning_of(revision).beside.get("review_due_on"):
        public.review_due_on = due
    revision.delete()
    public.reviewed_on = timezone.localdate()
    public.save()
    apply(public, data, before=before)
    return public


@transaction.atomic
def restore(record, version, user, note=""):
    """Give ``record`` the content of an earlier version of it, as a new version."""
    record = locked(record)
    if record.is_public:
        record = revise(record, user)
    apply(record, version.snapshot)
    note = note or _("as it was in version %d") % version.pk
    write_change(Change.Action.RESTORE, [record], actor=user, note=note)
    return record
