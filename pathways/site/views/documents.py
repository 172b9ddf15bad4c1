"""Documents: the sources of all there is."""

from django.shortcuts import get_object_or_404, render
from django.views.generic import TemplateView

from meetings.models import Document, Outcome
from pathways.listing.views import ReadOnlyView
from practices.models import Practice

from ..counts import with_document_counts


class DocumentList(ReadOnlyView, TemplateView):
    template_name = "site/document_list.html"

    def get_context_data(self, **kwargs):
        documents = with_document_counts(Document.objects.published()).select_related("publisher")
        return super().get_context_data(documents=documents.prefetch_related("meeting_rows__meeting"), **kwargs)


class DocumentDetail(ReadOnlyView):
    def get(self, request, slug):
        documents = Document.objects.published().select_related("publisher")
        document = get_object_or_404(documents.prefetch_related("meeting_rows__meeting"), slug=slug)
        outcomes = document.outcomes.published().order_by("position", "slug")
        citations = document.citations.filter(practice__in=Practice.objects.published())
        context = {
            "document": document,
            "meetings": [row for row in document.meeting_rows.all() if row.meeting.is_public],
            "outcomes": [
                (kind, found)
                for kind in Outcome.Kind
                if (found := [outcome for outcome in outcomes if outcome.kind == kind])
            ],
            "citations": sorted(citations.select_related("practice"), key=lambda c: (c.practice.title_key, c.position)),
        }
        return render(request, "site/document_detail.html", context)
