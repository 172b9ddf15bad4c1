"""Meetings with what they own, and outcomes that are parts of each other, come in as practices do."""

import openpyxl
import pytest

from meetings.importing import MEETING_SHEETS, OUTCOME_SHEETS
from meetings.models import Meeting, Outcome
from pathways.curation.fixtures import load
from pathways.curation.importing import running
from pathways.curation.importing.template import write_template
from pathways.curation.snapshots import snapshot

from .helpers import unversioned, write_fixtures
from .import_helpers import begun, fill, outcomes, saved, table, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(django_user_model, tmp_path):
    """An editor of a small knowledge base: a meeting in Lisbon with a session, a document, a recommendation."""
    load(write_fixtures(tmp_path / "fixtures"))
    return django_user_model.objects.create_superuser("editor")


def test_a_meeting_with_all_its_rows(editor):
    book = openpyxl.load_workbook(write_template(MEETING_SHEETS))
    title = "Workshop on nurses"
    fill(
        book["Meetings"],
        title=title,
        kind="workshop",
        standing="reported",
        starts_on="2021-05-01",
        ends_on="2021-05-02",
    )
    fill(book["Meetings"], id="other", title="Other", kind="Workshop", standing="mentioned", starts_on="May 2021")
    fill(book["Sessions"], meeting=title, slug="s1", title="Opening", kind="opening", starts_at="9:30", minutes=45)
    fill(book["Agenda points"], meeting=title, session="s1", kind="objective", text="To tell what works")
    fill(book["Participations"], meeting=title, country="Morocco", role="host")
    fill(book["Participations"], meeting=title, session="s1", person="A. B.", represents_country="NO", role="presenter")
    fill(book["Attendance"], meeting=title, number=120, what="participants", as_given="some 120 participants")
    assert told(begun(saved(book), "m.xlsx", sheets=MEETING_SHEETS)) == [
        "Meetings 3: A date needs its precision, and a meeting without a date has none.",
        "H4: “May 2021” is not a date. Write it as 2019-03-12.",
    ]
    book["Meetings"].delete_rows(4)
    columns = [cell.value for cell in book["Meetings"][1]]
    book["Meetings"].cell(3, columns.index("date_precision") + 1, "day")
    run = begun(saved(book), "m.xlsx", sheets=MEETING_SHEETS)
    assert told(run) == []
    running.carry_out(MEETING_SHEETS, run, editor)
    data = snapshot(Meeting.objects.get(slug="workshop-on-nurses"))
    assert data["sessions"] == [
        {"slug": "s1", "title": "Opening", "kind": "opening", "starts_at": "09:30", "minutes": 45}
    ]
    assert data["agenda_points"] == [
        {"slug": "to-tell-what-works", "session": "s1", "kind": "objective", "text": "To tell what works"}
    ]
    assert data["attendance"][0]["slug"] == "some-120-participants"
    assert {row.get("country") or row["person"] for row in data["participations"]} == {"MA", "A. B."}
    assert not unversioned()


OUTCOME = {"kind": "recommendation", "number": "2", "text": "States should.", "document": "Paper", "locator": "2"}


def test_outcomes_that_are_parts_of_each_other(editor):
    rows = [
        {**OUTCOME, "id": "rec-2-a", "heading": "A part", "parent": "rec-2", "meeting": "Workshop", "session": "s1"},
        {**OUTCOME, "id": "rec-2", "heading": "The whole", "meeting": "lisbon"},
        {**OUTCOME, "id": "rec-3", "heading": "Third", "meeting": "lisbon", "session": "s9"},
    ]
    run = begun(table(*rows), sheets=OUTCOME_SHEETS)
    assert outcomes(run) == {"new": 2, "refused": 1}
    running.carry_out(OUTCOME_SHEETS, run, editor, leave_out_refused=True)
    part = Outcome.objects.get(slug="rec-2-a")
    assert (part.parent.slug, part.session.slug, part.meeting.slug) == ("rec-2", "s1", "lisbon")
    assert not unversioned()
