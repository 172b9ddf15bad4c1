"""Dates in words, as exact as they are known."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from .models import Meeting


def meeting_dates(meeting):
    """Return when a meeting was held: "12–13 October 2017", "May–July 2020", or that the source does not say."""
    first, last = meeting.starts_on, meeting.ends_on or meeting.starts_on
    match meeting.date_precision:
        case Meeting.Precision.DAY:
            return span(first, last, ["j", "F", "Y"])
        case Meeting.Precision.MONTH:
            return span(first, last, ["F", "Y"])
        case Meeting.Precision.YEAR:
            return span(first, last, ["Y"])
    return _("date not stated")


def span(first, last, parts):
    """Return two dates with what they have in common said once."""
    start, whole = (date_format(day, " ".join(parts)) for day in (first, last))
    if start == whole:
        return whole
    for at in range(1, len(parts)):
        if all(date_format(first, part) == date_format(last, part) for part in parts[at:]):
            start = date_format(first, " ".join(parts[:at]))
            break
    return f"{start} – {whole}" if " " in start else f"{start}–{whole}"
