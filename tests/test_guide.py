"""The guide for curators has the pictures that it names, small enough to be sent around."""

import re
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"
GUIDE = (DOCS / "curating.md").read_text(encoding="utf-8")


def test_every_picture_is_there_and_in_the_guide():
    named = re.findall(r"!\[[^\]]+\]\((pictures/[^)]+)\)", GUIDE)
    there = [f"pictures/{path.name}" for path in DOCS.glob("pictures/*")]
    assert 5 <= len(named) <= 7
    assert sorted(named) == sorted(there)


def test_pictures_are_small():
    assert [path.name for path in DOCS.glob("pictures/*.png") if path.stat().st_size > 80_000] == []
