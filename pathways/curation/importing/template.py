"""The workbook that curators begin from: a sheet for the records and one for each kind of row that they own, with lists
of what may be chosen, what the columns mean, and a row that shows how it is done and is never imported.
"""

from io import BytesIO

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name

from pathways.curation.models import Owned, Record
from pathways.curation.snapshots import content, content_fields, is_empty, owned_models, related_names

from .columns import Rows
from .planning import REMOVE
from .running import EXAMPLE

SAFE = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
# Rows with a list to choose from; more can be filled in by hand.
ROWS_WITH_LISTS = 2_000
LONGEST_CHOICE = 250
# Below the names of the columns and the example.
FIRST_ROW = 2
LONGEST_CELL = 32_767


def write_template(importable, records=()):
    """Return the template workbook, as a file open for reading, with a row for each of ``records`` and what they own.

    ``records`` is a queryset.
    """
    file = BytesIO()
    with Workbook(file, SAFE) as book:
        Template(book, importable).write(records)
    file.seek(0)
    return file


class Template:
    def __init__(self, book, importable):
        self.book, self.importable, self.model = book, importable, importable.model
        self.head = book.add_format({"bold": True, "bottom": 1, "valign": "top"})
        self.needed = book.add_format({"bold": True, "bottom": 1, "valign": "top", "font_color": "#8a1c1c"})
        self.grey = book.add_format({"italic": True, "font_color": "#595959", "text_wrap": True, "valign": "top"})
        self.text = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
        self.lists = {}

    def write(self, records=()):
        owned = owned_models(self.model)
        main = self.book.add_worksheet(self.importable.sheet)
        sheets = {title: self.book.add_worksheet(title) for title in self.importable.sheets}
        says = self.book.add_worksheet(_("Instructions"))
        self.list_sheet = self.book.add_worksheet(_("Lists"))
        self.list_sheet.hide()
        in_sheets = set(self.importable.sheets.values())
        # What has a sheet of its own has no column here; an export's columns are taken all the same.
        columns = [one for one in self.importable.columns if not (isinstance(one, Rows) and one.rows in in_sheets)]
        fields = [
            ("id", None, self.id_help()),
            *((one.name, one.field(self.model), one.help(self.model)) for one in columns),
        ]
        self.sheet(main, self.importable.sheet, fields)
        described = [(self.importable.sheet, fields)]
        for title, relation in self.importable.sheets.items():
            model = owned[relation]
            plain = [(one.name, one, str(one.help_text)) for one in content_fields(model)[0]]
            fields = [
                (model.owner, None, _("The id of the record, or its title as on the first sheet.")),
                *plain,
                (REMOVE, None, _("“yes” takes the row away from a record that has it.")),
            ]
            self.sheet(sheets[title], title, fields)
            described.append((title, fields))
        self.instructions(says, described)
        main.activate()
        if records:
            self.fill(main, sheets, columns, records)

    def fill(self, main, sheets, columns, records):
        """Write the records as they stand, below the examples."""
        exported = {one.name: one for one in self.importable.exported}
        owned = owned_models(self.model)
        next_row = dict.fromkeys(sheets, FIRST_ROW)
        related = dict.fromkeys((*self.importable.related, *related_names(self.model)))
        for number, record in enumerate(records.prefetch_related(*related), start=FIRST_ROW):
            data = content(record)
            texts = [
                self.importable.as_text(exported[one.name].value(record)) if one.name in exported else one.today(data)
                for one in columns
            ]
            self.fill_row(main, number, [record.slug, *texts])
            for title, relation in self.importable.sheets.items():
                names = [one.name for one in content_fields(owned[relation])[0]]
                for row in data.get(relation, ()):
                    self.fill_row(
                        sheets[title], next_row[title], [record.slug, *(text_of(row.get(one)) for one in names)]
                    )
                    next_row[title] += 1

    def fill_row(self, sheet, number, texts):
        for at, text in enumerate(texts):
            if text:
                sheet.write_string(number, at, text[:LONGEST_CELL], self.text)

    def id_help(self):
        return _("The last part of the record's address. Empty for a new record; for one that is there, it says which.")

    def sheet(self, sheet, title, fields):
        """Write one sheet: names of the columns, the example, and the lists to choose from."""
        example = {fields[0][0]: EXAMPLE, **self.importable.example.get(title, {})}
        sheet.freeze_panes(1, 1)
        for at, (name, field, help_text) in enumerate(fields):
            is_needed = field is not None and not field.blank and not field.has_default() and not field.many_to_many
            sheet.write_string(0, at, name, self.needed if is_needed else self.head)
            if help_text:
                sheet.write_comment(0, at, str(help_text), {"x_scale": 2})
            sheet.write_string(1, at, example.get(name, ""), self.grey)
            is_long = isinstance(field, models.TextField) or name == self.importable.title
            sheet.set_column(at, at, 60 if is_long else max(14, len(name) + 4), self.text)
            if source := self.list_for(name, field):
                sheet.data_validation(FIRST_ROW, at, ROWS_WITH_LISTS, at, source)

    def list_for(self, name, field):
        """Return the rule that offers what may be chosen for a field, or None where anything may be written."""
        if name == REMOVE or isinstance(field, models.BooleanField):
            return {"validate": "list", "source": ["yes", "no"] if name != REMOVE else ["yes"]}
        if field is None:
            return None
        if field.is_relation and not issubclass(field.related_model, Owned):
            kind, values = field.related_model._meta.label, lambda: choices_of(field.related_model)
        elif getattr(field, "choices", None):
            kind, values = (
                f"{field.model._meta.label}.{field.name}",
                lambda: [value for value, _label in field.flatchoices],
            )
        else:
            return None
        if kind not in self.lists:
            at, found = len(self.lists), values()
            self.list_sheet.write_column(0, at, [kind, *found])
            column = xl_col_to_name(at, col_abs=True)
            self.lists[kind] = f"={self.list_sheet.get_name()}!{column}$2:{column}${len(found) + 1}" if found else None
        if not self.lists[kind]:
            return None
        # Several values stand in one cell: the list helps, and does not forbid. Names and codes are understood both.
        return {
            "validate": "list",
            "source": self.lists[kind],
            "error_type": "information",
            "error_title": _("Not in the list"),
            "error_message": _(
                "Several values are separated by “;”. A name that is not known is told when you import."
            ),
        }

    def instructions(self, sheet, described):
        sheet.set_column(0, 0, 22)
        sheet.set_column(1, 1, 24)
        sheet.set_column(2, 2, 90)
        wrap = self.book.add_format({"text_wrap": True, "valign": "top"})
        bold = self.book.add_format({"bold": True, "valign": "top", "font_size": 14})
        lines = [
            _("One row for each record on the first sheet. What it has several of has a row each on the others."),
            _("Rows with %s are examples and are never imported. They may stay.") % EXAMPLE,
            _("Leave the id empty for a new record. On the other sheets, name the record by its title then."),
            _("Countries, themes and other terms may be written by name, code or address, separated by “;”."),
            _("To change records, export them, change cells, and import the file. What is as exported stays as it is."),
            _("An empty cell empties what it stands for; a column that is not there changes nothing."),
            _("On the other sheets nothing is removed by being left out: write “yes” under “remove”."),
            _("You see what would change before anything is written. New records are drafts."),
            _("Records that are published change in a revision, which someone publishes."),
            _("No formulas, merged cells or macros. The names of the columns stay; those in red must be filled in."),
        ]
        sheet.write_string(0, 0, _("How to fill this in"), bold)
        for number, line in enumerate(lines, start=1):
            sheet.write_string(number, 0, line)
        row = len(lines) + 2
        for at, name in enumerate((_("Sheet"), _("Column"), _("What it holds"))):
            sheet.write_string(row, at, name, self.head)
        for title, fields in described:
            for name, field, help_text in fields:
                row += 1
                label = capfirst(str(getattr(field, "verbose_name", ""))) if field is not None else ""
                values = (
                    ", ".join(value for value, _label in field.flatchoices) if getattr(field, "choices", None) else ""
                )
                text = ". ".join(one.rstrip(".") for one in (label, str(help_text), values) if one)
                for at, one in enumerate((title, name, text)):
                    sheet.write_string(row, at, one, wrap)


def text_of(value):
    """Return a value of content as what is written for it in a cell."""
    return "yes" if value is True else "" if is_empty(value) else str(value)


def choices_of(model):
    """Return what to offer for references to ``model``: names where each has its own, else addresses or codes."""
    rows = model._default_manager.filter(revises=None) if issubclass(model, Record) else model._default_manager.all()
    names = {field.name for field in model._meta.concrete_fields}
    if issubclass(model, Record) or "name" not in names:
        return [str(key) for key in rows.order_by(model.key_field).values_list(model.key_field, flat=True)]
    pairs = list(rows.values_list("name", model.key_field))
    known = [name for name, _key in pairs]
    return [
        name if known.count(name) == 1 and len(name) <= LONGEST_CHOICE and ";" not in name else str(key)
        for name, key in pairs
    ]
