"""How meetings and outcomes are cited."""

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from pathways.listing.columns import address, needs
from pathways.listing.references import Place, Reference

from .models import Outcome

MEETING_ADDRESS = address("meetings:detail").value
OUTCOME_ADDRESS = address("outcomes:detail").value
KINDS = dict(Outcome.Kind.choices)


@needs("series", "document_rows__document")
def meeting_reference(meeting, export):
    """Return the Reference of a meeting as ``export`` holds it."""
    documents = sorted({row.document.title for row in meeting.document_rows.all()})
    return Reference(
        key=f"meeting-{meeting.lasting_slug}",
        kind=_("Meeting"),
        title=meeting.title,
        address=export.site + MEETING_ADDRESS(meeting),
        abstract=meeting.summary,
        updated_on=meeting.updated_on,
        published_on=meeting.published_on,
        places=tuple(Place(title) for title in documents),
        keywords=(meeting.series.name,) if meeting.series else (),
        is_event=True,
        **export.cited,
    )


@needs("document", "theme_rows__theme")
def outcome_reference(outcome, export):
    """Return the Reference of an outcome as ``export`` holds it."""
    return Reference(
        key=f"outcome-{outcome.lasting_slug}",
        kind=capfirst(str(KINDS[outcome.kind])),
        title=outcome.heading,
        address=export.site + OUTCOME_ADDRESS(outcome),
        abstract=outcome.text,
        updated_on=outcome.updated_on,
        published_on=outcome.published_on,
        places=(Place(outcome.document.title, outcome.locator),),
        keywords=tuple(row.theme.name for row in outcome.theme_rows.all()),
        **export.cited,
    )
