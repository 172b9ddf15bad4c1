"""What outcomes, meetings and documents are found by."""

from pathways.listing.search import Source, register

from .models import Document, Meeting, Outcome


def outcome_texts(outcome):
    return (
        [outcome.slug, outcome.heading],
        [outcome.heading],
        [str(instrument) for instrument in outcome.instruments.all()],
        [
            outcome.text,
            outcome.get_kind_display(),
            *(row.theme.name for row in outcome.theme_rows.all()),
            *(group.name for group in outcome.target_groups.all()),
        ],
        [outcome.section, outcome.addressees, outcome.document.title],
    )


def meeting_texts(meeting):
    participations = meeting.participations.all()
    countries = [row.country for row in participations if row.country]
    organisations = [row.organisation for row in participations if row.organisation]
    return (
        [meeting.title],
        # Many are known by their year.
        [meeting.title, meeting.date_as_given, str(meeting.starts_on.year if meeting.starts_on else "")],
        [
            meeting.place,
            *([meeting.country.name, meeting.country.other_names] if meeting.country else []),
            *([meeting.series.name] if meeting.series else []),
            *(row.person for row in participations),
            *(text for one in organisations for text in (one.name, one.acronym)),
            *(text for country in countries for text in (country.name, country.other_names)),
        ],
        [meeting.summary, *(session.title for session in meeting.sessions.all())],
        [
            *(session.summary for session in meeting.sessions.all()),
            *(point.text for point in meeting.agenda_points.all()),
        ],
    )


def document_texts(document):
    return (
        [document.title],
        [document.title],
        [str(document.publisher or ""), document.standing, document.get_kind_display()],
        [*(row.meeting.title for row in document.meeting_rows.all() if row.meeting.is_public)],
        [document.note],
    )


register(
    Source(
        number=2,
        model=Outcome,
        texts=outcome_texts,
        related=("document", "instruments", "theme_rows__theme", "target_groups"),
    )
)
register(
    Source(
        number=3,
        model=Meeting,
        texts=meeting_texts,
        related=(
            "series",
            "country",
            "participations__country",
            "participations__organisation",
            "sessions",
            "agenda_points",
        ),
    )
)
register(Source(number=4, model=Document, texts=document_texts, related=("publisher", "meeting_rows__meeting")))
