"""The ways in, and what is said where there is none."""

from collections import Counter

from django.db.models import Count
from django.shortcuts import render
from django.views.generic import TemplateView

from meetings.models import Document, Meeting, Outcome
from pathways.listing.views import PastTheEnd, ReadOnlyView
from pathways.vocabulary.models import Country, Theme
from practices.models import Practice

from ..counts import practice_counts


class Home(ReadOnlyView, TemplateView):
    template_name = "site/home.html"

    def get_context_data(self, **kwargs):
        kinds = Counter(dict(Outcome.objects.published().order_by().values_list("kind").annotate(Count("pk"))))
        return super().get_context_data(
            practice_count=Practice.objects.published().count(),
            meeting_count=Meeting.objects.published().count(),
            recommendation_count=kinds[Outcome.Kind.RECOMMENDATION],
            key_message_count=kinds[Outcome.Kind.KEY_MESSAGE],
            outcome_count=kinds.total(),
            document_count=Document.objects.published().count(),
            latest=Practice.objects.published().order_by("-updated_on", "-pk")[:5],
            # Those without a date are in the list.
            meetings=Meeting.objects.published()
            .filter(starts_on__isnull=False)
            .order_by("-starts_on", "title_key")[:5],
            countries=most_practised(Country, "country")[:12],
            themes=most_practised(Theme, "theme")[:12],
            **kwargs,
        )


def most_practised(model, facet):
    """Return (term, number of practices) for the terms of a vocabulary that practices have, the most first."""
    counts = practice_counts(facet)
    terms = model.objects.filter(**{f"{model.key_field}__in": counts})
    found = [(term, counts[getattr(term, model.key_field)]) for term in terms]
    return sorted(found, key=lambda pair: -pair[1])


class About(ReadOnlyView, TemplateView):
    template_name = "site/about.html"


def not_found(request, exception):
    """Answer 404 with a page that says what to do next."""
    reason = str(exception) if isinstance(exception, PastTheEnd) else ""
    return render(request, "404.html", {"reason": reason}, status=404)
