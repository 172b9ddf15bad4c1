"""What is harvested: every record that is or once was public, by the day it last changed, with the sets it is in."""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Max

from meetings.models import Document, Meeting, Outcome, OutcomeTheme, Series
from pathways.curation.models import DataVersion, Status, Version
from pathways.listing.filters import Pairs
from pathways.vocabulary.models import Theme
from practices.models import Citation, Practice, PracticeTheme

from . import dublin_core


class Source(NamedTuple):
    """A kind of record: its name, its model, its Dublin Core, and the pairs of records and sets, or terms it names.

    ``name`` begins its identifiers and is the set of all of them; ``sets`` has the pairs by the first part of the set;
    ``terms`` those of the terms whose names its metadata repeats: when one changes, so does the record.
    """

    name: str
    model: type
    describe: Callable
    related: tuple[str, ...]
    sets: dict[str, Pairs]
    terms: dict[type, Pairs]


def cited_at_meetings():
    return Citation.objects.filter(document__meetings__in=Meeting.objects.published())


SOURCES = {
    source.name: source
    for source in (
        Source(
            "practices",
            Practice,
            dublin_core.of_practice,
            dublin_core.PRACTICE,
            {
                "series": Pairs(cited_at_meetings, "practice", "document__meetings__series__slug"),
                "theme": Pairs(PracticeTheme.objects.all, "practice", "theme__slug"),
            },
            {
                Document: Pairs(Citation.objects.all, "practice", "document"),
                Theme: Pairs(PracticeTheme.objects.all, "practice", "theme"),
            },
        ),
        Source(
            "outcomes",
            Outcome,
            dublin_core.of_outcome,
            dublin_core.OUTCOME,
            {
                "series": Pairs(
                    lambda: Outcome.objects.filter(meeting__in=Meeting.objects.published()),
                    "pk",
                    "meeting__series__slug",
                ),
                "theme": Pairs(OutcomeTheme.objects.all, "outcome", "theme__slug"),
            },
            {
                Document: Pairs(Outcome.objects.all, "pk", "document"),
                Theme: Pairs(OutcomeTheme.objects.all, "outcome", "theme"),
            },
        ),
        Source(
            "meetings",
            Meeting,
            dublin_core.of_meeting,
            dublin_core.MEETING,
            {"series": Pairs(Meeting.objects.all, "pk", "series__slug")},
            {Series: Pairs(Meeting.objects.all, "pk", "series")},
        ),
    )
}


class Item(NamedTuple):
    """A record as harvesters know it; items sort by the day they last changed, then by identifier.

    ``local`` is its identifier within the site, with the first address it was published under: practices/palim.
    """

    day: str
    local: str
    pk: int
    is_deleted: bool
    sets: tuple[str, ...]

    @property
    def source(self):
        return SOURCES[self.local.partition("/")[0]]

    def is_in(self, set_spec):
        """Whether it is in a set, or in one below it."""
        return any(one == set_spec or one.startswith(f"{set_spec}:") for one in self.sets)


def catalogue():
    """Return every Item, sorted, at the current version of the data."""
    if transaction.get_connection().in_atomic_block:
        # What is not committed is nobody else's to see.
        return read()
    version = DataVersion.current()
    return read_at(version.epoch, version.number)


@lru_cache(maxsize=1)
def read_at(_epoch, _number):
    return read()


def read():
    return sorted(item for source in SOURCES.values() for item in items_of(source))


def items_of(source):
    """Yield an Item for each record that is public, or was: what has never been published is not known here."""
    rows = source.model.objects.originals().filter(published_on__isnull=False)
    names = ("pk", "status", "slug", "first_slug", "updated_on", "published_on")
    changed = days_by_status(source.model)
    records = {
        pk: (changed.get((pk, status)) or str(updated or published), f"{source.name}/{first or slug}", status)
        for pk, status, slug, first, updated, published in rows.values_list(*names)
    }
    sets, renamed = (
        sets_by_record(source),
        days_of_terms(source, min((day for day, *_ in records.values()), default="")),
    )
    for pk, (day, local, status) in records.items():
        is_deleted = status != Status.PUBLISHED
        last = day if is_deleted else max(day, renamed.get(pk, ""))
        yield Item(last, local, pk, is_deleted, (source.name, *sorted(sets.get(pk, ()))))


def days_by_status(model):
    """Return the last day on which each row of ``model`` changed in each status, by (id, status).

    The day is that of the write, not ``updated_on``: a record that is loaded from a file brings that from elsewhere,
    and who has harvested since would miss it.
    """
    versions = Version.objects.filter(content_type=ContentType.objects.get_for_model(model)).order_by()
    days = versions.values_list("object_id", "status").annotate(Max("change__at"))
    return {(pk, status): str(at.date()) for pk, status, at in days}


def sets_by_record(source):
    """Return the sets of each record by its id; of one that was withdrawn, those it was in."""
    found = {}
    for prefix, pairs in source.sets.items():
        for pk, value in pairs.of():
            found.setdefault(pk, set()).add(f"{prefix}:{value}")
    return found


def days_of_terms(source, earliest):
    """Return by the record's id the last day after ``earliest`` on which a term changed that its metadata names."""
    found = {}
    for model, pairs in source.terms.items():
        changed = {pk: day for (pk, _status), day in days_by_status(model).items() if day > earliest}
        if changed:
            for pk, term in pairs.of():
                found[pk] = max(found.get(pk, ""), changed.get(term, ""))
    return found


def sets():
    """Yield (setSpec, name) of every set: kinds of records, series and themes, used or not."""
    for source in SOURCES.values():
        yield source.name, str(source.model._meta.verbose_name_plural)
    for prefix, model in (("series", Series), ("theme", Theme)):
        yield prefix, str(model._meta.verbose_name_plural)
        for slug, name in model.objects.values_list("slug", "name"):
            yield f"{prefix}:{slug}", name
