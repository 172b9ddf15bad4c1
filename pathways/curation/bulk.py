"""The same done to many records at once: looked at first, then one change for all, which can be undone as a whole."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import workflow
from .changes import record as write_change
from .comparing import Names, compare
from .merging import MOST_THEMES
from .models import Change, Status, Version
from .snapshots import References, apply, contents, snapshot

# Of so many records the page shows what will change, word by word; of the rest it says only that they will.
SHOWN = 200
# Of so many records the contents are read at once.
CHUNK = 500


@dataclass(frozen=True)
class Operation:
    """Something to do with many records.

    ``rows`` or ``values`` names what of a record it changes: the rows it owns, or a field of many values; ``key`` is
    the field of such a row that holds the term. ``does`` takes the content, the cleaned data of the form and the
    operation, and returns the new content. A step of the workflow has ``step`` instead.
    """

    name: str
    label: str
    step: str = ""
    rows: str = ""
    values: str = ""
    key: str = ""
    does: Callable | None = None
    reviewers_only: bool = False

    def suits(self, model):
        """Whether records of ``model`` have what it changes."""
        return not (self.rows or self.values) or any(
            name in {one.name for one in model._meta.get_fields()} for name in (self.rows, self.values) if name
        )

    def changes(self, content, given):
        """Whether it makes other content of a record with ``content``."""
        try:
            return self.does(content, given, self) != content
        except workflow.Refused:
            return False


def add_row(data, given, operation):
    rows = data.get(operation.rows, [])
    row = {operation.key: given["term"].natural_key()[0]}
    if "role" in given:
        row |= {"role": given["role"], "basis": "stated"}
    if any(row.items() <= {**one, "basis": "stated"}.items() for one in rows):
        return data
    if operation.rows == "theme_rows" and len(rows) >= MOST_THEMES:
        raise workflow.Refused(_("It has four themes already."))
    return data | {operation.rows: [*rows, row]}


def remove_row(data, given, operation):
    key = given["term"].natural_key()[0]
    rows = [
        row
        for row in data.get(operation.rows, [])
        if row[operation.key] != key or given.get("role") not in (None, "", row.get("role"))
    ]
    return without_empty(data | {operation.rows: rows})


def add_value(data, given, operation):
    return data | {operation.values: sorted({*data.get(operation.values, []), given["term"].natural_key()[0]})}


def remove_value(data, given, operation):
    left = {*data.get(operation.values, [])} - {given["term"].natural_key()[0]}
    return without_empty(data | {operation.values: sorted(left)})


def without_empty(data):
    return {name: value for name, value in data.items() if value != []}


OPERATIONS = {
    one.name: one
    for one in (
        Operation("submit", gettext_lazy("Submit for review"), step=Change.Action.SUBMIT),
        Operation("publish", gettext_lazy("Publish"), step=Change.Action.PUBLISH, reviewers_only=True),
        Operation("archive", gettext_lazy("Archive"), step=Change.Action.ARCHIVE, reviewers_only=True),
        Operation("add-theme", gettext_lazy("Add a theme"), rows="theme_rows", key="theme", does=add_row),
        Operation("remove-theme", gettext_lazy("Remove a theme"), rows="theme_rows", key="theme", does=remove_row),
        Operation("add-sector", gettext_lazy("Add a sector"), values="sectors", does=add_value),
        Operation("remove-sector", gettext_lazy("Remove a sector"), values="sectors", does=remove_value),
        Operation("add-country", gettext_lazy("Add a country"), rows="country_rows", key="country", does=add_row),
        Operation(
            "remove-country", gettext_lazy("Remove a country"), rows="country_rows", key="country", does=remove_row
        ),
        Operation("review-date", gettext_lazy("Set the review date"), reviewers_only=True),
    )
}


class Outcome(NamedTuple):
    """What became of one record: its name and address key, what changed, or why not."""

    record: models.Model
    fields: list
    status: str = ""
    in_revision: bool = False
    why: str = ""


@dataclass
class Report:
    """What an operation did, or would do: the records it changed, left as they were, and refused."""

    changed: list = field(default_factory=list)
    unchanged: list = field(default_factory=list)
    refused: list = field(default_factory=list)
    change: Change | None = None


def offered(model, user):
    """Return the operations that ``user`` may do with records of ``model``."""
    reviews = user.has_perm(workflow.REVIEW)
    return [one for one in OPERATIONS.values() if one.suits(model) and (reviews or not one.reviewers_only)]


def look(operation, records, user, given):
    """Return the Report of what ``carry_out`` would do; nothing is done."""
    with transaction.atomic():
        report = carry_out(operation, records, user, given)
        transaction.set_rollback(True)
    report.change = None
    return report


@transaction.atomic
def carry_out(operation, records, user, given):
    """Do ``operation`` with all of ``records`` that allow it, as one change; return the Report.

    ``given`` is what the form of the operation asks for. Records that refuse are left as they were.
    """
    report, names = Report(), Names()
    written, anew = [], False
    targets = begun(operation, records, user, given)
    for some in chunks(targets):
        work = Work(operation, [target for _record, target in some], user, given)
        for record, target in some:
            status, in_revision = target.status, target.revises_id is not None
            try:
                with transaction.atomic():
                    row, again = work.done(target)
            except (workflow.Refused, ValidationError) as refusal:
                why = " ".join(refusal.messages) if isinstance(refusal, ValidationError) else str(refusal)
                report.refused.append(Outcome(record, [], why=why))
                continue
            # What is published shows what the public record gains.
            before, after = work.before[row.pk], work.after.get(row.pk, work.before[row.pk])
            if before == after and status == row.status and operation.name != "review-date" and not again:
                report.unchanged.append(Outcome(record, []))
                continue
            fields = []
            if len(report.changed) < SHOWN:
                fields = compare(type(row)._meta.concrete_model, before, after, names=names)
            reached = row.get_status_display() if status != row.status else ""
            report.changed.append(Outcome(record, fields, reached, in_revision))
            written.append(row)
            anew = anew or again
    action = operation.step or Change.Action.EDIT
    note = given.get("note") or described(operation, given)
    report.change = write_change(action, written, actor=user, note=note, even_if_equal=anew)
    return report


def chunks(rows):
    """Yield the rows so many at a time that what is read of them at once fits in memory."""
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


def begun(operation, records, user, given):
    """Return (record, the row to change) for each; what is published is revised, and the revisions begun as one."""
    if not records or operation.name in {"archive", "review-date"}:
        return [(record, record) for record in records]
    model = type(records[0])._meta.concrete_model
    rows, new = {}, []
    for some in chunks([record for record in records if record.is_public]):
        ids = [record.pk for record in some]
        rows |= {one.revises_id: one for one in model._base_manager.filter(revises__in=ids)}
        if not operation.step:
            known = contents(model, ids)
            wanting = [one for one in some if one.pk not in rows and operation.changes(known[one.pk], given)]
            revisions = workflow.begin(wanting)
            rows |= {one.revises_id: one for one in revisions}
            new += revisions
    if new:
        write_change(Change.Action.REVISE, new, actor=user, note=str(operation.label), even_if_equal=True)
    return [(record, rows.get(record.pk, record)) for record in records]


class Work:
    """An operation on some rows, with what is asked of all of them at once: their contents, and which are complete."""

    def __init__(self, operation, rows, user, given):
        self.operation, self.user, self.given = operation, user, given
        self.step = workflow.STEPS.get(operation.step)
        self.references = References()
        model = type(rows[0])._meta.concrete_model
        ids = {*(row.pk for row in rows), *(row.revises_id for row in rows if row.revises_id)}
        # Held first: what is read of them must not change before it is written.
        self.rows = {one.pk: one for one in model._base_manager.select_for_update().filter(pk__in=ids).order_by("pk")}
        self.before = contents(model, ids)
        self.after = {}
        self.complete = set()
        if self.step and self.step.wants_complete:
            complete = model._base_manager.filter(pk__in=ids).exclude(model.lacking())
            self.complete = set(complete.values_list("pk", flat=True))

    def done(self, row):
        """Do the operation with one row; return the row as it is then, and whether that is a version though equal."""
        if self.step:
            is_complete = row.pk in self.complete
            row = workflow.allowed(self.step, row, self.user, self.given.get("note", ""), is_complete=is_complete)
            took_in = row.revises_id and self.step.action == Change.Action.PUBLISH
            row, again = workflow.taken(self.step, row)
            if took_in:
                self.after[row.pk] = snapshot(row)
            return row, again
        if self.operation.name == "review-date":
            row = self.held(row.revises_id or row.pk)
            row.review_due_on = self.given["date"]
            row.save()
            return row, False
        row = self.held(row.pk)
        if row.status == Status.ARCHIVED:
            raise workflow.Refused(_("It is archived."))
        if row.status == Status.IN_REVIEW and not self.user.has_perm(workflow.REVIEW):
            raise workflow.Refused(_("It is in review."))
        before = self.before[row.pk]
        after = self.operation.does(before, self.given, self.operation)
        apply(row, after, self.references, before=before)
        self.after[row.pk] = after
        return row, False

    def held(self, pk):
        if pk not in self.rows:
            raise workflow.Refused(_("It is not there any more."))
        return self.rows[pk]


def described(operation, given):
    """Return in a line what was done."""
    told = [str(value) for name, value in given.items() if name in {"term", "role", "date"} and value]
    return f"{operation.label}: {', '.join(told)}" if told else str(operation.label)


def newest_number(model, records):
    """Return the number of the newest version of all of ``records``: what a look at them was based on."""
    ids = {record.revises_id or record.pk for record in records}
    versions = Version.objects.filter(content_type=ContentType.objects.get_for_model(model), object_id__in=ids)
    return versions.aggregate(newest=models.Max("pk"))["newest"] or 0
