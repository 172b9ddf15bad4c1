"""Countries: the list of them and the brief on each."""

from django.db.models import Q
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from meetings.models import Document, Meeting
from pathways.listing.views import ReadOnlyView, RecordExport, RecordList
from pathways.vocabulary.models import Country
from practices.models import Practice, Role
from practices.views import LINES

from ..briefs import each_once, meetings_of, named_corridors, recommended_by_theme, themes_without
from ..exports import COUNTRIES
from ..filters import CountryFilter


class CountryList(RecordList):
    filter_class = CountryFilter
    exported = COUNTRIES
    related = ("region",)
    template_name = "site/country_list.html"
    # All on one page.
    per_page = 1000


class CountryExport(RecordExport):
    filter_class = CountryFilter
    exported = COUNTRIES


class CountryDetail(ReadOnlyView):
    def get(self, request, code):
        country = get_object_or_404(Country.objects.select_related("region"), code=code)
        practices = Practice.objects.published().filter(country_rows__country=country).distinct()
        by_role = {role: [] for role in Role}
        for practice in practices.prefetch_related(*LINES):
            for role in sorted({row.role for row in practice.country_rows.all() if row.country_id == country.pk}):
                by_role[Role(role)].append(practice)
        attended = meetings_of(Q(country=country) | Q(represents_country=country))
        recommended = recommended_by_theme(entry["meeting"] for entry in attended)
        taking_part = {practice for role, found in by_role.items() if role != Role.CONCERNED for practice in found}
        context = {
            "country": country,
            "roles": each_once((role, found) for role, found in by_role.items() if role != Role.CONCERNED),
            "practice_count": len(taking_part),
            "concerned": by_role[Role.CONCERNED],
            "meetings": attended,
            "held": Meeting.objects.published().filter(country=country),
            "corridors": named_corridors(code),
            "recommended": recommended,
            "recommended_in": {outcome.document for _theme, outcomes in recommended for outcome in outcomes},
            "documents": Document.objects.published().filter(citations__practice__in=practices).distinct(),
            "missing": themes_without(taking_part),
            "today": timezone.localdate(),
        }
        return render(request, "site/country_detail.html", context)
