"""Themes, with the brief on each, and sectors."""

from collections import defaultdict

from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.generic import TemplateView
from pyroaring import BitMap

from meetings.models import Outcome
from pathways.listing.index import index_for
from pathways.listing.views import ReadOnlyView
from pathways.vocabulary.models import Sector, Theme
from practices.filters import PracticeFilter
from practices.models import Practice

from ..briefs import unanswered_outcomes
from ..counts import with_theme_counts

# What the brief on a theme tells of its practices, and what stands beside them.
BRIEFLY = ("country_rows__country", "region_rows__region", "organisation_rows__organisation", "citations__document")
THEME_COLUMNS = (
    (Outcome.Kind.RECOMMENDATION, Outcome.Kind.KEY_MESSAGE),
    (Outcome.Kind.CHALLENGE, Outcome.Kind.OPPORTUNITY, Outcome.Kind.FINDING),
)


class ThemeList(ReadOnlyView, TemplateView):
    template_name = "site/theme_list.html"

    def get_context_data(self, **kwargs):
        themes = list(with_theme_counts(Theme.objects.all()))
        most = max((theme.practice_count for theme in themes), default=0)
        return super().get_context_data(themes=themes, most=most, **kwargs)


class ThemeDetail(ReadOnlyView):
    """The brief on a theme: what is done, what was concluded, and what no practice answers yet."""

    def get(self, request, slug):
        theme = get_object_or_404(Theme.objects.prefetch_related("gcm_objectives"), slug=slug)
        practices = Practice.objects.published().filter(themes=theme).prefetch_related(*BRIEFLY)
        outcomes = Outcome.objects.published().filter(themes=theme).select_related("document")
        outcomes = outcomes.order_by("document__title_key", "document__slug", "position", "slug")
        documents = {outcome.document for outcome in outcomes}
        documents.update(citation.document for practice in practices for citation in practice.citations.all())
        sources = sorted(documents, key=lambda document: (document.title_key, document.slug))
        numbers = {document.pk: number for number, document in enumerate(sources, 1)}
        unanswered = {outcome.pk for outcome in outcomes} & set(unanswered_outcomes())
        by_kind = {kind: [] for kind in Outcome.Kind}
        for outcome in outcomes:
            by_kind[outcome.kind].append((outcome, numbers[outcome.document_id], outcome.pk in unanswered))
        context = {
            "theme": theme,
            "practices": [
                (practice, sorted({numbers[citation.document_id] for citation in practice.citations.all()}))
                for practice in practices
            ],
            "by_kind": list(by_kind.items()),
            "columns": [[(kind, by_kind[kind]) for kind in kinds] for kinds in THEME_COLUMNS],
            "unanswered": len(unanswered),
            "sources": sources,
            "today": timezone.localdate(),
        }
        return render(request, "site/theme_detail.html", context)


class SectorList(ReadOnlyView, TemplateView):
    """The sectors with practices: sections of ISIC, the most first, and under each the field's own words."""

    template_name = "site/sector_list.html"

    def get_context_data(self, **kwargs):
        index = index_for(PracticeFilter)
        bitmaps = index.facets["sector"].bitmaps
        parts = defaultdict(list)
        for sector in Sector.objects.all():
            parts[sector.parent_id].append((sector, len(bitmaps.get(sector.slug, ()))))
        rows = [(section, n, parts[section.pk]) for section, n in parts[None] if n]
        rows.sort(key=lambda row: -row[1])
        stated = BitMap.union(BitMap(), *bitmaps.values())
        return super().get_context_data(
            rows=rows,
            without=[section for section, n in parts[None] if not n],
            most=rows[0][1] if rows else 0,
            stated=len(stated),
            unstated=len(index.everything - stated),
            **kwargs,
        )
