"""The exports of meetings, participants and outcomes: what stands in them, as whole files."""

from datetime import date

import pytest

from meetings.models import Attendance
from tests import factories as make
from tests.reading import BOM, body, exported, rows

pytestmark = pytest.mark.django_db

MEETINGS_HEADER = (
    "id,title,series,kind,standing,parent,starts_on,ends_on,date_as_given,place,country,states,states_complete,"
    "organisations,attendance,key_messages,recommendations,documents,url,updated_on\r\n"
)
OUTCOMES_HEADER = (
    "id,kind,section,number,parent,heading,text,meeting,session,themes,target_groups,skill_levels,instruments,"
    "addressees,gcm_objectives,practices,document,locator,url,updated_on\r\n"
)
PARTICIPANTS_HEADER = "kind,code,name,represents,role,session\r\n"


@pytest.fixture
def meeting():
    """A meeting in which every column of its exports has something to say."""
    make.country("CH", "Switzerland")
    make.country("MX", "Mexico")
    make.country("LK", "Sri Lanka")
    made = make.meeting(
        slug="session-6",
        title="Sixth session, on “regular pathways”",
        series=make.series("gcm", "GCM"),
        kind="informal-session",
        parent=make.meeting(slug="gcm", title="GCM"),
        starts_on=date(2017, 10, 12),
        ends_on=date(2017, 10, 13),
        date_precision="day",
        date_as_given="12-13 October 2017",
        place="Geneva",
        country=make.country("CH"),
        states_complete=True,
        updated_on=date(2026, 3, 1),
    )
    Attendance.objects.create(
        meeting=made, slug="b", number=100, what="interventions", as_given="made 100 interventions", position=2
    )
    Attendance.objects.create(
        meeting=made, slug="a", number=117, what="states", as_given="117 Member States attended", position=1
    )
    make.document("summary", "Summary").meeting_rows.create(meeting=made, relation="reports-on")
    make.document("issue-brief", "Brief").meeting_rows.create(meeting=made, relation="prepares")
    closing = make.session(made, "closing", "Closing", "closing", position=2)
    panel = make.session(made, "panel-2", "Decent work", "panel", position=1)
    make.participation(made, country=make.country("MX"), role="co-facilitator", position=3)
    make.participation(made, country=make.country("CH"), role="co-facilitator", position=1)
    make.participation(made, organisation=make.organisation("ilo", "International Labour Organization"), position=2)
    make.participation(
        made,
        session=closing,
        person="Jürg Lauber",
        represents_country=make.country("CH"),
        role="closing-speaker",
        position=4,
    )
    make.participation(
        made,
        session=panel,
        person="R. P. Aryasinha",
        represents_country=make.country("LK"),
        represents_organisation=make.organisation("mission", "Permanent Mission"),
        role="moderator",
        position=5,
    )
    make.participation(
        made, session=panel, organisation=make.organisation("idwf", "Domestic Workers' Federation"), role="panellist"
    )
    return made


def test_a_meeting_with_everything_as_a_whole_file(client, meeting):
    whole = make.outcome(meeting=meeting)
    make.outcome(meeting=meeting, parent=whole)
    make.outcome(meeting=meeting, kind="key-message")
    make.outcome(meeting=meeting, kind="finding")
    make.outcome(meeting=meeting, status="draft")
    make.searchable()
    response = client.get("/meetings.csv?q=sixth")
    assert response.streaming
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="meetings.csv"'
    assert body(response) == BOM + MEETINGS_HEADER + (
        'session-6,"Sixth session, on “regular pathways”",gcm,informal-session,reported,gcm,2017-10-12,2017-10-13,'
        "12-13 October 2017,Geneva,CH,CH; LK; MX,true,ilo,117 Member States attended; made 100 interventions,1,2,"
        "issue-brief; summary,http://testserver/meetings/session-6/,2026-03-01\r\n"
    )


def test_a_meeting_without_a_date_has_none_in_the_export(client):
    make.meeting(slug="mentioned", title="Twelfth GFMD", kind="summit", standing="mentioned", updated_on="2026-03-01")
    assert body(client.get("/meetings.csv")) == BOM + MEETINGS_HEADER + (
        "mentioned,Twelfth GFMD,,summit,mentioned,,,,,,,,false,,,0,0,,"
        "http://testserver/meetings/mentioned/,2026-03-01\r\n"
    )


def test_participants_as_a_whole_file_the_meeting_as_a_whole_first_and_then_each_session(client, meeting):
    response = client.get("/meetings/session-6/participants.csv")
    assert response.streaming
    assert response.headers["Content-Disposition"] == 'attachment; filename="session-6-participants.csv"'
    assert body(response) == BOM + PARTICIPANTS_HEADER + (
        "state,CH,Switzerland,,co-facilitator,\r\n"
        "organisation,ilo,International Labour Organization,,participant,\r\n"
        "state,MX,Mexico,,co-facilitator,\r\n"
        "organisation,idwf,Domestic Workers' Federation,,panellist,panel-2\r\n"
        "person,,R. P. Aryasinha,LK; mission,moderator,panel-2\r\n"
        "person,,Jürg Lauber,CH,closing-speaker,closing\r\n"
    )


def test_a_meeting_without_participants_has_a_file_with_a_header(client):
    make.meeting(slug="announced")
    assert body(client.get("/meetings/announced/participants.csv")) == BOM + PARTICIPANTS_HEADER


def test_no_name_of_a_participant_starts_as_a_formula(client):
    made = make.meeting(slug="announced")
    make.participation(made, person="=cmd()", office="@office")
    (row,) = rows(client.get("/meetings/announced/participants.csv"))
    assert row["name"] == "'=cmd()"


def test_an_outcome_with_everything_as_a_whole_file(client, meeting):
    whole = make.outcome(slug="r-2", heading="Whole", document=make.document("summary"))
    part = make.outcome(
        slug="r-2e",
        kind="recommendation",
        section="Recommendations, “way forward”",
        number="2e",
        parent=whole,
        heading="Support for migrants",
        text="Support migrants:\n\n- orientation\n- languages",
        meeting=meeting,
        session=meeting.sessions.get(slug="panel-2"),
        themes=["pre-departure-and-post-arrival-orientation", "integration-and-social-inclusion"],
        addressees="States\nMembers of the group\n",
        document=make.document("summary"),
        locator="Recommendation 2e",
        updated_on=date(2026, 3, 1),
    )
    part.target_groups.set([make.target_group("women"), make.target_group("migrant-workers")])
    part.skill_levels.set([make.skill_level("medium"), make.skill_level("low")])
    part.instruments.set([make.instrument("ilo-c189"), make.instrument("cmw")])
    part.gcm_objectives.set([make.objective(16), make.objective(5)])
    for slug, status in [("sami", "published"), ("palim", "published"), ("unseen", "draft")]:
        make.response(make.practice(slug=slug, status=status), part)
    make.searchable()
    response = client.get("/outcomes.csv?q=support")
    assert response.streaming
    assert response.headers["Content-Disposition"] == 'attachment; filename="outcomes.csv"'
    assert body(response) == BOM + OUTCOMES_HEADER + (
        'r-2e,recommendation,"Recommendations, “way forward”",2e,r-2,Support for migrants,'
        '"Support migrants:\n\n- orientation\n- languages",session-6,panel-2,'
        "pre-departure-and-post-arrival-orientation; integration-and-social-inclusion,"
        "migrant-workers; women,low; medium,cmw; ilo-c189,States; Members of the group,5; 16,palim; sami,"
        "summary,Recommendation 2e,http://testserver/outcomes/r-2e/,2026-03-01\r\n"
    )


def test_an_outcome_does_not_name_a_meeting_a_session_or_a_whole_that_is_not_public(client):
    unseen = make.meeting(slug="unseen", status="draft")
    make.outcome(
        slug="public",
        meeting=unseen,
        session=make.session(unseen, "unseen-session"),
        parent=make.outcome(slug="unseen-whole", status="draft"),
    )
    (row,) = exported(client, "/outcomes/")
    assert (row["meeting"], row["session"], row["parent"]) == ("", "", "")


def test_a_meeting_does_not_name_one_it_was_part_of_that_is_not_public(client):
    make.meeting(slug="public", parent=make.meeting(slug="unseen", status="draft"))
    (row,) = exported(client, "/meetings/")
    assert row["parent"] == ""
