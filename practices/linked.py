"""Practices as linked data."""

from django.utils.text import capfirst

from pathways.listing.columns import needs
from pathways.listing.linked import filled, record_linked

from .models import Practice, Role
from .references import practice_reference

KINDS = dict(Practice.Kind.choices)
# What schema.org calls the thing that a record is about; it has no word for agreements and policies.
TYPES = {
    Practice.Kind.PROGRAMME: "Project",
    Practice.Kind.SERVICE: "Service",
    Practice.Kind.NETWORK: "Organization",
    Practice.Kind.PUBLICATION: "CreativeWork",
    Practice.Kind.EVENT: "Event",
}


@needs(*practice_reference.related, "country_rows__country", "organisation_rows__organisation", "links")
def practice_linked(practice, export):
    """Return a practice as a node: the record, and what it is about."""
    reference = practice_reference(practice, export)
    return {
        **record_linked(reference, export),
        **filled(
            {
                "about": filled(
                    {
                        "@id": f"{reference.address}#practice",
                        "@type": TYPES.get(practice.kind, "Thing"),
                        "name": practice.title,
                        "alternateName": [*filter(None, [practice.acronym]), *practice.other_name_list],
                        "disambiguatingDescription": capfirst(str(KINDS[practice.kind])),
                        "sameAs": [link.url for link in practice.links.all()],
                    }
                ),
                "spatialCoverage": countries(practice),
                "temporalCoverage": period(practice),
                "mentions": organisations(practice),
            }
        ),
    }


def countries(practice):
    """Return the countries that take part, each once."""
    found = {row.country.code: row.country.name for row in practice.country_rows.all() if row.role != Role.CONCERNED}
    return [{"@type": "Country", "name": name, "identifier": code} for code, name in sorted(found.items())]


def organisations(practice):
    found = {row.organisation.slug: row.organisation for row in practice.organisation_rows.all()}
    return [
        filled({"@type": "Organization", "name": one.name, "alternateName": one.acronym, "url": one.url})
        for _slug, one in sorted(found.items())
    ]


def period(practice):
    """Return the years as ISO 8601 has them: an interval, or the only one that is known."""
    return "/".join(str(year) for year in (practice.start_year, practice.end_year) if year)
