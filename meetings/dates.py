"""Dates in words, as exact as they are known."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _


def meeting_dates(meeting):
    """Return when a meeting was held: "12–13 October 2017", "May–July 2020", or that the source does not say."""
    first, last = meeting.starts_on, meeting.ends_on or meeting.starts_on
    match meeting.date_precision:
        case meeting.Precision.DAY:
            return span(first, last, ["j", "F", "Y"])
        case meeting.Precision.MONTH:
            return span(first, last, ["F", "Y"])
        case meeting.Precision.YEAR:
            return span(first, last, ["Y"])
    return _("date not stated")


def span(first, last, parts):
    """Return two dates with what they have in common said once."""
    whole = date_format(last, " ".join(parts))
    for at in range(len(parts)):
        if all(date_format(first, part) == date_format(last, part) for part in parts[at:]):
            start = date_format(first, " ".join(parts[:at]))
            return f"{start}–{whole}" if start else whole
    return f"{date_format(first, ' '.join(parts))} – {whole}"
