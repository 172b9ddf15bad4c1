"""What stands in which column, written once for every tabular format and for the data dictionary."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

SEPARATOR = "; "


@dataclass(frozen=True)
class Column:
    """A column: its name, what it holds, how to get it from a record, and what to prefetch for it.

    ``value`` returns a text, a number, a date, a list of texts or None; of an address, the path within the site. It is
    handed a record, or a plain row with the fields, properties and relations of one.
    """

    name: str
    help: str
    value: Callable
    related: tuple[str, ...] = ()
    is_address: bool = False


def address(view, key="slug"):
    """Return the column of the permanent address: that of ``view`` for the row's ``key``."""

    @cache
    def parts(language):
        # Resolving an address costs more than all the rest of a row; here it is done once in each language.
        placeholder = "xx"
        return reverse(view, args=[placeholder]).rsplit(placeholder, 1)

    return Column(
        "url",
        _("The permanent address."),
        lambda row: getattr(row, key).lower().join(parts(get_language())),
        is_address=True,
    )


UPDATED_ON = Column("updated_on", _("The day the public last saw it change."), lambda row: row.updated_on)


def public_slug(record):
    """Return the slug of a record that is referred to, unless the public may not see it."""
    return record.slug if record is not None and record.is_public else None


def slugs(name):
    """Return a function that gives the slugs of a record's many-to-many values, sorted."""
    return lambda record: sorted(term.slug for term in getattr(record, name).all())


def needs(*related):
    """Say of a function of a row, as its ``related``, what the row needs, written as for ``prefetch_related``."""

    def mark(function):
        function.related = related
        return function

    return mark


def related_of(columns):
    """Return what to prefetch for all of ``columns``."""
    return tuple(dict.fromkeys(name for column in columns for name in column.related))


def cell(column, row, site):
    """Return what ``row`` has in ``column`` as text; ``site`` is what addresses start with."""
    value = column.value(row)
    if column.is_address and value is not None:
        return f"{site}{value}"
    return as_text(value)


def as_text(value):
    """Return a value as the text of a cell."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return SEPARATOR.join(map(str, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
