"""The parameters of the list of countries."""

from django.utils.translation import gettext_lazy as _

from pathways.listing.filters import FacetFilter, ListFilter, Pairs, SortFilter, WordsFilter
from pathways.vocabulary.facets import REGIONS
from pathways.vocabulary.models import Country

from .counts import with_country_counts


class CountryFilter(ListFilter):
    """All countries stand on one page."""

    q = WordsFilter()
    region = FacetFilter(Pairs(Country.objects.all, "pk", "region__code"), label=_("Region"), **REGIONS)
    sort = SortFilter(
        {
            "name": (_("name"), ("name_key", "code")),
            "practices": (_("number of practices"), ("-practice_count", "name_key", "code")),
        }
    )

    class Meta:
        model = Country
        fields = ()

    @classmethod
    def records(cls):
        return with_country_counts(Country.objects.all())
