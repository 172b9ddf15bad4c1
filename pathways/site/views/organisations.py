"""Organisations: who does it, and who was at the meetings."""

from django.db.models import Q
from django.shortcuts import get_object_or_404, render
from django.views.generic import TemplateView

from meetings.models import Document
from pathways.listing.views import ReadOnlyView
from pathways.vocabulary.models import Organisation
from practices.models import Practice
from practices.views import LINES

from ..briefs import meetings_of


class OrganisationList(ReadOnlyView, TemplateView):
    template_name = "site/organisation_list.html"

    def get_context_data(self, **kwargs):
        # Sorted here, and so the same whatever collation the database has.
        organisations = sorted(Organisation.objects.published(), key=lambda one: (one.name_key, one.slug))
        return super().get_context_data(organisations=organisations, **kwargs)


class OrganisationDetail(ReadOnlyView):
    def get(self, request, slug):
        organisation = get_object_or_404(Organisation.objects.published().select_related("country"), slug=slug)
        practices = Practice.objects.published().filter(organisation_rows__organisation=organisation).distinct()
        by_role = {}
        for practice in practices.prefetch_related(*LINES):
            for row in practice.organisation_rows.all():
                if row.organisation_id == organisation.pk:
                    by_role.setdefault(row.get_role_display(), []).append(practice)
        context = {
            "organisation": organisation,
            "roles": sorted(by_role.items()),
            "practice_count": len(practices),
            "meetings": meetings_of(Q(organisation=organisation) | Q(represents_organisation=organisation)),
            "documents": Document.objects.published().filter(publisher=organisation),
        }
        return render(request, "site/organisation_detail.html", context)
