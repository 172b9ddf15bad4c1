"""Who has the page of a record open, so that the second to open it is told."""

import datetime

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from .models import Opening

# A page says every minute that it is open, where scripts run; one that has kept quiet so long is taken for closed.
EXPIRES = datetime.timedelta(minutes=30)


def here(record, user):
    """Note that ``user`` has the page of ``record`` open; return the others who have, the first to open it first."""
    now = timezone.now()
    openings = openings_of(record)
    if not openings.filter(user=user, seen_at__gt=now - EXPIRES).update(seen_at=now):
        openings.filter(seen_at__lte=now - EXPIRES).delete()
        Opening.objects.update_or_create(
            content_type=ContentType.objects.get_for_model(record),
            object_id=record.pk,
            user=user,
            defaults={"opened_at": now, "seen_at": now},
        )
    return list(openings.exclude(user=user).filter(seen_at__gt=now - EXPIRES).select_related("user"))


def left(record, user):
    """Note that ``user`` has closed the page of ``record``."""
    openings_of(record).filter(user=user).delete()


def openings_of(record):
    return Opening.objects.filter(content_type=ContentType.objects.get_for_model(record), object_id=record.pk)
