"""A change taken back as a whole: every record it touched stands again as it stood before."""

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from .changes import record as write_change
from .history import version_before
from .models import Change, Status, Version
from .snapshots import References, apply
from .workflow import Refused

# What is taken back; the rest either has its own way back or none.
UNDOABLE = {
    Change.Action.EDIT,
    Change.Action.SUBMIT,
    Change.Action.PUBLISH,
    Change.Action.ARCHIVE,
    Change.Action.REINSTATE,
    Change.Action.MERGE,
}


def may_undo(change):
    """Whether a change is one that can be taken back, as long as nothing has come after it."""
    return change.action in UNDOABLE


@transaction.atomic
def undo(change, user):
    """Take ``change`` back; return the change that did so.

    Raises Refused, and nothing is done, if one of its records has changed since or cannot come back as it was.
    """
    change = Change.objects.select_for_update().get(pk=change.pk)
    if not may_undo(change):
        raise Refused(_("This is not a change that can be undone."))
    # What refers to others was recorded behind them, and comes back before them.
    versions = list(change.versions.select_related("content_type", "change").order_by("-pk"))
    moved = [version.key for version in versions if later_versions(version).exists()]
    if moved:
        raise Refused(_("They have changed since: %s.") % ", ".join(sorted(moved)[:20]))
    rows = []
    for version in versions:
        try:
            rows += brought_back(version)
        except (ValidationError, models.ProtectedError) as error:
            why = " ".join(error.messages) if isinstance(error, ValidationError) else str(error.args[0])
            raise Refused(f"{version.key}: {why}") from None
    return write_change(Change.Action.UNDO, rows, actor=user, note=_("undid change %d") % change.pk)


def later_versions(version):
    later = Version.objects.filter(
        content_type=version.content_type, object_id=version.object_id, pk__gt=version.pk
    ).exclude(change=version.change_id)
    return later.filter(of_revision=True) if version.of_revision else later


def brought_back(version):
    """Give a record the state before ``version``; return the rows that were written."""
    model = version.content_type.model_class()
    before = version_before(version)
    if version.of_revision:
        revision = model._base_manager.select_for_update().filter(revises=version.object_id).first()
        if revision is None:
            raise Refused(_("They have changed since: %s.") % version.key)
        if before.change.action == Change.Action.REVISE and before.change.note:
            # Bulk work began it, which says so in a note; it holds nothing else.
            revision.delete()
            return []
        revision.status = before.status
        apply(revision, before.snapshot)
        return [revision]
    if before is None:
        raise Refused(_("Nothing is known of it before: %s.") % version.key)
    row = model._base_manager.select_for_update().get(pk=version.object_id)
    set_beside(row, before)
    apply(row, before.snapshot)
    rows = [row]
    if version.change.action == Change.Action.PUBLISH and before.status == Status.PUBLISHED:
        rows.append(revision_again(row, version))
    return rows


def revision_again(public, version):
    """Return the revision that a publication took in, as it stood in review."""
    last = (
        Version.objects.filter(
            content_type=version.content_type, object_id=version.object_id, of_revision=True, pk__lt=version.pk
        )
        .order_by("-pk")
        .first()
    )
    revision = type(public)(slug=public.slug, revises=public, status=last.status)
    apply(revision, last.snapshot)
    return revision


def set_beside(row, version):
    """Set what stands beside the content of ``row`` to what a version says."""
    references = References()
    for name in row.beside:
        field = row._meta.get_field(name)
        value = version.beside.get(name)
        if value is None:
            value = field.get_default() if not field.null else None
        elif field.is_relation:
            value = references.get(field.related_model, value)
        else:
            value = field.to_python(value)
        setattr(row, name, value)
