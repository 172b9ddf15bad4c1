"""What programs subscribe to: Atom of any list, and iCalendar of meetings."""

import re
import uuid
from xml.sax.saxutils import escape, quoteattr

from django.utils.translation import gettext_lazy as _
from icalendar import Calendar

from ..export import Format
from ..references import one_line

# Identifiers are made from the keys of citations, which last, and not from addresses, which move with the site.
NAMESPACE = uuid.UUID("6f0f8d0c-6d43-5a9e-9a0e-5a5b2c3f7d11")


def identifier(key):
    """Return the identifier of what has ``key``: the same for ever, wherever the site is."""
    return f"urn:uuid:{uuid.uuid5(NAMESPACE, key)}"


# Atom

# What XML has no place for, escaped or not.
ILLEGAL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")


def write_atom(export):
    """Yield the list as a feed (RFC 4287), what changed last first; what was added has one day for both its dates."""
    newest = None
    for reference in export.references(latest_first=True):
        if newest is None:
            newest = reference.updated_on
            yield feed_head(export, newest)
        yield entry(reference)
    if newest is None:
        yield feed_head(export, export.version_on)
    yield "</feed>\n"


def feed_head(export, updated_on):
    reference = export.reference
    own_address = export.site + export.path("atom")
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">\n'
        f"<id>{identifier(reference.key)}</id>\n"
        f"<title>{text(reference.title)}</title>\n"
        f"<subtitle>{text(reference.kind)}</subtitle>\n"
        f"<updated>{moment(updated_on)}</updated>\n"
        f'<link rel="self" type="application/atom+xml" href={attribute(own_address)}/>\n'
        f'<link rel="alternate" type="text/html" href={attribute(reference.address)}/>\n'
        f'<link rel="license" href={attribute(export.licence_address)}/>\n'
        f"<author><name>{text(reference.publisher)}</name></author>\n"
        f"<rights>{text(export.licence)}</rights>\n"
        f"<generator>Pathways, {text(reference.version)}</generator>\n"
    )


def entry(reference):
    categories = "".join(f"<category term={attribute(keyword)}/>" for keyword in reference.keywords)
    return (
        "<entry>\n"
        f"<id>{identifier(reference.key)}</id>\n"
        f"<title>{text(reference.title)}</title>\n"
        f'<link rel="alternate" type="text/html" href={attribute(reference.address)}/>\n'
        f"<published>{moment(reference.published_on)}</published>\n"
        f"<updated>{moment(reference.updated_on)}</updated>\n"
        f"{categories}<summary>{text(reference.abstract)}</summary>\n"
        "</entry>\n"
    )


def moment(day):
    return f"{day:%Y-%m-%d}T00:00:00Z"


def text(value):
    """Return ``value`` as the text of an element."""
    return escape(ILLEGAL.sub("", value))


def attribute(value):
    return quoteattr(ILLEGAL.sub("", one_line(value)))


ATOM = Format("atom", _("Atom"), "application/atom+xml; charset=utf-8", write_atom, is_download=False)

# iCalendar


def write_icalendar(export):
    """Yield those of the list that have a date as events (RFC 5545)."""
    calendar = Calendar()
    calendar.add("prodid", "-//Pathways//Meetings//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", one_line(export.title))
    calendar.add("x-wr-calname", one_line(export.title))
    calendar.add("url", export.address)
    start, end = calendar.to_ical().split(b"END:VCALENDAR")
    yield start
    make = export.of.event
    for row in export.rows(make.related):
        if event := make(row, export):
            yield event.to_ical()
    yield b"END:VCALENDAR" + end


ICALENDAR = Format("ics", _("iCalendar"), "text/calendar; charset=utf-8", write_icalendar)
