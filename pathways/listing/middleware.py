"""The version of the data as the validator of every public page and format, and pages kept for as long as it stands."""

import hashlib

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpResponseNotModified
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.http import parse_etags
from django.utils.translation import get_language

import pathways
from pathways.counters import cache_asked
from pathways.curation.models import DataVersion

from .pages import KeptPages

# What does not come from the curated data, or is not the same for everybody.
LEFT_OUT = ("/admin/", "/static/", "/healthz", "/readyz", "/metrics")
STARTED = timezone.now().isoformat()

kept_pages = KeptPages(settings.PAGE_CACHE_MIB * 1024 * 1024)


def is_for_everyone(request):
    """Whether a request only reads, and is answered the same whoever sends it: it is nobody's who is signed in."""
    return (
        request.method in {"GET", "HEAD"}
        and not request.path.startswith(LEFT_OUT)
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
    )


class DataVersionMiddleware:
    """Answers 304 to who has the page already, and with the page as it is kept, before any of it is made.

    The validator is made of the release, the version of the data, the day, the language and the full address, so that
    nothing stale is confirmed or shown. It is for anonymous requests only; a run on one's own machine counts each start
    as a release, so that templates can be worked on. Where the database does not answer, a page that is kept is shown
    all the same, and says of when it is.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        shown = (settings.SITE_NAME, settings.SITE_URL, settings.DATA_LICENCE, settings.DATA_LICENCE_URL)
        start = STARTED if settings.LOCAL or settings.DEBUG else ""
        self.release = (pathways.__version__, start, *shown)

    def __call__(self, request):
        if not is_for_everyone(request):
            return self.get_response(request)
        query = request.META.get("QUERY_STRING", "")
        address = (get_language(), request.scheme, request.get_host(), request.path, query)
        page = kept_pages.get(address)
        try:
            with DataVersion.hold() as version:
                response = self.validated(request, address, page, self.etag(address, version))
        except DatabaseError:
            response = None
        if page and (response is None or response.status_code == 503):
            return page.answer_as_of_then()
        # Without a version there are still pages that need no data; the others say for themselves what is wrong.
        return response or self.get_response(request)

    def validated(self, request, address, page, etag):
        if etag in parse_etags(request.META.get("HTTP_IF_NONE_MATCH", "")):
            response = HttpResponseNotModified(headers={"ETag": etag, "Cache-Control": "no-cache"})
            if not request.path.endswith("/"):
                # Scripts of other sites may read files, and so also that one has not changed.
                response["Access-Control-Allow-Origin"] = "*"
            return response
        if page and page.etag == etag:
            cache_asked("pages", hits=1)
            return page.answer()
        response = self.get_response(request)
        # What is made for one reader alone says itself that nobody keeps it.
        if response.status_code == 200 and "no-store" not in response.get("Cache-Control", ""):
            response["ETag"] = etag
            patch_cache_control(response, no_cache=True)
            if request.method == "GET" and kept_pages.keep(address, response):
                cache_asked("pages", misses=1)
        return response

    def etag(self, address, version):
        parts = (*self.release, str(version), str(timezone.localdate()), *address)
        digest = hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()
        return f'W/"{digest[:32]}"'
