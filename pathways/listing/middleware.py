"""The version of the data as the validator of every public page and format."""

import hashlib

from django.conf import settings
from django.http import HttpResponseNotModified
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.http import parse_etags
from django.utils.translation import get_language

import pathways
from pathways.curation.models import DataVersion

# What does not come from the curated data, or is not the same for everybody.
LEFT_OUT = ("/admin/", "/static/", "/healthz")
STARTED = timezone.now().isoformat()


def is_for_everyone(request):
    """Whether a request only reads, and is answered the same whoever sends it: it is nobody's who is signed in."""
    return (
        request.method in {"GET", "HEAD"}
        and not request.path.startswith(LEFT_OUT)
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
    )


class DataVersionMiddleware:
    """Answers 304 to who has the page already, before any of it is made.

    The validator is made of the release, the version of the data, the day, the language and the full address, so that
    nothing stale is confirmed. It is for anonymous requests only; a run on one's own machine counts each start as a
    release, so that templates can be worked on.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        shown = (settings.SITE_NAME, settings.SITE_URL, settings.DATA_LICENCE, settings.DATA_LICENCE_URL)
        start = STARTED if settings.LOCAL or settings.DEBUG else ""
        self.release = (pathways.__version__, start, *shown)

    def __call__(self, request):
        if not is_for_everyone(request):
            return self.get_response(request)
        with DataVersion.hold() as version:
            return self.validated(request, version)

    def validated(self, request, version):
        etag = self.etag(request, version)
        if etag in parse_etags(request.headers.get("If-None-Match", "")):
            response = HttpResponseNotModified()
        else:
            response = self.get_response(request)
        # What is made for one reader alone says itself that nobody keeps it.
        kept = "no-store" not in response.get("Cache-Control", "")
        if response.status_code in {200, 304} and kept:
            response["ETag"] = etag
            patch_cache_control(response, no_cache=True)
        if response.status_code == 304 and not request.path.endswith("/"):
            # Scripts of other sites may read files, and so also that one has not changed.
            response["Access-Control-Allow-Origin"] = "*"
        return response

    def etag(self, request, version):
        parts = (*self.release, str(version), str(timezone.localdate()), get_language(), request.build_absolute_uri())
        digest = hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()
        return f'W/"{digest[:32]}"'
