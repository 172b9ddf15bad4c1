"""Who took part: each state, organisation and person once, with all that it did."""

import pytest

from tests import factories as make
from tests.reading import body, says

pytestmark = pytest.mark.django_db


def test_a_state_with_several_roles_is_listed_once_and_counted_once(client):
    meeting = make.meeting()
    italy = make.country("IT", "Italy")
    for role in ("co-chair", "convener", "participant"):
        make.participation(meeting, role, country=italy)
    make.participation(meeting, country=make.country("TR", "Türkiye"), note="printed as Tirkiye")
    page = body(client.get(meeting.get_absolute_url()))
    assert page.count("/countries/it/") == 1
    assert says(page, "States (2)", "Italy", "– co-chair, convener", "Türkiye", "printed as Tirkiye")
    assert "participant" not in page[page.index("States") : page.index("</main>")]


def test_points_of_an_agenda_stand_under_what_they_are(client):
    meeting = make.meeting()
    for number, kind in enumerate(["objective", "objective", "guiding-question"]):
        meeting.agenda_points.create(slug=f"point-{number}", kind=kind, text=f"Point {number}.", position=number)
    page = body(client.get(meeting.get_absolute_url()))
    assert says(page, "Objectives", "Point 0.", "Point 1.", "Guiding questions", "Point 2.")
    assert page.count("Objectives") == 1
