"""Two contents of a record side by side, for people: field by field, with the words that came and went."""

import re
from collections import defaultdict
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import NamedTuple

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from .models import Curated, Owned, Record
from .snapshots import comparable, content_fields, expand, owned_models

# Texts with more words than this are not compared word by word.
LONGEST = 4000


class Part(NamedTuple):
    """A stretch of text that stayed (no mark), came (``ins``) or went (``del``)."""

    mark: str
    text: str


class FieldChange(NamedTuple):
    """What changed in one field: its name, what it is called, and its lines, each a list of parts."""

    name: str
    label: str
    lines: list


class Names:
    """What keys in contents stand for, in words; with ``public_only``, which records may be told of at all."""

    def __init__(self, *, public_only=False):
        self.public_only = public_only
        self.found = {}

    def find(self, model, key):
        key = expand(key)
        if (model, key) not in self.found:
            try:
                self.found[model, key] = model._default_manager.get_by_natural_key(*key)
            except (model.DoesNotExist, TypeError, ValueError):
                self.found[model, key] = None
        return self.found[model, key]

    def learn(self, model, contents):
        """Find all that ``contents`` of records of ``model`` refer to, in one question for each kind of thing."""
        wanted = defaultdict(set)
        for content in contents:
            collect(model, content, wanted)
            for name, rows in owned_models(model).items():
                for row in content.get(name, []):
                    collect(rows, row, wanted)
        for other, keys in wanted.items():
            there = other._default_manager.filter(**{f"{other.key_field}__in": keys})
            if issubclass(other, Record):
                there = there.filter(revises=None)
            for one in there:
                self.found[other, one.natural_key()] = one
        return self

    def name(self, model, key):
        if issubclass(model, Owned):
            return " / ".join(str(part) for part in expand(key))
        found = self.find(model, key)
        return str(found) if found is not None else " / ".join(map(str, expand(key)))

    def may_tell(self, model, key):
        if not self.public_only or not issubclass(model, Record):
            return True
        found = self.find(model, key)
        return found is not None and found.is_public


def collect(model, values, wanted):
    """Add to ``wanted``, by model, the keys of the terms and records that one row refers to."""
    plain, many = content_fields(model)
    for field in (*plain, *many):
        if field.name in values and field.is_relation and issubclass(field.related_model, Curated):
            keys = values[field.name] if field.many_to_many else [values[field.name]]
            wanted[field.related_model].update(keys)


def compare(model, old, new, *, public_only=False, names=None):
    """Return a FieldChange for each field in which the contents ``old`` and ``new`` of a record of ``model`` differ.

    ``public_only`` leaves out what refers to records that the public does not see.
    """
    names = names or Names(public_only=public_only)
    plain, many = content_fields(model)
    changes = []
    for field in (*plain, *many):
        before, after = old.get(field.name), new.get(field.name)
        if before != after:
            lines = field_lines(field, before, after, names)
            if lines:
                changes.append(FieldChange(field.name, capfirst(str(field.verbose_name)), lines))
    for name, rows in owned_models(model).items():
        lines = rows_lines(rows, old.get(name, []), new.get(name, []), names)
        if lines:
            changes.append(FieldChange(name, capfirst(str(rows._meta.verbose_name_plural)), lines))
    return changes


def field_lines(field, before, after, names):
    """Return what changed in a field of the record itself."""
    if field.many_to_many:
        old, new = before or [], after or []
        told = [("del", key) for key in old if key not in new] + [("ins", key) for key in new if key not in old]
        other = field.related_model
        return [[Part(mark, names.name(other, key))] for mark, key in told if names.may_tell(other, key)]
    if isinstance(field, models.JSONField):
        return [[part] for part in listed(before, after)]
    if field.is_relation:
        other = field.related_model
        before = before if before is not None and names.may_tell(other, before) else None
        after = after if after is not None and names.may_tell(other, after) else None
    parts = words(in_words(field, before, names), in_words(field, after, names))
    return [parts] if any(part.mark for part in parts) else []


def listed(before, after):
    old, new = [str(one) for one in before or []], [str(one) for one in after or []]
    return [Part("del", one) for one in old if one not in new] + [Part("ins", one) for one in new if one not in old]


def in_words(field, value, names):
    """Return a value of plain data as a curator reads it."""
    if value is None or value == "":
        return ""
    if field.is_relation:
        return names.name(field.related_model, value)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


def rows_lines(model, old, new, names):
    """Return what changed in the rows that a record owns: which came, which went, and within those that stayed."""
    before, after = keyed_rows(model, old), keyed_rows(model, new)
    lines = []
    for key, row in before.items():
        if key not in after and row_may_be_told(model, row, names):
            lines.append([Part("del", row_in_words(model, row, names))])
    for key, row in after.items():
        if not row_may_be_told(model, row, names):
            continue
        if key not in before:
            lines.append([Part("ins", row_in_words(model, row, names))])
        elif before[key] != row:
            parts = words(row_in_words(model, before[key], names), row_in_words(model, row, names))
            if any(part.mark for part in parts):
                lines.append(parts)
    if not lines and list(before) != list(after) and before.keys() == after.keys():
        shown = [row_in_words(model, row, names) for row in after.values() if row_may_be_told(model, row, names)]
        lines = [[Part("", _("In another order: %s") % "; ".join(shown))]] if shown else []
    return lines


def keyed_rows(model, rows):
    """Return the rows of a content by their key."""
    return {row_key(model, row): row for row in rows}


def row_key(model, row):
    return tuple(str(comparable(row.get(part))) for part in model.key)


def row_may_be_told(model, row, names):
    plain, _many = content_fields(model)
    return all(
        names.may_tell(field.related_model, row[field.name])
        for field in plain
        if field.is_relation and field.name in row and not issubclass(field.related_model, Owned)
    )


def row_in_words(model, row, names):
    """Return a row in one line: the fields of its key first, then what else it says."""
    plain, many = content_fields(model)
    fields = {field.name: field for field in (*plain, *many)}
    order = [*(name for name in model.key if name in fields), *(name for name in fields if name not in model.key)]
    told = []
    for name in order:
        value = row.get(name)
        if value in (None, "", []):
            continue
        if isinstance(value, bool):
            told.append(str(fields[name].verbose_name))
        elif fields[name].many_to_many:
            told.append(", ".join(names.name(fields[name].related_model, key) for key in value))
        else:
            told.append(in_words(fields[name], value, names))
    return " · ".join(told)


def words(old, new):
    """Return the parts of ``new`` that came and of ``old`` that went, word by word, between those that stayed."""
    if not old or not new:
        return [Part(mark, text) for mark, text in (("del", old), ("ins", new)) if text]
    before, after = re.findall(r"\s+|[^\s]+", old), re.findall(r"\s+|[^\s]+", new)
    if len(before) + len(after) > LONGEST:
        return [Part("del", old), Part("ins", new)]
    parts = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            parts.append(Part("", "".join(before[a:b])))
        else:
            gone, come = "".join(before[a:b]), "".join(after[c:d])
            parts += [Part(mark, text) for mark, text in (("del", gone), ("ins", come)) if text]
    return joined(parts)


def joined(parts):
    """Join changes that only a space stands between, so that a phrase is marked as one."""
    done = []
    waiting = {"del": "", "ins": ""}

    def flush():
        done.extend(Part(mark, text) for mark, text in waiting.items() if text)
        waiting.update({"del": "", "ins": ""})

    for part, following in zip_longest(parts, parts[1:]):
        if part.mark:
            waiting[part.mark] += part.text
        elif part.text.isspace() and following is not None and any(waiting.values()):
            waiting["del"] += part.text
            waiting["ins"] += part.text
        else:
            flush()
            done.append(part)
    flush()
    return done
