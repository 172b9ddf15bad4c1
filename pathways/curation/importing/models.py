"""Imports under way and done: what a file held, row by row, and what is to become of it."""

import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# So long an import is kept, with what came of its rows, whether it was carried out, stopped or left lying.
KEPT = datetime.timedelta(days=30)


class ImportRunQuerySet(models.QuerySet):
    def unfinished(self):
        """Return the imports that were begun and neither carried out nor stopped."""
        return self.filter(state__in=(ImportRun.State.CHECKING, ImportRun.State.CHECKED))

    def outdated(self):
        """Return the imports that are not kept any longer; what they changed stays in the history."""
        return self.filter(started_at__lt=timezone.now() - KEPT)


class ImportRun(models.Model):
    """A file that someone sent, on its way from a dry run to the records that it becomes."""

    class State(models.TextChoices):
        CHECKING = "checking", _("being checked")
        CHECKED = "checked", _("checked, not imported")
        DONE = "done", _("imported")
        STOPPED = "stopped", _("stopped")

    kind = models.CharField(_("kind of record"), max_length=60)
    file_name = models.CharField(_("file"), max_length=120)
    notices = models.JSONField(_("what to know of it"), default=list)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("who"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    started_at = models.DateTimeField(_("when"), auto_now_add=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.CHECKING)
    seconds = models.FloatField(_("seconds that checking took"), default=0)
    change = models.ForeignKey(
        "curation.Change", verbose_name=_("change"), on_delete=models.SET_NULL, null=True, related_name="+"
    )

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        app_label = "curation"
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ("-pk",)

    def __str__(self):
        return self.file_name


class ImportRow(models.Model):
    """A row of a file, with the rows of its other sheets that belong to it, and what came of checking it.

    ``written`` is what the file has; ``key`` the address of the record; ``content`` what it is to become, and
    ``before`` tells whether it is still what the dry run saw. ``problems`` are (address of the cell, message);
    ``differences`` (field, old, new); ``alike`` the records that it may be, as (id, name).
    """

    class Outcome(models.TextChoices):
        NEW = "new", _("new")
        CHANGED = "changed", _("changed")
        UNCHANGED = "unchanged", _("unchanged")
        REFUSED = "refused", _("refused")
        ASKED = "asked", _("to be decided")
        SKIPPED = "skipped", _("left out")

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(_("row"))
    sheet = models.CharField(_("sheet"), max_length=60, blank=True)
    written = models.JSONField()
    key = models.CharField(_("address"), max_length=80)
    name = models.CharField(_("name"), max_length=300, blank=True)
    choice = models.CharField(_("decision"), max_length=20, blank=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, blank=True, db_index=True)
    target = models.PositiveBigIntegerField(null=True)
    before = models.CharField(max_length=64, blank=True)
    content = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    differences = models.JSONField(default=list)
    alike = models.JSONField(default=list)

    class Meta:
        app_label = "curation"
        verbose_name = _("row of an import")
        verbose_name_plural = _("rows of imports")
        ordering = ("pk",)

    def __str__(self):
        return f"{self.number} {self.name or self.key}"

    @property
    def place(self):
        return f"{self.sheet} {self.number}".strip()
