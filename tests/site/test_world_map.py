"""The world map: shapes, steps, links and arcs, and the drawing that the template makes of them."""

import itertools
import json
import math
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from django.template.loader import render_to_string
from django.utils import translation

from pathways.site import world_map

DATA = Path(world_map.__file__).with_name("world.json")
NAMES = {
    "MA": "Morocco",
    "BE": "Belgium",
    "ES": "Spain",
    "MT": "Malta",
    "LB": "Lebanon",
    "TR": "Türkiye",
    "TV": "Tuvalu",
}


def address(code):
    return f"/countries/{code.lower()}/"


def draw(counts, corridors=(), names=NAMES, href=address):
    return world_map.draw(counts, corridors, names=names, href=href)


def rendered(*args, **kwargs):
    return render_to_string("site/_map.html", {"map": draw(*args, **kwargs)})


def numbers(path):
    return [float(number) for number in re.findall(r"-?\d+\.\d", path)]


class Elements(HTMLParser):
    """Every element with its attributes and those of its ancestors."""

    def __init__(self, text):
        super().__init__()
        self.found, self.open = [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs), list(self.open)))
        self.open.append((tag, dict(attrs)))

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs), list(self.open)))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def links(self):
        return [
            (attrs, any(a.get("aria-hidden") for _, a in [*above, (tag, attrs)]))
            for tag, attrs, above in self.found
            if "href" in attrs and tag == "a"
        ]


# The data


@pytest.fixture(scope="module")
def world():
    return json.loads(DATA.read_text(encoding="utf-8"))


def test_every_country_of_the_vocabulary_has_a_place_in_the_frame(world, fixtures_dir):
    rows = yaml.safe_load((fixtures_dir / "vocabulary.yaml").read_text(encoding="utf-8"))
    codes = [row["fields"]["code"] for row in rows if row["model"] == "vocabulary.country"]
    assert sorted(world["countries"]) == sorted(codes)
    left, top, width, height = world["viewbox"]
    for code, entry in world["countries"].items():
        assert left < entry["x"] < left + width, code
        assert top < entry["y"] < top + height, code


def test_the_data_stay_small():
    assert DATA.stat().st_size < 200_000


def test_outlines_are_closed_steps_and_nothing_else(world):
    for code, entry in world["countries"].items():
        if "path" in entry:
            assert re.fullmatch(r"(M[\d.]+ [\d.]+l[-\d. ]+z)+", entry["path"]), code


@pytest.mark.parametrize("code", ["EH", "GF", "PS", "SJ", "TW", "XK"])
def test_an_entry_of_the_vocabulary_that_can_be_drawn_has_its_own_outline(world, code):
    assert "path" in world["countries"][code]


@pytest.mark.parametrize("code", ["AQ", "GI", "KI", "MT", "SG", "TV", "VA"])
def test_what_is_too_small_or_out_of_the_frame_is_a_point(world, code):
    assert "path" not in world["countries"][code]


def rings(path):
    for ring in path.split("z")[:-1]:
        start, steps = ring[1:].split("l")
        points = [tuple(map(float, start.split()))]
        values = [float(number) for number in re.findall(r"-?(?:\d+(?:\.\d)?|\.\d)", steps)]
        for step_x, step_y in zip(values[::2], values[1::2], strict=True):
            points.append((points[-1][0] + step_x, points[-1][1] + step_y))
        yield points


def covers(path, x, y):
    inside = False
    for ring in rings(path):
        for (x1, y1), (x2, y2) in itertools.pairwise([*ring, ring[0]]):
            inside ^= (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1
    return inside


@pytest.mark.parametrize(
    ("code", "place"),
    [
        ("UA", (554, 90)),  # Crimea
        ("SO", (590, 214)),  # Hargeisa
        ("GF", (321, 235)),
        ("SJ", (508, 14)),
        ("EH", (432.2, 169.3)),
    ],
)
def test_an_area_belongs_to_the_entry_where_the_script_says_it_puts_it(world, code, place):
    assert [found for found, entry in world["countries"].items() if covers(entry.get("path", ""), *place)] == [code]


@pytest.mark.parametrize(
    ("west", "east"), [("PT", "ES"), ("MA", "TN"), ("US", "MA"), ("CL", "AR"), ("IN", "MY"), ("NZ", "TO"), ("RU", "JP")]
)
def test_places_lie_as_on_a_map(world, west, east):
    assert world["countries"][west]["x"] < world["countries"][east]["x"]


# The scale


@pytest.mark.parametrize(
    ("top", "ranges"),
    [
        (0, []),
        (1, [(1, 1)]),
        (4, [(1, 1), (2, 2), (3, 3), (4, 4)]),
        (5, [(1, 1), (2, 2), (3, 3), (4, 5)]),
        (13, [(1, 1), (2, 3), (4, 6), (7, 13)]),
        (155, [(1, 3), (4, 10), (11, 40), (41, 155)]),
    ],
)
def test_classes_grow_and_end_at_round_numbers(top, ranges):
    assert world_map.classes(top) == ranges


@pytest.mark.parametrize("top", [*range(1, 200), 999, 1000, 1001, 100_000])
def test_classes_leave_no_count_out_and_none_twice(top):
    ranges = world_map.classes(top)
    assert ranges[0][0] == 1
    assert ranges[-1][1] == top
    assert len(ranges) <= 4
    assert all(low <= high for low, high in ranges)
    assert all(after[0] == before[1] + 1 for before, after in itertools.pairwise(ranges))


def test_a_country_gets_the_step_of_its_count():
    found = draw({"MA": 1, "BE": 3, "ES": 4, "TR": 13, "LB": 0})
    assert {shape.code: shape.css for shape in found.links} == {
        "MA": "map-1",
        "BE": "map-2",
        "ES": "map-3",
        "TR": "map-4",
    }
    assert [step.text for step in found.scale] == ["none", "1", "2–3", "4–6", "7–13"]
    assert [step.css for step in found.scale] == ["map-0", "map-1", "map-2", "map-3", "map-4"]


# Shapes


def test_only_countries_with_records_are_links():
    found = draw({"MA": 12, "BE": 1, "ES": 0})
    assert [(shape.title, shape.href) for shape in found.links] == [
        ("Belgium: 1 practice", "/countries/be/"),
        ("Morocco: 12 practices", "/countries/ma/"),
    ]
    assert len(found.land) == len(world_map.world()["countries"]) - 2
    assert not any(shape.href for shape in found.land)
    assert {shape.title for shape in found.land} >= {"Spain: no practices", ""}


def test_links_come_by_name_and_dots_last():
    found = draw(dict.fromkeys(NAMES, 1))
    assert [shape.code for shape in found.links] == ["BE", "MA", "ES", "TR", "LB", "MT", "TV"]


def test_a_small_country_is_a_dot_and_one_with_an_outline_gets_a_dot_for_its_records():
    with_records = {shape.code: shape for shape in draw(dict.fromkeys(NAMES, 1)).links}
    without = {shape.code: shape for shape in draw({}).land}
    assert with_records["MT"].dot
    assert not with_records["MT"].path
    assert with_records["LB"].dot
    assert with_records["LB"].path
    assert not without["LB"].dot
    assert without["MT"].dot
    assert not with_records["MA"].dot
    assert float(draw({}).radius) >= 2


# Arcs


def test_an_arc_leads_from_origin_to_destination():
    (arc,) = draw({}, [("MA", "BE", 2)]).arcs
    x1, y1, *_, x2, y2 = numbers(arc.path)
    tip = numbers(arc.head)[:2]
    places = world_map.world()["countries"]
    assert math.dist((x1, y1), (places["MA"]["x"], places["MA"]["y"])) < 4
    assert math.dist(tip, (places["BE"]["x"], places["BE"]["y"])) < 4
    assert math.dist((x2, y2), tip) < 8
    assert arc.title == "Morocco to Belgium: 2 practices"
    assert arc.css == "arc-2"


@pytest.mark.parametrize(
    ("one", "other"), [("MA", "ES"), ("MA", "BE"), ("PH", "CA"), ("NZ", "WS"), ("BE", "LU"), ("BR", "AR"), ("SG", "MY")]
)
def test_both_directions_are_seen_apart(one, other):
    there, back = (
        next(arc for arc in draw({}, [(one, other, 1), (other, one, 1)]).arcs if arc.title.startswith(start))
        for start in (f"{NAMES.get(one, one)} to", f"{NAMES.get(other, other)} to")
    )
    x1, y1, bend_x, bend_y, x2, y2 = numbers(there.path)
    back_x, back_y = numbers(back.path)[2:4]
    length = math.dist((x1, y1), (x2, y2))
    assert math.dist((bend_x, bend_y), (back_x, back_y)) > length / 12
    assert there.head != back.head


@pytest.mark.parametrize(("one", "other", "up"), [("PH", "CA", True), ("US", "DE", True), ("ZA", "AU", False)])
def test_an_arc_bends_towards_the_nearer_pole(one, other, up):
    for start, end in ((one, other), (other, one)):
        _, y1, _, bend_y, _, y2 = numbers(draw({}, [(start, end, 1)]).arcs[0].path)
        assert (bend_y < min(y1, y2)) == up
        assert (bend_y > max(y1, y2)) != up


def test_arcs_have_steps_of_their_own_and_the_busiest_on_top():
    found = draw({"MA": 90}, [("MA", "BE", 13), ("MA", "ES", 1), ("ES", "BE", 5)])
    assert [arc.css for arc in found.arcs] == ["arc-1", "arc-3", "arc-4"]
    assert [step.text for step in found.arc_scale] == ["1", "2–3", "4–6", "7–13"]
    assert len(found.starts) == 2


def test_a_corridor_within_a_country_is_no_arc():
    assert draw({}, [("MA", "MA", 3)]).arcs == []


def test_the_enlargement_is_there_when_it_shows_an_arc():
    assert draw({"MA": 1}, [("MA", "BE", 1)]).inset
    assert not draw({"MA": 1}, [("PH", "BE", 1)]).inset
    assert not draw({"MA": 1}).inset


# The drawing

COUNTS = {"MA": 12, "BE": 3, "MT": 1, "LB": 2}
CORRIDORS = [("MA", "BE", 3), ("BE", "MA", 1), ("LB", "MT", 1)]


def test_the_drawing_passes_a_strict_policy():
    for tag, attrs, _ in Elements(rendered(COUNTS, CORRIDORS)).found:
        assert tag not in {"style", "script", "foreignObject", "image"}
        assert not [name for name in attrs if name == "style" or name.startswith("on")]
        assert not [value for value in attrs.values() if value and "url(" in value]


def test_each_country_with_records_is_one_tab_stop_with_a_name():
    text = rendered(COUNTS, CORRIDORS)
    links = Elements(text).links()
    assert [attrs["href"] for attrs, hidden in links if not hidden] == [
        address(code) for code in ("BE", "MA", "LB", "MT")
    ]
    # The enlargement repeats them for the pointer alone.
    assert {attrs.get("tabindex") for attrs, hidden in links if hidden} == {"-1"}
    assert '<a class="map-4" href="/countries/ma/"><title>Morocco: 12 practices</title>' in text


def test_everything_else_is_hidden_from_assistive_technology():
    for tag, attrs, above in Elements(rendered(COUNTS, CORRIDORS)).found:
        if tag in {"path", "circle", "rect", "use"}:
            around = [("", attrs), *above]
            assert any(name == "a" or a.get("aria-hidden") == "true" for name, a in around)


def test_the_drawing_is_a_named_and_described_group_and_ids_are_its_own():
    found = Elements(rendered(COUNTS, CORRIDORS)).found
    ids = [attrs["id"] for _, attrs, _ in found if "id" in attrs]
    assert len(ids) == len(set(ids))
    svg = next(attrs for tag, attrs, _ in found if tag == "svg")
    assert svg["role"] == "group"
    assert {svg["aria-labelledby"], svg["aria-describedby"]} <= set(ids)
    references = {attrs["href"][1:] for tag, attrs, _ in found if tag == "use"}
    assert references <= set(ids)


def test_names_and_links_are_escaped():
    text = rendered(
        {"MA": 1, "MT": 1},
        [("MA", "MT", 1)],
        names={"MA": '<b onload="x">&', "MT": "Malta", "DZ": "<i>"},
        href=lambda code: f'/practices/?country={code}&theme="<x>',
    )
    assert "<b" not in text
    assert "<i>" not in text
    assert "<x>" not in text
    assert "&lt;b onload=&quot;x&quot;&gt;&amp;: 1 practice" in text
    assert 'href="/practices/?country=MA&amp;theme=&quot;&lt;x&gt;"' in text


def test_the_drawing_is_the_same_in_whatever_order_counts_come():
    backwards = dict(reversed(COUNTS.items())), list(reversed(CORRIDORS))
    assert rendered(COUNTS, CORRIDORS) == rendered(*backwards)


def test_numbers_keep_their_point_in_every_language():
    plain = rendered(COUNTS, CORRIDORS)
    with translation.override("de"):
        assert re.findall(r' (?:d|cx|cy|r|viewBox)="[^"]*"', rendered(COUNTS, CORRIDORS)) == re.findall(
            r' (?:d|cx|cy|r|viewBox)="[^"]*"', plain
        )


def test_a_list_without_records_gives_an_empty_map():
    text = rendered({})
    assert Elements(text).links() == []
    assert "0 countries and territories" in text
    assert "arc" not in text


def test_the_boundaries_disclaimer_is_there():
    assert "do not imply" in rendered({})
