"""What is answered when the database or the disk fails, or a login has ended, and how what was sent is not lost."""

import sys
from contextlib import suppress
from http import HTTPStatus
from itertools import chain
from pathlib import PurePosixPath

from django.conf import settings
from django.db import connections
from django.http import FileResponse, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware, get_token
from django.template.loader import get_template
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import csrf

from pathways.api import problems
from pathways.listing.views import problem_document
from pathways.outages import RETRY_AFTER, log, outage_of

# So long is a text that is shown to be copied; what is shorter is sent along unseen.
WORTH_SHOWING = 40
NOT_LOGGED_IN = gettext_lazy("You are not logged in any more.")
# So many bytes of a file are made before its status is sent.
BEGUN = 1 << 16
# So many bytes of what is still being sent are taken, so many at a time.
MOST_TAKEN, PART = 1 << 25, 1 << 16


class BeginStreams:
    """Makes the first ``BEGUN`` bytes of a streamed file before its status, so that an outage can still be told by it.

    Most files are whole by then. An outage that comes later cuts the connection, and whoever takes the file notices
    that its end is missing.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if response.streaming and not isinstance(response, FileResponse):
            begun, made, parts = [], 0, iter(response.streaming_content)
            while made < BEGUN and (part := next(parts, None)) is not None:
                begun.append(part)
                made += len(part)
            response.streaming_content = chain(begun, parts)
        return response


def server_error(request):
    """Answer what went wrong while a request was answered (``handler500``): an outage with 503, all else with 500."""
    error = sys.exc_info()[1]
    outage = outage_of(error)
    if outage is None:
        return problems.server_error(request)
    log(outage, error)
    close_connections()
    response = document(outage) if wants_document(request) else page(request, outage)
    take_the_rest(request)
    response["Retry-After"] = str(RETRY_AFTER)
    # It has been told; Django would tell it again at length.
    response._has_been_logged = True
    return response


def close_connections():
    """Have the next request begin with new connections: these may be to what is not there any more."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


def take_the_rest(request):
    """Take what is still being sent, within limits: who sends it reads the answer only afterwards."""
    for handler in request.upload_handlers:
        # The disk may be full of what was uploaded so far.
        if file := getattr(handler, "file", None):
            with suppress(OSError):
                file.close()
    with suppress(OSError):
        for _part in range(MOST_TAKEN // PART):
            if not request.read(PART):
                break


def wants_document(request):
    """Whether a program asked: the API and the files are answered with problem documents, pages with a page."""
    return request.path.startswith(problems.PREFIX) or bool(PurePosixPath(request.path).suffix)


def document(outage):
    detail = f"{outage.label} {_('Ask again later.')}"
    response = problem_document(HTTPStatus.SERVICE_UNAVAILABLE, detail)
    response["Cache-Control"] = "no-store"
    return response


def page(request, outage):
    """Return the page that says so. Nothing is looked up for it, as that may be what fails."""
    sent = what_was_sent(request) if request.method == "POST" and was_sent_from_here(request) else None
    return answer(request, outage.label, sent, _("Leave the page open, wait a moment, and send it again."))


def answer(request, reason, sent=None, advice="", status=HTTPStatus.SERVICE_UNAVAILABLE):
    """Return the page that says why there is no other one, with the form that was ``sent``, to be sent again."""
    context = {
        "SITE_NAME": settings.SITE_NAME,
        "reason": reason,
        "advice": advice,
        "sent": sent,
        "is_post": request.method == "POST",
        "needs_login": status == HTTPStatus.FORBIDDEN,
    }
    if sent:
        context |= {"csrf_token": get_token(request), "address": request.get_full_path()}
    response = HttpResponse(get_template("503.html").render(context), status=status)
    response["Cache-Control"] = "no-store"
    return response


# What was typed


class KeepForms:
    """Gives back what someone typed into the admin whose login has ended meanwhile, to be sent again after another."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.admin = reverse("admin:index")

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        # The token of the form has been looked at before.
        if request.method == "POST" and request.path.startswith(self.admin) and not request.user.is_staff:
            return given_back(request, NOT_LOGGED_IN)
        return None


def csrf_failure(request, reason=""):
    """Answer a form without the right token: a browser that says it is from here sent it before another login."""
    response = None
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
        reason_given = _("You have logged in since this page was opened.") if has_session else NOT_LOGGED_IN
        response = given_back(request, reason_given)
    return response or csrf.csrf_failure(request, reason)


def given_back(request, reason):
    """Return the page with what was typed, or None where that is nothing worth keeping."""
    sent = what_was_sent(request)
    if not sent or not sent["texts"]:
        return None
    advice = _("Log in in another window, then send it again from here.")
    return answer(request, reason, sent, advice, HTTPStatus.FORBIDDEN)


def what_was_sent(request):
    """Return the fields of a form, for it to be sent again; None where there is something that is never repeated."""
    try:
        fields = [
            (name, value) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken" for value in values
        ]
        files = list(request.FILES)
    except OSError:
        return None
    if is_secret(request):
        return None
    return {
        "texts": [field for field in fields if is_worth_showing(field[1])],
        "others": [field for field in fields if not is_worth_showing(field[1])],
        "files": files,
    }


def was_sent_from_here(request):
    """Whether a form came from this site, by the token that its view asks for, and by what browsers say.

    Nobody is given back what another site had them send.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return False
    try:
        view = resolve(request.path_info).func
        return CsrfViewMiddleware(lambda request: None).process_view(request, view, (), {}) is None
    except (Resolver404, OSError):
        return False


def is_secret(request):
    """Whether what was sent holds a password or a code, which are never repeated."""
    secret_pages = (reverse("admin:login"), reverse("accounts:second-factor"))
    return request.path.startswith(secret_pages) or any("password" in name for name in request.POST)


def is_worth_showing(value):
    return len(value) > WORTH_SHOWING or "\n" in value
