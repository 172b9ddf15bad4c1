"""Records as unqualified Dublin Core: (element, text) pairs, what to prefetch for them, and how they are written."""

from django.conf import settings
from django.utils.text import capfirst

# What of a record's relations its elements name.
PRACTICE = (
    "theme_rows__theme",
    "sectors",
    "target_groups",
    "organisation_rows__organisation",
    "country_rows__country",
    "region_rows__region",
    "citations__document",
    "links",
    "relations__other",
    "replaces",
)
OUTCOME = ("theme_rows__theme", "document", "meeting__series", "parent", "replaces")
MEETING = ("series", "country", "parent", "document_rows__document", "replaces")


def of_practice(practice, site):
    yield "title", practice.title
    for name in (practice.acronym_apart, *practice.other_name_list):
        yield "title", name
    for row in practice.theme_rows.all():
        yield "subject", row.theme.name
    for term in (*practice.sectors.all(), *practice.target_groups.all()):
        yield "subject", term.name
    yield "description", practice.summary
    for name in once(row.organisation.name for row in practice.organisation_rows.all()):
        yield "contributor", name
    yield "type", capfirst(practice.get_kind_display())
    for citation in practice.citations.all():
        yield "source", f"{citation.document}, {citation.locator}"
    for link in practice.links.all():
        yield "relation", link.url
    for row in practice.relations.all():
        if row.other.is_public:
            yield "relation", f"{site}{row.other.get_absolute_url()}"
    for name in once(row.country.name for row in practice.country_rows.all()):
        yield "coverage", name
    for name in once(row.region.name for row in practice.region_rows.all()):
        yield "coverage", name
    yield "coverage", period(practice.start_year, practice.end_year)
    yield from of_every(practice, site)


def of_outcome(outcome, site):
    yield "title", outcome.heading
    for row in outcome.theme_rows.all():
        yield "subject", row.theme.name
    yield "description", outcome.text
    yield "type", capfirst(outcome.get_kind_display())
    yield "source", f"{outcome.document}, {outcome.locator}"
    for other in (outcome.meeting, outcome.parent):
        if other and other.is_public:
            yield "relation", f"{site}{other.get_absolute_url()}"
    yield from of_every(outcome, site)


def of_meeting(meeting, site):
    yield "title", meeting.title
    if meeting.series:
        yield "subject", meeting.series.name
    yield "description", meeting.summary
    yield "type", capfirst(meeting.get_kind_display())
    for row in meeting.document_rows.all():
        yield "source", row.document.title
    if meeting.parent and meeting.parent.is_public:
        yield "relation", f"{site}{meeting.parent.get_absolute_url()}"
    yield "coverage", meeting.place
    yield "coverage", meeting.country.name if meeting.country else ""
    yield "coverage", meeting.date_as_given or period(meeting.starts_on, meeting.ends_on)
    yield from of_every(meeting, site)


def of_every(record, site):
    yield "identifier", f"{site}{record.get_absolute_url()}"
    yield "publisher", settings.SITE_NAME
    yield "date", str(record.updated_on)
    yield "format", "text/html"
    yield "language", "en"
    for former in record.replaces.all():
        if former.published_on:
            yield "relation", f"{site}{former.get_absolute_url()}"
    for text in (settings.DATA_LICENCE, settings.DATA_LICENCE and settings.DATA_LICENCE_URL):
        yield "rights", text


def once(names):
    return dict.fromkeys(names)


def period(first, last):
    """Return a range of years or days as ISO 8601 has it, as much of it as is known."""
    ends = [str(one) for one in (first, last) if one]
    return "/".join(dict.fromkeys(ends))
