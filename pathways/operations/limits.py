"""How much may be asked of one process: what is too large is refused, and large exports wait for each other."""

import threading

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from pathways.api.problems import PREFIX, plain

from . import metrics

# Bytes of a body: to the admin, where workbooks of up to 20 MiB are sent and some more stands around them; elsewhere,
# where the longest form is that of a suggestion.
MOST_FROM_STAFF = 25 * 2**20
MOST_FROM_READERS = 100_000
# Parameters of an address: nobody chooses so many. Forms of staff have more fields; see the settings.
MOST_PARAMETERS = 1_000
# Digits of what may be a length.
LONGEST_LENGTH = 16
# Rows from which an export is large, and seconds after which one that waits may try again.
LARGE = 2_000
RETRY = 30


class Limits:
    """Refuses what is too large before it is read, and a large export too many with 503 before it is made."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.admin = reverse("admin:index")
        self.exports = threading.BoundedSemaphore(settings.EXPORTS_AT_ONCE)

    def __call__(self, request):
        most = MOST_FROM_STAFF if request.path.startswith(self.admin) else MOST_FROM_READERS
        if declared_length(request) > most:
            metrics.refused("body")
            return refusal(request, 413, _("That is too long."))
        if request.META.get("QUERY_STRING", "").count("&") >= MOST_PARAMETERS:
            metrics.refused("parameters")
            return refusal(request, 400, _("That is too many parameters."))
        response = self.get_response(request)
        if not response.streaming or request.method == "HEAD" or getattr(response, "row_count", 0) < LARGE:
            return response
        if not self.exports.acquire(blocking=False):
            # Its beginning goes with it; nothing else has been made.
            metrics.refused("export")
            refused = refusal(request, 503, _("Others are taking large lists away. Try again in half a minute."))
            refused["Retry-After"] = str(RETRY)
            return refused
        response.streaming_content = Held(response.streaming_content, self.exports)
        return response


class Held:
    """The content of a large export; what it holds of ``exports`` is given back when the response is closed."""

    def __init__(self, content, exports):
        self.content, self.exports = content, exports

    def __iter__(self):
        return iter(self.content)

    def close(self):
        self.exports.release()


def declared_length(request):
    """Return how many bytes a request says that its body has; more than that is never read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdecimal()):
        return 0
    return int(length) if len(length) < LONGEST_LENGTH else MOST_FROM_STAFF + 1


def refusal(request, status, why):
    """Return a refusal in words, as a problem document to scripts."""
    if request.path.startswith(PREFIX) or "." in request.path.rpartition("/")[2]:
        response = plain(status, why)
        response["Access-Control-Allow-Origin"] = "*"
    else:
        response = HttpResponse(why, status=status, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response
