"""How a practice is cited."""

from django.utils.translation import gettext as _

from pathways.listing.columns import address, needs
from pathways.listing.references import Place, Reference

from .models import Citation

ADDRESS = address("practices:detail").value
SHARED_BY = {value: label for value, label in Citation.SharedBy.choices if value != Citation.SharedBy.NOT_STATED}


@needs("citations__document", "theme_rows__theme")
def practice_reference(practice, export):
    """Return the Reference of a practice as ``export`` holds it."""
    return Reference(
        key=f"practice-{practice.lasting_slug}",
        kind=_("Practice"),
        title=f"{practice.title} ({practice.acronym_apart})" if practice.acronym_apart else practice.title,
        address=export.site + ADDRESS(practice),
        abstract=practice.summary,
        updated_on=practice.updated_on,
        published_on=practice.published_on,
        places=tuple(
            Place(row.document.title, row.locator, str(SHARED_BY.get(row.shared_by, "")))
            for row in practice.citations.all()
        ),
        keywords=tuple(row.theme.name for row in practice.theme_rows.all()),
        **export.cited,
    )
