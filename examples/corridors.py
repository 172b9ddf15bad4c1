"""Corridors, drawn: who leaves where, and arrives where, by how many practices. Writes corridors.svg."""

import sys
from math import cos, pi, sin

import pandas as pd

SITE = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"

# A corridor is an origin and a destination of one practice.
rows = pd.read_csv(f"{SITE}/data/practice_countries.csv", keep_default_na=False)
ends = [rows[rows["role"] == role][["practice", "country"]] for role in ("origin", "destination")]
pairs = ends[0].merge(ends[1], on="practice", suffixes=("_from", "_to"))
corridors = pairs.groupby(["country_from", "country_to"]).size().sort_values(ascending=False)
print(corridors.head(10).to_string())

# The countries around a circle, a line for each corridor, as thick as it has practices.
countries = sorted({code for pair in corridors.index for code in pair})
angles = {code: 2 * pi * n / len(countries) for n, code in enumerate(countries)}
at = {code: (300 + 250 * cos(angle), 300 + 250 * sin(angle)) for code, angle in angles.items()}
with open("corridors.svg", "w") as svg:
    svg.write('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 600" font-size="12" text-anchor="middle">\n')
    for (origin, destination), n in corridors.items():
        (x1, y1), (x2, y2) = at[origin], at[destination]
        curve = f"M{x1:.0f},{y1:.0f} Q300,300 {x2:.0f},{y2:.0f}"
        svg.write(f'<path d="{curve}" fill="none" stroke="teal" stroke-opacity=".5" stroke-width="{n}"/>\n')
    for code, angle in angles.items():
        svg.write(f'<text x="{300 + 270 * cos(angle):.0f}" y="{304 + 270 * sin(angle):.0f}">{code}</text>\n')
    svg.write("</svg>\n")
