"""Meetings and outcomes as linked data."""

from pathways.listing.columns import needs
from pathways.listing.linked import filled, record_linked

from .models import Meeting
from .references import MEETING_ADDRESS, OUTCOME_ADDRESS, meeting_reference, outcome_reference

EXACT = {Meeting.Precision.DAY: "%Y-%m-%d", Meeting.Precision.MONTH: "%Y-%m", Meeting.Precision.YEAR: "%Y"}


@needs(*outcome_reference.related, "meeting__series", "meeting__country", "parent")
def outcome_linked(outcome, export):
    """Return an outcome as a node: the paraphrase, where it is printed, and the meeting that concluded it."""
    meeting = outcome.meeting if outcome.meeting and outcome.meeting.is_public else None
    parent = outcome.parent if outcome.parent and outcome.parent.is_public else None
    return {
        **record_linked(outcome_reference(outcome, export), export),
        **filled(
            {
                "recordedAt": meeting and event(meeting, export),
                "isPartOf": parent
                and {
                    "@id": export.site + OUTCOME_ADDRESS(parent),
                    "@type": "CreativeWork",
                    "name": parent.heading,
                },
            }
        ),
    }


@needs(*meeting_reference.related, "country", "parent__series", "parent__country")
def meeting_linked(meeting, export):
    """Return a meeting as a node: the record, and the event that it is about."""
    parent = meeting.parent if meeting.parent and meeting.parent.is_public else None
    about = {**event(meeting, export), **filled({"description": meeting.summary})}
    if parent:
        about["superEvent"] = event(parent, export)
    return {**record_linked(meeting_reference(meeting, export), export), "about": about}


def event(meeting, export):
    """Return the meeting itself; its dates are as exact as they are known."""
    address = export.site + MEETING_ADDRESS(meeting)
    first, last = meeting.starts_on, meeting.ends_on
    exact = EXACT.get(meeting.date_precision)
    return filled(
        {
            "@id": f"{address}#meeting",
            "@type": "Event",
            "name": meeting.title,
            "url": address,
            "startDate": first and format(first, exact),
            "endDate": last and format(last, exact),
            "location": place(meeting),
            "superEvent": {"@type": "EventSeries", "name": meeting.series.name} if meeting.series else None,
        }
    )


def place(meeting):
    """Return where it was held, or None if that is not known."""
    address = filled(
        {
            "addressLocality": meeting.place,
            "addressCountry": meeting.country and meeting.country.code,
        }
    )
    name = meeting.venue or meeting.place or (meeting.country and meeting.country.name)
    if not name:
        return None
    return filled(
        {"@type": "Place", "name": name, "address": {"@type": "PostalAddress", **address} if address else None}
    )
