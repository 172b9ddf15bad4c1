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
from .snapshots import apply, snapshot

# Of so many records the page shows what will change, word by word; of the rest it says only that they will.
SHOWN = 200


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
    for record, target in begun(operation, records, user, given):
        status, in_revision = target.status, target.revises_id is not None
        # What is published shows what the public record gains.
        publishes = in_revision and operation.step == Change.Action.PUBLISH
        before = snapshot(target.revises if publishes else target)
        try:
            with transaction.atomic():
                row, again = done(operation, target, user, given)
        except (workflow.Refused, ValidationError) as refusal:
            why = " ".join(refusal.messages) if isinstance(refusal, ValidationError) else str(refusal)
            report.refused.append(Outcome(record, [], why=why))
            continue
        after = snapshot(row)
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


def changes(operation, record, given):
    """Whether an operation makes other content of ``record``."""
    content = snapshot(record)
    try:
        return operation.does(content, given, operation) != content
    except workflow.Refused:
        return False


def begun(operation, records, user, given):
    """Return (record, the row to change) for each; what is published is revised, and the revisions begun as one."""
    found, new = [], []
    for record in records:
        row = record
        if record.is_public and operation.name not in {"archive", "review-date"}:
            row = type(record)._base_manager.filter(revises=record).first() or record
            if row is record and not operation.step and changes(operation, record, given):
                row = workflow.begin(record)
                new.append(row)
        found.append((record, row))
    if new:
        write_change(Change.Action.REVISE, new, actor=user, note=str(operation.label), even_if_equal=True)
    return found


def done(operation, row, user, given):
    """Do ``operation`` with one row; return the row as it is then, and whether that is a version though equal."""
    if operation.step:
        step = workflow.STEPS[operation.step]
        row = workflow.allowed(step, row, user, given.get("note", ""))
        return workflow.taken(step, row)
    if operation.name == "review-date":
        row = workflow.locked(row.revises if row.revises_id else row)
        row.review_due_on = given["date"]
        row.save()
        return row, False
    row = workflow.locked(row)
    if row.status == Status.ARCHIVED:
        raise workflow.Refused(_("It is archived."))
    if row.status == Status.IN_REVIEW and not user.has_perm(workflow.REVIEW):
        raise workflow.Refused(_("It is in review."))
    before = snapshot(row)
    after = operation.does(before, given, operation)
    if after != before:
        apply(row, after)
    return row, False


def described(operation, given):
    """Return in a line what was done."""
    told = [str(value) for name, value in given.items() if name in {"term", "role", "date"} and value]
    return f"{operation.label}: {', '.join(told)}" if told else str(operation.label)


def newest_number(model, records):
    """Return the number of the newest version of all of ``records``: what a look at them was based on."""
    ids = {record.revises_id or record.pk for record in records}
    versions = Version.objects.filter(content_type=ContentType.objects.get_for_model(model), object_id__in=ids)
    return versions.aggregate(newest=models.Max("pk"))["newest"] or 0
