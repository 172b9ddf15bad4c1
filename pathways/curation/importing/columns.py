"""What a column of a sheet says of a record: how its text becomes a part of the record's content.

Content is what ``snapshot`` gives: names of fields to values, references as keys. Each column is read by itself, so
that whatever is wrong with it is told with its own address.
"""

import decimal
import re
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from pathways.curation.models import Owned, lines
from pathways.curation.snapshots import content_fields, is_empty, plain_value
from pathways.folding import fold

SEPARATOR = "; "
YES = {"yes", "true", "y", "x", "1"}
NO = {"no", "false", "n", "0", ""}
# What a spreadsheet takes for a formula: an export puts an apostrophe before it.
GUARDED = re.compile(r"^'(?=\s*[=+\-@\t\r\n])")


def without_guard(text):
    """Return the text of a cell without the apostrophe that an export puts before what looks like a formula."""
    return GUARDED.sub("", text)


def parts(text, known=()):
    """Return the values in a cell; one of ``known`` is one value, even if it holds what stands between values."""
    found = []
    rest = text.strip()
    longest_first = sorted((one for one in known if ";" in one), key=len, reverse=True)
    while rest:
        for one in longest_first:
            if rest == one or rest.startswith((f"{one};", f"{one}\n")):
                part, rest = one, rest[len(one) :].lstrip("; \n")
                break
        else:
            part, _separator, rest = min((rest.partition(mark) for mark in (";", "\n")), key=lambda cut: len(cut[0]))
            rest = rest.lstrip("; \n")
        if part.strip():
            found.append(part.strip())
    return found


def value_of(model_field, text, dictionary):
    """Return what ``text`` says for a field that holds one value, as content has it; None if it is empty.

    Raises ValidationError.
    """
    if model_field.is_relation:
        other = model_field.related_model
        if issubclass(other, Owned):
            return text or None
        return dictionary.of(other).find(text) if text else None
    if isinstance(model_field, models.BooleanField):
        if fold(text) not in YES | NO:
            raise ValidationError(_("Write “yes” or “no”, not “%s”.") % text[:80])
        return fold(text) in YES
    if not text:
        return None
    if model_field.choices:
        return choice(model_field, text)
    if isinstance(model_field, models.IntegerField):
        return whole_number(text)
    if isinstance(model_field, models.DecimalField):
        try:
            return plain_value(decimal.Decimal(text.replace(" ", "")))
        except decimal.InvalidOperation:
            raise ValidationError(_("“%s” is not a number.") % text[:80]) from None
    if isinstance(model_field, models.DateField):
        try:
            return plain_value(model_field.to_python(text))
        except ValidationError:
            raise ValidationError(_("“%s” is not a date. Write it as 2019-03-12.") % text[:80]) from None
    if isinstance(model_field, models.TimeField):
        try:
            return plain_value(model_field.to_python(text))
        except ValidationError:
            raise ValidationError(_("“%s” is not a time of day. Write it as 09:30.") % text[:80]) from None
    if isinstance(model_field, models.JSONField):
        return sorted(parts(text))
    return text


def choice(model_field, text):
    """Return the value of a choice that ``text`` names by its value or its label."""
    by_name = {}
    for value, label in model_field.flatchoices:
        by_name |= {fold(str(label)): value, fold(value): value, fold(value).replace("-", " "): value}
    try:
        return by_name[fold(text)]
    except KeyError:
        allowed = ", ".join(value for value, _label in model_field.flatchoices)
        raise ValidationError(
            _("“%(text)s” is none of: %(allowed)s.") % {"text": text[:80], "allowed": allowed}
        ) from None


def whole_number(text):
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", text, re.ASCII):
        raise ValidationError(_("“%s” is not a whole number.") % text[:80])
    return int(text)


def put(data, name, value):
    """Set ``name`` in content, or leave it out if it says nothing."""
    if is_empty(value):
        data.pop(name, None)
    else:
        data[name] = value


@dataclass(frozen=True)
class Column:
    """A column that is called as the field it fills."""

    name: str

    def field(self, model):
        return model._meta.get_field(self.name)

    def label(self, model):
        return capfirst(str(self.field(model).verbose_name))

    def help(self, model):
        return str(self.field(model).help_text)

    def fills(self):
        """Return the name of the field, or of the owned rows, that it fills."""
        return self.name

    def read(self, text, data, shown, model, dictionary):
        """Give ``data`` what ``text`` says. ``shown`` is what today's export has for the record. May raise."""
        put(data, self.name, value_of(self.field(model), text, dictionary))

    def today(self, data):
        """Return what an export would show, for a column that exports do not have."""
        value = data.get(self.name)
        return "yes" if value is True else "" if is_empty(value) else str(value)


@dataclass(frozen=True)
class Several(Column):
    """A column with several values of a field: terms, or lines of a text."""

    def read(self, text, data, shown, model, dictionary):
        model_field = self.field(model)
        values = parts(text, map(str, shown))
        if not model_field.is_relation:
            return put(data, self.name, "\n".join(values))
        words = dictionary.of(model_field.related_model)
        found, wrong = [], []
        for value in values:
            try:
                found.append(words.find(value))
            except ValidationError as error:
                wrong += error.messages
        if wrong:
            raise ValidationError(wrong)
        return put(data, self.name, sorted(set(found)))

    def today(self, data):
        value = data.get(self.name, [])
        return SEPARATOR.join(map(str, lines(value) if isinstance(value, str) else value))


@dataclass(frozen=True)
class Rows(Column):
    """A column that names rows which the record owns, such as the countries in one role.

    ``rows`` names the relation; ``fixed`` what all rows of the column have in common; ``written`` is how a row stands
    in the cell, with the names of its fields in braces, and ``read_as`` the pattern that takes it apart. Without one,
    the cell cannot say all that a row needs, and what is new goes on the sheet of these rows. ``balanced`` values end
    with their last bracket.
    """

    rows: str = ""
    written: str = ""
    read_as: str = ""
    fixed: tuple[tuple[str, str], ...] = ()
    balanced: bool = False

    def label(self, model):
        return self.name

    def help(self, model):
        return ""

    def fills(self):
        return self.rows

    def is_of(self, row):
        return all(row.get(name) == value for name, value in self.fixed)

    def text_of(self, row):
        return self.written.format_map({name: str(value) for name, value in row.items()})

    def today(self, data):
        return SEPARATOR.join(self.text_of(row) for row in data.get(self.rows, []) if self.is_of(row))

    def read(self, text, data, shown, model, dictionary):
        rows = data.get(self.rows, [])
        mine = {self.text_of(row): row for row in rows if self.is_of(row)}
        # What no export shows, such as a relation to a draft, stays.
        hidden = [row for said, row in mine.items() if said not in map(str, shown)]
        values = joined(parts(text, mine)) if self.balanced else parts(text, mine)
        wanted, wrong = [], []
        for value in values:
            try:
                row = mine.get(value) or self.new_row(value, model, dictionary)
            except ValidationError as error:
                wrong += error.messages
                continue
            kept = mine.get(self.text_of(row), row)
            if kept not in wanted:
                wanted.append(kept)
        if wrong:
            raise ValidationError(wrong)
        wanted += [row for row in hidden if row not in wanted]
        put(data, self.rows, [row for row in rows if not self.is_of(row)] + wanted)

    def new_row(self, value, model, dictionary):
        if not self.read_as:
            raise ValidationError(
                _("“%s” cannot be said in this column. Use the sheet of the template that has a row for each.")
                % value[:80]
            )
        if not (found := re.fullmatch(self.read_as, value)):
            example = re.sub(r"[{}]", "", self.written)
            raise ValidationError(
                _("“%(text)s” has to be written as: %(form)s.") % {"text": value[:80], "form": example}
            )
        owned = model._meta.get_field(self.rows).related_model
        row = dict(self.fixed)
        for name, text in found.groupdict().items():
            put(row, name, value_of(owned._meta.get_field(name), text, dictionary))
        return defaults(owned, row)


def joined(values):
    """Put values together again that were cut within brackets."""
    whole = []
    for value in values:
        if whole and whole[-1].count("(") > whole[-1].count(")"):
            whole[-1] = f"{whole[-1]}; {value}"
        else:
            whole.append(value)
    return whole


def defaults(model, row):
    """Return ``row`` with what its fields have of themselves."""
    for one in content_fields(model)[0]:
        if one.has_default() and one.name not in row and not is_empty(plain_value(one.get_default())):
            row[one.name] = plain_value(one.get_default())
    return row


@dataclass(frozen=True)
class Importable:
    """A kind of record that can be imported, and what its sheets are called.

    ``sheet`` is the title of the sheet of the records, ``columns`` what can be written there. ``exported`` are the
    columns of the site's own export, whose cells mean no change where they are as today's; those not among ``columns``
    are derived and left alone. ``as_text`` makes a text of a value of theirs. ``sheets`` maps the titles of the sheets
    of owned rows to their relations. ``title`` names the column that a record is known by, ``names`` the fields with
    all its names. ``slug_from`` names the field that the slug of an owned row is made from. ``example`` has, for each
    sheet, a row that shows how it is done.
    """

    model: type
    sheet: str
    columns: tuple[Column, ...]
    exported: tuple
    as_text: object
    sheets: dict[str, str]
    title: str = "title"
    names: tuple[str, ...] = ("title",)
    slug_from: dict[str, str] = field(default_factory=dict)
    example: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def by_name(self):
        return {column.name: column for column in self.columns}

    @property
    def related(self):
        """What to prefetch to know today's export of a record."""
        return tuple(dict.fromkeys(name for column in self.exported for name in column.related))
