"""What practices are found by."""

from pathways.listing.search import Source, register

from .models import Practice


def texts(practice):
    """Return whole names, and texts of weight A (names), B (who and where), C (what), D (the rest)."""
    countries = [row.country for row in practice.country_rows.all()]
    organisations = [row.organisation for row in practice.organisation_rows.all()]
    names = [practice.title, practice.acronym, *practice.other_name_list]
    return (
        [practice.slug, *names],
        names,
        [
            *(text for country in countries for text in (country.name, country.other_names)),
            *(row.region.name for row in practice.region_rows.all()),
            *(text for one in organisations for text in (one.name, one.acronym, one.other_names)),
            *(place.name for place in practice.places.all()),
        ],
        [
            practice.summary,
            *(row.theme.name for row in practice.theme_rows.all()),
            *(sector.name for sector in practice.sectors.all()),
            *(group.name for group in practice.target_groups.all()),
            practice.get_kind_display(),
        ],
        [
            practice.description,
            *(str(instrument) for instrument in practice.instruments.all()),
            *(f"{figure.value} {figure.counts}" for figure in practice.figures.all()),
            *(citation.printed_as for citation in practice.citations.all()),
        ],
    )


register(
    Source(
        number=1,
        model=Practice,
        texts=texts,
        related=(
            "country_rows__country",
            "region_rows__region",
            "organisation_rows__organisation",
            "places",
            "theme_rows__theme",
            "sectors",
            "target_groups",
            "instruments",
            "figures",
            "citations",
        ),
    )
)
