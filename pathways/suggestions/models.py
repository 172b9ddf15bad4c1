"""What readers suggest: kept apart from the knowledge base until a curator has decided on it."""

import hashlib
import hmac

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pathways.curation.models import Change
from pathways.curation.workflow import versions_of


class SuggestionQuerySet(models.QuerySet):
    def waiting(self):
        """Return the suggestions that nobody has decided on."""
        return self.filter(state=Suggestion.State.WAITING)

    def get_by_key(self, key):
        """Return the suggestion that the private address with ``key`` leads to."""
        return self.get(key_hash=hashed(key))


class Suggestion(models.Model):
    """A practice that a reader suggests, or an error in a record. Nothing of it is public."""

    class Kind(models.TextChoices):
        PRACTICE = "practice", _("a practice")
        ERROR = "error", _("an error in a record")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        TAKEN_UP = "taken-up", _("taken up")
        DECLINED = "declined", _("declined")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    title = models.CharField(_("about"), max_length=300)
    content = models.JSONField(_("what was sent"), help_text=_("Each field of the form by its name."))
    contact = models.CharField(_("how to reach the sender"), max_length=200, blank=True)
    sent_at = models.DateTimeField(_("sent"), auto_now_add=True)
    # One sending of a form, however often its button was pressed; and what tells its private address, which only the
    # sender has.
    form_id = models.CharField(max_length=40, unique=True, editable=False)
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    # The record that an error is reported on.
    subject_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, null=True, related_name="+")
    subject_id = models.PositiveBigIntegerField(null=True)
    subject = GenericForeignKey("subject_type", "subject_id")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING, db_index=True)
    decided_at = models.DateTimeField(_("decided"), null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    reason = models.TextField(_("reason"), blank=True)
    # The record that was made of it, or is corrected because of it.
    made_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, null=True, related_name="+")
    made_id = models.PositiveBigIntegerField(null=True)
    made = GenericForeignKey("made_type", "made_id")

    objects = SuggestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("suggestion")
        verbose_name_plural = _("suggestions")
        ordering = ("sent_at", "pk")

    def __str__(self):
        return self.title

    @property
    def is_waiting(self):
        return self.state == self.State.WAITING

    @property
    def is_public(self):
        """Whether what came of it can be read by everybody."""
        if self.state != self.State.TAKEN_UP or self.made is None or not self.made.is_public:
            return False
        published = versions_of(self.made).filter(change__action=Change.Action.PUBLISH)
        return published.filter(change__at__gt=self.decided_at).exists()


def key_of(form_id):
    """Return what the private address of a form's suggestion is known by: nobody can guess it, or look it up here."""
    return hmac.new(settings.SECRET_KEY.encode(), f"suggestion:{form_id}".encode(), hashlib.sha256).hexdigest()[:40]


def hashed(key):
    return hashlib.sha256(key.encode()).hexdigest()


def private_address(form_id):
    """Return the path at which the sender of a form sees what became of it."""
    return reverse("suggestions:state", args=[key_of(form_id)])


class Sending(models.Model):
    """That someone sent a suggestion: who is not known, and the row goes within a day."""

    sender = models.CharField(max_length=64)
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        indexes = (models.Index(fields=["sender", "at"], name="suggestions_sending_sender"),)

    def __str__(self):
        return f"{self.at}"
