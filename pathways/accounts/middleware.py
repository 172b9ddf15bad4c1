"""Between login and work: the second factor, and the audit log's knowledge of who does what."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from . import audit
from .models import Event
from .second_factor import lacks


class SecondFactor:
    """Lets nobody into the admin by a password alone who has a second factor, or has to have one.

    Elsewhere they are what every reader is: a password alone counts for nothing.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        self.admin = reverse("admin:index")
        own = reverse("accounts:second-factor")
        self.open = (own, reverse("admin:login"), reverse("admin:logout"), reverse("admin:jsi18n"))

    def __call__(self, request):
        user = request.user
        if not request.path.startswith(self.admin):
            request.user = SimpleLazyObject(lambda: AnonymousUser() if lacks(user) else user)
        elif not request.path.startswith(self.open) and (view := lacks(user)):
            wanted = request.get_full_path() if request.method == "GET" else self.admin
            return HttpResponseRedirect(f"{reverse(view)}?{urlencode({'next': wanted})}")
        return self.get_response(request)


class Audit:
    """Tells the audit log who does what is done during a request, and which files staff take away."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        with audit.during(request):
            response = self.get_response(request)
            if (
                response.status_code == 200
                and request.method != "HEAD"
                and settings.SESSION_COOKIE_NAME in request.COOKIES
                and response.get("Content-Disposition", "").startswith("attachment")
                and request.user.is_staff
            ):
                audit.write(Event.Kind.EXPORT, subject=request.get_full_path())
        return response
