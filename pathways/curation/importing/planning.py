"""The dry run: what each row of a file would make of the records, and what keeps it from it. Nothing is written."""

import copy
import hashlib
import json
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import DatabaseError, transaction
from django.utils.text import capfirst, slugify
from django.utils.translation import gettext as _

from pathways.curation.duplicates import IN_BRACKETS
from pathways.curation.models import Status, lines
from pathways.curation.snapshots import (
    References,
    apply,
    content,
    content_fields,
    differences,
    expand,
    has_position,
    is_empty,
    owned_models,
    related_names,
)
from pathways.curation.uniting import united
from pathways.folding import fold

from .columns import NO, YES, defaults, parts, put, value_of, without_guard
from .models import ImportRow
from .words import Dictionary

Outcome = ImportRow.Outcome
# How an export marks what Excel could not hold.
CUT = "[…]"
REMOVE = "remove"


@dataclass
class Planned:
    """What is to become of a row."""

    outcome: str
    key: str = ""
    target: int | None = None
    before: str = ""
    content: dict = field(default_factory=dict)
    problems: list = field(default_factory=list)
    differences: list = field(default_factory=list)
    alike: list = field(default_factory=list)


class Undone(Exception):
    """Ends what was only tried."""


class Planner:
    """Plans rows of one file, whose records are ``pending``: (key, name) of each."""

    def __init__(self, importable, pending):
        self.importable, self.model = importable, importable.model
        self.pending = {key for key, _name in pending}
        self.dictionary = Dictionary({self.model: [pair for pair in pending if pair[0]]})
        self.references = References()
        self.known, self.changing = {}, {}
        self.alike, self.shown_as = {}, {}
        self.slugs = {}
        rows = self.model._base_manager.filter(revises=None)
        for pk, slug, former, title, *names in rows.values_list(
            "pk", "slug", "former_slugs", importable.title, *importable.names
        ):
            self.slugs |= {one: pk for one in lines(former) if one not in self.slugs}
            self.slugs[slug] = pk
            self.shown_as[pk] = f"{title} ({slug})"
            for name in all_names(title, names):
                self.alike.setdefault(name, set()).add(pk)

    def prepare(self, rows):
        """Read at once the records that ``rows`` may be."""
        wanted = {self.slugs.get(row.written["id"]) for row in rows}
        wanted |= {int(row.choice) for row in rows if row.choice.isdecimal()} & self.shown_as.keys()
        self.known = self.read(wanted - {None})

    def read(self, ids):
        """Return (record, its revision or None) by id, with all that planning asks of them."""
        related = dict.fromkeys((*self.importable.related, *related_names(self.model)))
        found = self.model._base_manager.filter(revises=None, pk__in=ids).prefetch_related(*related)
        revisions = self.model._base_manager.filter(revises__in=ids).prefetch_related(*related_names(self.model))
        begun = {one.revises_id: one for one in revisions}
        return {one.pk: (one, begun.get(one.pk)) for one in found}

    # One row

    def plan(self, row):
        """Return the Planned of an ImportRow."""
        id_, cells = row.written["id"], row.written["cells"]
        target = self.slugs.get(id_) if id_ else None
        if target is None:
            alike = self.likely(cells)
            offered = {str(pk) for pk in alike}
            twin = row.written.get("twin")
            if (alike or twin) and row.choice not in {"new", "skip", *offered}:
                return Planned(Outcome.ASKED, row.key, alike=self.question(alike, twin))
            if row.choice == "skip":
                return Planned(Outcome.SKIPPED, row.key, alike=self.question(alike, twin))
            target = int(row.choice) if row.choice in offered else None
            planned = self.planned(row, target)
            planned.alike = self.question(alike, twin)
            return planned
        return self.planned(row, target)

    def plan_once(self, row):
        """Return the Planned of a row, refused if another row changes the same record."""
        planned = self.plan(row)
        if planned.outcome == Outcome.CHANGED:
            other = self.changing.setdefault(planned.target, row.place)
            if other != row.place:
                problem = [row.place, _("Row %s changes the same record.") % other]
                return Planned(Outcome.REFUSED, planned.key, planned.target, problems=[problem], alike=planned.alike)
        return planned

    def likely(self, cells):
        """Return the ids of the records that have one of the names that the row gives."""
        texts = [cells.get(name, ["", "", ""])[1] for name in self.importable.names]
        found = set()
        for name in all_names("", [text for one in texts for text in parts(one)]):
            found |= self.alike.get(name, set())
        return sorted(found)

    def question(self, alike, twin):
        return [[pk, self.shown_as[pk]] for pk in alike] + ([[None, _("row %s of this file") % twin]] if twin else [])

    def planned(self, row, target):
        """Return the Planned of a row that is the record with the id ``target``, or a new one."""
        record, revision = None, None
        if target is not None:
            record, revision = self.known.get(target) or self.read([target])[target]
        before = content(record) if record else {}
        key = record.slug if record else self.new_key(row)
        data, problems = self.read_row(row, record, before)
        if not problems and record and not differences(before, data):
            return Planned(Outcome.UNCHANGED, key, target)
        if record and (reason := closed(record, revision)):
            problems.append([row.place, reason])
        told = told_differences(self.model, before, data)
        if not problems and revision is not None:
            data, conflicts = united(self.model, before, data, content(revision))
            if conflicts:
                said = _("A revision of it has been begun and changes the same: %s.") % ", ".join(conflicts)
                problems.append([row.place, said])
        problems = problems or self.tried(row, revision or record, key, data)
        if problems:
            return Planned(Outcome.REFUSED, key, target, problems=problems)
        if record:
            return Planned(Outcome.CHANGED, key, target, fingerprint(record, revision), data, differences=told)
        return Planned(Outcome.NEW, key, content=data, differences=told)

    def read_row(self, row, record, before):
        """Return the content that a row gives to ``record``, and what is wrong with its cells."""
        data, problems = copy.deepcopy(before), []
        cells, id_ = row.written["cells"], row.written["id"]
        at, _id, wrong = cells.get("id", [row.place, "", ""])
        if wrong:
            problems.append([at, wrong])
        elif id_ and not record:
            try:
                validate_slug(id_)
            except ValidationError:
                problems.append([at, _("An id has only letters, digits and hyphens: %s.") % (slugify(id_) or "…")])
        problems += self.read_cells(cells, record, before, data)
        for relation, rows in row.written["rows"].items():
            problems += self.read_rows(relation, rows, data)
        if not record and not cells:
            problems.append([row.place, _("There is no record “%s”, here or on the first sheet.") % id_])
        return self.tidied(defaults(self.model, data)), problems

    def new_key(self, row):
        """Return the address of a new record: its id, or one made from its title that nothing else has."""
        if row.written["id"]:
            return row.written["id"]
        key, number = row.key, 1
        while key in self.slugs or (key != row.key and key in self.pending):
            number += 1
            key = f"{row.key[:74]}-{number}"
        return key

    def read_cells(self, cells, record, before, data):
        """Give ``data`` what the cells of the record say; return what is wrong with them."""
        problems = []
        exported = {column.name: column for column in self.importable.exported}
        for column in self.importable.columns:
            if column.name not in cells:
                continue
            at, text, wrong = cells[column.name]
            text = without_guard(text)
            value = exported[column.name].value(record) if record and column.name in exported else None
            is_exported = column.name in exported
            today = self.importable.as_text(value) if is_exported else column.today(before)
            if wrong:
                problems.append([at, wrong])
            elif not is_same(text, today):
                try:
                    shown = value if isinstance(value, list | tuple) else []
                    column.read(text, data, shown, self.model, self.dictionary)
                except ValidationError as error:
                    problems += [[at, message] for message in error.messages]
        return problems

    def read_rows(self, relation, rows, data):
        """Give ``data`` the rows that a sheet of owned rows has for the record; return what is wrong with them."""
        model = owned_models(self.model)[relation]
        plain = {one.name: one for one in content_fields(model)[0]}
        found = {key_in(model, one): one for one in data.get(relation, [])}
        problems, seen = [], set()
        for row in rows:
            cells, said, wrong = row["cells"], {}, []
            for name, one in plain.items():
                at, text, mistake = cells.get(name, ["", "", ""])
                if mistake:
                    wrong.append([at, mistake])
                elif name in cells and (text or not one.has_default()):
                    try:
                        said[name] = value_of(one, without_guard(text), self.dictionary)
                    except ValidationError as error:
                        wrong += [[at, message] for message in error.messages]
            if "slug" in model.key and not said.get("slug"):
                said["slug"] = slugify(said.get(self.importable.slug_from.get(relation)) or "")[:80]
            at, text, _mistake = cells.get(REMOVE, [row["place"], "", ""])
            if fold(text) not in YES | NO:
                wrong.append([at, _("Write “yes” to remove the row, or nothing.")])
            key = key_in(model, said)
            if key in seen and not wrong:
                wrong.append([row["place"], _("The same row is there twice.")])
            seen.add(key)
            if wrong:
                problems += wrong
            elif fold(text) in YES - NO:
                if found.pop(key, None) is None:
                    problems.append([row["place"], _("There is no such row to remove.")])
            else:
                one = found.get(key) or {}
                for name, value in said.items():
                    put(one, name, value)
                found[key] = one if key in found else defaults(model, one)
        put(data, relation, list(found.values()))
        return problems

    def tidied(self, data):
        """Return content with rows that have no order of their own in that of their keys, as snapshots have them."""
        for name, model in owned_models(self.model).items():
            if name in data and not has_position(model):
                data[name] = sorted(data[name], key=lambda row: [last_of(row.get(part)) for part in model.key])
        return data

    def tried(self, row, record, key, data):
        """Write the content and take it back; return what the rules of the record say against it."""
        record = self.model._base_manager.get(pk=record.pk) if record else self.model(slug=key)
        try:
            with transaction.atomic():
                apply(record, self.without_pending(data), self.references)
                raise Undone
        except Undone:
            return []
        except ValidationError as error:
            return located(self.importable, row, error)
        except DatabaseError as error:
            return [[row.place, str(error).strip().splitlines()[0]]]

    def without_pending(self, data):
        """Return content without what refers to records of this file, which are not there yet."""
        data = {
            name: value
            for name, value in data.items()
            if not (name in own_references(self.model) and self.is_pending(value))
        }
        for name, model in owned_models(self.model).items():
            own = [one.name for one in content_fields(model)[0] if one.related_model is self.model]
            if own and name in data:
                data[name] = [row for row in data[name] if not any(self.is_pending(row.get(one)) for one in own)]
        return data

    def is_pending(self, key):
        return key in self.pending and key not in self.slugs


def own_references(model):
    """Return the names of the fields by which records of ``model`` refer to each other."""
    return {one.name for one in content_fields(model)[0] if one.related_model is model}


def closed(record, revision):
    """Return why a record cannot be changed by an import, or nothing."""
    if Status.IN_REVIEW in (record.status, revision and revision.status):
        return _("It is in review. It has to be returned or published before an import can change it.")
    if record.status == Status.ARCHIVED:
        return _("It is archived.")
    return ""


def all_names(title, names):
    """Return the folded names of a record: each line of each, and the acronyms in brackets."""
    texts = [title, *(text for one in names for text in lines(one))]
    texts += [acronym for text in texts for acronym in IN_BRACKETS.findall(text)]
    return {fold(text) for text in texts} - {""}


def is_same(text, today):
    """Whether a cell is as today's export has it; one that Excel could not hold whole, as far as it goes."""
    text, today = (settled(one) for one in (text, without_guard(today)))
    return text == today or (
        text.endswith(CUT) and len(text) > 1000 and today.startswith(text.removesuffix(CUT).rstrip())
    )


def settled(text):
    """Return ``text`` without what spreadsheets change of themselves: the ends of its lines."""
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").split("\n")).strip()


def key_in(model, row):
    """Return what tells ``row`` (content) from the other rows of its owner."""
    return tuple(last_of(row.get(name)) for name in model.key)


def last_of(key):
    """Return a reference, or another part of a key, as text."""
    return "" if key is None else str(expand(key)[-1])


def fingerprint(record, revision=None):
    """Return what tells whether ``record``, or the revision of it, is still as it was."""
    said = [record.status, content(record), revision and content(revision), revision and revision.status]
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def located(importable, row, error):
    """Return (address, message) for each message of a ValidationError about fields, or rows that the record owns."""
    problems = []
    if hasattr(error, "error_dict"):
        for name, messages in error:
            at = place_of(importable, row, name)
            for message in messages:
                said = message if at or name == "__all__" else f"{label(importable.model, name)}: {message}"
                problems.append([at or row.place, said])
        return problems
    for message in error.messages:
        relation, _space, said = message.partition(" ")
        if relation in importable.model.owned:
            problems.append(
                [place_of(importable, row, relation) or row.place, f"{label(importable.model, relation)}: {said}"]
            )
        else:
            problems.append([row.place, message])
    return problems


def place_of(importable, row, name):
    """Return the address of the one cell, or row of another sheet, that says something of a field, or None."""
    cells = row.written["cells"]
    places = [cells[one.name][0] for one in importable.columns if one.fills() == name and one.name in cells]
    said = [
        cells[one.name][0]
        for one in importable.columns
        if one.fills() == name and cells.get(one.name, " " * 2)[1].strip()
    ]
    said += [one["place"] for one in row.written["rows"].get(name, ())]
    if len(said) == 1:
        return said[0]
    return places[0] if len(places) == 1 and not said else None


def label(model, name):
    try:
        one = model._meta.get_field(name)
    except LookupError:
        return name
    return capfirst(str(getattr(one, "verbose_name", None) or one.related_model._meta.verbose_name_plural))


def told_differences(model, before, data):
    """Return (label, old, new) of what differs between two contents, as texts."""
    told = []
    owned = owned_models(model)
    order = [one.name for fields in content_fields(model) for one in fields] + [*owned]
    for name in sorted(differences(before, data), key=order.index):
        if name not in owned:
            told.append([label(model, name), as_text(before.get(name)), as_text(data.get(name))])
            continue
        rows = [{key_in(owned[name], one): one for one in side.get(name, [])} for side in (before, data)]
        for key in dict.fromkeys((*rows[0], *rows[1])):
            old, new = (side.get(key) for side in rows)
            if old != new:
                told.append([label(model, name), row_text(owned[name], old), row_text(owned[name], new)])
        if [*rows[0]] != [*rows[1]] and set(rows[0]) == set(rows[1]):
            told.append([label(model, name), *("; ".join(" ".join(key) for key in side) for side in rows)])
    return told


def row_text(model, row):
    """Return an owned row as text, its fields in their order."""
    return ", ".join(as_text(row[one.name]) for one in content_fields(model)[0] if row and one.name in row)


def as_text(value):
    if is_empty(value):
        return ""
    if isinstance(value, list):
        return "; ".join(as_text(one) for one in value)
    return _("yes") if value is True else str(value)
