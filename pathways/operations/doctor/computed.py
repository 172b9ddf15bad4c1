"""Rules of what is computed from the records: derived columns, versions, the full-text index, the index of lists."""

from collections import Counter
from itertools import islice

from django.db import DatabaseError, connection, transaction
from django.db.models import Max

from meetings.filters import MeetingFilter, OutcomeFilter
from pathways.curation.changes import curated_models, equal, is_revision, newest_versions, version_of
from pathways.curation.models import Change, DataVersion
from pathways.curation.snapshots import BATCH, batches, snapshots
from pathways.listing import index, search
from pathways.listing.models import SearchEntry
from practices.filters import PracticeFilter

from .rules import Finding, rule


def derive_anew():
    for model in curated_models():
        if stale := [row for row, _names in underived(model)]:
            model._base_manager.bulk_update(stale, model.derived, batch_size=BATCH)


def underived(model):
    """Yield (row, names) of the rows of ``model`` whose derived columns are not what follows from their content."""
    if model.derived:
        for row in model._base_manager.iterator(chunk_size=BATCH):
            before = [getattr(row, name) for name in model.derived]
            row.derive()
            names = [name for name, old in zip(model.derived, before, strict=True) if getattr(row, name) != old]
            if names:
                yield row, names


@rule(
    "derived",
    holds="Derived columns follow from the content.",
    mend="manage.py doctor --mend",
    mends=derive_anew,
)
def derived():
    for model in curated_models():
        for row, names in underived(model):
            yield Finding(f"{', '.join(names)} is out of date", row)


@rule(
    "versions",
    holds="The newest version of every record and term is what stands in the database.",
    mend="Open its page and save it, so that the change stands in its history; or restore an earlier version there.",
)
def versions():
    for model in curated_models():
        for some in batches(model._base_manager.order_by("pk").values_list("pk", flat=True)):
            rows = list(snapshots(model._base_manager.filter(pk__in=some)))
            revised = [row.revises_id for row, _data in rows if is_revision(row)]
            newest = newest_versions(model, some)
            of_revisions = newest_versions(model, revised, of_revision=True) if revised else {}
            for row, data in rows:
                version = of_revisions.get(row.revises_id) if is_revision(row) else newest.get(row.pk)
                if version is None:
                    yield Finding("has no version", row)
                elif not equal(version, version_of(row, data)):
                    yield Finding(f"was written past its history, whose last change is {version.change_id}", row)


def count_versions_on():
    """Let the data version be above that of every change."""
    last = Change.objects.aggregate(last=Max("data_version"))["last"] or 0
    DataVersion.objects.filter(number__lt=last).update(number=last)


@rule(
    "data-version",
    holds="The data version is that of the last change or a later one, and so is what caches go by.",
    mend="manage.py doctor --mend",
    mends=count_versions_on,
)
def data_version():
    last = Change.objects.aggregate(last=Max("data_version"))["last"] or 0
    stands = DataVersion.current()
    if stands.number < last or (last and not stands.epoch):
        yield Finding(f"it stands at {stands.number}, and a change has made {last}")


def index_anew():
    if connection.vendor == "sqlite":
        # Taken from the entries as they are, so that these can be taken out of it.
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO listing_fts (listing_fts) VALUES ('rebuild')")
    search.rebuild()


@rule(
    "search",
    holds="The full-text index has what published records and terms are found by, and nothing else.",
    mend="manage.py doctor --mend, or manage.py rebuild_search",
    mends=index_anew,
)
def full_text():
    for source in search.sources.values():
        low, high = source.keys
        rows = iter(source.indexed().order_by("pk").prefetch_related(*source.related).iterator(chunk_size=BATCH))
        due = set()
        while some := {source.key(row.pk): row for row in islice(rows, BATCH)}:
            due |= some.keys()
            held = SearchEntry.objects.in_bulk(list(some))
            for key, row in some.items():
                if key not in held:
                    yield Finding("is not in the index", row)
                elif parts(held[key]) != parts(source.entry(row)):
                    yield Finding("is not found by the words that it has now", row)
        for key in SearchEntry.objects.filter(pk__range=(low, high)).values_list("pk", flat=True):
            if key not in due:
                yield Finding(f"{source.model._meta.label_lower} {key - low} is found, and is not public or not there")
    if not inverted_index_is_sound():
        yield Finding("the inverted index is not that of its entries")


def parts(entry):
    return entry.names, entry.a, entry.b, entry.c, entry.d


def inverted_index_is_sound():
    if connection.vendor != "sqlite":
        # A column that PostgreSQL generates of the entry itself.
        return True
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO listing_fts (listing_fts, rank) VALUES ('integrity-check', 1)")
    except DatabaseError:
        return False
    return True


@rule(
    "facets",
    holds="The index of each list counts for each value what the database counts.",
    mend="manage.py doctor --mend, after which every process makes its index anew",
    mends=index.forget,
)
def facets():
    for filter_class in (PracticeFilter, OutcomeFilter, MeetingFilter):
        kept = index.index_for(filter_class)
        name = filter_class._meta.model._meta.verbose_name_plural
        total = filter_class.records().count()
        if total != len(kept.everything):
            yield Finding(f"{name}: {len(kept.everything)} in the index, {total} in the database")
        counts = kept.counts({}, kept.everything)
        for facet, declared in filter_class.declared_facets().items():
            there = counted(filter_class, declared)
            for value in sorted(there.keys() | counts[facet].keys()):
                if there.get(value, 0) != counts[facet].get(value, 0):
                    told = f"{counts[facet].get(value, 0)} in the index, {there.get(value, 0)} in the database"
                    yield Finding(f"{name}, {facet} {value}: {told}")


def counted(filter_class, declared):
    """Return how many records each value of a facet has, as the database counts them."""
    above = declared.lineage() if declared.lineage else {}
    values = set()
    for source in declared.sources:
        rows = source.rows().filter(**{f"{source.value}__isnull": False})
        values.update(map(str, rows.order_by().values_list(source.value, flat=True).distinct()))
    values |= {upper for value in values for upper in above.get(value, ())}
    counts = Counter()
    for value in values:
        counts[value] = declared.filter(filter_class.records(), {value: value}).count()
    return {value: count for value, count in counts.items() if count}
