"""Meetings as events of a calendar."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta

from django.utils.translation import gettext as _
from icalendar import Event

from pathways.listing.columns import needs
from pathways.listing.references import one_line
from pathways.listing.writers.feeds import identifier

from .dates import meeting_dates
from .models import Meeting
from .references import MEETING_ADDRESS


@needs("series", "country")
def meeting_event(meeting, export):
    """Return a meeting as an all-day event, or None if it has no date.

    A calendar knows no dates but days. A meeting of which only month or year is known spans all the days on which it
    may have been; its title says so, and it keeps nobody's time.
    """
    if meeting.starts_on is None:
        return None
    first, last = days(meeting)
    changed = datetime.combine(meeting.updated_on, time(), UTC)
    event = Event()
    event.add("uid", identifier(f"meeting-{meeting.lasting_slug}"))
    event.add("dtstamp", changed)
    event.add("last-modified", changed)
    event.add("summary", one_line(title(meeting)))
    event.add("dtstart", first)
    # The first day that is no longer part of it.
    event.add("dtend", last + timedelta(days=1) if last < date.max else last)
    event.add("transp", "TRANSPARENT")
    event.add("status", "TENTATIVE" if meeting.standing == Meeting.Standing.ANNOUNCED else "CONFIRMED")
    if where := ", ".join(filter(None, [meeting.venue, meeting.place, meeting.country and meeting.country.name])):
        event.add("location", one_line(where))
    if meeting.series:
        event.add("categories", [one_line(meeting.series.name)])
    address = export.site + MEETING_ADDRESS(meeting)
    event.add("description", described(meeting, address))
    event.add("url", address)
    return event


def days(meeting):
    """Return the first and the last day on which the meeting may have been."""
    first, last = meeting.starts_on, meeting.ends_on or meeting.starts_on
    match meeting.date_precision:
        case Meeting.Precision.MONTH:
            return first.replace(day=1), last.replace(day=monthrange(last.year, last.month)[1])
        case Meeting.Precision.YEAR:
            return date(first.year, 1, 1), date(last.year, 12, 31)
    return first, last


def title(meeting):
    if meeting.date_precision == Meeting.Precision.DAY:
        return meeting.title
    return _("%(title)s (%(dates)s, day not known)") % {"title": meeting.title, "dates": meeting_dates(meeting)}


def described(meeting, address):
    """Return the text of the event; the lines of its parts stay."""
    as_given = meeting.date_as_given and _("Date as given: %s") % one_line(meeting.date_as_given)
    paragraphs = [as_given, *map(one_line, meeting.summary.split("\n")), address]
    return "\n".join(filter(None, paragraphs))
