"""Rules of what people curate: records, what they refer to, their addresses, and the files they came from."""

from collections import defaultdict
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import transaction
from django.db.models import F, Q

from meetings.models import Document, Series
from pathways.curation import fixtures
from pathways.curation.changes import curated_models
from pathways.curation.duplicates import columns, named
from pathways.curation.models import Change, Status, lines
from pathways.curation.snapshots import BATCH, breaking_constraints, check, check_fields, owned_models
from pathways.curation.worklist import record_models
from pathways.links.addresses import users_of
from pathways.links.models import LinkCheck
from pathways.vocabulary.models import Organisation, Place
from practices.models import Practice, PracticeRelation

from .rules import Finding, rule


@rule(
    "fields",
    holds="Every row keeps the rules of its fields, as a form would ask of it.",
    mend="Open the record's page and save it: the page says what is wrong.",
)
def fields():
    for model in curated_models():
        for one in (model, *owned_models(model).values()):
            breaking = breaking_constraints(one)
            for row in one._base_manager.order_by("pk").iterator(chunk_size=BATCH):
                try:
                    check(row) if row.pk in breaking else check_fields(row)
                except ValidationError as error:
                    yield Finding("; ".join(fixtures.messages(error)), row)
                except ObjectDoesNotExist:
                    # Another rule tells of it.
                    continue


@rule(
    "complete",
    holds="Every published record has its sources and all else that it needs to be published.",
    mend="Give it on the record's page, or archive the record.",
)
def complete():
    for model in record_models():
        rows = model.objects.published().incomplete().prefetch_related(*model.needed)
        for row in rows.iterator(chunk_size=BATCH):
            for field, what_to_do in row.missing():
                # A broken link has a rule of its own.
                if field != "links":
                    yield Finding(f"{field}: {what_to_do}", row)


@rule(
    "links",
    holds="No address that a record, document or term names has failed for over a week.",
    mend="Mend or remove it on the record's page; manage.py check_links asks again.",
)
def links():
    broken = {one.address: one for one in LinkCheck.objects.broken()}
    for address, users in sorted(users_of(list(broken)).items()):
        for model, pk in users:
            row = model._base_manager.get(pk=pk)
            if getattr(row, "status", None) != Status.ARCHIVED:
                told = broken[address].message or broken[address].status
                yield Finding(f"{address} has failed since {broken[address].failing_since:%Y-%m-%d}: {told}", row)


@rule(
    "duplicates",
    holds="No two practices go by the same name, unless one of them says how they are related.",
    mend="Merge them in the admin, or relate them there as not to be confused with each other.",
)
def duplicates():
    related = {frozenset(pair) for pair in PracticeRelation.objects.values_list("practice", "other")}
    by_name = defaultdict(list)
    for row in Practice.objects.originals().exclude(status=Status.ARCHIVED).only(*columns(Practice)).order_by("pk"):
        for name in {named(name).text for name in row.names} - {""}:
            by_name[name].append(row)
    told = set()
    for rows in by_name.values():
        for other in rows[1:]:
            pair = frozenset((rows[0].pk, other.pk))
            if pair not in related | told:
                told.add(pair)
                yield Finding(f"goes by the same name as {rows[0].slug}", other)


@rule(
    "revisions",
    holds="A revision is of a published record, has its address, and is referred to by nothing.",
    mend="Publish or discard the revision on its page; choose the published record where the revision is referred to.",
)
def revisions():
    for model in record_models():
        wrong = ~Q(slug=F("revises__slug")) | ~Q(revises__revises=None) | ~Q(revises__status=Status.PUBLISHED)
        for row in model._base_manager.filter(wrong, revises__isnull=False):
            yield Finding(f"revises {row.revises.slug}, which is {row.revises.get_status_display()}", row)
        for relation in model._meta.related_objects:
            other, field = relation.related_model, relation.field
            is_own = field.name in {"revises", getattr(other, "owner", "")}
            if not is_own and not field.many_to_many:
                for row in other._base_manager.filter(**{f"{field.name}__revises__isnull": False}):
                    yield Finding(f"{field.name} is a revision", row)


@rule(
    "addresses",
    holds="Every address that a record has or had leads to that record alone, and what replaces a record is public.",
    mend="Correct the addresses, or what replaces it, on the record's page, as an administrator.",
)
def addresses():
    for model in record_models():
        originals = model._base_manager.filter(revises=None)
        # The addresses of a record that was merged into another are the other's now.
        merged = Q(status=Status.ARCHIVED, replaced_by__isnull=False)
        now = dict(originals.exclude(merged).values_list("slug", "pk"))
        once = {}
        for row in originals.exclude(merged).exclude(former_slugs="", first_slug="").order_by("pk"):
            for slug in sorted({*lines(row.former_slugs), row.first_slug} - {"", row.slug}):
                if now.get(slug, row.pk) != row.pk:
                    yield Finding(f"once had the address {slug}, which another record has", row)
                if once.setdefault(slug, row.pk) != row.pk:
                    yield Finding(f"once had the address {slug}, which another record says of itself too", row)
        for row in originals.filter(status=Status.ARCHIVED, replaced_by__isnull=False):
            last, passed = row, set()
            while last.status == Status.ARCHIVED and last.replaced_by_id and last.pk not in passed:
                passed.add(last.pk)
                last = last.replaced_by
            if not last.is_public:
                yield Finding(f"is replaced by {row.replaced_by.slug}, which leads to nothing public", row)


@rule(
    "orphans",
    holds="Every document, organisation, place and series is referred to by a record.",
    mend="Refer to it where it belongs, or remove it on its page.",
)
def orphans():
    for model in (Document, Organisation, Place, Series):
        unused = {f"{relation.name}__isnull": True for relation in model._meta.related_objects}
        for row in model.objects.filter(**unused):
            yield Finding("no record refers to it", row)


@rule(
    "fixtures",
    holds="What came from the fixtures, and nobody has edited since, is what the files of this release say.",
    mend="manage.py load_fixtures; or manage.py dump_fixtures, where the database is right.",
)
def from_fixtures():
    directory = Path(settings.FIXTURE_DIRS[0])
    if not Change.objects.filter(action=Change.Action.LOAD).exists() or not directory.is_dir():
        return
    report = fixtures.Report()
    entries = fixtures.read(directory)
    with transaction.atomic():
        state = {model: fixtures.State(model, entries, lock=False) for model in curated_models()}
        fixtures.compare(entries, state, report)
        fixtures.missing(entries, state, report, prune=False, actor=None)
    for text, told in (
        ("is in the files, not in the database", report.added),
        ("is not what the files say", report.changed),
        ("came from the files and is in them no more", report.missing),
    ):
        for line in told:
            label, key, *more = line.replace(": ", " ", 1).split(" ", 2)
            model = apps.get_model(label)
            # A revision has the address of its record, and is younger.
            row = model._base_manager.filter(**{model.key_field: key}).order_by("pk").first()
            yield Finding(" ".join([key, text, *more]) if row is None else " ".join([text, *more]).strip(), row)
