"""The parameters of the list of practices."""

from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from meetings.filters import DOCUMENTS, MEETINGS
from meetings.models import Meeting, Outcome
from pathways.listing.filters import (
    FacetFilter,
    ListFilter,
    ListForm,
    Pairs,
    SortFilter,
    WordsFilter,
    YearFilter,
    choices_of,
)
from pathways.vocabulary.facets import (
    COUNTRIES,
    GCM_OBJECTIVES,
    ORGANISATIONS,
    REGIONS,
    SDG_TARGETS,
    SECTORS,
    SKILL_LEVELS,
    TARGET_GROUPS,
    THEMES,
)

from .models import Citation, Practice, PracticeCountry, PracticeOrganisation, PracticeRegion, PracticeTheme, Role


def taking_part():
    return PracticeCountry.objects.exclude(role=Role.CONCERNED)


def in_role(role):
    """Return the pairs of practices and the countries that have ``role`` in them."""
    return Pairs(lambda: PracticeCountry.objects.filter(role=role), "practice", "country__code")


def many(field, value):
    """Return the pairs of a many-to-many field of practices."""
    through = Practice._meta.get_field(field).remote_field.through
    target = Practice._meta.get_field(field).m2m_reverse_field_name()
    return Pairs(through.objects.all, "practice", f"{target}__{value}")


def own(field):
    return Pairs(Practice.objects.all, "pk", field)


class PracticeFilter(ListFilter):
    q = WordsFilter()
    country = FacetFilter(
        Pairs(taking_part, "practice", "country__code"), label=_("Country"), phrase=_("with %s"), **COUNTRIES
    )
    origin = FacetFilter(in_role(Role.ORIGIN), label=_("Origin"), phrase=_("with %s as origin"), **COUNTRIES)
    destination = FacetFilter(
        in_role(Role.DESTINATION), label=_("Destination"), phrase=_("with %s as destination"), **COUNTRIES
    )
    host = FacetFilter(in_role(Role.HOST), label=_("Carried out in"), phrase=_("carried out in %s"), **COUNTRIES)
    concerned = FacetFilter(in_role(Role.CONCERNED), label=_("Concerned"), phrase=_("that concern %s"), **COUNTRIES)
    region = FacetFilter(
        Pairs(PracticeRegion.objects.all, "practice", "region__code"),
        Pairs(taking_part, "practice", "country__region__code"),
        label=_("Region or group"),
        phrase=_("in %s"),
        **REGIONS,
    )
    theme = FacetFilter(
        Pairs(PracticeTheme.objects.all, "practice", "theme__slug"), label=_("Theme"), phrase=_("on %s"), **THEMES
    )
    sector = FacetFilter(many("sectors", "slug"), label=_("Sector"), phrase=_("in the sector %s"), **SECTORS)
    target_group = FacetFilter(
        many("target_groups", "slug"), label=_("Target group"), phrase=_("for %s"), **TARGET_GROUPS
    )
    skill = FacetFilter(
        many("skill_levels", "slug"), label=_("Skill level"), phrase=_("for the skill level %s"), **SKILL_LEVELS
    )
    kind = FacetFilter(own("kind"), label=_("Kind"), phrase=_("of the kind %s"), **choices_of(Practice.Kind))
    lifecycle = FacetFilter(
        own("lifecycle"), label=_("Lifecycle"), phrase=_("at the stage %s"), **choices_of(Practice.Lifecycle)
    )
    shared_by = FacetFilter(
        Pairs(Citation.objects.all, "practice", "shared_by"),
        label=_("Shared by"),
        phrase=_("shared by %s"),
        **choices_of(Citation.SharedBy),
    )
    organisation = FacetFilter(
        Pairs(PracticeOrganisation.objects.all, "practice", "organisation__slug"),
        label=_("Organisation"),
        phrase=_("with %s as organisation"),
        **ORGANISATIONS,
    )
    gcm = FacetFilter(
        many("gcm_objectives", "number"),
        label=_("GCM objective"),
        phrase=_("naming GCM objective %s"),
        **GCM_OBJECTIVES,
    )
    sdg = FacetFilter(
        many("sdg_targets", "code"), label=_("SDG target"), phrase=_("naming SDG target %s"), **SDG_TARGETS
    )
    meeting = FacetFilter(
        Pairs(
            lambda: Citation.objects.filter(document__meetings__in=Meeting.objects.published()),
            "practice",
            "document__meetings__slug",
        ),
        label=_("Meeting"),
        phrase=_("from the documents of %s"),
        **MEETINGS,
    )
    document = FacetFilter(
        Pairs(Citation.objects.all, "practice", "document__slug"),
        label=_("Document"),
        phrase=_("printed in %s"),
        **DOCUMENTS,
    )
    year_from = YearFilter(Practice.objects.all, Coalesce("end_year", "start_year"), "gte", label=_("From year"))
    year_to = YearFilter(Practice.objects.all, Coalesce("start_year", "end_year"), "lte", label=_("To year"))
    sort = SortFilter(
        {
            "title": (_("title"), ("title_key", "slug")),
            "relevance": (_("relevance"), ()),
            "newest": (_("newest first"), ("-start_year", "title_key", "slug")),
            "oldest": (_("oldest first"), ("start_year", "title_key", "slug")),
        }
    )

    class Meta:
        model = Practice
        fields = ()
        form = ListForm

    @classmethod
    def unaffected_by(cls):
        return (Outcome,)
