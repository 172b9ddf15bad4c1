"""What became of the addresses that records, documents and terms name."""

from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# An address that fails for this long is broken; for less, its server may be having a bad day.
PATIENCE = timedelta(days=7)


class LinkCheckQuerySet(models.QuerySet):
    def broken(self):
        """Return the checks of addresses that have failed for over a week."""
        return self.filter(failing_since__lt=timezone.now() - PATIENCE)


class LinkCheck(models.Model):
    """What an address answered when it was last asked, and since when it fails."""

    class State(models.TextChoices):
        FOUND = "found", _("found")
        FAILED = "failed", _("failed")
        CLOSED = "closed", _("closed to robots")
        LATER = "later", _("asked to come later")

    address = models.URLField(_("address"), max_length=500, unique=True)
    state = models.CharField(_("state"), max_length=8, choices=State)
    status = models.PositiveSmallIntegerField(_("answer"), null=True, help_text=_("The number its server answered."))
    message = models.CharField(_("what happened"), max_length=300, blank=True)
    redirected_to = models.CharField(_("leads to"), max_length=2000, blank=True)
    moved_for_good = models.BooleanField(
        _("moved for good"), default=False, help_text=_("Its server says to use the other address from now on.")
    )
    checked_at = models.DateTimeField(_("asked"))
    failing_since = models.DateTimeField(_("fails since"), null=True, db_index=True)
    not_before = models.DateTimeField(_("not to be asked before"), null=True)

    objects = LinkCheckQuerySet.as_manager()

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        ordering = ("failing_since", "address")

    def __str__(self):
        return self.address

    @property
    def is_broken(self):
        return self.failing_since is not None and self.failing_since < timezone.now() - PATIENCE


def broken_among(addresses):
    """Return those of ``addresses`` that are broken, in their order."""
    addresses = list(addresses)
    broken = set(LinkCheck.objects.broken().filter(address__in=addresses).values_list("address", flat=True))
    return [address for address in addresses if address in broken]
