"""What a rule is, and what it finds. A rule is declared once, with what must hold and how to mend what does not."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.urls import reverse

from pathways.curation.models import Owned


class Finding(NamedTuple):
    """Something that is wrong: what, and the row that it is wrong with, if it is one."""

    what: str
    row: models.Model | None = None

    @property
    def subject(self):
        """The row that has a page in the admin: the row itself, or the one that owns it; None if there is neither."""
        row = self.row
        with suppress(ObjectDoesNotExist):
            while isinstance(row, Owned):
                row = getattr(row, row.owner)
        return row

    @property
    def id(self):
        """The name and key of the record, as commands know it: ``practices.practice palim``."""
        if self.subject is None:
            return ""
        key = getattr(self.subject, getattr(self.subject, "key_field", "pk"))
        return f"{self.subject._meta.label_lower} {key}"

    @property
    def title(self):
        # What it is called may depend on a row that is gone.
        with suppress(ObjectDoesNotExist):
            return str(self.subject) if self.subject is not None else ""
        return ""

    @property
    def address(self):
        """Where the record is edited; empty for what is not edited in the admin."""
        subject = self.subject
        if subject is None or type(subject)._meta.concrete_model not in admin.site._registry:
            return ""
        name = f"admin:{subject._meta.app_label}_{subject._meta.model_name}_change"
        return settings.SITE_URL + reverse(name, args=[subject.pk])

    def as_dict(self):
        return {"id": self.id, "title": self.title, "address": self.address, "what": self.what}


@dataclass(frozen=True)
class Rule:
    """What must hold of the data. ``find`` yields what does not; ``mends``, where there is one, computes it anew."""

    name: str
    holds: str
    mend: str
    find: Callable[[], Iterator[Finding]]
    mends: Callable[[], None] | None = None


RULES = {}


def rule(name, *, holds, mend, mends=None):
    """Declare the function that it decorates, which yields Finding objects, as a rule."""

    def declare(find):
        RULES[name] = Rule(name, holds, mend, find, mends)
        return find

    return declare
