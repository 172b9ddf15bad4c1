"""The parameters of the lists that only the API has, and of those that it has in pages."""

from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from meetings.filters import MEETINGS, SERIES
from meetings.models import Meeting, Participation
from pathways.listing.filters import FacetFilter, ListFilter, ListForm, Pairs, SortFilter, choices_of
from pathways.site.filters import CountryFilter
from pathways.vocabulary.facets import COUNTRIES, ORGANISATIONS


class PagedCountryFilter(CountryFilter):
    """The list of countries, which stands on one page elsewhere."""

    class Meta(CountryFilter.Meta):
        form = ListForm


def of_participations(*paths):
    return [Pairs(Participation.objects.all, "pk", path) for path in paths]


class ParticipationFilter(ListFilter):
    """Who took part in published meetings: each state, organisation or person in each role."""

    meeting = FacetFilter(*of_participations("meeting__slug"), label=_("Meeting"), phrase=_("in %s"), **MEETINGS)
    series = FacetFilter(
        *of_participations("meeting__series__slug"), label=_("Series"), phrase=_("in the series %s"), **SERIES
    )
    country = FacetFilter(
        *of_participations("country__code", "represents_country__code"),
        label=_("State, itself or by a person"),
        phrase=_("of %s"),
        **COUNTRIES,
    )
    organisation = FacetFilter(
        *of_participations("organisation__slug", "represents_organisation__slug"),
        label=_("Organisation, itself or by a person"),
        phrase=_("of %s"),
        **ORGANISATIONS,
    )
    role = FacetFilter(*of_participations("role"), label=_("Role"), phrase=_("as %s"), **choices_of(Participation.Role))
    sort = SortFilter(
        {
            "meeting": (
                _("meeting"),
                ("meeting__title_key", "meeting__slug", "session_position", "session__slug", "position", "id"),
            )
        }
    )

    class Meta:
        model = Participation
        fields = ()
        form = ListForm

    @classmethod
    def records(cls):
        rows = Participation.objects.filter(meeting__in=Meeting.objects.published())
        # Those of the meeting as a whole come before those of its sessions.
        return rows.annotate(session_position=Coalesce("session__position", -1))
