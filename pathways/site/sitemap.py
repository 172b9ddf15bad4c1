"""What search engines are told: every public page with the day it last changed, and where not to look."""

from datetime import UTC
from itertools import islice
from xml.sax.saxutils import escape

from django.contrib.contenttypes.models import ContentType
from django.db.models import Max
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from meetings.models import Document, Meeting, Outcome, Participation
from pathways.curation.models import DataVersion, Status, Version
from pathways.listing.views import site_address
from pathways.vocabulary.models import Country, Organisation, Theme
from practices.models import Citation, Practice, PracticeCountry, PracticeOrganisation, PracticeTheme

from . import corridors

# The protocol's limit on the addresses in one file.
MOST = 50_000
SCHEMA = "http://www.sitemaps.org/schemas/sitemap/0.9"
# Pages that show what there is as a whole: they change with the data.
OVERVIEWS = (
    "site:home",
    "site:about",
    "operations:privacy",
    "practices:list",
    "outcomes:list",
    "outcomes:recommendations",
    "outcomes:key-messages",
    "meetings:list",
    "site:countries",
    "site:corridors",
    "site:themes",
    "site:sectors",
    "site:organisations",
    "site:documents",
    "site:coverage",
    "site:map",
    "site:timeline",
    "site:data",
    "api:docs",
)
RECORDS = {"practices:detail": Practice, "outcomes:detail": Outcome, "meetings:detail": Meeting}
# The rows that put a published record on the page of a term: their model, the term, and the record.
MENTIONS = {
    Country: (
        (PracticeCountry, "country", "practice"),
        (Participation, "country", "meeting"),
        (Participation, "represents_country", "meeting"),
        (Meeting, "country", ""),
    ),
    Theme: ((PracticeTheme, "theme", "practice"), (Outcome.themes.through, "theme", "outcome")),
    Organisation: (
        (PracticeOrganisation, "organisation", "practice"),
        (Participation, "organisation", "meeting"),
        (Participation, "represents_organisation", "meeting"),
    ),
    Document: ((Citation, "document", "practice"), (Outcome, "document", "")),
}
TERMS = {
    "site:country": (Country, Country.objects.all),
    "site:theme": (Theme, Theme.objects.all),
    "site:organisation": (Organisation, Organisation.objects.published),
    "site:document": (Document, Document.objects.published),
}


def pages():
    """Return (path, day of the last change or None) of every public page; a query only gives a view of one of them."""
    changed = DataVersion.current().changed_at
    found = [(reverse(name), changed and changed.astimezone(UTC).date()) for name in OVERVIEWS]
    for view, model in RECORDS.items():
        found += under(view, model.objects.published().order_by("pk").values_list("slug", "updated_on"))
    days_by_code = {}
    for view, (model, rows) in TERMS.items():
        days = days_of(model)
        terms = [(key.lower(), days.get(pk)) for pk, key in rows().values_list("pk", model.key_field)]
        if model is Country:
            days_by_code = dict(terms)
        found += under(view, terms)
    # A corridor's page shows what names both of its countries.
    return found + [
        (reverse("site:corridor", args=[pair]), latest(days_by_code.get(code.lower()) for code in pair))
        for pair in corridors.pairs()
    ]


def under(view, keyed):
    """Yield (path, day) for (key, day): the address of ``view`` is resolved once."""
    before, after = reverse(view, args=["xx"]).split("xx")
    for key, day in keyed:
        yield f"{before}{key}{after}", day


def days_of(model):
    """Return by id the last day on which each term changed, or a published record that its page shows."""
    versions = Version.objects.filter(content_type=ContentType.objects.get_for_model(model)).order_by()
    days = {pk: at.date() for pk, at in versions.values_list("object_id").annotate(Max("change__at"))}
    for rows, term, record in MENTIONS[model]:
        owner = f"{record}__" if record else ""
        public = {f"{owner}status": Status.PUBLISHED, f"{owner}revises": None, f"{term}__isnull": False}
        shown = rows.objects.filter(**public).order_by().values_list(term).annotate(Max(f"{owner}updated_on"))
        for pk, day in shown:
            days[pk] = latest((day, days.get(pk)))
    return days


def latest(days):
    return max((day for day in days if day), default=None)


@csrf_exempt
@require_safe
def sitemap(request):
    """Answer with the addresses of all pages; where one file cannot hold them, with those of the files that do."""
    found, site = pages(), site_address(request)
    files = -(-len(found) // MOST)
    number = request.GET.get("p")
    if number is not None and number not in map(str, range(1, files + 1)):
        raise Http404
    if number is None and files > 1:
        own = f"{site}{reverse('site:sitemap')}"
        return xml("sitemapindex", "sitemap", ((f"{own}?p={n}", None) for n in range(1, files + 1)))
    start = MOST * (int(number or 1) - 1)
    return xml("urlset", "url", ((f"{site}{path}", day) for path, day in islice(found, start, start + MOST)))


def xml(root, each, located):
    """Return a response of the sitemap protocol: (address, day or None) as elements ``each`` of ``root``."""
    lines = ['<?xml version="1.0" encoding="utf-8"?>', f'<{root} xmlns="{SCHEMA}">']
    for address, day in located:
        lastmod = f"<lastmod>{day}</lastmod>" if day else ""
        lines.append(f"<{each}><loc>{escape(address)}</loc>{lastmod}</{each}>")
    return HttpResponse("\n".join([*lines, f"</{root}>\n"]), content_type="application/xml; charset=utf-8")


@csrf_exempt
@require_safe
def robots(request):
    """Answer with what robots should leave alone, and where they find every page."""
    # Lists of what was searched for and compared: every page is in the sitemap.
    closed = [reverse("admin:index"), reverse("site:search"), reverse("site:compare")]
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed), ""]
    lines.append(f"Sitemap: {site_address(request)}{reverse('site:sitemap')}")
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
