"""What is known of people is not kept for longer than the privacy page says: one rule for each kind of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pathways.accounts.models import Event
from pathways.suggestions.models import Sending, Suggestion


class Rule(NamedTuple):
    """What is forgotten, how long after it was last of use, and what does it before a time; it returns how many."""

    what: str
    after: timedelta
    forget: Callable


def contacts(before):
    """Take out how to reach who sent a suggestion on which was decided ``before``; what they suggested stays."""
    return Suggestion.objects.filter(decided_at__lt=before).exclude(contact="").update(contact="")


def sendings(before):
    return Sending.objects.filter(at__lt=before).delete()[0]


def attempts(before):
    """Remove failed attempts to log in: they hold names as they were typed, and addresses."""
    return AccessAttempt.objects.filter(attempt_time__lt=before).delete()[0]


def sessions(before):
    return Session.objects.filter(expire_date__lt=before).delete()[0]


def addresses(before):
    return Event.objects.forget_addresses(before)


RULES = {
    "contacts": Rule(_("how to reach who sent a suggestion, after the decision on it"), timedelta(days=365), contacts),
    "sendings": Rule(_("that a suggestion was sent from somewhere"), timedelta(days=1), sendings),
    "attempts": Rule(_("failed attempts to log in"), timedelta(days=30), attempts),
    "sessions": Rule(_("sessions that have ended"), timedelta(0), sessions),
    "addresses": Rule(_("addresses in the audit log"), timedelta(days=365), addresses),
}


def forget():
    """Yield (Rule, how many there were) for each rule, each in a transaction of its own."""
    now = timezone.now()
    for rule in RULES.values():
        with transaction.atomic():
            yield rule, rule.forget(now - rule.after)
