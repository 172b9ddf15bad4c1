"""An import from the file to the records: begun, checked in steps, decided, carried out at once or not at all.

Checking thousands of rows takes minutes. It is done in short steps, each asked for by a request and kept in the
database, so that it shows how far it is, can be stopped, and goes on after the server was. Carrying it out is one
transaction: a process that dies in it leaves everything as it was. No progress of that is kept, since SQLite lets
nobody else write meanwhile; how long checking took tells how long it will take.
"""

import time
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.db.models import Count
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pathways.curation.changes import record as write_change
from pathways.curation.models import Change, Status
from pathways.curation.snapshots import References, apply_owned, apply_root, content_fields
from pathways.curation.workflow import Refused, locked, revise
from pathways.folding import fold

from .models import ImportRow, ImportRun
from .planning import REMOVE, Planner, fingerprint, own_references
from .reading import Unreadable, read, tidy_name

Outcome, State = ImportRow.Outcome, ImportRun.State

# What an export or the template has beside the rows.
IGNORED = {"about", "data dictionary", "instructions", "lists"}
# The id of a row that shows how it is done.
EXAMPLE = "(example)"
CHUNK = 50
LONGEST_KEY = 80


# From the file


def begin(importable, file, name, user):
    """Return a new ImportRun of ``file``, nothing of it checked yet; those that are outdated go.

    Raises Unreadable, and keeps nothing then.
    """
    sheets = {fold(importable.sheet): "", "rows": "", **{fold(title): title for title in importable.sheets}}
    book = read(file, name, sheets, "", IGNORED)
    rows = list(gathered(importable, book))
    if not rows:
        raise Unreadable(_("There are no rows to import below the names of the columns."))
    with transaction.atomic():
        ImportRun.objects.outdated().delete()
        run = ImportRun.objects.create(
            kind=importable.model._meta.label_lower, file_name=tidy_name(name), notices=book.notices, started_by=user
        )
        for row in rows:
            row.run = run
        ImportRow.objects.bulk_create(rows, batch_size=500)
    return run


def gathered(importable, book):
    """Return an ImportRow for each record that the sheets of ``book`` tell of, with the owned rows of it."""
    check_columns(importable, book)
    gathered, by_id, by_name, keys = [], {}, {}, set()

    def add(number, sheet, id_, name, cells):
        written = {"id": id_, "cells": cells, "rows": {}}
        one = ImportRow(number=number, sheet=sheet[:60], written=written, name=name[:300])
        if id_ and id_ in by_id:
            cells["id"][2] = _("Row %d has the same id.") % by_id[id_].number
        elif not id_ and name and fold(name) in by_name:
            written["twin"] = by_name[fold(name)].number
        one.key = unused(id_[:LONGEST_KEY] or slugify(name)[:74] or "untitled", keys)
        keys.add(one.key)
        by_id.setdefault(id_, one)
        by_name.setdefault(fold(name), one)
        gathered.append(one)
        return one

    main = book.sheets.get("")
    for row in main.rows if main else ():
        if fold(said(row.cells, "id")) != EXAMPLE:
            add(row.number, main.name, said(row.cells, "id"), said(row.cells, importable.title), row.cells)
    for title, relation in importable.sheets.items():
        sheet = book.sheets.get(title)
        owner = owner_column(importable, relation)
        for row in sheet.rows if sheet else ():
            text = said(row.cells, owner)
            if fold(text) == EXAMPLE:
                continue
            one = by_id.get(text) or by_name.get(fold(text)) if text else None
            # Of a record that the file does not have, it may be one that is there.
            one = one or add(row.number, title, text, "", {})
            place = f"{title} {row.number}"
            cells = {name: [f"{title} {at}", *rest] for name, (at, *rest) in row.cells.items() if name != owner}
            one.written["rows"].setdefault(relation, []).append({"place": place, "cells": cells})
    return gathered


def said(cells, name):
    return cells[name][1] if name in cells else ""


def unused(key, keys):
    """Return ``key``, or what is made from it and not among ``keys``."""
    number, free = 1, key
    while free in keys:
        number += 1
        free = f"{key[:74]}-{number}"
    return free


def owner_column(importable, relation):
    """Return the name of the column of a sheet of owned rows that says whose they are."""
    return importable.model._meta.get_field(relation).related_model.owner


def check_columns(importable, book):
    """Refuse sheets that lack what tells their rows apart, and note the columns that nothing is known of."""
    derived = {column.name for column in importable.exported}
    for key, sheet in book.sheets.items():
        if key == "":
            known, needed = {"id", *importable.by_name} | derived, {"id", importable.title}
            lacking = _("A column “id” or “%s” has to tell which record a row is.") % importable.title
        else:
            owner = owner_column(importable, importable.sheets[key])
            known, needed = {owner, *sheet_columns(importable, importable.sheets[key])}, {owner}
            lacking = _("On the sheet “%(sheet)s” a column “%(column)s” has to tell whose row it is.") % {
                "sheet": sheet.name,
                "column": owner,
            }
        if not needed & sheet.columns.keys():
            raise Unreadable(lacking)
        for name, at in sheet.columns.items():
            if name not in known:
                book.notices.append(
                    _("The column “%(name)s” (%(at)s) is not one of the template's; it was left out.")
                    % {"name": name, "at": f"{sheet.name} {at}".strip()}
                )


def sheet_columns(importable, relation):
    """Return the names of the columns of a sheet of owned rows, without that of the owner."""
    model = importable.model._meta.get_field(relation).related_model
    return [*(one.name for one in content_fields(model)[0]), REMOVE]


# The dry run


def step(importable, run, seconds=1.5):
    """Check rows for some seconds; return the run. Whoever asks while another step is under way waits for it."""
    began = time.monotonic()
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        if run.state != State.CHECKING:
            return run
        planner = planner_of(importable, run)
        # Some rows at least, however long it took to get ready.
        while rows := list(run.rows.filter(outcome="")[:CHUNK]):
            check(planner, rows)
            if time.monotonic() - began > seconds:
                break
        if not run.rows.filter(outcome="").exists():
            run.state = State.CHECKED
        run.seconds += time.monotonic() - began
        run.save()
    return run


def planner_of(importable, run):
    planner = Planner(importable, list(run.rows.values_list("key", "name")))
    for row in run.rows.filter(outcome=Outcome.CHANGED).only("target", "sheet", "number"):
        planner.changing[row.target] = row.place
    return planner


def check(planner, rows):
    """Plan ``rows`` and keep what came of it."""
    planner.prepare(rows)
    for row in rows:
        for name, value in vars(planner.plan_once(row)).items():
            setattr(row, name, value)
        # An id that is too long is refused, and is only shown.
        row.key = row.key[:LONGEST_KEY]
    fields = ["outcome", "key", "target", "before", "content", "problems", "differences", "alike"]
    ImportRow.objects.bulk_update(rows, fields, batch_size=CHUNK)


def decide(importable, run, choices):
    """Keep what was decided of rows that may be records that are there.

    ``choices`` maps ids of rows to "new", "skip" or a record's id.
    """
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        if run.state != State.CHECKED:
            raise Refused(_("This import has been carried out or stopped."))
        rows = list(run.rows.filter(pk__in=choices).exclude(alike=[]))
        for row in rows:
            row.choice = choices[row.pk][:20]
        ImportRow.objects.bulk_update(rows, ["choice"], batch_size=500)
        check(planner_of(importable, run), rows)


def counts(run):
    """Return how many rows came out how, in the order of the outcomes."""
    found = dict(run.rows.order_by().values_list("outcome").annotate(Count("pk")))
    return {outcome: found.get(outcome, 0) for outcome in Outcome}


def stop(run):
    """Give up an import that was not carried out; what was kept of its rows goes."""
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        if run.state == State.DONE:
            raise Refused(_("It has been imported already."))
        run.state = State.STOPPED
        run.save()
        run.rows.all().delete()


# Carrying it out


@transaction.atomic
def carry_out(importable, run, user, *, leave_out_refused=False):
    """Write what the dry run showed, all of it or nothing; return the Change.

    New records are drafts, published ones change in a revision. Raises Refused if it was done before, if something is
    not decided, or if a record is no longer what the dry run saw.
    """
    run = ImportRun.objects.select_for_update().get(pk=run.pk)
    if run.state != State.CHECKED:
        raise Refused(_("It has been imported already.") if run.state == State.DONE else _("It is not checked yet."))
    number = counts(run)
    if number[Outcome.ASKED]:
        raise Refused(_("Decide first which of the records that are alike are the same."))
    if number[Outcome.REFUSED] and not leave_out_refused:
        raise Refused(_("Some rows are refused. Mend the file, or say that they are to be left out."))
    rows = list(run.rows.filter(outcome__in=(Outcome.NEW, Outcome.CHANGED)).defer("written"))
    if not rows:
        raise Refused(_("There is nothing to import: no row is new or changed."))
    written, references = [], References()
    # First all records, then what they own: rows may refer to records that stand further down.
    for row in rows:
        with told_of(row):
            written.append(root_of(importable.model, row, user, references))
    for row, record in zip(rows, written, strict=True):
        with told_of(row):
            if own_references(importable.model) & row.content.keys():
                apply_root(record, row.content, references)
            apply_owned(record, row.content, references, is_new=row.outcome == Outcome.NEW)
    change = write_change(Change.Action.IMPORT, written, actor=user, note=note_of(run, number))
    run.state, run.change = State.DONE, change
    run.save()
    # What came of the rows is still told; what they were is in the history.
    run.rows.update(written={}, content={})
    return change


@contextmanager
def told_of(row):
    """Say of which row an error within is."""
    try:
        yield
    except (ValidationError, DatabaseError, Refused) as error:
        messages = getattr(error, "messages", None) or [str(error)]
        said = _("%(row)s: %(why)s Nothing was imported.") % {"row": row.place, "why": " ".join(messages)}
        raise Refused(said) from error


def root_of(model, row, user, references):
    """Return the record that a row becomes, written but for the rows that it owns."""
    if row.outcome == Outcome.NEW:
        record = model(slug=row.key, status=Status.DRAFT)
        if model._base_manager.filter(revises=None, slug=row.key).exists():
            raise Refused(_("The address “%s” has been taken since the file was checked.") % row.key)
    else:
        record = locked(model(pk=row.target))
        revision = model._base_manager.filter(revises=record).first()
        if fingerprint(record, revision) != row.before:
            raise Refused(_("“%s” has changed since the file was checked. Send the file again.") % record)
        if record.is_public:
            record = revise(record, user)
    later = own_references(model) if row.outcome == Outcome.NEW else set()
    apply_root(record, {name: value for name, value in row.content.items() if name not in later}, references)
    return record


def note_of(run, number):
    """Return what the history says of an import."""
    new = ngettext("%d new", "%d new", number[Outcome.NEW]) % number[Outcome.NEW]
    changed = ngettext("%d changed", "%d changed", number[Outcome.CHANGED]) % number[Outcome.CHANGED]
    return f"{run.file_name}: {new}, {changed}"
