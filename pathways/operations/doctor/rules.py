"""What a rule is, and what it finds. A rule is declared once, with what must hold and how to mend what does not."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, models
from django.urls import reverse

from pathways.curation.models import Owned
from pathways.outages import Outage, outage_of


class Finding(NamedTuple):
    """Something that is wrong: what, and the row that it is wrong with, if it is one."""

    what: str
    row: models.Model | None = None

    def told(self):
        """Return it in words, to stand without the row."""
        subject = self.subject()
        if subject is None:
            return Told("", "", "", self.what)
        meta = subject._meta
        key = getattr(subject, getattr(subject, "key_field", "pk"))
        title = address = ""
        # What it is called may depend on a row that is gone.
        with suppress(ObjectDoesNotExist):
            title = str(subject)
        if meta.concrete_model in admin.site._registry:
            page = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[subject.pk])
            address = settings.SITE_URL + page
        return Told(f"{meta.label_lower} {key}", title, address, self.what)

    def subject(self):
        """Return the row that has a page in the admin: the row itself, or what owns it; None if there is neither."""
        row = self.row
        with suppress(ObjectDoesNotExist):
            while isinstance(row, Owned):
                row = getattr(row, row.owner)
        return row


class Told(NamedTuple):
    """A finding in words: the name and key of the record, as commands know it (``practices.practice palim``), what it
    is called, where it is edited, and what is wrong. All but the last are empty where there is no such record or page.
    """

    id: str
    title: str
    address: str
    what: str


@dataclass(frozen=True)
class Rule:
    """What must hold of the data. ``find`` yields what does not; ``mends``, where there is one, computes it anew.

    ``wants`` returns what the database lacks for the rule to be asked, and how to give it; nothing where it has all.
    """

    name: str
    holds: str
    mend: str
    find: Callable[[], Iterator[Finding]]
    mends: Callable[[], None] | None = None
    wants: Callable[[], str] = str

    def told(self):
        """Return what does not hold, each in words: as many rows may be wrong as there are."""
        findings = []
        try:
            findings.extend(finding.told() for finding in self.find())
        except DatabaseError as error:
            # Where the database itself is damaged, what else is wrong with it is told all the same.
            if outage_of(error) != Outage.DAMAGED:
                raise
            findings.append(Finding(f"cannot be asked to the end: {first_line(error)}").told())
        return findings


def first_line(error):
    """Return what the database says is wrong, without what it adds to that."""
    return str(error).partition("\n")[0]


RULES = {}


def rule(name, *, holds, mend, mends=None, wants=str):
    """Declare the function that it decorates, which yields Finding objects, as a rule."""

    def declare(find):
        RULES[name] = Rule(name, holds, mend, find, mends, wants)
        return find

    return declare
