"""What staff curate: records that are published, terms that records refer to, the rows both own, and their history."""

import re
import secrets
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC
from functools import lru_cache
from typing import ClassVar

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import connections, models, router
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from pathways.folding import fold


def lines(text):
    """Return the lines of ``text`` that say something; several values are kept one to a line."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def unify_line_ends(row):
    """Keep texts as files have them: browsers send a carriage return with each new line."""
    for field in row._meta.concrete_fields:
        if isinstance(field, models.TextField):
            setattr(row, field.name, re.sub(r"\r\n?", "\n", getattr(row, field.name)))


class Curated(models.Model):
    """A row that staff curate, with the rows it owns: the unit of history, of fixtures and of loading.

    ``beside`` names the fields that stand beside its content (its address, status and dates), ``owned`` the reverse
    relations of its rows, an owner before what it owns, ``derived`` what is computed from the content, ``key_field``
    the natural key, and ``fixture`` the file of the fixtures that holds it.
    """

    key_field: ClassVar[str] = "slug"
    fixture: ClassVar[str]
    beside: ClassVar[tuple[str, ...]] = ()
    owned: ClassVar[tuple[str, ...]] = ()
    derived: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True

    def natural_key(self):
        return (getattr(self, self.key_field),)

    def derive(self):
        """Compute the derived columns from the content."""

    def save(self, *args, **kwargs):
        unify_line_ends(self)
        self.derive()
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], *self.derived}
        super().save(*args, **kwargs)


class TermQuerySet(models.QuerySet):
    def published(self):
        """Return the terms that something published refers to: a term has no status of its own."""
        used = Q()
        for relation in self.model._meta.related_objects:
            model, path = relation.related_model, ""
            if issubclass(model, Owned):
                path = f"{model.owner}__"
                model = model._meta.get_field(model.owner).related_model
            if issubclass(model, Record):
                referring = relation.related_model._default_manager.filter(
                    **{f"{path}status": Status.PUBLISHED, f"{path}revises": None}
                )
                field = relation.field.name
                used |= Q(pk__in=referring.filter(**{f"{field}__isnull": False}).values(field))
        return self.filter(used)

    def get_by_natural_key(self, key):
        return self.get(**{self.model.key_field: key})


class Term(Curated):
    """An entry of the vocabulary, or a document: found by its key, public when a published record refers to it."""

    fixture = "vocabulary"

    objects = TermQuerySet.as_manager()

    class Meta:
        abstract = True


class Status(models.TextChoices):
    DRAFT = "draft", _("draft")
    IN_REVIEW = "in-review", _("in review")
    PUBLISHED = "published", _("published")
    ARCHIVED = "archived", _("archived")


class RecordQuerySet(models.QuerySet):
    def originals(self):
        """Leave out the revisions, which stand beside the record they revise until they are published."""
        return self.filter(revises=None)

    def published(self):
        """Return what the public may see: the one publication rule, for every page and format."""
        return self.originals().filter(status=Status.PUBLISHED)

    def incomplete(self):
        """Return the records that lack something before they can be published."""
        return self.filter(self.model.lacking())

    def get_by_natural_key(self, slug):
        """Return the record that stands under ``slug`` now, else the one that once did."""
        try:
            return self.originals().get(slug=slug)
        except self.model.DoesNotExist:
            for record in self.originals().filter(former_slugs__contains=slug):
                if slug in lines(record.former_slugs):
                    return record
            raise


class Record(Curated):
    """A practice, an outcome or a meeting: the root row, its many-to-many values and the rows it owns, together.

    ``needed`` names the relations that ``missing`` looks at, for whoever asks many records.
    """

    beside = (
        "slug",
        "status",
        "published_on",
        "updated_on",
        "reviewed_on",
        "review_due_on",
        "first_slug",
        "former_slugs",
        "replaced_by",
    )
    derived = ("title_key",)
    needed: ClassVar[tuple[str, ...]] = ()

    slug = models.SlugField(
        _("address"),
        max_length=80,
        help_text=_("The last part of the record's address. Once published it stays: others link to it and cite it."),
    )
    status = models.CharField(
        pgettext_lazy("of a record", "status"),
        max_length=12,
        choices=Status,
        default=Status.DRAFT,
        db_index=True,
        help_text=_("Only published records are public, on every page and in every format."),
    )
    revises = models.OneToOneField(
        "self",
        verbose_name=_("revises"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="revision",
        limit_choices_to={"revises": None},
        help_text=_("The published record that this draft will replace when it is published."),
    )
    published_on = models.DateField(
        _("published on"), null=True, blank=True, help_text=_("The day it first became public.")
    )
    updated_on = models.DateField(
        _("updated on"), null=True, blank=True, help_text=_("The day the public last saw a change of it.")
    )
    reviewed_on = models.DateField(
        _("reviewed on"), null=True, blank=True, help_text=_("The day someone last held it against its sources.")
    )
    review_due_on = models.DateField(
        _("review due on"), null=True, blank=True, help_text=_("The day by which someone should do so again.")
    )
    first_slug = models.SlugField(
        _("first address"),
        max_length=80,
        blank=True,
        help_text=_("The address it was first published under, if it has another now. Feeds keep it as identifier."),
    )
    former_slugs = models.TextField(
        _("former addresses"), blank=True, help_text=_("Addresses it once had, one a line. They lead here for ever.")
    )
    replaced_by = models.ForeignKey(
        "self",
        verbose_name=_("replaced by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replaces",
        limit_choices_to={"revises": None},
        help_text=_("Where an archived record's readers should look instead."),
    )
    title_key = models.CharField(max_length=400, editable=False, db_index=True, default="")

    objects = RecordQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["slug"],
                condition=Q(revises=None),
                name="%(app_label)s_%(class)s_slug_is_unique",
                violation_error_message=_("Another record has this address."),
            ),
            models.CheckConstraint(
                condition=Q(revises=None) | ~Q(status=Status.PUBLISHED),
                name="%(app_label)s_%(class)s_revision_is_not_published",
                violation_error_message=_("A revision is published by taking its record's place."),
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.PUBLISHED) | Q(published_on__isnull=False, updated_on__isnull=False),
                name="%(app_label)s_%(class)s_published_has_dates",
                violation_error_message=_("A published record says since when, and when it last changed."),
            ),
        ]

    @property
    def is_public(self):
        return self.status == Status.PUBLISHED and self.revises_id is None

    @property
    def merged_into(self):
        """The public record that this one was merged into, which has taken over its address; None if it was not."""
        other, passed = self, set()
        while other.status == Status.ARCHIVED and other.replaced_by_id and other.pk not in passed:
            passed.add(other.pk)
            other = other.replaced_by
        return other if other.is_public and self.slug in lines(other.former_slugs) else None

    def missing(self):
        """Yield (field, what to do) for all that a curator must still give before it can be published."""
        return iter(())

    @classmethod
    def lacking(cls):
        """Return the condition under which ``missing`` yields something, for lists of many records."""
        return Q(pk__in=[])

    @property
    def names(self):
        """All that it is called by, the title first."""
        return [self.title]

    @property
    def lasting_slug(self):
        """The address it was first published under: identifiers of it that others keep are made from this one."""
        return self.first_slug or self.slug

    def derive(self):
        self.title_key = fold(self.title)[:400]

    def validate_unique(self, exclude=None):
        super().validate_unique(exclude=exclude)
        others = type(self)._base_manager.filter(revises=None).exclude(pk__in=[self.pk or 0, self.revises_id or 0])
        once = others.filter(Q(former_slugs__contains=self.slug) | Q(first_slug=self.slug))
        if any(self.slug in {*lines(other.former_slugs), other.first_slug} for other in once):
            raise ValidationError({"slug": _("Another record once had this address: it leads there for ever.")})

    def validate_constraints(self, exclude=None):
        # A form leaves out what it does not show, and Django then any rule that mentions it: also that of the address.
        super().validate_constraints(exclude=set(exclude or ()) - {"revises"})

    def save(self, *args, **kwargs):
        if self.status == Status.PUBLISHED:
            today = timezone.localdate()
            self.published_on = self.published_on or today
            self.updated_on = self.updated_on or today
        super().save(*args, **kwargs)


class OwnedManager(models.Manager):
    def get_by_natural_key(self, owner, *parts):
        field = self.model._meta.get_field(self.model.owner)
        lookup = {self.model.owner: field.related_model._default_manager.get_by_natural_key(owner)}
        for name, part in zip(self.model.key, parts, strict=True):
            part_field = self.model._meta.get_field(name)
            if not part_field.is_relation:
                lookup[name] = part
            elif part is None:
                lookup[f"{name}__isnull"] = True
            elif self.model.is_relative(part_field):
                lookup[name] = part_field.related_model.objects.get_by_natural_key(owner, part)
            else:
                lookup[name] = part_field.related_model._default_manager.get_by_natural_key(part)
        return self.get(**lookup)


class Owned(models.Model):
    """A row that a record or a document owns.

    ``owner`` names the foreign key to what owns it, ``key`` the fields that tell it from its owner's other rows. A
    ``position``, where there is one, only orders.
    """

    owner: ClassVar[str]
    key: ClassVar[tuple[str, ...]]

    objects = OwnedManager()

    class Meta:
        abstract = True

    @classmethod
    def is_relative(cls, field):
        """Whether ``field`` refers to another row of the same owner: such a reference is kept without the owner."""
        other = field.related_model
        return (
            other is not None
            and issubclass(other, Owned)
            and other._meta.get_field(other.owner).related_model is cls._meta.get_field(cls.owner).related_model
        )

    def save(self, *args, **kwargs):
        unify_line_ends(self)
        super().save(*args, **kwargs)

    def key_parts(self):
        """Return the values of the key, those of a reference by the last part of its natural key."""
        for name in self.key:
            value = getattr(self, name)
            yield value.natural_key()[-1] if isinstance(value, models.Model) else value

    def natural_key(self):
        return (*getattr(self, self.owner).natural_key(), *self.key_parts())

    def __str__(self):
        return " / ".join(str(part) for part in self.key_parts() if part)


class Change(models.Model):
    """One write, through whichever door it came: who, when, what for, and which state of the data it made."""

    class Action(models.TextChoices):
        LOAD = "load", _("loaded from fixtures")
        ADD = "add", _("added")
        EDIT = "edit", _("edited")
        REMOVE = "remove", _("removed")
        SUBMIT = "submit", _("submitted for review")
        RETURN = "return", _("returned")
        PUBLISH = "publish", _("published")
        ARCHIVE = "archive", _("archived")
        REINSTATE = "reinstate", _("published again")
        REVISE = "revise", _("began a revision")
        DISCARD = "discard", _("discarded a revision")
        RESTORE = "restore", _("restored an earlier version")
        IMPORT = "import", _("imported")
        MERGE = "merge", _("merged two records")
        UNDO = "undo", _("undid a change")

    at = models.DateTimeField(_("when"), auto_now_add=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("who"), on_delete=models.SET_NULL, null=True, blank=True
    )
    action = models.CharField(_("action"), max_length=12, choices=Action)
    note = models.TextField(_("note"), blank=True)
    data_version = models.PositiveBigIntegerField(_("data version"))

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        ordering = ("-pk",)
        # What a step of the workflow asks for, whatever kind of record it is of.
        permissions = (
            ("submit_record", _("Can submit records for review")),
            ("review_record", _("Can return and publish records")),
            ("remove_record", _("Can remove records for good")),
        )

    def __str__(self):
        return f"{self.pk} {self.get_action_display()}"


class Version(models.Model):
    """A record or term as one change left it: its content, what stands beside it, and its status.

    The versions of a revision belong to the record that it revises: ``object_id`` is that record's.
    """

    change = models.ForeignKey(Change, verbose_name=_("change"), on_delete=models.CASCADE, related_name="versions")
    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    subject = GenericForeignKey()
    key = models.CharField(_("address"), max_length=120)
    of_revision = models.BooleanField(_("of a revision"), default=False)
    status = models.CharField(_("status"), max_length=12, blank=True, help_text=_("Empty for a term; or 'removed'."))
    beside = models.JSONField(_("beside the content"))
    snapshot = models.JSONField(_("content"))

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        ordering = ("-pk",)
        indexes = (models.Index(fields=["content_type", "object_id", "-id"], name="curation_version_newest"),)
        constraints = (
            models.UniqueConstraint(
                fields=["change", "content_type", "object_id", "of_revision"], name="curation_version_once"
            ),
        )

    def __str__(self):
        return f"{self.key} {self.change_id}"


class Opening(models.Model):
    """Who has the page of a record open in the admin, and when that page last said so."""

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="openings")
    opened_at = models.DateTimeField(_("opened"), default=timezone.now)
    seen_at = models.DateTimeField(_("last seen"), default=timezone.now)

    class Meta:
        verbose_name = _("open page")
        verbose_name_plural = _("open pages")
        ordering = ("opened_at",)
        constraints = (
            models.UniqueConstraint(fields=["content_type", "object_id", "user"], name="curation_opening_once"),
        )

    def __str__(self):
        return f"{self.user} {self.opened_at:%H:%M}"


# The data version that a request answers from, while it is answered.
held = ContextVar("held data version", default=None)


class DataVersion(models.Model):
    """The state of the data that the public sees: one row, a number that only grows, within an epoch."""

    number = models.PositiveBigIntegerField(default=0)
    epoch = models.CharField(max_length=16)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(pk=1), name="curation_dataversion_one_row"),)

    def __str__(self):
        return f"{self.epoch}.{self.number}"

    @classmethod
    def current(cls):
        """Return the data version as it stands, without locking it, or the one that is held."""
        return held.get() or next(cls.rows(), None) or cls(pk=1, epoch="", changed_at=timezone.now())

    @classmethod
    def rows(cls):
        """Yield the one row there is. Every request asks, and what is done around a query would take the longest."""
        with connections[router.db_for_read(cls)].cursor() as cursor:
            cursor.execute(f"SELECT id, number, epoch, changed_at FROM {cls._meta.db_table}")  # noqa: S608 -- our own table
            rows = cursor.fetchall()
        for row in rows:
            yield cls.read(*row)

    @classmethod
    @lru_cache(maxsize=2)
    def read(cls, pk, number, epoch, changed_at):
        """Return the row of these values: the same object, for as long as they do not change. Nobody writes to it."""
        # SQLite keeps no time zone; Django has it keep UTC.
        at = changed_at if timezone.is_aware(changed_at) else changed_at.replace(tzinfo=UTC)
        return cls(pk, number, epoch, at)

    @classmethod
    @contextmanager
    def hold(cls, version=None):
        """Read the data version once, unless it is given, for everything within that asks for it, and give it."""
        token = held.set(version or cls.current())
        try:
            yield held.get()
        finally:
            held.reset(token)

    @classmethod
    def advance(cls, *, new_epoch=False):
        """Count one change the public can see, within its transaction, and return the number it made.

        The row stays locked until the transaction ends, so that numbers are committed in their order.
        """
        first = {"epoch": secrets.token_hex(8)}
        row, created = cls.objects.select_for_update().get_or_create(pk=1, defaults=first)
        row.number += 1
        if new_epoch and not created:
            row.epoch = secrets.token_hex(8)
        row.save()
        return row.number


# Kept in a package of their own; Django looks for models here.
from .importing.models import ImportRow, ImportRun  # noqa: E402, F401
