"""The vocabularies as terms of facets, for whichever list has such a facet."""

from django.utils.translation import gettext_lazy as _

from pathways.listing.filters import Terms, number

from .models import (
    Country,
    GcmObjective,
    Instrument,
    Organisation,
    Region,
    SdgTarget,
    Sector,
    SkillLevel,
    TargetGroup,
    Theme,
)


def region_lineage():
    """Return for each region the codes of the M49 regions it lies in, at every level."""
    parents = dict(Region.objects.exclude(parent=None).values_list("code", "parent__code"))
    return {code: tuple(ancestors(code, parents)) for code in parents}


def sector_lineage():
    return {slug: (parent,) for slug, parent in Sector.objects.exclude(parent=None).values_list("slug", "parent__slug")}


def ancestors(code, parents):
    while code := parents.get(code):
        yield code


COUNTRIES = {
    "terms": Terms(Country.objects.all, "code"),
    "fold_value": str.upper,
    "hint": _("Countries are given by their ISO 3166-1 codes, such as MA."),
}
REGIONS = {
    "terms": Terms(Region.objects.all, "code"),
    "lineage": region_lineage,
    "hint": _("Regions are given by their UN M49 codes, such as 015, country groups by their names, such as ecowas."),
}
THEMES = {"terms": Terms(Theme.objects.all), "hint": _("See the list of themes for those there are.")}
SECTORS = {
    "terms": Terms(Sector.objects.all),
    "lineage": sector_lineage,
    "hint": _("Sectors are given by names such as ict or agriculture."),
}
TARGET_GROUPS = {"terms": Terms(TargetGroup.objects.all), "hint": _("Target groups are given by names such as youth.")}
SKILL_LEVELS = {"terms": Terms(SkillLevel.objects.all), "hint": _("Skill levels are low, medium and high.")}
GCM_OBJECTIVES = {
    "terms": Terms(GcmObjective.objects.all, "number", "title"),
    "fold_value": number,
    "hint": _("Objectives are given by their numbers, 1 to 23."),
}
SDG_TARGETS = {
    "terms": Terms(SdgTarget.objects.all, "code", "title"),
    "hint": _("Targets are given by their codes, such as 8.8."),
}
ORGANISATIONS = {
    "terms": Terms(Organisation.objects.published),
    "hint": _("Organisations are given by names such as ilo."),
}
INSTRUMENTS = {
    "terms": Terms(Instrument.objects.published),
    "hint": _("Instruments are given by names such as ilo-c189."),
}
