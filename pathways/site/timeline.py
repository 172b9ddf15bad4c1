"""The timeline: practices by year as bars and meetings by date as marks, counted, placed, and ready for a template.

Across, everything is placed in per cent of the drawing, downwards in em of its text: it fits every screen, and no text
shrinks with it. Years in which nothing is are drawn as one break where they are many. Coordinates leave as text, so
that no language's decimal comma gets into the drawing.
"""

from calendar import isleap
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from django.utils.translation import gettext, ngettext
from pyroaring import BitMap

from meetings.dates import meeting_dates
from meetings.models import Meeting

# A run of so many years without anything becomes a break, which is as wide as two years.
LONG = 4
BREAK = 2

# In em, from the top: room for the count over the highest bar, the bars, the years under them, the lanes of meetings.
TOP, BARS, YEARS, LANE = 1.6, 9, 2.4, 1.75
# In per cent: what the years leave free at the start, for half of a year's name, and at the end, for the number of a
# meeting that stands there; and what a mark with its number takes on the smallest screen, where no two may touch.
START, END, MARK = 2, 6, 10
# In pixels: how wide the years are drawn on the smallest screen and on one that is not small, a year's name, a digit.
NARROW, WIDE, NAME, DIGIT = 270, 690, 36, 8


# What is drawn


class Year(NamedTuple):
    """How many practices start in a year, and how many run in it, those included."""

    starting: int
    running: int


class Event(NamedTuple):
    """A meeting on the axis: the days between which it was, and whether they are its own or only known to hold it."""

    first: date
    last: date
    exact: bool
    title: str
    href: str


def practices_by_year(practices):
    """Return a Year for each year in which a practice runs that a PracticeFilter matches, as its list counts them.

    A practice without an end runs in the year of its start only. Where years were chosen, others are left out.
    """
    starts, ends = practices.index.years["year_to"], practices.index.years["year_from"]
    known = sorted(int(year) for year in starts.keys() | ends.keys())
    found, running = {}, BitMap()
    for year in range(known[0], known[-1] + 1) if known else ():
        starting = starts.get(str(year), BitMap()) & practices.matching
        running |= starting
        if running and is_chosen(practices, year, year):
            found[year] = Year(len(starting), len(running))
        running -= ends.get(str(year), BitMap())
    return found


def without_year(practices):
    """Return how many of the practices that a PracticeFilter matches have no year."""
    return len(practices.matching - BitMap.union(BitMap(), *practices.index.years["year_to"].values()))


def is_chosen(practices, first, last):
    """Whether a period overlaps the years that were chosen, if any were."""
    lowest, highest = practices.chosen.get("year_from"), practices.chosen.get("year_to")
    return (lowest is None or last >= lowest) and (highest is None or first <= highest)


def meetings_of(practices):
    """Return (meeting, number of its documents' practices) for the practices that a PracticeFilter matches, by date.

    Where nothing was chosen these are all meetings; else those whose documents the practices come from. A meeting
    without a date comes last, one outside the years that were chosen not at all.
    """
    bitmaps = practices.index.facets["meeting"].bitmaps
    slugs = practices.chosen.get("meeting") or bitmaps
    counts = {slug: bitmaps[slug].intersection_cardinality(practices.matching) for slug in slugs if slug in bitmaps}
    found = []
    for meeting in Meeting.objects.published():
        first, last = meeting.starts_on, meeting.ends_on or meeting.starts_on
        count = counts.get(meeting.slug, 0)
        if (count or not practices.chosen) and (not first or is_chosen(practices, first.year, last.year)):
            found.append((meeting, count))
    return sorted(found, key=lambda pair: (pair[0].starts_on or date.max, pair[0].title_key, pair[0].slug))


def event(meeting):
    """Return a meeting that has a date as an Event: from the first to the last day that is known to hold it."""
    first, last = meeting.starts_on, meeting.ends_on or meeting.starts_on
    if meeting.date_precision == meeting.Precision.YEAR:
        first, last = date(first.year, 1, 1), date(last.year, 12, 31)
    elif meeting.date_precision == meeting.Precision.MONTH:
        following = date(last.year + last.month // 12, last.month % 12 + 1, 1)
        first, last = first.replace(day=1), following - timedelta(days=1)
    exact = meeting.date_precision == meeting.Precision.DAY
    title = gettext("%(meeting)s, %(dates)s") % {"meeting": meeting.title, "dates": meeting_dates(meeting)}
    return Event(first, last, exact, title, meeting.get_absolute_url())


# How it is drawn


class Bar(NamedTuple):
    """A year, or a break of years in which nothing is: where it stands, and its practices."""

    label: str
    title: str
    href: str
    is_break: bool
    starting: int
    earlier: int
    running: int
    left: str
    right: str
    x: str
    width: str
    middle: str
    # The part of those that start in the year, and under it that of those that started before.
    top: str
    height: str
    earlier_top: str
    earlier_height: str
    count_y: str
    # Whether its name is written on the smallest screens and on all others.
    is_named: bool
    is_named_wide: bool


class Mark(NamedTuple):
    """A meeting: its number, and the stretch of the axis on which it lies."""

    number: int
    title: str
    href: str
    exact: bool
    x: str
    end: str
    width: str
    # The lane, and the bar in it.
    y: str
    row: str
    bar_y: str
    middle: str


class Timeline(NamedTuple):
    bars: list[Bar]
    marks: list[Mark]
    height: str
    base: str
    names_y: str
    lanes_y: str
    # What the legend explains.
    has_earlier: bool
    has_days: bool
    has_windows: bool
    has_breaks: bool
    # Whether counts are written over the bars on the smallest screens and on all others.
    is_counted: bool
    is_counted_wide: bool


def draw(years: Mapping[int, Year], events: Sequence[Event], *, href: Callable[[int], str]) -> Timeline | None:
    """Return the drawing of ``years`` and of ``events``, which are numbered from 1; nothing where there are neither.

    ``href`` gives the address that a year with practices leads to.
    """
    columns = list(columns_of({*years, *(year for one in events for year in range(one.first.year, one.last.year + 1))}))
    if not columns:
        return None
    unit = (100 - START - END) / sum(size for *_, size in columns)
    lefts, at = [], 0
    for *_, size in columns:
        lefts.append(START + at * unit)
        at += size
    base = TOP + BARS
    most = max((year.running for year in years.values()), default=0)
    named, named_wide = (names(columns, -(-at * NAME // width)) for width in (NARROW, WIDE))
    marks, lanes = placed(events, {c[0]: (left, unit) for c, left in zip(columns, lefts, strict=True)}, base + YEARS)
    return Timeline(
        bars=[
            bar(column, years.get(column[0], Year(0, 0)), most, left, unit, href, i in named, i in named_wide)
            for i, (column, left) in enumerate(zip(columns, lefts, strict=True))
        ],
        marks=marks,
        height=em(base + YEARS + lanes * LANE),
        base=em(base),
        names_y=em(base + 1.3),
        lanes_y=em(base + YEARS),
        has_earlier=any(year.running > year.starting for year in years.values()),
        has_days=any(one.exact for one in events),
        has_windows=any(not one.exact for one in events),
        has_breaks=any(size == BREAK for *_, size in columns),
        is_counted=at * len(str(most)) * DIGIT <= NARROW,
        is_counted_wide=at * len(str(most)) * DIGIT <= WIDE,
    )


def columns_of(busy: Iterable[int]):
    """Yield (first year, last year, size) for the years of ``busy`` and those between: long empty runs as one."""
    busy = sorted(busy)
    for year, following in pairwise([*busy, None]):
        yield year, year, 1
        if following is None:
            return
        if following - year > LONG:
            yield year + 1, following - 1, BREAK
        else:
            yield from ((between, between, 1) for between in range(year + 1, following))


def names(columns, apart):
    """Return the places of the columns whose years are written out: those after a break, and others so far apart."""
    found, at, last = [], 0, None
    for i, (_first, _last, size) in enumerate(columns):
        begins = i == 0 or columns[i - 1][2] == BREAK
        if size != BREAK and (begins or last is None or at - last >= apart):
            if begins and len(found) > 1 and at - last < apart:
                found.pop()
            found.append(i)
            last = at
        at += size
    return set(found)


def bar(column, year, most, left, unit, href, is_named, is_named_wide):
    first, last, size = column
    label = str(first) if first == last else f"{first}–{last}"
    high = BARS * year.running / most if most else 0
    low = BARS * (year.running - year.starting) / most if most else 0
    base = TOP + BARS
    return Bar(
        label=label,
        title=title_of(label, year),
        href=href(first) if year.running else "",
        is_break=size == BREAK,
        starting=year.starting,
        earlier=year.running - year.starting,
        running=year.running,
        left=per_cent(left),
        right=per_cent(left + unit * size),
        x=per_cent(left + unit * size * 0.1),
        width=per_cent(unit * size * 0.8),
        middle=per_cent(left + unit * size / 2),
        top=em(base - high),
        height=em(high - low),
        earlier_top=em(base - low),
        earlier_height=em(low),
        count_y=em(base - high - 0.4),
        is_named=is_named,
        is_named_wide=is_named_wide,
    )


def title_of(label, year):
    text = ngettext("%(year)s: %(n)d practice", "%(year)s: %(n)d practices", year.running) % {
        "year": label,
        "n": year.running,
    }
    if earlier := year.running - year.starting:
        text += gettext(", %(n)d of them begun before") % {"n": earlier}
    return text


def placed(events, years, top):
    """Return the marks of ``events`` and the number of lanes they take; ``years`` gives left edge and width of each."""
    marks, lanes = [], []
    for number, one in enumerate(events, 1):
        start, end = position(one.first, 0, years), position(one.last, 1, years)
        lane = next((i for i, taken in enumerate(lanes) if taken <= start), len(lanes))
        lanes[lane : lane + 1] = [end + MARK]
        y = top + lane * LANE
        marks.append(
            Mark(
                number,
                one.title,
                one.href,
                one.exact,
                x=per_cent(start),
                end=per_cent(end),
                width=per_cent(end - start),
                y=em(y),
                row=em(LANE),
                bar_y=em(y + LANE / 2 - 0.4),
                middle=em(y + LANE / 2),
            )
        )
    return marks, len(lanes)


def position(day, days_more, years):
    """Return where a day begins, or with one day more ends, in per cent."""
    left, width = years[day.year]
    return left + width * (day.timetuple().tm_yday - 1 + days_more) / (366 if isleap(day.year) else 365)


def per_cent(number):
    return f"{number:.2f}%"


def em(number):
    return f"{number:.2f}em"
