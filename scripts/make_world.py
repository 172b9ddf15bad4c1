#!/usr/bin/env python3
"""Make pathways/site/world.json, the shapes of the map, from Natural Earth.

    npm pack world-atlas@2.0.2
    .venv/bin/python scripts/make_world.py world-atlas-2.0.2.tgz

world-atlas is Natural Earth 4.1.0 (public domain, naturalearthdata.com) as TopoJSON with ISO 3166-1 numeric ids; the
package's own licence is ISC. It is needed for this only and is not kept in the repository. The same package gives the
same bytes.

Shapes are Natural Earth's at 1:110m, in the Equal Earth projection, so that areas compare. A territory that 1:110m
lacks, too small to see at this scale, gets a point from 1:50m, or from ``POINTS``.

The lines are Natural Earth's, which draws who administers a place. Which entry an area belongs to is ISO 3166's, since
the vocabulary has its codes: ``PLACED`` lists every area where the two differ. Whatever has an entry of its own in both
(Palestine, Taiwan, Western Sahara) or in the vocabulary (Kosovo) stays as Natural Earth draws it: Western Sahara is
what lies east of the berm, and what lies west of it is drawn with Morocco.
"""

import argparse
import hashlib
import json
import math
import tarfile
from itertools import pairwise
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "pathways/site/world.json"
VOCABULARY = ROOT / "fixtures/vocabulary.yaml"
SHA512 = (
    "2177d5d2ac25297a5c933d458705d5c0a46388884e9d6b6d3ac926e42b7132c8"
    "e013f317018447589aa05cea4cf0891c3c1a179f24d4e651477186b90a11b42d"
)

# Alpha-2 and numeric codes of ISO 3166-1.
ISO = """
AD020 AE784 AF004 AG028 AI660 AL008 AM051 AO024 AQ010 AR032 AS016 AT040 AU036 AW533 AX248 AZ031 BA070 BB052
BD050 BE056 BF854 BG100 BH048 BI108 BJ204 BL652 BM060 BN096 BO068 BQ535 BR076 BS044 BT064 BV074 BW072 BY112
BZ084 CA124 CC166 CD180 CF140 CG178 CH756 CI384 CK184 CL152 CM120 CN156 CO170 CR188 CU192 CV132 CW531 CX162
CY196 CZ203 DE276 DJ262 DK208 DM212 DO214 DZ012 EC218 EE233 EG818 EH732 ER232 ES724 ET231 FI246 FJ242 FK238
FM583 FO234 FR250 GA266 GB826 GD308 GE268 GF254 GG831 GH288 GI292 GL304 GM270 GN324 GP312 GQ226 GR300 GS239
GT320 GU316 GW624 GY328 HK344 HM334 HN340 HR191 HT332 HU348 ID360 IE372 IL376 IM833 IN356 IO086 IQ368 IR364
IS352 IT380 JE832 JM388 JO400 JP392 KE404 KG417 KH116 KI296 KM174 KN659 KP408 KR410 KW414 KY136 KZ398 LA418
LB422 LC662 LI438 LK144 LR430 LS426 LT440 LU442 LV428 LY434 MA504 MC492 MD498 ME499 MF663 MG450 MH584 MK807
ML466 MM104 MN496 MO446 MP580 MQ474 MR478 MS500 MT470 MU480 MV462 MW454 MX484 MY458 MZ508 NA516 NC540 NE562
NF574 NG566 NI558 NL528 NO578 NP524 NR520 NU570 NZ554 OM512 PA591 PE604 PF258 PG598 PH608 PK586 PL616 PM666
PN612 PR630 PS275 PT620 PW585 PY600 QA634 RE638 RO642 RS688 RU643 RW646 SA682 SB090 SC690 SD729 SE752 SG702
SH654 SI705 SJ744 SK703 SL694 SM674 SN686 SO706 SR740 SS728 ST678 SV222 SX534 SY760 SZ748 TC796 TD148 TF260
TG768 TH764 TJ762 TK772 TL626 TM795 TN788 TO776 TR792 TT780 TV798 TW158 TZ834 UA804 UG800 UM581 US840 UY858
UZ860 VA336 VC670 VE862 VG092 VI850 VN704 VU548 WF876 WS882 YE887 YT175 ZA710 ZM894 ZW716
"""
NUMERIC = {entry[:2]: entry[2:] for entry in ISO.split()}

# Areas that Natural Earth draws apart, or with another state, and the ISO 3166 entry that they belong to:
# (its name there, the part of it: a place inside, or None for all of it) -> entry.
PLACED = {
    # No code of their own, in ISO 3166 parts of these.
    ("N. Cyprus", None): "CY",
    ("Somaliland", None): "SO",
    # ISO 3166-2:UA lists Crimea (UA-43, UA-40), as UN General Assembly resolution 68/262 has it.
    ("Russia", (34.5, 45.3)): "UA",
    # Drawn as parts of their states, with codes of their own.
    ("France", (-53.0, 4.0)): "GF",
    ("Norway", (15.5, 78.5)): "SJ",
    ("Norway", (22.5, 79.8)): "SJ",
    ("Norway", (22.7, 78.0)): "SJ",
    # The vocabulary's code.
    ("Kosovo", None): "XK",
}

# Longitude and latitude of those that neither scale has under its own code: middles of their islands at Natural
# Earth's 1:10m (countries-10m.json of the package), to a tenth of a degree. For UM that is Midway, for TK Fakaofo, for
# AQ the tip of the Antarctic Peninsula, the one part of it inside the frame. Then of those whose largest or widest part
# is far from where most people live: Kiribati's Tarawa, Chile about Santiago, Malaysia's peninsula.
POINTS = {
    "AQ": (-57.0, -63.3),
    "BQ": (-68.3, 12.2),
    "BV": (3.4, -54.4),
    "CC": (96.8, -12.2),
    "CL": (-70.8, -33.5),
    "CX": (105.6, -10.5),
    "GI": (-5.4, 36.1),
    "GP": (-61.6, 16.2),
    "KI": (173.1, 1.4),
    "MQ": (-61.0, 14.6),
    "MY": (102.3, 3.8),
    "RE": (55.5, -21.1),
    "TK": (-171.2, -9.4),
    "TV": (179.2, -8.5),
    "UM": (-177.4, 28.2),
    "YT": (45.1, -12.8),
}

# The map is cut in the Bering Strait, where no land is cut.
MIDDLE = 11.5
WIDTH = 1000
# Units of the map: detail below TOLERANCE is dropped, and islands below ISLAND unless a country has no other land; a
# country smaller than SMALL also gets a dot where it has records.
TOLERANCE = 0.25
ISLAND = 0.4
SMALL = 12
MARGIN = 4


def main():
    parser = argparse.ArgumentParser(description="Make the shapes of the world map from Natural Earth.")
    parser.add_argument("package", type=Path, help="world-atlas-2.0.2.tgz, as `npm pack` fetches it")
    package = parser.parse_args().package
    if hashlib.sha512(package.read_bytes()).hexdigest() != SHA512:
        parser.error(f"{package} is not world-atlas 2.0.2")
    with tarfile.open(package) as archive:
        coarse, fine = (
            Topology(json.load(archive.extractfile(f"package/countries-{scale}.json"))) for scale in ("110m", "50m")
        )
    codes = [
        row["fields"]["code"]
        for row in yaml.safe_load(VOCABULARY.read_text(encoding="utf-8"))
        if row["model"] == "vocabulary.country"
    ]
    text = dumps(world(codes, coarse, fine))
    TARGET.write_text(text, encoding="utf-8")
    print(f"{TARGET.relative_to(ROOT)}: {len(codes)} entries, {len(text.encode()) / 1000:.0f} kB")


def world(codes, coarse, fine):
    shapes = coarse.areas()
    islands = fine.areas()
    countries = {}
    for code in sorted(codes):
        if code in shapes and code != "AQ":
            rings = shapes[code]
            x, y = project(*POINTS[code]) if code in POINTS else inside(max(rings, key=area))
            total = sum(map(area, rings))
            rings = [ring for ring in rings if area(ring) >= ISLAND] or [max(rings, key=area)]
            countries[code] = {"path": path(rings), "x": round(x, 1), "y": round(y, 1)}
            if total < SMALL:
                countries[code]["dot"] = True
        else:
            x, y = project(*POINTS[code]) if code in POINTS else middle(max(islands[code], key=area))
            countries[code] = {"x": round(x, 1), "y": round(y, 1)}
    # The frame is what is drawn, Antarctica's point included.
    points = [point for code in countries for ring in shapes.get(code, ()) if code != "AQ" for point in ring]
    points += [(entry["x"], entry["y"]) for entry in countries.values()]
    left, top = (math.floor(min(axis)) - MARGIN for axis in zip(*points, strict=True))
    right, bottom = (math.ceil(max(axis)) + MARGIN for axis in zip(*points, strict=True))
    return {
        "source": "Natural Earth 4.1.0, public domain",
        "viewbox": [left, top, right - left, bottom - top],
        "equator": round(project(MIDDLE, 0)[1], 1),
        "countries": countries,
    }


class Topology:
    """A TopoJSON file with its arcs projected and simplified, so that neighbours keep one border."""

    def __init__(self, data):
        self.geometries = data["objects"]["countries"]["geometries"]
        (self.scale_x, self.scale_y), (self.left, self.bottom) = (data["transform"][k] for k in ("scale", "translate"))
        self.arcs = [self.degrees(arc) for arc in data["arcs"]]
        self.drawn = [simplified([project(*point) for point in arc]) for arc in self.arcs]

    def degrees(self, arc):
        x = y = 0
        points = []
        for step_x, step_y in arc:
            x, y = x + step_x, y + step_y
            points.append((x * self.scale_x + self.left, y * self.scale_y + self.bottom))
        return points

    def areas(self):
        """Return {ISO alpha-2: projected rings}; holes are never filled, since whatever lies in them is drawn later."""
        by_number = {number: code for code, number in NUMERIC.items()}
        polygons = {}
        for geometry in self.geometries:
            name = geometry["properties"]["name"]
            for polygon in geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]:
                code = placed(name, self.ring(polygon[0], self.arcs)) or by_number.get(geometry.get("id"))
                if code:
                    polygons.setdefault(code, []).append(polygon)
        return {code: [self.ring(ring, self.drawn) for ring in self.merged(found)] for code, found in polygons.items()}

    def merged(self, polygons):
        """Return the rings around polygons of one entry, without the borders between them."""
        used = {arc for polygon in polygons for ring in polygon for arc in ring}
        inner = {arc for arc in used if ~arc in used}
        if not inner:
            return [ring for polygon in polygons for ring in polygon]
        whole, pieces = [], {}
        for ring in (ring for polygon in polygons for ring in polygon):
            if not inner.intersection(ring):
                whole.append(ring)
                continue
            for arc in ring:
                if arc not in inner:
                    pieces[self.end(~arc)] = arc
        while pieces:
            start = at = min(pieces)
            ring = []
            while at in pieces:
                arc = pieces.pop(at)
                ring.append(arc)
                at = self.end(arc)
            if at != start:
                raise ValueError("a merged border does not close")
            whole.append(ring)
        return whole

    def end(self, arc):
        return self.arcs[arc][-1] if arc >= 0 else self.arcs[~arc][0]

    def ring(self, arcs, points):
        found = []
        for arc in arcs:
            part = points[arc] if arc >= 0 else points[~arc][::-1]
            found += part[1:] if found else part
        return found


def placed(name, ring):
    for (owner, place), code in PLACED.items():
        if owner == name and (place is None or contains(ring, *place)):
            return code
    return None


def project(longitude, latitude):
    """Equal Earth (Šavrič, Patterson and Jenny, 2018), y downwards."""
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    third = math.sqrt(3) / 2
    east = (longitude - MIDDLE + 180) % 360 - 180
    t = math.asin(third * math.sin(math.radians(latitude)))
    x = math.radians(east) * math.cos(t) / (third * (a1 + 3 * a2 * t**2 + t**6 * (7 * a3 + 9 * a4 * t**2)))
    y = t * (a1 + a2 * t**2 + t**6 * (a3 + a4 * t**2))
    scale = WIDTH / (2 * math.pi / (third * a1))
    return x * scale + WIDTH / 2, WIDTH / 4 - y * scale


def simplified(points):
    """Drop what lies within TOLERANCE of the line (Ramer, Douglas and Peucker), and round to a tenth."""
    keep = {0, len(points) - 1}
    if points[0] == points[-1]:
        # A ring: its two ends are one, so the point farthest from it is kept as well.
        keep.add(max(range(len(points)), key=lambda i: math.dist(points[0], points[i])))
    stack = list(pairwise(sorted(keep)))
    while stack:
        first, last = stack.pop()
        if last - first < 2:
            continue
        far = max(range(first + 1, last), key=lambda i: off(points[i], points[first], points[last]))
        if off(points[far], points[first], points[last]) > TOLERANCE:
            keep.add(far)
            stack += [(first, far), (far, last)]
    return [(round(points[i][0], 1), round(points[i][1], 1)) for i in sorted(keep)]


def off(point, start, end):
    """Return how far a point is from a stretch of line."""
    (x, y), (x1, y1), (x2, y2) = point, start, end
    length = (x2 - x1) ** 2 + (y2 - y1) ** 2
    along = max(0, min(1, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length)) if length else 0
    return math.dist(point, (x1 + along * (x2 - x1), y1 + along * (y2 - y1)))


def sides(ring):
    return zip(ring, ring[1:] + ring[:1], strict=True)


def area(ring):
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in sides(ring))) / 2


def contains(ring, x, y):
    crossed = [(y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1 for (x1, y1), (x2, y2) in sides(ring)]
    return sum(crossed) % 2 == 1


def middle(ring):
    xs, ys = zip(*ring, strict=True)
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


def inside(ring):
    """Return the centre of gravity, or where that is outside or at the very edge, the point farthest from any edge."""

    def clear(x, y):
        depth = min(off((x, y), start, end) for start, end in sides(ring))
        return depth if contains(ring, x, y) else -depth

    xs, ys = zip(*ring, strict=True)
    twice = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in sides(ring))
    centre = [
        sum((p[axis] + q[axis]) * (p[0] * q[1] - q[0] * p[1]) for p, q in sides(ring)) / (3 * twice) for axis in (0, 1)
    ]
    steps = 24
    grid = [
        (min(xs) + (max(xs) - min(xs)) * i / steps, min(ys) + (max(ys) - min(ys)) * j / steps)
        for i in range(1, steps)
        for j in range(1, steps)
    ]
    deepest = max(grid, key=lambda point: clear(*point))
    return centre if clear(*centre) >= clear(*deepest) / 2 else deepest


def path(rings):
    """Return SVG path data, in steps from point to point, as short as it can be written."""
    text = []
    for ring in rings:
        tenths = [(round(x * 10), round(y * 10)) for x, y in ring]
        tenths = [point for point, following in sides(tenths) if point != following]
        (x, y), *rest = tenths
        text.append(f"M{number(x)} {number(y)}l")
        steps = []
        for next_x, next_y in rest:
            steps += [number(next_x - x), number(next_y - y)]
            x, y = next_x, next_y
        line = steps[0]
        for before, step in pairwise(steps):
            # A minus sign parts two numbers, and so does a second decimal point.
            line += step if step[0] == "-" or (step[0] == "." and "." in before) else f" {step}"
        text.append(line + "z")
    return "".join(text)


def number(tenths):
    whole, rest = divmod(abs(tenths), 10)
    text = (str(whole) if whole or not rest else "") + (f".{rest}" if rest else "")
    return f"-{text}" if tenths < 0 else text


def dumps(data):
    """Write JSON with a line for each country, so that a change shows which."""
    lines = [f"  {json.dumps(code)}: {json.dumps(entry)}" for code, entry in data["countries"].items()]
    head = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in data.items() if key != "countries")
    return "{" + head + ',\n"countries": {\n' + ",\n".join(lines) + "\n}}\n"


if __name__ == "__main__":
    main()
