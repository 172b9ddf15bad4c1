"""Meetings as a calendar, as a calendar reads it."""

from datetime import date

import icalendar
import pytest

from tests import factories as make
from tests.listing.test_references import HOSTILE, line
from tests.reading import body

pytestmark = pytest.mark.django_db


def events(client, address="/meetings.ics"):
    response = client.get(address)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    text = body(response)
    assert all(len(one.encode()) <= 75 for one in text.split("\r\n"))
    assert "\n" not in text.replace("\r\n", "")
    calendar = icalendar.Calendar.from_ical(text)
    assert not calendar.errors
    found = calendar.walk("VEVENT")
    assert not any(event.errors for event in found)
    return found


def dated(precision, first, last=None, **fields):
    return make.meeting(date_precision=precision, starts_on=first, ends_on=last, **fields)


def days(event):
    return event.decoded("dtstart"), event.decoded("dtend")


def test_a_meeting_lasts_from_its_first_to_its_last_day(client):
    meeting = dated(
        "day",
        date(2017, 10, 12),
        date(2017, 10, 13),
        title="Sixth session",
        venue="Palais",
        place="Geneva",
        country=make.country("CH", "Switzerland"),
        summary="On regular pathways.",
        date_as_given="12-13 October 2017",
        series=make.series(),
        updated_on=date(2026, 5, 1),
    )
    (event,) = events(client)
    assert event["summary"] == "Sixth session"
    assert days(event) == (date(2017, 10, 12), date(2017, 10, 14))
    assert event["location"] == "Palais, Geneva, Switzerland"
    address = f"http://testserver/meetings/{meeting.slug}/"
    assert event["url"] == address
    assert event["description"] == f"Date as given: 12-13 October 2017\nOn regular pathways.\n{address}"
    assert event["status"] == "CONFIRMED"
    assert event.decoded("dtstamp").date() == date(2026, 5, 1)
    assert event.categories == ["GFMD"]


def test_one_day_is_one_day(client):
    dated("day", date(2018, 5, 3))
    assert days(*events(client)) == (date(2018, 5, 3), date(2018, 5, 4))


def test_a_day_that_is_not_known_is_said_to_be_so(client):
    dated("month", date(2020, 5, 1), date(2020, 7, 1), title="Consultations")
    dated("year", date(2019, 1, 1), title="Summit")
    found = {event["summary"]: days(event) for event in events(client)}
    assert found == {
        "Consultations (May–July 2020, day not known)": (date(2020, 5, 1), date(2020, 8, 1)),
        "Summit (2019, day not known)": (date(2019, 1, 1), date(2020, 1, 1)),
    }
    assert all(event["transp"] == "TRANSPARENT" for event in events(client))


def test_what_was_only_announced_is_tentative(client):
    dated("day", date(2021, 1, 20), standing="announced")
    (event,) = events(client)
    assert event["status"] == "TENTATIVE"


def test_a_meeting_without_a_date_is_in_no_calendar(client):
    make.meeting()
    assert events(client) == []


def test_the_calendar_is_filtered_as_the_list_is(client):
    dated("day", date(2018, 5, 3), title="One", series=make.series())
    dated("day", date(2018, 5, 4), title="Other")
    assert [event["summary"] for event in events(client, "/meetings.ics?series=gfmd")] == ["One"]
    assert client.get("/meetings.ics?series=nothing").status_code == 400


def test_an_event_keeps_its_identifier_when_the_address_changes(client):
    meeting = dated("day", date(2018, 5, 3), slug="one")
    (before,) = events(client)
    type(meeting).objects.filter(pk=meeting.pk).update(slug="other", first_slug="one")
    (after,) = events(client)
    assert after["uid"] == before["uid"]
    assert after["url"].endswith("/other/")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_come_back(client, text):
    text = text.replace("\x00", "")
    meeting = dated("day", date(2018, 5, 3), title=text[:300], summary=text, place=text[:120])
    (event,) = events(client)
    assert line(event["summary"]) == line(meeting.title)
    assert line(event["location"]) == line(meeting.place)
    lines = [line(one) for one in meeting.summary.split("\n")]
    assert [line(one) for one in event["description"].split("\n")[:-1]] == [one for one in lines if one]
