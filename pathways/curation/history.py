"""The history of a record: what each change made of it, in the versions that changes left."""

from typing import NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.utils.dateparse import parse_date

from .comparing import Names, compare
from .models import Status, Version, lines


class Entry(NamedTuple):
    """A version, what it changed in the content field by field, and what became of its status."""

    version: Version
    fields: list
    status_before: str

    @property
    def change(self):
        return self.version.change

    @property
    def status_changed(self):
        return self.status_before != self.version.status

    @property
    def status(self):
        """What the status of the version is called; that of what was removed goes by its own name."""
        return dict(Status.choices).get(self.version.status, self.version.status)


def merged_ids(record):
    """Return the ids of the record and of those that were merged into it."""
    former = set(lines(record.former_slugs))
    gone = type(record)._base_manager.filter(replaced_by=record, revises=None, status=Status.ARCHIVED)
    return [record.pk, *(pk for pk, slug in gone.values_list("pk", "slug") if slug in former)]


def versions(record):
    """Return the versions of a record, of its revisions and of what was merged into it, the newest first."""
    model = type(record)._meta.concrete_model
    if record.revises_id:
        record = record.revises
    return (
        Version.objects.filter(content_type=ContentType.objects.get_for_model(model), object_id__in=merged_ids(record))
        .select_related("change__actor")
        .order_by("-pk")
    )


def entries(record, shown):
    """Return an Entry for each of the versions ``shown``, each held against the one it was made from."""
    model = type(record)._meta.concrete_model
    pairs = [(version, version_before(version)) for version in shown]
    contents = [one.snapshot for pair in pairs for one in pair if one is not None]
    names = Names().learn(model, contents)
    told = []
    for version, before in pairs:
        fields = compare(model, before.snapshot if before else {}, version.snapshot, names=names)
        told.append(Entry(version, fields, before.status if before else ""))
    return told


def version_before(version):
    """Return the version that ``version`` was made from; a revision begins from the public record."""
    earlier = Version.objects.filter(
        content_type=version.content_type_id, object_id=version.object_id, pk__lt=version.pk
    ).order_by("-pk")
    if version.of_revision and version.change.action != version.change.Action.REVISE:
        return earlier.filter(of_revision=True).first()
    return earlier.filter(of_revision=False).first()


class PublicEntry(NamedTuple):
    """A published version: the day the public saw it, what changed since the one before, whether it is the first."""

    number: int
    day: object
    fields: list
    is_first: bool


def public_entries(record):
    """Return what the public saw change in a record, the newest first: dates and contents, no names, no drafts."""
    model = type(record)._meta.concrete_model
    published = Version.objects.filter(
        content_type=ContentType.objects.get_for_model(model),
        object_id=record.pk,
        of_revision=False,
        status=Status.PUBLISHED,
    )
    published = list(published.select_related("change").order_by("pk"))
    names = Names(public_only=True).learn(model, [version.snapshot for version in published])
    told, before = [], None
    for version in published:
        day = parse_date(version.beside.get("updated_on", "")) or version.change.at.date()
        if before is None:
            first = parse_date(version.beside.get("published_on", "")) or day
            told.append(PublicEntry(1, first, [], True))
        elif fields := compare(model, before.snapshot, version.snapshot, public_only=True, names=names):
            told.append(PublicEntry(len(told) + 1, day, fields, False))
        before = version
    return told[::-1]
