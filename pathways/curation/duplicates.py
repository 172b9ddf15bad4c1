"""Records that may be the same as another: by their titles, acronyms and other names, folded."""

import re
from functools import lru_cache
from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext as _

from pathways.folding import fold

from .models import Status

# How alike two names must be, by the words they share, and how many are told.
ALIKE, MOST = 0.5, 6
# How alike a name is that has the other's acronym in it, or is it.
ITS_ACRONYM = 0.9
# An acronym in brackets, as in "Pilot Linking Work (PLW)".
IN_BRACKETS = re.compile(r"\(([A-Z][A-Za-z0-9-]*[A-Z0-9])\)")
# Words that say nothing by themselves.
SMALL = frozenset(["a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"])


class Likeness(NamedTuple):
    """A record that may be the same, how alike it is (1 is the same name), and why it is thought so."""

    record: models.Model
    likeness: float
    why: str


def duplicates(model, names, *, exclude=()):
    """Return the records of ``model`` that go by a name like one of ``names``, the most alike first.

    ``exclude`` are ids that are left out. Archived records are left out, revisions are not looked at.
    """
    wanted = [one for one in map(named, names) if one.words]
    if not wanted:
        return []
    found = []
    for record in model._default_manager.originals().exclude(status=Status.ARCHIVED).only(*columns(model)):
        if record.pk in exclude:
            continue
        others = [named(name) for name in record.names]
        likeness, why = max((alike(one, other) for one in wanted for other in others), default=(0, ""))
        if likeness < ITS_ACRONYM and any(one.has(acronym) for acronym in acronyms(record) for one in wanted):
            likeness, why = ITS_ACRONYM, _("its acronym")
        if likeness >= ALIKE:
            found.append(Likeness(record, likeness, why))
    return sorted(found, key=lambda one: (-one.likeness, one.record.title_key))[:MOST]


def columns(model):
    """Return the columns that names are made from, so that no more is read of many records."""
    there = {field.name for field in model._meta.concrete_fields}
    wanted = ("slug", "status", "title", "heading", "locator", "acronym", "other_names", "title_key")
    return [name for name in wanted if name in there]


def acronyms(record):
    """Return as Names the acronyms that a record has, or that one of its names has in brackets."""
    found = [getattr(record, "acronym", ""), *(one for name in record.names for one in named(name).in_brackets)]
    return [one for one in map(named, found) if one.words]


class Name:
    """A name as it is compared: folded, its telling words, the acronym that they would make, and those it shows."""

    def __init__(self, text):
        self.text = " ".join(re.findall(r"\w+", fold(text)))
        words = [word for word in self.text.split() if word not in SMALL]
        self.words = frozenset(words)
        self.initials = "".join(word[0] for word in words) if len(words) > 2 else ""
        self.in_brackets = IN_BRACKETS.findall(text)

    def has(self, other):
        """Whether the other name stands in this one, word for word."""
        return f" {other.text} " in f" {self.text} "


@lru_cache(maxsize=65536)
def named(text):
    """Return a text as a Name, made once: it is asked for again with each letter that is typed."""
    return Name(text)


def alike(one, other):
    """Return how alike two names are, and why."""
    if not other.words:
        return 0, ""
    if one.text == other.text:
        return 1, _("the same name")
    if (one.initials and one.initials == other.text) or (other.initials and other.initials == one.text):
        return ITS_ACRONYM, _("its acronym")
    shared = len(one.words & other.words)
    smaller = min(len(one.words), len(other.words))
    if smaller > 1 and shared == smaller:
        return 0.8, _("its name within the other")
    return shared / len(one.words | other.words), _("a name like it")
