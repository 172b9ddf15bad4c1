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
    if moved := moved_on(versions):
        raise Refused(_("They have changed since: %s.") % ", ".join(sorted(moved)[:20]))
    rows, begun, references = [], [], References()
    for version in versions:
        before = version_before(version)
        if is_begun(version, before):
            begun.append(revision_of(version))
            continue
        try:
            rows += brought_back(version, before, references)
        except (ValidationError, models.ProtectedError) as error:
            why = " ".join(error.messages) if isinstance(error, ValidationError) else str(error.args[0])
            raise Refused(f"{version.key}: {why}") from None
    for model in {type(revision) for revision in begun}:
        model._base_manager.filter(pk__in=[one.pk for one in begun if type(one) is model]).delete()
    return write_change(Change.Action.UNDO, rows, actor=user, note=_("undid change %d") % change.pk)


def moved_on(versions):
    """Return the keys of what has changed after ``versions``, all of one change; a revision goes by its own ones."""
    moved = set()
    for kind in {version.content_type_id for version in versions}:
        touched = [version for version in versions if version.content_type_id == kind]
        later = Version.objects.filter(content_type=kind, pk__gt=min(version.pk for version in touched))
        since = set(later.exclude(change=touched[0].change_id).values_list("object_id", "of_revision"))
        moved |= {
            version.key
            for version in touched
            if (version.object_id, True) in since or (not version.of_revision and (version.object_id, False) in since)
        }
    return moved


def is_begun(version, before):
    """Whether ``version`` is all that a revision holds which bulk work began: that says so in a note."""
    begins = before is not None and before.change.action == Change.Action.REVISE
    return version.of_revision and begins and before.change.note != ""


def revision_of(version):
    """Return the revision that ``version`` is one of; raise Refused if it has ended."""
    model = version.content_type.model_class()
    revision = model._base_manager.select_for_update().filter(revises=version.object_id).first()
    if revision is None:
        raise Refused(_("They have changed since: %s.") % version.key)
    return revision


def brought_back(version, before, references):
    """Give a record the state ``before`` a version; return the rows that were written."""
    if before is None:
        raise Refused(_("Nothing is known of it before: %s.") % version.key)
    if version.of_revision:
        revision = revision_of(version)
        revision.status = before.status
        revision.save()
        apply(revision, before.snapshot, references, before=version.snapshot)
        return [revision]
    row = version.content_type.model_class()._base_manager.select_for_update().get(pk=version.object_id)
    set_beside(row, before, references)
    row.save()
    apply(row, before.snapshot, references, before=version.snapshot)
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


def set_beside(row, version, references):
    """Set what stands beside the content of ``row`` to what a version says."""
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
