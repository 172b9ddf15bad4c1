"""What happened with accounts: who logged in, who was kept out, who was given or lost a right, who took data away."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Kept(Exception):
    """An attempt to change or delete what only grows."""


class EventQuerySet(models.QuerySet):
    def update(self, **kwargs):
        raise Kept("The audit log is not changed.")

    def delete(self):
        raise Kept("The audit log is not shortened.")

    def forget_addresses(self, before):
        """Take out where people were in entries older than ``before``; the entries stay. Return how many it was."""
        return models.QuerySet.update(self.filter(at__lt=before, address__isnull=False), address=None)


class Event(models.Model):
    """One entry of the audit log. Entries are added and never changed; they outlive the account they tell of."""

    class Kind(models.TextChoices):
        LOGIN = "login", _("logged in")
        FAILURE = "failure", _("failed to log in")
        LOCKOUT = "lockout", _("was locked out")
        LOGOUT = "logout", _("logged out")
        VERIFIED = "verified", _("gave the second factor")
        RECOVERED = "recovered", _("used a recovery code")
        UNVERIFIED = "unverified", _("gave a wrong second factor")
        ENROLLED = "enrolled", _("set up a second factor")
        CODES = "codes", _("made new recovery codes")
        RESET = "reset", _("reset a second factor")
        PASSWORD = "password", _("changed a password")
        ACCOUNT = "account", _("changed an account")
        RIGHTS = "rights", _("changed rights")
        EXPORT = "export", _("took data away")

    at = models.DateTimeField(_("when"), auto_now_add=True, db_index=True)
    kind = models.CharField(_("what"), max_length=12, choices=Kind)
    # Neither goes when the account does.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="+",
    )
    username = models.CharField(_("who"), max_length=150, blank=True, help_text=_("The name at the time."))
    subject = models.CharField(_("whom or what"), max_length=300, blank=True)
    detail = models.TextField(_("details"), blank=True)
    address = models.GenericIPAddressField(_("from where"), null=True, unpack_ipv4=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry of the audit log")
        verbose_name_plural = _("audit log")
        ordering = ("-pk",)

    def __str__(self):
        return f"{self.username} {self.get_kind_display()}"

    def save(self, *args, **kwargs):
        if self.pk is not None:
            raise Kept("The audit log is not changed.")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise Kept("The audit log is not shortened.")
