"""Keeps out who tries one name after another from one address; whoever tries one name is django-axes' affair."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from .clients import client_address
from .models import Event


class OneAddress:
    """Ends a login before any password is looked at, where too many have failed from the same address of late.

    An office shares an address, so this limit is a wide one.
    """

    def authenticate(self, request, **credentials):
        if request is None or (address := client_address(request)) is None:
            return
        since = timezone.now() - settings.AXES_COOLOFF_TIME
        failures = Event.objects.filter(kind=Event.Kind.FAILURE, address=address, at__gt=since)
        if failures.count() >= settings.FAILURES_OF_ONE_ADDRESS:
            # What answers then is the page for who is locked out.
            request.axes_locked_out = True
            raise PermissionDenied
