"""What is answered by practices and what is not: theme by region, and each recommendation."""

from django.shortcuts import render

from pathways.listing.export import RowsExport
from pathways.listing.views import ReadOnlyView, file_response, site_address

from .. import coverage
from ..exports import COVERAGE_ANSWERS, coverage_themes


class Coverage(ReadOnlyView):
    def get(self, request):
        regions, rows = coverage.themes_by_region()
        answered = coverage.answers()
        gaps = coverage.gaps(answered)
        context = {
            "regions": regions,
            "rows": rows,
            "scale": coverage.scale(),
            "without_practice": [row.theme for row in rows if not row.total],
            "uncovered": coverage.regions_without_practices(regions),
            "documents": coverage.by_document(answered, gaps),
            "themes_export": themes_export(request, regions, rows),
            "answers_export": answers_export(request, answered),
            "total": len(answered),
            "answered_count": len(answered) - len(gaps),
            "gaps": gaps,
        }
        return render(request, "site/coverage.html", context)


class CoverageThemes(ReadOnlyView):
    def get(self, request, extension):
        return file_response(request, themes_export(request, *coverage.themes_by_region()), extension)


class CoverageAnswers(ReadOnlyView):
    def get(self, request, extension):
        return file_response(request, answers_export(request, coverage.answers()), extension)


def themes_export(request, regions, rows):
    return RowsExport(coverage_themes(regions), site_address(request), rows)


def answers_export(request, answered):
    return RowsExport(COVERAGE_ANSWERS, site_address(request), list(coverage.answer_rows(answered)))
