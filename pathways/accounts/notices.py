"""Letters to those whose turn it is: what waits for a review, and what came back. Only where e-mail is set up."""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models.signals import post_save
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from pathways.curation.models import Change
from pathways.curation.workflow import REVIEW, unpublished_versions

# Where permissions are asked for.
BACKEND = "django.contrib.auth.backends.ModelBackend"
# One letter names no more records than this.
MOST = 50


def connect():
    """Listen for steps of the workflow."""
    post_save.connect(step_taken, sender=Change)


def step_taken(sender, instance, created, raw=False, **kwargs):
    """Once a step is really taken, tell those who wait for it; a letter that cannot be sent stops nothing."""
    if created and not raw and settings.EMAIL_NOTICES and instance.action in TOLD:
        transaction.on_commit(lambda: send(instance.pk), robust=True)


def reviewers(change, records):
    """Return the accounts that can review, but for who submitted."""
    return get_user_model().objects.with_perm(REVIEW, backend=BACKEND).exclude(pk=change.actor_id)


def writers(change, records):
    """Return the accounts that wrote what was returned, but for who returned it."""
    ids = {pk for record in records for pk in unpublished_versions(record).values_list("change__actor", flat=True)}
    return get_user_model().objects.filter(pk__in=ids - {None, change.actor_id})


# What is told of, to whom, and with which words.
TOLD = {
    Change.Action.SUBMIT: (reviewers, "accounts/mail_waiting.txt", lambda: _("Waiting for your review: %s")),
    Change.Action.RETURN: (writers, "accounts/mail_returned.txt", lambda: _("Returned to you: %s")),
}


def send(pk):
    """Send the letters about a change, each to one person; nobody sees who else got one."""
    change = Change.objects.select_related("actor").get(pk=pk)
    versions = change.versions.select_related("content_type")[:MOST]
    found = [(version, record_of(version)) for version in versions]
    records = [record for _version, record in found if record is not None]
    if not records:
        return
    whom, template, subject = TOLD[change.action]
    addresses = whom(change, records).filter(is_active=True).exclude(email="").values_list("email", flat=True)
    context = {
        "change": change,
        "SITE_NAME": settings.SITE_NAME,
        "records": [(record, settings.SITE_URL + admin_address(record)) for record in records],
        "more": max(0, change.versions.count() - MOST),
    }
    body = render_to_string(template, context)
    # A title may hold line breaks; a subject may not.
    title = " ".join((subject() % records[0]).split())[:150]
    letters = [EmailMessage(title, body, to=[address]) for address in addresses.distinct()]
    get_connection().send_messages(letters)


def record_of(version):
    """Return the row that a version is of: the revision, or the record itself; None if it is gone."""
    model = version.content_type.model_class()
    lookup = {"revises_id": version.object_id} if version.of_revision else {"pk": version.object_id}
    return model._base_manager.filter(**lookup).first()


def admin_address(record):
    opts = record._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[record.pk])
