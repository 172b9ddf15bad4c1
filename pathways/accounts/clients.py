"""Where a request comes from, behind as many proxies as the setting PROXIES says."""

import ipaddress

from django.conf import settings


def client_address(request):
    """Return the address that a request was sent from, as text, or None where it has none.

    Only what our own proxies wrote is believed: of ``X-Forwarded-For`` as many entries from the right as there are.
    """
    sent_from = request.META.get("REMOTE_ADDR", "")
    proxies = settings.REST_FRAMEWORK["NUM_PROXIES"]
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    if proxies and forwarded:
        sent_from = forwarded[-min(proxies, len(forwarded))]
    try:
        return str(ipaddress.ip_address(sent_from))
    except ValueError:
        return None
