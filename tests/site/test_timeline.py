"""The timeline: what it counts, where it places it, and that the drawing and the tables lead to what they count."""

import re
from datetime import date
from html import unescape
from itertools import pairwise

import pytest
from django.utils import translation

from meetings.models import Meeting
from pathways.site import timeline
from practices.filters import PracticeFilter
from practices.models import Citation
from tests import factories as make
from tests.listing.helpers import asked
from tests.reading import body, is_harmless, says

# In pixels, what a drawing has on the smallest screen.
NARROWEST = 288


def event(first, last, exact=True):
    return timeline.Event(first, last, exact, "Meeting", "/meetings/one/")


def draw(years=(), events=()):
    years = {year: timeline.Year(n, n) for year, n in dict(years).items()}
    return timeline.draw(years, events, href=lambda year: f"/practices/?year_from={year}&year_to={year}")


def share(text):
    assert text.endswith("%")
    return float(text.removesuffix("%"))


def size(text):
    assert text.endswith("em")
    return float(text.removesuffix("em"))


# What it counts


@pytest.mark.django_db
def test_a_practice_counts_from_its_start_to_its_end_and_without_one_in_its_first_year_only():
    make.practice(start_year=2017, end_year=2019)
    make.practice(start_year=2018)
    make.practice(end_year=2019)
    make.practice()
    practices = asked(PracticeFilter)
    assert timeline.practices_by_year(practices) == {2017: (1, 1), 2018: (1, 2), 2019: (1, 2)}
    assert timeline.without_year(practices) == 1


@pytest.mark.django_db
def test_years_that_were_not_chosen_are_left_out_of_periods_that_reach_into_them():
    make.practice(start_year=2015, end_year=2020)
    practices = asked(PracticeFilter, "year_from=2017&year_to=2018")
    assert timeline.practices_by_year(practices) == {2017: (0, 1), 2018: (0, 1)}


@pytest.mark.django_db
def test_a_list_without_choices_has_all_meetings_and_any_other_those_its_practices_come_from(client):
    near = make.meeting(title="Near", starts_on=date(2018, 5, 3), date_precision="day")
    make.meeting(title="Far", starts_on=date(2020, 1, 1), date_precision="year")
    make.meeting(title="Undated")
    make.meeting(title="Draft", status="draft")
    paper = make.document("of-near")
    paper.meeting_rows.create(meeting=near, relation="prepares")
    practice = make.practice(countries=[("MA", "origin")], cited=False)
    Citation.objects.create(practice=practice, document=paper, locator="1")
    make.practice(countries=[("IT", "origin")])

    def listed(query):
        return [(meeting.title, n) for meeting, n in timeline.meetings_of(asked(PracticeFilter, query))]

    assert listed("") == [("Near", 1), ("Far", 0), ("Undated", 0)]
    assert listed("country=MA") == [("Near", 1)]
    assert listed("country=IT") == []
    assert listed(f"meeting={near.slug}") == [("Near", 1)]
    page = body(client.get("/timeline/"))
    assert says(page, "1 meeting has no date in its sources", "3 May 2018", "2020", "Date not stated")


# Where it places it


@pytest.mark.parametrize(
    ("precision", "first", "last", "expected"),
    [
        ("day", date(2017, 10, 12), date(2017, 10, 13), (date(2017, 10, 12), date(2017, 10, 13), True)),
        ("day", date(2018, 5, 3), None, (date(2018, 5, 3), date(2018, 5, 3), True)),
        ("month", date(2020, 12, 1), None, (date(2020, 12, 1), date(2020, 12, 31), False)),
        ("month", date(2020, 5, 1), date(2020, 7, 31), (date(2020, 5, 1), date(2020, 7, 31), False)),
        ("year", date(2016, 1, 1), None, (date(2016, 1, 1), date(2016, 12, 31), False)),
    ],
)
def test_a_meeting_lies_within_what_is_known_of_its_date(precision, first, last, expected):
    meeting = Meeting(slug="one", title="One", starts_on=first, ends_on=last, date_precision=precision)
    assert timeline.event(meeting)[:3] == expected


def test_a_long_run_of_years_without_anything_is_one_break_and_a_short_one_is_drawn():
    drawing = draw({1963: 1, 2010: 1, 2013: 2})
    assert [bar.label for bar in drawing.bars] == ["1963", "1964–2009", "2010", "2011", "2012", "2013"]
    assert [bar.is_break for bar in drawing.bars] == [False, True, False, False, False, False]
    assert drawing.has_breaks
    assert not draw({2010: 1, 2012: 1}).has_breaks


def test_the_height_of_a_bar_is_its_number():
    drawing = timeline.draw({2018: timeline.Year(1, 4), 2019: timeline.Year(8, 8)}, [], href=str)
    first, second = drawing.bars
    assert size(second.height) == timeline.BARS
    assert size(first.height) == pytest.approx(timeline.BARS / 8, abs=0.01)
    assert size(first.earlier_height) == pytest.approx(timeline.BARS * 3 / 8, abs=0.01)
    assert size(first.earlier_top) + size(first.earlier_height) == pytest.approx(size(drawing.base), abs=0.02)


def test_a_date_stands_in_its_year_and_the_last_day_at_its_end():
    drawing = draw({2019: 1, 2020: 1}, [event(date(2020, 1, 1), date(2020, 12, 31), exact=False)])
    (mark,) = drawing.marks
    assert share(mark.x) == pytest.approx(share(drawing.bars[1].left), abs=0.01)
    assert share(mark.end) == pytest.approx(share(drawing.bars[1].right), abs=0.01)


def test_no_two_meetings_lie_on_each_other_on_the_smallest_screen():
    days = [date(2020, month, 1) for month in range(1, 13)]
    marks = draw({2010: 1}, [event(day, day) for day in days]).marks
    assert [mark.number for mark in marks] == list(range(1, 13))
    lanes = {}
    for mark in marks:
        lanes.setdefault(mark.y, []).append(mark)
    for lane in lanes.values():
        for one, other in pairwise(lane):
            assert (share(other.x) - share(one.end)) * NARROWEST / 100 >= 24


@pytest.mark.parametrize("count", [1, 12, 70, 400])
def test_names_of_years_have_room(count):
    drawing = draw({1600 + n: 1 for n in range(count)})
    for named, width in (("is_named", NARROWEST), ("is_named_wide", 736)):
        places = [share(bar.middle) * width / 100 for bar in drawing.bars if getattr(bar, named)]
        assert places
        assert all(other - one >= 30 for one, other in pairwise(places))


def test_coordinates_keep_their_point_in_every_language():
    with translation.override("de"):
        drawing = draw({2019: 3, 2020: 1}, [event(date(2020, 5, 3), date(2020, 5, 3))])
        assert "," not in "".join([*drawing.bars[0][7:16], drawing.height, *drawing.marks[0][4:]])


# The page


@pytest.mark.django_db
def test_the_page_links_each_year_and_each_dated_meeting(client):
    make.practice(title="Old", start_year=2017, end_year=2018)
    make.meeting(slug="workshop", title="Workshop <1>", starts_on=date(2018, 5, 3), date_precision="day")
    page = body(client.get("/timeline/"))
    assert is_harmless(page)
    drawing = page[page.index("timeline-drawing") : page.index("timeline-legend")]
    links = re.findall(r'<a[^>]* href="([^"]+)"', drawing)
    assert [unescape(link) for link in links] == [
        "/practices/?year_from=2017&year_to=2017",
        "/practices/?year_from=2018&year_to=2018",
        "/meetings/workshop/",
    ]
    assert "2018: 1 practice, 1 of them begun before" in drawing
    assert "1. Workshop &lt;1&gt;, 3 May 2018" in drawing


@pytest.mark.django_db
def test_what_has_no_year_is_counted_and_said(client):
    make.practice(start_year=2018)
    make.practice()
    make.practice()
    assert says(body(client.get("/timeline/")), "3 practices", "2 have no year in their sources, and are not drawn")
    page = body(client.get("/timeline/?year_from=2000"))
    assert says(page, "1 practice", "in 2000 or later", "2 practices more match but have no year, and are left out")


@pytest.mark.django_db
def test_nothing_to_draw_and_wrong_choices_have_a_page(client):
    assert says(body(client.get("/timeline/")), "There is nothing with a date to draw")
    response = client.get("/timeline/?country=ZZ")
    assert response.status_code == 400
    assert "timeline-drawing" not in body(response)
