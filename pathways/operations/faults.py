"""What is answered when the database or the disk fails: that it does, when to come back, and what was sent, unlost."""

import sys
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

from pathways.api import problems
from pathways.listing.views import problem_document
from pathways.outages import RETRY_AFTER, log, outage_of

# So long is a text that is shown to be copied; what is shorter is sent along unseen.
WORTH_SHOWING = 40


class BeginStreams:
    """Makes the first part of a streamed file before its status is sent, so that an outage can still be told by it.

    One that comes later cuts the connection, and whoever takes the file notices that its end is missing.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if response.streaming and not isinstance(response, FileResponse):
            parts = iter(response.streaming_content)
            response.streaming_content = chain([next(parts, b"")], parts)
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
    response["Retry-After"] = str(RETRY_AFTER)
    response["Cache-Control"] = "no-store"
    # It has been told; Django would tell it again at length.
    response._has_been_logged = True
    return response


def close_connections():
    """Have the next request begin with new connections: these may be to what is not there any more."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


def wants_document(request):
    """Whether a program asked: the API and the files are answered with problem documents, pages with a page."""
    return request.path.startswith(problems.PREFIX) or bool(PurePosixPath(request.path).suffix)


def document(outage):
    detail = f"{outage.label} {_('Ask again later.')}"
    return problem_document(HTTPStatus.SERVICE_UNAVAILABLE, detail)


def page(request, outage):
    """Return the page that says so. Nothing is looked up for it, as that may be what fails."""
    sent = what_was_sent(request) if request.method == "POST" else None
    context = {"outage": outage, "SITE_NAME": settings.SITE_NAME, "sent": sent, "is_post": request.method == "POST"}
    if sent:
        context |= {"csrf_token": get_token(request), "address": request.get_full_path()}
    content = get_template("503.html").render(context)
    return HttpResponse(content, status=HTTPStatus.SERVICE_UNAVAILABLE)


def what_was_sent(request):
    """Return the fields of a form, for it to be sent again by who sent it, or None where that must not be.

    Nobody is given back what another site had them send, and no password or code is ever repeated.
    """
    try:
        view = resolve(request.path_info).func
        if not was_sent_from_here(request, view) or is_secret(request):
            return None
        fields = [
            (name, value) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken" for value in values
        ]
        files = list(request.FILES)
    except (Resolver404, OSError):
        return None
    return {
        "texts": [field for field in fields if is_worth_showing(field[1])],
        "others": [field for field in fields if not is_worth_showing(field[1])],
        "files": files,
    }


def was_sent_from_here(request, view):
    """Whether the form came from a page of this site, by the token that ``view`` asks for, and by what browsers say."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return False
    return CsrfViewMiddleware(lambda request: None).process_view(request, view, (), {}) is None


def is_secret(request):
    secret_pages = (reverse("admin:login"), reverse("accounts:second-factor"))
    return request.path.startswith(secret_pages) or any("password" in name for name in request.POST)


def is_worth_showing(value):
    return len(value) > WORTH_SHOWING or "\n" in value
