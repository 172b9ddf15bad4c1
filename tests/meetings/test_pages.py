"""The pages of meetings and outcomes: what a visitor reads there."""

from datetime import date, time

import pytest

from meetings.dates import meeting_dates
from meetings.models import AgendaPoint, Attendance, Meeting
from tests import factories as make
from tests.reading import body, is_harmless, results, says, words

HOSTILE = """</title></p>"'><script>alert(1)</script><img src=x onerror=alert(2)>"""


def page_of(client, record):
    return body(client.get(record.get_absolute_url()))


# Dates in words


@pytest.mark.parametrize(
    ("first", "last", "precision", "expected"),
    [
        (date(2018, 5, 3), date(2018, 5, 3), "day", "3 May 2018"),
        (date(2018, 5, 3), None, "day", "3 May 2018"),
        (date(2017, 10, 12), date(2017, 10, 13), "day", "12–13 October 2017"),
        (date(2017, 11, 30), date(2017, 12, 2), "day", "30 November – 2 December 2017"),
        (date(2017, 12, 31), date(2018, 1, 2), "day", "31 December 2017 – 2 January 2018"),
        (date(2020, 5, 1), date(2020, 7, 31), "month", "May–July 2020"),
        (date(2021, 1, 1), None, "month", "January 2021"),
        (date(2021, 1, 1), date(2021, 1, 31), "month", "January 2021"),
        (date(2020, 12, 1), date(2021, 1, 31), "month", "December 2020 – January 2021"),
        (date(2016, 1, 1), None, "year", "2016"),
        (date(2016, 1, 1), date(2016, 12, 31), "year", "2016"),
        (date(2019, 1, 1), date(2020, 12, 31), "year", "2019–2020"),
        (None, None, "none", "date not stated"),
    ],
)
def test_dates_are_in_words_as_exact_as_they_are_known(first, last, precision, expected):
    assert meeting_dates(Meeting(starts_on=first, ends_on=last, date_precision=precision)) == expected


@pytest.mark.django_db
def test_the_page_and_the_list_give_the_date_in_words_and_as_the_source_has_it(client):
    meeting = make.meeting(
        starts_on=date(2020, 5, 1),
        ends_on=date(2020, 7, 31),
        date_precision="month",
        date_as_given="between May-July 2020",
    )
    assert says(page_of(client, meeting), "When", "May–July 2020", "between May-July 2020")
    assert says(results(body(client.get("/meetings/"))), "May–July 2020")


@pytest.mark.django_db
def test_a_meeting_without_a_date_says_so(client):
    meeting = make.meeting()
    assert says(page_of(client, meeting), "When", "date not stated")
    assert says(results(body(client.get("/meetings/"))), "date not stated")


# Meetings


@pytest.mark.django_db
def test_a_meeting_shows_who_took_part_in_which_role(client):
    meeting = make.meeting(states_complete=True)
    make.participation(meeting, country=make.country("PK", "Pakistan"), role="co-chair")
    make.participation(meeting, country=make.country("AL", "Albania"))
    make.participation(meeting, organisation=make.organisation("icmpd", "ICMPD"), role="secretariat")
    make.participation(
        meeting,
        person="Jürg Lauber",
        office="Permanent Representative",
        represents_country=make.country("CH", "Switzerland"),
        role="co-facilitator",
    )
    page = page_of(client, meeting)
    assert says(page, "The source lists every state that took part.", "Pakistan", "co-chair", "Albania")
    assert says(page, "ICMPD", "secretariat")
    assert says(page, "Jürg Lauber", "Permanent Representative", "Switzerland", "co-facilitator")


@pytest.mark.django_db
def test_a_meeting_says_where_the_list_of_states_is_not_complete(client):
    meeting = make.meeting()
    make.participation(meeting, country=make.country())
    assert says(page_of(client, meeting), "Only the states that the source names; it gives no complete list.")


@pytest.mark.django_db
def test_a_meeting_shows_its_sessions_with_their_times_agenda_and_people(client):
    meeting = make.meeting()
    whole = make.session(meeting, "session-3", "Working groups", number="3", position=1)
    part = make.session(
        meeting,
        "group-1",
        "Skills development",
        "working-group",
        parent=whole,
        position=2,
        date=date(2017, 10, 12),
        starts_at=time(10, 15),
        ends_at=time(13, 0),
        minutes=75,
    )
    AgendaPoint.objects.create(meeting=meeting, session=part, slug="a", kind="focus-issue", text="Public employment")
    AgendaPoint.objects.create(meeting=meeting, slug="b", kind="objective", text="Share lessons")
    make.participation(meeting, session=part, organisation=make.organisation("icmpd", "ICMPD"), role="moderator")
    page = page_of(client, meeting)
    assert says(page, "Share lessons")
    assert says(
        page,
        "Working groups",
        "Skills development",
        "Working group",
        "12 October 2017",
        "10:15–13:00",
        "75 minutes",
        "Public employment",
        "ICMPD",
        "moderator",
    )


@pytest.mark.django_db
def test_a_meeting_shows_what_it_concluded_and_the_documents_about_it(client):
    meeting = make.meeting()
    make.document("note", "Concept note").meeting_rows.create(meeting=meeting, relation="prepares")
    make.outcome(slug="km-1", heading="Private sector", kind="key-message", locator="Key message 1", meeting=meeting)
    Attendance.objects.create(meeting=meeting, slug="a", number=69, what="participants", as_given="69 participants")
    page = page_of(client, meeting)
    assert '<a href="/outcomes/km-1/">Private sector</a>' in page
    assert says(page, "Attendance", "69 participants")
    assert says(page, "Concept note", "prepares it")
    assert says(page, "What was concluded", "Paraphrases by the secretariat, not agreed language.", "Private sector")


# Outcomes


@pytest.mark.django_db
def test_an_outcome_says_whose_words_it_is_in_and_where_it_is_printed(client):
    outcome = make.outcome(
        slug="gcm-2017-f-4",
        heading="Skills passports",
        text="Develop skills passports.",
        section="III.f – Recognition",
        locator="III.f, 4",
        number="4",
        addressees="States",
        meeting=make.meeting(slug="session-6", title="Session 6"),
    )
    page = page_of(client, outcome)
    assert says(page, "Develop skills passports.", "Paraphrase by the secretariat, not agreed language.")
    assert says(page, "Printed in", "Background paper, III.f, 4", "III.f – Recognition")
    assert says(page, "Number 4 (our count; none is printed)")
    assert says(page, "Meeting", "Session 6", "date not stated")
    assert says(page, "Addressed to", "States")


@pytest.mark.django_db
def test_a_recommendation_and_its_sub_items_lead_to_each_other_in_their_order(client):
    whole = make.outcome(slug="r-2", heading="Whole", number="2", number_printed=True)
    make.outcome(slug="r-2b", heading="Second", parent=whole, number="2b", position=2)
    make.outcome(slug="r-2a", heading="First", parent=whole, number="2a", position=1)
    page = page_of(client, whole)
    assert page.index('href="/outcomes/r-2a/"') < page.index('href="/outcomes/r-2b/"')
    assert "our count" not in page
    assert 'href="/outcomes/r-2/"' in body(client.get("/outcomes/r-2a/"))


@pytest.mark.django_db
def test_an_outcome_shows_the_practices_that_answer_it_as_a_judgement(client):
    outcome = make.outcome()
    make.response(make.practice(slug="sami", title="SaMI"), outcome, "It certifies skills.")
    page = page_of(client, outcome)
    assert '<a href="/practices/sami/">SaMI</a>' in page
    assert says(page, "In the secretariat's judgement.", "SaMI", "It certifies skills.")


@pytest.mark.django_db
def test_every_list_of_outcomes_says_that_they_are_paraphrases(client):
    for path in ("/outcomes/", "/recommendations/", "/key-messages/"):
        assert says(body(client.get(path)), "Paraphrases by the secretariat, not agreed language.")


@pytest.mark.django_db
def test_hostile_texts_are_escaped_wherever_they_stand(client):
    series = make.series("series", HOSTILE)
    meeting = make.meeting(
        title=HOSTILE, place=HOSTILE, venue=HOSTILE, date_as_given=HOSTILE, summary=HOSTILE, series=series
    )
    session = make.session(meeting, title=HOSTILE, number="<b>", summary=HOSTILE)
    AgendaPoint.objects.create(meeting=meeting, session=session, slug="a", kind="objective", text=HOSTILE)
    make.participation(meeting, session=session, person=HOSTILE, office=HOSTILE, note=HOSTILE)
    make.participation(meeting, organisation=make.organisation("x", HOSTILE, acronym="<b>"))
    document = make.document("hostile", HOSTILE, note=HOSTILE, standing=HOSTILE, date_as_given=HOSTILE)
    document.meeting_rows.create(meeting=meeting, relation="prepares")
    outcome = make.outcome(
        heading=HOSTILE,
        text=f"[x](javascript:alert(1)) {HOSTILE}",
        section=HOSTILE,
        locator=HOSTILE,
        number="<b>",
        addressees=HOSTILE,
        document=document,
        meeting=meeting,
        session=session,
    )
    for address in (
        meeting.get_absolute_url(),
        outcome.get_absolute_url(),
        "/meetings/",
        "/outcomes/",
        "/documents/",
        "/documents/hostile/",
        "/organisations/",
        "/organisations/x/",
    ):
        page = body(client.get(address))
        assert "alert(1)" in page, address
        assert is_harmless(page), address


@pytest.mark.django_db
def test_a_recommendation_that_nothing_answers_says_so_on_its_page_and_in_the_list(client):
    whole = make.outcome(heading="Whole")
    gap, answered = (make.outcome(heading=heading, parent=whole) for heading in ("Gap", "Answered"))
    make.response(make.practice(), answered)
    make.response(make.practice(status="draft"), gap)
    assert says(page_of(client, gap), "None of the practices here answers it, in the secretariat's judgement.")
    page = page_of(client, whole)
    assert says(page, "Gap", "answered by no practice", "Answered", "1 practice answers it")
    assert "None of the practices here" not in page
    listed = body(client.get("/recommendations/"))
    assert words(listed).count("answered by no practice") == 1
    assert says(body(client.get("/recommendations/?answered=no")), "1 recommendation answered by no practice", "Gap")


@pytest.mark.django_db
def test_a_date_is_not_given_twice_where_the_source_has_it_in_the_same_words(client):
    dates = {"starts_on": date(2017, 10, 12), "ends_on": date(2017, 10, 13), "date_precision": "day"}
    assert "in the source" not in page_of(client, make.meeting(date_as_given="12-13 October 2017", **dates))
    assert says(page_of(client, make.meeting(date_as_given="mid-October", **dates)), "in the source: “mid-October”")
