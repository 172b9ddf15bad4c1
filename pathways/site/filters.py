"""The parameters of the list of countries."""

from django.utils.translation import gettext_lazy as _

from pathways.listing.filters import FacetFilter, ListFilter, Pairs, SortFilter, WordsFilter
from pathways.vocabulary.facets import REGIONS
from pathways.vocabulary.models import Country
from practices.filters import UPWARDS


class CountryFilter(ListFilter):
    """All countries stand on one page."""

    q = WordsFilter("name", "other_names", folded="name_key", label=_("Words"))
    region = FacetFilter(
        *(Pairs(Country.objects.all, "pk", f"region__{path}") for path in UPWARDS), label=_("Region"), **REGIONS
    )
    sort = SortFilter(
        {
            "name": (_("name"), ("name_key", "code")),
            "practices": (_("number of practices"), ("-practice_count", "name_key", "code")),
        }
    )

    class Meta:
        model = Country
        fields = ()
