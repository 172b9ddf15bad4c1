"""Pages and files of the open data."""

from itertools import groupby, islice
from operator import attrgetter

from django.conf import settings
from django.http import FileResponse, Http404, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse

from meetings.exports import MEETINGS, OUTCOMES, PARTICIPANTS
from pathways.curation.models import DataVersion
from pathways.listing.export import licence_address
from pathways.listing.views import ReadOnlyView, file_response, site_address
from practices.exports import PRACTICES

from ..exports import COUNTRIES, COVERAGE_ANSWERS
from .changes import ChangesExport, public_changes
from .database import database
from .package import package, write_table
from .tables import BY_NAME, TABLES

LISTS = (PRACTICES, OUTCOMES, MEETINGS, PARTICIPANTS, COUNTRIES, COVERAGE_ANSWERS)
EXAMPLES = ("filtered_list.py", "corridors.py", "filtered_list.R", "corridors.R")
EXAMPLE_SITE = "http://127.0.0.1:8000"
# Of what changed, the page tells so much; the file has all.
CHANGES_SHOWN = 1000


class Data(ReadOnlyView):
    """What there is to take away, what its columns hold, and what changed in it by day."""

    def get(self, request):
        site = site_address(request)
        changes = list(islice(public_changes(), CHANGES_SHOWN + 1))
        context = {
            "version": DataVersion.current(),
            "lists": LISTS,
            "tables": TABLES,
            "examples": [(name, example(name, site)) for name in EXAMPLES],
            "days": by_day(changes[:CHANGES_SHOWN]),
            "more_changes": len(changes) > CHANGES_SHOWN,
            "changes_shown": CHANGES_SHOWN,
            "changes_path": reverse("site:data-changes", args=["csv"]),
        }
        return render(request, "site/data.html", context)


def by_day(changes):
    """Return (day, [(what, kind, changes)]) of changes that are in the order of their days."""
    days = []
    for day, of_day in groupby(changes, attrgetter("day")):
        alike = sorted(of_day, key=lambda change: (change.what, change.kind, change.title.casefold(), change.key))
        groups = groupby(alike, lambda change: (change.says, change.model))
        days.append((day, [(says, model._meta, found) for (says, model), group in groups for found in [list(group)]]))
    return days


def example(name, site):
    """Return the text of an example, for the site that shows it."""
    return (settings.BASE_DIR / "examples" / name).read_text().replace(EXAMPLE_SITE, site)


class Package(ReadOnlyView):
    def get(self, request):
        descriptor = package(site_address(request))
        response = JsonResponse(descriptor, json_dumps_params={"ensure_ascii": False, "indent": 2})
        return open_to_all(response, site_address(request))


class TableFile(ReadOnlyView):
    """A public table as CSV, streamed."""

    def get(self, request, name):
        if name not in BY_NAME:
            raise Http404
        content = write_table(BY_NAME[name], site_address(request)) if request.method != "HEAD" else ()
        response = StreamingHttpResponse(content, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        response.row_count = BY_NAME[name].queryset().count()
        return open_to_all(response, site_address(request))


class Database(ReadOnlyView):
    """The public tables as an SQLite file."""

    def get(self, request):
        file = open(database(site_address(request)), "rb")  # noqa: SIM115 -- the response closes it
        response = FileResponse(
            file, as_attachment=True, filename="pathways.sqlite", content_type="application/vnd.sqlite3"
        )
        return open_to_all(response, site_address(request))


class Changes(ReadOnlyView):
    def get(self, request, extension):
        return file_response(request, ChangesExport(site_address(request)), extension)


def open_to_all(response, site):
    """Say of a file that any script may read it, under which licence, and which version of the data it holds."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Link"] = f'<{licence_address(site)}>; rel="license"'
    response["Data-Version"] = str(DataVersion.current())
    return response
