"""What imports know of meetings and outcomes: the columns that can be written, and the sheets of the rows they own."""

from dataclasses import dataclass

from pathways.curation.importing.columns import Column, Importable, Rows, Several, put
from pathways.listing.columns import as_text

from .columns import MEETING_COLUMNS, OUTCOME_COLUMNS
from .models import Meeting, Outcome


@dataclass(frozen=True)
class SessionOfMeeting(Column):
    """The session of the meeting that another column names."""

    def read(self, text, data, shown, model, dictionary):
        put(data, self.name, [data.get("meeting", ""), text] if text else None)


OUTCOME_SHEETS = Importable(
    model=Outcome,
    sheet="Outcomes",
    columns=(
        Column("kind"),
        Column("section"),
        Column("number"),
        Column("number_printed"),
        Column("parent"),
        Column("heading"),
        Column("heading_supplied"),
        Column("text"),
        Column("meeting"),
        SessionOfMeeting("session"),
        Rows("themes", rows="theme_rows", written="{theme}", read_as="(?P<theme>.+)"),
        Several("target_groups"),
        Several("skill_levels"),
        Several("instruments"),
        Several("addressees"),
        Several("gcm_objectives"),
        Column("document"),
        Column("locator"),
        Column("position"),
    ),
    exported=OUTCOME_COLUMNS,
    as_text=as_text,
    sheets={"Themes": "theme_rows"},
    title="heading",
    names=("heading",),
    example={
        "Outcomes": {
            "kind": "recommendation",
            "number": "3",
            "number_printed": "yes",
            "heading": "Recognise what nurses have learnt",
            "text": "States should recognise diplomas before people leave.",
            "document": "the document's title",
            "locator": "Recommendation 3",
        },
        "Themes": {"theme": "skills-recognition-and-certification"},
    },
)

MEETING_SHEETS = Importable(
    model=Meeting,
    sheet="Meetings",
    columns=(
        Column("title"),
        Column("title_supplied"),
        Column("series"),
        Column("kind"),
        Column("standing"),
        Column("parent"),
        Column("starts_on"),
        Column("ends_on"),
        Column("date_precision"),
        Column("date_as_given"),
        Column("place"),
        Column("venue"),
        Column("country"),
        Column("summary"),
        Column("states_complete"),
    ),
    exported=MEETING_COLUMNS,
    as_text=as_text,
    sheets={
        "Attendance": "attendance",
        "Sessions": "sessions",
        "Agenda points": "agenda_points",
        "Participations": "participations",
    },
    slug_from={"attendance": "as_given", "sessions": "title", "agenda_points": "text"},
    example={
        "Meetings": {
            "title": "Workshop on nurses",
            "kind": "workshop",
            "standing": "reported",
            "starts_on": "2021-05-01",
            "date_precision": "month",
            "date_as_given": "May 2021",
            "place": "Rabat",
            "country": "Morocco",
        },
        "Attendance": {"number": "120", "what": "participants", "as_given": "some 120 participants"},
        "Sessions": {"slug": "session-1", "title": "Opening", "kind": "opening", "starts_at": "09:30"},
        "Agenda points": {"session": "session-1", "kind": "objective", "text": "To tell what works."},
        "Participations": {"country": "Morocco", "role": "host"},
    },
)
