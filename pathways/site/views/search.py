"""Search over everything, and suggestions while one types."""

from django.http import JsonResponse
from django.shortcuts import render

from pathways.listing.filters import LONGEST_QUERY
from pathways.listing.views import ReadOnlyView

from .. import finding


class Search(ReadOnlyView):
    """Everything that words find, in groups; where they find nothing, the names most like them."""

    def get(self, request):
        question = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY]
        groups = finding.groups(question) if question else []
        context = {
            "question": question,
            "groups": groups,
            "nearest": finding.nearest(question) if question and not groups else [],
            "shorter": finding.without_a_word(question) if question and not groups else [],
        }
        return render(request, "site/search.html", context)


class Suggest(ReadOnlyView):
    """The few things that what was typed so far may mean, for the script of the search box."""

    def get(self, request):
        question = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY]
        found = finding.suggestions(question) if len(question) > 1 else []
        names = ("label", "kind", "url")
        return JsonResponse({"suggestions": [dict(zip(names, row, strict=True)) for row in found]})
