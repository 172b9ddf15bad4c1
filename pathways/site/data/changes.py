"""What the public saw change, by day: which records were added, changed and withdrawn. Never by whom."""

from dataclasses import dataclass
from datetime import date

from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from meetings.models import Meeting, Outcome
from pathways.curation.changes import REMOVED
from pathways.curation.models import Status, Version
from pathways.listing.columns import Column
from pathways.listing.export import Exportable, RowsExport
from pathways.listing.writers.tables import CSV
from practices.models import Practice

# Versions that say that the public sees a record, or no longer does. Those of drafts say nothing.
SEEN = (Status.PUBLISHED, Status.ARCHIVED, REMOVED)
MODELS = (Practice, Outcome, Meeting)
BATCH = 500

ADDED, CHANGED, WITHDRAWN = "added", "changed", "withdrawn"
WORDS = {ADDED: _("Added"), CHANGED: _("Changed"), WITHDRAWN: _("Withdrawn")}


@dataclass(frozen=True)
class PublicChange:
    """What happened to a record on a day. ``title`` and ``address`` are empty where the public sees it no longer."""

    day: date
    what: str
    model: type
    key: str
    data_version: int
    title: str = ""
    address: str = ""

    @property
    def kind(self):
        return self.model._meta.model_name

    @property
    def says(self):
        return WORDS[self.what]


def public_changes():
    """Yield each PublicChange, the newest first; a record changes once a day."""
    models = {ContentType.objects.get_for_model(model).pk: model for model in MODELS}
    versions = Version.objects.filter(content_type__in=models, status__in=SEEN).select_related("change")
    earlier = Version.objects.filter(
        content_type=OuterRef("content_type"), object_id=OuterRef("object_id"), pk__lt=OuterRef("pk"), status__in=SEEN
    )
    versions = versions.annotate(
        before=Subquery(earlier.order_by("-pk").values("pk")[:1]),
        was_public=Exists(earlier.filter(status=Status.PUBLISHED)),
    ).order_by("-pk")
    said, last = set(), None
    while batch := list((versions.filter(pk__lt=last) if last else versions)[:BATCH]):
        last = batch[-1].pk
        before = Version.objects.in_bulk([version.before for version in batch if version.before])
        found = [(version, what_happened(version, before.get(version.before))) for version in batch]
        found = [(version, what) for version, what in found if what]
        public = public_records(models, [version for version, _what in found])
        for version, what in found:
            day = timezone.localdate(version.change.at)
            # Added in the morning and mended at noon is told as the last of the two, once.
            if (day, version.content_type_id, version.object_id) in said:
                continue
            said.add((day, version.content_type_id, version.object_id))
            record = public.get((version.content_type_id, version.object_id))
            yield PublicChange(
                day,
                what,
                models[version.content_type_id],
                record.slug if record else version.key,
                version.change.data_version,
                str(record.title) if record else "",
                record.get_absolute_url() if record else "",
            )


def what_happened(version, before):
    """Return what the public saw happen with ``version``, ``before`` it being the last one that it saw; or None."""
    if version.status != Status.PUBLISHED:
        return WITHDRAWN if before is not None and before.status == Status.PUBLISHED else None
    if not version.was_public:
        return ADDED
    same = (before.status, before.key, before.snapshot) == (version.status, version.key, version.snapshot)
    return None if same else CHANGED


def public_records(models, versions):
    """Return the published records of ``versions`` by the ids of their type and of themselves."""
    found = {}
    for type_id, model in models.items():
        ids = [version.object_id for version in versions if version.content_type_id == type_id]
        for record in model.objects.published().filter(pk__in=ids):
            found[type_id, record.pk] = record
    return found


CHANGES = Exportable(
    name="changes",
    title=_("What changed, by day"),
    page="site:data",
    view="site:data-changes",
    columns=(
        Column("day", _("The day, in UTC."), lambda change: change.day),
        Column("change", _("added, changed or withdrawn."), lambda change: change.what),
        Column("kind", _("practice, outcome or meeting."), lambda change: change.kind),
        Column("id", _("The last part of the record's address."), lambda change: change.key),
        Column("title", _("Its title; empty if it was withdrawn since."), lambda change: change.title),
        Column("data_version", _("Number of the version of the data it made."), lambda change: change.data_version),
        Column("url", _("The permanent address."), lambda change: change.address or None, is_address=True),
    ),
    sizes={CSV: 150},
)


class ChangesExport(RowsExport):
    """All that changed. How much that is, is only known at the end; made by one query, it costs little."""

    row_count = 0

    def __init__(self, site):
        super().__init__(CHANGES, site, None)

    def rows(self):
        return public_changes()
