"""The practices that a reader chose, as a comparison, a map and a timeline."""

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from pathways.listing.listing import Listing
from pathways.listing.views import ReadOnlyView
from pathways.vocabulary.models import Country
from practices.filters import PracticeFilter
from practices.models import Practice
from practices.views import PracticeDetail

from .. import corridors, timeline, world_map


class Compare(ReadOnlyView):
    """Two to four practices side by side, from the boxes in the list."""

    MOST = 4

    def get(self, request):
        slugs = list(dict.fromkeys(request.GET.getlist("practice")))
        # PostgreSQL takes no NUL, not even to say that nothing is called so.
        named = [slug for slug in slugs[: self.MOST] if "\x00" not in slug]
        practices = Practice.objects.published().filter(slug__in=named).prefetch_related(*PracticeDetail.related)
        found = sorted(practices, key=lambda practice: slugs.index(practice.slug))
        status = 200 if 2 <= len(slugs) <= self.MOST and len(found) == len(slugs) else 400
        context = {"practices": found if status == 200 else [], "given": len(slugs), "most": self.MOST}
        context["today"] = timezone.localdate()
        return render(request, "site/compare.html", context, status=status)


class Map(ReadOnlyView):
    """The practices of a filtered list by country, drawn and as a table."""

    def get(self, request):
        practices = PracticeFilter(request.GET)
        listing = Listing(practices)
        counts = {} if listing.problems else country_counts(practices)
        countries = {country.code: country for country in Country.objects.filter(code__in=counts)}
        pairs = [(*pair, n) for pair, n in corridors.pairs(practices.matching).items()]

        # Where countries were chosen, no list is of those of their practices in which another one takes part too.
        def listed(**values):
            has_list = not any(name in practices.chosen for name in values)
            return f"{reverse('practices:list')}?{practices.query(**values)}" if has_list else None

        context = {
            "listing": listing,
            "filter": practices,
            "chips": list(practices.chips),
            "problems": listing.problems,
            "map": world_map.draw(
                counts,
                pairs,
                names=dict(Country.objects.values_list("code", "name")),
                href=lambda code: listed(country=code) or countries[code].get_absolute_url(),
            ),
            "countries": sorted(
                ((country, counts[code], listed(country=code)) for code, country in countries.items()),
                key=lambda row: (-row[1], row[0].name_key),
            ),
            "corridors": sorted(
                (
                    (countries[origin], countries[end], n, listed(origin=origin, destination=end))
                    for origin, end, n in pairs
                ),
                key=lambda row: (-row[2], row[0].name_key, row[1].name_key),
            ),
            "list_url": f"{reverse('practices:list')}?{practices.query()}",
        }
        return render(request, "site/map.html", context, status=400 if listing.problems else 200)


def country_counts(practices):
    """Return the number of the matching practices in which each country takes part, by its code."""
    bitmaps = practices.index.facets["country"].bitmaps
    counts = {code: ids.intersection_cardinality(practices.matching) for code, ids in bitmaps.items()}
    return {code: count for code, count in counts.items() if count}


class Timeline(ReadOnlyView):
    """The practices of a filtered list by year and their meetings by date, drawn and as tables."""

    def get(self, request):
        practices = PracticeFilter(request.GET)
        listing = Listing(practices)
        list_url = reverse("practices:list")
        years = timeline.practices_by_year(practices)
        meetings = [] if listing.problems else timeline.meetings_of(practices)
        drawing = timeline.draw(
            years,
            [timeline.event(meeting) for meeting, _n in meetings if meeting.starts_on],
            href=lambda year: f"{list_url}?{practices.query(year_from=year, year_to=year)}",
        )
        context = {
            "listing": listing,
            "filter": practices,
            "chips": list(practices.chips),
            "problems": listing.problems,
            "timeline": drawing,
            "meetings": [
                (meeting, n, f"{list_url}?{practices.query(meeting=meeting.slug)}") for meeting, n in meetings
            ],
            "undated_meetings": sum(not meeting.starts_on for meeting, _n in meetings),
            "without_year": timeline.without_year(practices),
            "any_year": bool(years),
            "list_url": f"{list_url}?{practices.query()}",
        }
        return render(request, "site/timeline.html", context, status=400 if listing.problems else 200)
