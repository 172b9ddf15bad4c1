"""Every write is one change: what it touched is versioned, and the public's data version counted, with it."""

from collections import defaultdict
from functools import cache

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from .models import Change, Curated, DataVersion, Owned, Record, Status, Version
from .signals import changed, rebuilt
from .snapshots import beside, content, related_names, snapshots

REMOVED = "removed"


@cache
def curated_models():
    """Return the models whose rows are versioned and kept in fixtures, each after those it refers to."""

    def label(model):
        return model._meta.label

    models = [model for model in apps.get_models() if issubclass(model, Curated) and not model._meta.proxy]
    ordered = []

    def place(model):
        if model not in ordered and model in models:
            for other in sorted(referred_models(model) - {model}, key=label):
                place(other)
            if model not in ordered:
                ordered.append(model)

    for model in sorted(models, key=label):
        place(model)
    return tuple(ordered)


def referred_models(model):
    """Return the curated models that rows of ``model``, or rows it owns, refer to."""
    tables = [model, *(model._meta.get_field(name).related_model for name in model.owned)]
    others = set()
    for table in tables:
        for field in (*table._meta.concrete_fields, *table._meta.many_to_many):
            other = field.related_model
            if other and issubclass(other, Owned):
                other = other._meta.get_field(other.owner).related_model
            others.add(other)
    return others - {None}


def newest_versions(model, ids=None, *, of_revision=False):
    """Return the newest version of each row of ``model``, by the row's id; or that of the revision of each."""
    versions = Version.objects.filter(content_type=ContentType.objects.get_for_model(model), of_revision=of_revision)
    if ids is not None:
        versions = versions.filter(object_id__in=ids)
    newest = versions.order_by().values("object_id").annotate(newest=Max("pk")).values("newest")
    return {version.object_id: version for version in Version.objects.filter(pk__in=newest).select_related("change")}


@transaction.atomic
def record(action, rows=(), *, removed=(), actor=None, note="", even_if_equal=False):
    """Write one change with a version of each of ``rows`` that its newest version does not equal already.

    ``removed`` are rows about to be deleted, still in the database. Returns the change, or None if nothing differed.
    Counts the data version when the public can see the change. A published record that changed says so in updated_on,
    unless it came from a fixture, which brings its own dates.
    """
    rows, removed = list(rows), list(removed)
    ids = defaultdict(set)
    for row in rows:
        ids[row._meta.concrete_model].add(row.pk)
    versions, public = [], False
    for model, pks in ids.items():
        newest = newest_versions(model, pks)
        revised = {row.revises_id for row in rows if row._meta.concrete_model is model and is_revision(row)}
        of_revisions = newest_versions(model, revised, of_revision=True) if revised else {}
        for row, data in snapshots(model._base_manager.filter(pk__in=pks)):
            before = newest.get(row.pk)
            if is_revision(row):
                before = of_revisions.get(row.revises_id)
            if action != Change.Action.LOAD and isinstance(row, Record) and row.is_public:
                stamp(row, data, before)
            version = version_of(row, data)
            differs = before is None or not equal(before, version)
            if differs or even_if_equal:
                versions.append(version)
            if differs:
                public = public or is_visible(row) or (before is not None and before.status == Status.PUBLISHED)
    for row in removed:
        fresh = type(row)._base_manager.prefetch_related(*related_names(type(row))).get(pk=row.pk)
        version = version_of(fresh, content(fresh))
        public = public or is_visible(fresh)
        version.status = REMOVED
        versions.append(version)
    if not versions:
        return None
    number = DataVersion.advance() if public else DataVersion.current().number
    change = Change.objects.create(action=action, actor=actor, note=note, data_version=number)
    for version in versions:
        version.change = change
    Version.objects.bulk_create(versions, batch_size=500)
    changed.send(sender=Change, rows=rows, removed=removed)
    return change


def is_revision(row):
    return isinstance(row, Record) and row.revises_id is not None


def version_of(row, data):
    key = row.natural_key()[0]
    return Version(
        content_type=ContentType.objects.get_for_model(row),
        object_id=row.revises_id if is_revision(row) else row.pk,
        of_revision=is_revision(row),
        key=str(key),
        status=getattr(row, "status", ""),
        beside=beside(row),
        snapshot=data,
    )


def equal(before, version):
    return (before.snapshot, before.beside, before.status) == (version.snapshot, version.beside, version.status)


def is_visible(row):
    """Whether the public may see ``row``; a term may be, so it counts as seen."""
    return row.is_public if isinstance(row, Record) else True


def stamp(row, data, before):
    """Set the day on which the public saw a published record change, if it did."""
    today = timezone.localdate()
    seen = before is not None and before.status == Status.PUBLISHED
    if (not seen or before.snapshot != data) and row.updated_on != today:
        row.updated_on = today
        type(row)._base_manager.filter(pk=row.pk).update(updated_on=today)


@transaction.atomic
def rebuild():
    """Bring what is computed into line after rows were written past the doors: derived columns, versions, the epoch."""
    rows = []
    for model in curated_models():
        stale = []
        for row in model._base_manager.all():
            old = [getattr(row, name) for name in model.derived]
            row.derive()
            if old != [getattr(row, name) for name in model.derived]:
                stale.append(row)
            rows.append(row)
        if stale:
            model._base_manager.bulk_update(stale, model.derived, batch_size=500)
    change = record(Change.Action.LOAD, rows, note="rebuilt after loaddata")
    DataVersion.advance(new_epoch=True)
    rebuilt.send(sender=Change)
    return change
