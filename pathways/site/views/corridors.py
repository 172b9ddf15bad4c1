"""Corridors: from one country to another."""

from django.db.models import Q
from django.http import Http404
from django.shortcuts import render
from django.utils import timezone

from meetings.models import Document, Meeting
from pathways.listing.views import ReadOnlyView
from pathways.vocabulary.models import Country

from .. import corridors
from ..briefs import themes_without


class CorridorList(ReadOnlyView):
    """All pairs of origin and destination, as a matrix and as a list."""

    def get(self, request):
        pairs = corridors.pairs()
        countries = {
            country.code: country for country in Country.objects.filter(code__in={c for p in pairs for c in p})
        }

        def by_name(codes):
            return sorted((countries[code] for code in codes), key=lambda country: country.name_key)

        origins, destinations = by_name({pair[0] for pair in pairs}), by_name({pair[1] for pair in pairs})
        listed = sorted(pairs.items(), key=lambda item: (-item[1], *(countries[code].name_key for code in item[0])))
        context = {
            "destinations": destinations,
            "rows": [(origin, [(d, pairs.get((origin.code, d.code), 0)) for d in destinations]) for origin in origins],
            "corridors": [(countries[origin], countries[end], n) for (origin, end), n in listed],
        }
        return render(request, "site/corridor_list.html", context)


class CorridorDetail(ReadOnlyView):
    """Two countries: the practices there, back, and those whose direction no source states."""

    def get(self, request, pair):
        found = {country.code: country for country in Country.objects.filter(code__in=pair)}
        if len(found) < 2:
            raise Http404
        one, other = found[pair[0]], found[pair[1]]
        there, back, undirected = corridors.between(one, other)
        attended = Meeting.objects.published()
        for country in (one, other):
            attended = attended.filter(
                Q(participations__country=country) | Q(participations__represents_country=country)
            )
        context = {
            "one": one,
            "other": other,
            "directions": [(one, other, there), (other, one, back)],
            "undirected": undirected,
            "documents": Document.objects.published()
            .filter(citations__practice__in=[*there, *back, *undirected])
            .distinct(),
            "missing": themes_without([*there, *back, *undirected]),
            "meetings": attended.distinct().order_by("title_key"),
            "today": timezone.localdate(),
        }
        return render(request, "site/corridor_detail.html", context)
