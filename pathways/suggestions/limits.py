"""How much can be sent: so much from one address, and so much altogether, without anybody being remembered for long."""

import hashlib
import hmac
import ipaddress
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from pathways.accounts.clients import client_address

from .models import Sending

# The rows that count are kept for a day, whatever the limit; so many are taken in it from all addresses together.
KEPT = timedelta(days=1)
MOST_ALTOGETHER = 500


def sender_of(request):
    """Return what stands for where a request comes from: not to be traced back, and another one tomorrow."""
    address = client_address(request) or "unknown"
    if ":" in address:
        # Whoever has one address of IPv6 has a whole network of them.
        address = str(ipaddress.ip_network(f"{address}/64", strict=False))
    text = f"sender:{timezone.localdate()}:{address}"
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def wait(request):
    """Return the seconds until this sender may send again; 0 where it may now."""
    now = timezone.now()
    Sending.objects.filter(at__lt=now - KEPT).delete()
    if Sending.objects.count() >= MOST_ALTOGETHER:
        return 3600
    if settings.SUGGESTION_LIMIT is None:
        return 0
    most, seconds = settings.SUGGESTION_LIMIT
    since = now - timedelta(seconds=seconds)
    sent = Sending.objects.filter(sender=sender_of(request), at__gt=since).order_by("-at").values_list("at", flat=True)
    times = list(sent[:most])
    if len(times) < most:
        return 0
    return max(1, int((times[-1] - since).total_seconds()) + 1)


def count(request):
    """Count one sending."""
    Sending.objects.create(sender=sender_of(request))
