"""The columns of the exports of practices."""

from django.utils.translation import gettext_lazy as _

from pathways.listing.columns import UPDATED_ON, Column, address, slugs

from .models import Basis, Role

COUNTRIES = ("country_rows__country",)


def countries_in(role):
    """Return a function that gives the codes of the countries that have ``role``, sorted."""
    return lambda practice: sorted(row.country.code for row in practice.country_rows.all() if row.role == role)


def names_taking_part(practice):
    rows = practice.country_rows.all()
    return sorted({row.country.name for row in rows if row.role != Role.CONCERNED})


def inferred(practice):
    """Return what the curator inferred: roles with their countries, regions or organisations, then fields."""
    roles = [
        f"{row.role} {code}"
        for rows, code_of in (
            (practice.country_rows, lambda row: row.country.code),
            (practice.region_rows, lambda row: row.region.code),
            (practice.organisation_rows, lambda row: row.organisation.slug),
        )
        for code, row in sorted_rows(rows, code_of)
        if row.basis != Basis.STATED
    ]
    return [*roles, *sorted(practice.inferred)]


def sorted_rows(rows, code_of):
    return sorted(((code_of(row), row) for row in rows.all()), key=lambda pair: (pair[0], pair[1].role))


def shared_by(practice):
    return list(dict.fromkeys(citation.shared_by for citation in practice.citations.all()))


def organisations(practice):
    return sorted(f"{row.organisation.slug} ({row.role})" for row in practice.organisation_rows.all())


def role_columns():
    return [
        Column(role.value, _("Countries in the role “%s”: ISO codes.") % role.label, countries_in(role), COUNTRIES)
        for role in Role
    ]


PRACTICE_COLUMNS = (
    Column("id", _("The last part of the practice's address."), lambda p: p.slug),
    Column("title", _("The name as printed; ours where none is."), lambda p: p.title),
    Column("acronym", _("The acronym."), lambda p: p.acronym),
    Column("other_names", _("Names printed elsewhere."), lambda p: p.other_name_list),
    Column("kind", _("What kind of practice."), lambda p: p.kind),
    Column("lifecycle", _("Its stage as of the document."), lambda p: p.lifecycle),
    Column("summary", _("What it is, in our words."), lambda p: p.summary),
    *role_columns(),
    Column("countries", _("Names of the countries that take part."), names_taking_part, COUNTRIES),
    Column(
        "inferred",
        _("What of this the curator inferred: roles with their country, region or organisation, and fields."),
        inferred,
        ("country_rows__country", "region_rows__region", "organisation_rows__organisation"),
    ),
    Column(
        "regions",
        _("Regions and country groups the source names: M49 codes and names."),
        lambda p: sorted({row.region.code for row in p.region_rows.all()}),
        ("region_rows__region",),
    ),
    Column("places", _("Cities and provinces."), slugs("places"), ("places",)),
    Column(
        "themes",
        _("Themes, the most telling first."),
        lambda p: [row.theme.slug for row in p.theme_rows.all()],
        ("theme_rows__theme",),
    ),
    Column("sectors", _("Sectors."), slugs("sectors"), ("sectors",)),
    Column("target_groups", _("Whom it is for."), slugs("target_groups"), ("target_groups",)),
    Column("skill_levels", _("Skill levels: low, medium, high."), slugs("skill_levels"), ("skill_levels",)),
    Column("shared_by", _("Who shared it, in the documents it is printed in."), shared_by, ("citations",)),
    Column("organisations", _("Organisations with their roles."), organisations, ("organisation_rows__organisation",)),
    Column("start_year", _("First year."), lambda p: p.start_year),
    Column("end_year", _("Last year."), lambda p: p.end_year),
    Column(
        "gcm_objectives",
        _("GCM objectives the source names: numbers."),
        lambda p: sorted(objective.number for objective in p.gcm_objectives.all()),
        ("gcm_objectives",),
    ),
    Column(
        "sdg_targets",
        _("SDG targets the source names: codes."),
        lambda p: sorted(target.code for target in p.sdg_targets.all()),
        ("sdg_targets",),
    ),
    Column("instruments", _("Instruments it refers to."), slugs("instruments"), ("instruments",)),
    Column(
        "figures",
        _("Figures with what they count and what they are."),
        lambda p: [f"{figure.value} {figure.counts} ({figure.nature})" for figure in p.figures.all()],
        ("figures",),
    ),
    Column(
        "relations",
        _("Relations to other practices, with their ids."),
        lambda p: sorted(f"{row.kind} {row.other.slug}" for row in p.relations.all() if row.other.is_public),
        ("relations__other",),
    ),
    Column("links", _("Addresses printed in the sources."), lambda p: [link.url for link in p.links.all()], ("links",)),
    Column(
        "sources",
        _("Documents it is printed in, and where in them."),
        lambda p: [f"{citation.document.slug} ({citation.locator})" for citation in p.citations.all()],
        ("citations__document",),
    ),
    address("practices:detail"),
    UPDATED_ON,
)
