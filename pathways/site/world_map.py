"""The world map: how many practices each country has as a heat scale, and corridors as arcs, ready for a template.

Shapes are ``world.json``, which scripts/make_world.py writes. Nothing here knows a model or a page: the caller brings
counts, names and links. Coordinates leave as text, so that no language's decimal comma gets into the drawing.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from django.utils.translation import gettext, ngettext

from pathways.folding import fold

# Classes of the heat scale that hold countries with records (map-1 … map-4, beside map-0 for none), and of the arcs.
CLASSES = 4
# In units of the map, which is about a thousand wide.
DOT = "2.2"
# How far an arc leaves the straight line, as a share of its length.
BEND = 0.15
# An arc longer than this with one back bends to the same side as that, but less: straight across would hide too much.
LONG = 250
# What an arc leaves free at both its ends, and how long its head is; less where it is short.
GAP = 1.6
HEAD = (4.6, 5.2, 5.8, 6.6)
# What is drawn once more and larger, where there are arcs in it: left, top, width, height.
INSET = (400, 50, 224, 166)


class Shape(NamedTuple):
    """A country: its outline, a dot, or both where it is too small to find by its outline."""

    code: str
    name: str
    step: int
    title: str
    href: str
    path: str
    dot: bool
    x: str
    y: str

    @property
    def css(self):
        return f"map-{self.step}"


class Arc(NamedTuple):
    """A corridor: a line from origin to destination, and the head that says which is which."""

    path: str
    head: str
    step: int
    title: str

    @property
    def css(self):
        return f"arc-{self.step}"


class Step(NamedTuple):
    """A line of the legend."""

    css: str
    text: str


class WorldMap(NamedTuple):
    viewbox: str
    # The frame of the enlargement, or nothing.
    inset: tuple[int, int, int, int] | None
    # Of dots. Text, as all that becomes coordinates.
    radius: str
    # Without records: to look at.
    land: list[Shape]
    # With records, by name: links. Dots come last, so that no neighbour covers them.
    links: list[Shape]
    arcs: list[Arc]
    # Where arcs start, each place once.
    starts: list[tuple[str, str]]
    scale: list[Step]
    arc_scale: list[Step]


def draw(
    counts: Mapping[str, int],
    corridors: Iterable[tuple[str, str, int]] = (),
    *,
    names: Mapping[str, str],
    href: Callable[[str], str],
) -> WorldMap:
    """Return the map of ``counts`` by ISO code and of ``corridors`` (from, to, how many practices).

    ``names`` says what countries are called; one without records that it leaves out is drawn without a name. ``href``
    gives the address that a country with records leads to.
    """
    data = world()
    ranges = classes(max(counts.values(), default=0))
    shapes = [shape(code, entry, counts.get(code, 0), ranges, names, href) for code, entry in data["countries"].items()]
    corridors = sorted((row for row in corridors if row[0] != row[1]), key=lambda row: (row[2], row))
    arc_ranges = classes(max((n for *_, n in corridors), default=0))
    pairs = {(origin, destination) for origin, destination, _ in corridors}
    return WorldMap(
        viewbox=" ".join(map(str, data["viewbox"])),
        inset=INSET if any(in_inset(one) and in_inset(other) for one, other, _ in corridors) else None,
        radius=DOT,
        land=sorted((found for found in shapes if not found.step), key=lambda found: (found.dot, found.code)),
        links=sorted(
            (found for found in shapes if found.step), key=lambda found: (found.dot, fold(found.name), found.code)
        ),
        # The busiest are drawn last, on top.
        arcs=[
            arc(origin, destination, n, arc_ranges, names, (destination, origin) in pairs)
            for origin, destination, n in corridors
        ],
        starts=[place(*point(code)) for code in sorted({origin for origin, *_ in corridors})],
        scale=[Step("map-0", gettext("none")), *legend("map", ranges)],
        arc_scale=legend("arc", arc_ranges),
    )


@cache
def world():
    return json.loads(Path(__file__).with_name("world.json").read_text(encoding="utf-8"))


def classes(top):
    """Return the ranges (lowest, highest) of at most four classes up to ``top``, each about as many times the last."""
    if top <= CLASSES:
        return [(n, n) for n in range(1, top + 1)]
    highest = []
    for i in range(1, CLASSES):
        highest.append(max(round_below(top ** (i / CLASSES)), highest[-1] + 1 if highest else 1))
    highest.append(top)
    return [(low + 1, high) for low, high in zip([0, *highest], highest, strict=False)]


def round_below(number):
    """Return the largest of 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30 … that is not above ``number``."""
    size = 10 ** int(math.log10(number))
    return max(int(step * size) for step in (1, 1.5, 2, 3, 4, 5, 6, 8) if int(step * size) <= number)


def step_of(n, ranges):
    """Return the class of a count, from 1; 0 for none."""
    return next(i for i, (_, high) in enumerate(ranges, 1) if n <= high) if n else 0


def legend(kind, ranges):
    return [
        Step(f"{kind}-{i}", str(low) if low == high else f"{low}–{high}") for i, (low, high) in enumerate(ranges, 1)
    ]


def shape(code, entry, n, ranges, names, href):
    name = names.get(code, code if n else "")
    step = step_of(n, ranges)
    if step:
        title = ngettext("%(name)s: %(n)d practice", "%(name)s: %(n)d practices", n) % {"name": name, "n": n}
    else:
        title = gettext("%(name)s: no practices") % {"name": name} if name else ""
    path = entry.get("path", "")
    x, y = place(*point(code))
    # A small country that has an outline gets its dot only when there is something to find.
    dot = not path or bool(step and entry.get("dot"))
    return Shape(code, name, step, title, href(code) if step else "", path, dot, x, y)


def arc(origin, destination, n, ranges, names, both):
    step = step_of(n, ranges)
    title = ngettext(
        "%(origin)s to %(destination)s: %(n)d practice", "%(origin)s to %(destination)s: %(n)d practices", n
    ) % {"origin": names.get(origin, origin), "destination": names.get(destination, destination), "n": n}
    start, end = point(origin), point(destination)
    bend = bend_of(start, end, both)
    length = math.dist(start, end)
    gap = min(GAP, length / 8)
    head = min(HEAD[step - 1], length / 3)
    # The line stops inside the head, whose tip stops short of the place.
    first, last, tip = gap / length, 1 - (gap + head * 0.8) / length, 1 - gap / length
    curve = (along(start, bend, end, first), between(start, bend, end, first, last), along(start, bend, end, last))
    return Arc(
        path="M{}Q{} {}".format(*map(joined, curve)),
        head=triangle(along(start, bend, end, 1 - (gap + head) / length), along(start, bend, end, tip)),
        step=step,
        title=title,
    )


def point(code):
    entry = world()["countries"][code]
    return entry["x"], entry["y"]


def in_inset(code):
    (x, y), (left, top, width, height) = point(code), INSET
    return left <= x <= left + width and top <= y <= top + height


def bend_of(start, end, both):
    """Return the point that the curve bends towards.

    It bends towards the nearer pole, as a great circle does. Where there is one back, the one that goes west bends to
    the other side, or if both are long bends less, so that the two are apart.
    """
    (x1, y1), (x2, y2) = start, end
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    # Across the line, to the north: y is downwards.
    across_x, across_y = (y2 - y1, x1 - x2) if (x1, y1) <= (x2, y2) else (y1 - y2, x2 - x1)
    size = 2 * BEND if y <= world()["equator"] else -2 * BEND
    if both and (x1, y1) > (x2, y2):
        size *= -1 if math.dist(start, end) <= LONG else 0.65
    return x + across_x * size, y + across_y * size


def along(start, bend, end, t):
    """Return the point at ``t``, from 0 to 1, of a quadratic curve."""
    return tuple((1 - t) ** 2 * p + 2 * t * (1 - t) * q + t**2 * r for p, q, r in zip(start, bend, end, strict=True))


def between(start, bend, end, first, last):
    """Return the control point of the part of a quadratic curve from ``first`` to ``last``."""
    return tuple(
        (1 - first) * (1 - last) * p + (first + last - 2 * first * last) * q + first * last * r
        for p, q, r in zip(start, bend, end, strict=True)
    )


def triangle(base, tip):
    """Return the path of an arrow head."""
    (x1, y1), (x2, y2) = base, tip
    across_x, across_y = (y1 - y2) * 0.42, (x2 - x1) * 0.42
    corners = (tip, (x1 + across_x, y1 + across_y), (x1 - across_x, y1 - across_y))
    return "M{}L{}L{}z".format(*map(joined, corners))


def place(x, y):
    """Return coordinates as the drawing has them: to a tenth of a unit, with a point."""
    return f"{x:.1f}", f"{y:.1f}"


def joined(point):
    return " ".join(place(*point))
