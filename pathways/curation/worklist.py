"""What waits for someone: the tasks on the front page of the admin, each a count and the list that it counts.

Tasks that records have are conditions on a queryset, so that the count and the list are the same question. Other parts
of curation register their own with ``register``.
"""

import datetime
from typing import NamedTuple

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from .models import Change, Record, Status, Version
from .workflow import REVIEW, STEPS, WRITING

# A record whose next review is so near is amber.
SOON = datetime.timedelta(days=60)


class Task(NamedTuple):
    """Something to do: what it is, how many there are, and the address of their list."""

    label: str
    count: int
    address: str


class Work(NamedTuple):
    """A kind of work on records: its name in addresses, what it is called, and what it is in a sentence."""

    name: str
    label: str
    help_text: str


MINE = Work("mine", _("Mine to finish"), _("Drafts and revisions that you wrote in."))
REVIEWS = Work("review", _("Waiting for my review"), _("Submitted, and not written by you alone."))
RETURNED = Work("returned", _("Returned to me"), _("Yours, with a note from the reviewer."))
DUE = Work("due", _("Due for re-verification"), _("Published, to be held against their sources again within 60 days."))
INCOMPLETE = Work("incomplete", _("Incomplete"), _("They lack something before they can be published."))
WORKS = {work.name: work for work in (MINE, REVIEWS, RETURNED, DUE, INCOMPLETE)}


def versions_of_outer(queryset):
    """Return the versions of the record at hand in a query over ``queryset``, those of its revisions among them."""
    return Version.objects.filter(
        content_type=ContentType.objects.get_for_model(queryset.model),
        object_id=Coalesce(OuterRef("revises_id"), OuterRef("pk")),
    ).order_by("-pk")


def work(name, queryset, user):
    """Return the records of ``queryset``, revisions among them, that wait in the work called ``name`` for ``user``."""
    if name == DUE.name:
        return queryset.published().filter(review_due_on__lte=timezone.localdate() + SOON)
    if name == INCOMPLETE.name:
        return queryset.exclude(status=Status.ARCHIVED).incomplete()
    versions = versions_of_outer(queryset)
    published = versions.filter(status=Status.PUBLISHED, change__action=Change.Action.PUBLISH).values("pk")[:1]
    queryset = queryset.annotate(since=Coalesce(Subquery(published), Value(0)))
    written = versions.filter(change__action__in=WRITING, pk__gt=OuterRef("since"))
    mine = written.filter(change__actor=user)
    if name == REVIEWS.name:
        others = written.filter(Q(change__actor=None) | ~Q(change__actor=user))
        return waiting_for_review(queryset, user, mine, others)
    begun = versions.filter(change__action=Change.Action.REVISE, change__actor=user, pk__gt=OuterRef("since"))
    queryset = queryset.filter(Exists(mine) | Q(Exists(begun), revises__isnull=False), status=Status.DRAFT)
    if name == RETURNED.name:
        steps = versions.filter(change__action__in=[*STEPS, Change.Action.REVISE]).values("change__action")[:1]
        queryset = queryset.annotate(last_step=Subquery(steps)).filter(last_step=Change.Action.RETURN)
    return queryset


def waiting_for_review(queryset, user, mine, by_others):
    if not user.has_perm(REVIEW):
        return queryset.none()
    queryset = queryset.filter(status=Status.IN_REVIEW)
    return queryset.filter(~Exists(mine) | Exists(by_others)) if settings.FOUR_EYES else queryset


def with_last_editor(queryset):
    """Add ``last_editor``, the id of who last changed each record or its revision."""
    versions = versions_of_outer(queryset).filter(change__actor__isnull=False)
    return queryset.annotate(last_editor=Subquery(versions.values("change__actor")[:1]))


class Freshness(NamedTuple):
    """How fresh a record is: the colour and its words."""

    name: str
    label: str


GREEN = Freshness("green", _("verified"))
AMBER = Freshness("amber", _("due soon"))
RED = Freshness("red", _("overdue"))
UNSET = Freshness("unset", _("no date set"))
FRESHNESS = {one.name: one for one in (RED, AMBER, GREEN, UNSET)}


def freshness(record):
    """Return how fresh ``record`` is by the day on which it is to be reviewed again."""
    today = timezone.localdate()
    if record.review_due_on is None:
        return UNSET
    if record.review_due_on < today:
        return RED
    return AMBER if record.review_due_on <= today + SOON else GREEN


def fresh(name, queryset):
    """Return the records of ``queryset`` of the freshness called ``name``."""
    today = timezone.localdate()
    conditions = {
        RED.name: Q(review_due_on__lt=today),
        AMBER.name: Q(review_due_on__gte=today, review_due_on__lte=today + SOON),
        GREEN.name: Q(review_due_on__gt=today + SOON),
        UNSET.name: Q(review_due_on=None),
    }
    return queryset.filter(conditions[name])


# The front page

_others = []


def register(tasks):
    """Add to the worklist what ``tasks`` returns: a function of the request that gives Task objects.

    It is asked each time the front page is shown; give nothing for those whom it does not concern. Returns ``tasks``,
    so that it can decorate a function.
    """
    if tasks not in _others:
        _others.append(tasks)
    return tasks


def record_models():
    """Return the models of records, proxies left out, the most asked for first."""
    found = [model for model in apps.get_models() if issubclass(model, Record) and not model._meta.proxy]
    return sorted(found, key=lambda model: (model._meta.app_label != "practices", model._meta.model_name != "outcome"))


def tasks(request):
    """Return (work, its tasks, one for each kind of record) for each kind of work that ``request.user`` may do."""
    models = [model for model in record_models() if may_write(request.user, model)]
    shown = []
    for one in WORKS.values() if models else ():
        if one is REVIEWS and not request.user.has_perm(REVIEW):
            continue
        shown.append((one, [task(one, model, request.user) for model in models]))
    return shown


def may_write(user, model):
    return user.has_perm(f"{model._meta.app_label}.change_{model._meta.model_name}")


def task(one, model, user):
    count = work(one.name, model.objects.all(), user).count()
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return Task(capfirst(model._meta.verbose_name_plural), count, f"{address}?work={one.name}")


def other_tasks(request):
    """Return the tasks that were registered, in their order."""
    return [task for tasks in _others for task in tasks(request)]
