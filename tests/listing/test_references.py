"""How records are cited: the texts, and RIS and BibTeX as those programs read them that people have."""

import codecs
import re
from datetime import date
from types import SimpleNamespace

import latexcodec  # noqa: F401 -- TeX as an encoding
import pytest
import rispy
from hypothesis import given, settings
from hypothesis import strategies as st
from pybtex.database import parse_string

from pathways.listing.references import Place, Reference, apa, chicago
from pathways.listing.writers.references import write_bibtex, write_ris

HOSTILE = [
    "=1+1",
    "plain",
    "TY  - JOUR",
    "first\nTY  - JOUR\r\nER  - \n\nlast",
    'say "yes", {then} \\LaTeX{} & $5 100% #1 a_b x^2 ~ <b> | @misc{x,}',
    "}} unbalanced {",
    "-- --- '' `` ,, !` ?` <<",
    "\\input{/etc/passwd}",
    "tab\there, nul\x00 and escape\x1b\u2028and line\x85ends",
    "مسارات الهجرة \u200fright\u200e left",
    "Türkiye – “œuvre” 😀",
    "word " * 4000,
]


def reference(**fields):
    defaults = {
        "key": "practice-palim",
        "kind": "Practice",
        "title": "A pilot project (PALIM)",
        "address": "https://example.org/practices/palim/",
        "publisher": "Pathways",
        "updated_on": date(2026, 3, 1),
        "published_on": date(2025, 11, 9),
        "version": "abc.7",
        "version_on": date(2026, 11, 2),
        "accessed_on": date(2026, 11, 20),
        "abstract": "It trains people.",
        "places": (
            Place("Background paper", "Annex 1, §2", "national government"),
            Place("Background paper", "footnote 25", "civil society"),
        ),
        "keywords": ("Admission, visas and permits", "Free movement"),
    }
    return Reference(**{**defaults, **fields})


def written(write, *references):
    return "".join(write(SimpleNamespace(references=lambda: iter(references))))


def line(text):
    """Return ``text`` as one line, control characters and ends of lines as blanks, each run of blanks as one."""
    return re.sub(" +", " ", re.sub("[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", text)).strip(" ")


def from_tex(value):
    """Return the value of a field of BibTeX as text."""
    value = value.replace("{}", "\x01")
    names = {"textbraceleft": "\x02", "textbraceright": "\x03", "textbackslash": "\x04"}
    names |= {"textasciitilde": "~", "textasciicircum": "^", "textless": "<", "textgreater": ">", "textbar": "|"}
    value = re.sub(r"\{\\([a-z]+)\}", lambda found: names[found[1]], value)
    assert not re.search(r"\\[^&%$#_]", value), value
    value = re.sub(r"\\([&%$#_])", r"\1", value)
    value = value.replace("{", "").replace("}", "")
    return value.translate({1: "", 2: "{", 3: "}", 4: "\\"})


def test_the_apa_citation_says_what_and_where_and_when():
    assert apa(reference()) == (
        "Pathways. (2026, March 1). A pilot project (PALIM) [Practice; printed in “Background paper”, Annex 1, §2; "
        "footnote 25; data version abc.7 of November 2, 2026]. Retrieved November 20, 2026, from "
        "https://example.org/practices/palim/"
    )


def test_the_chicago_citation_says_what_and_where_and_when():
    assert chicago(reference(title="Whose “right” is it?")) == (
        "Pathways. “Whose ‘right’ is it?” Practice printed in “Background paper”, Annex 1, §2; footnote 25. "
        "Last modified March 1, 2026. Data version abc.7 of November 2, 2026. Accessed November 20, 2026. "
        "https://example.org/practices/palim/."
    )


def test_the_texts_name_three_places_and_count_the_others():
    many = reference(places=tuple(Place("Paper", f"footnote {n}") for n in range(1, 6)))
    assert "printed in “Paper”, footnote 1; footnote 2; footnote 3; and 2 more" in apa(many)
    assert "footnote 5" in many.notes[0]


def test_a_meeting_is_documented_rather_than_printed():
    meeting = reference(kind="Meeting", places=(Place("Report"),), is_event=True)
    assert "[Meeting; documented in “Report”; data version" in apa(meeting)
    assert "Meeting documented in “Report”. Last modified" in chicago(meeting)
    assert meeting.notes[0] == "Documented in: “Report”."


def test_what_is_printed_nowhere_is_cited_without_a_place():
    assert "A pilot project (PALIM) [Practice; data version" in apa(reference(places=()))
    assert ".” Practice. Last modified" in chicago(reference(places=()))


def test_ris_has_all_that_is_known():
    (entry,) = rispy.loads(written(write_ris, reference()))
    assert entry == {
        "type_of_reference": "ELEC",
        "id": "practice-palim",
        "title": "A pilot project (PALIM)",
        "authors": ["Pathways"],
        "secondary_title": "Pathways",
        "type_of_work": "Practice",
        "year": "2026",
        "date": "2026/03/01/",
        "abstract": "It trains people.",
        "keywords": ["Admission, visas and permits", "Free movement"],
        "notes": [
            "Shared by: national government; civil society.",
            "Printed in: “Background paper”, Annex 1, §2; footnote 25.",
            "Data version abc.7 of 2 November 2026.",
        ],
        "language": "en",
        "urls": ["https://example.org/practices/palim/"],
        "access_date": "2026/11/20/",
    }


def test_bibtex_has_all_that_is_known():
    library = parse_string(written(write_bibtex, reference()), "bibtex")
    entry = library.entries["practice-palim"]
    assert entry.type == "misc"
    assert [str(person) for person in entry.persons["author"]] == ["{Pathways}"]
    assert dict(entry.fields) == {
        "title": "{A pilot project (PALIM)}",
        "year": "2026",
        "month": "March",
        "howpublished": "Practice",
        "note": "Shared by: national government; civil society. Printed in: “Background paper”, Annex 1, §2; "
        "footnote 25. Data version abc.7 of 2 November 2026.",
        "abstract": "It trains people.",
        "keywords": "Admission visas and permits, Free movement",
        "url": "https://example.org/practices/palim/",
        "urldate": "2026-11-20",
    }


def entries_of(texts):
    """Return a reference for each of ``texts``, which stands wherever curators may write."""
    return [
        reference(key=f"k-{n}", title=text, abstract=text, keywords=(text,), places=(Place(text, text),))
        for n, text in enumerate(texts)
    ]


def words(text):
    """Return ``text`` as one line with the quotation marks that stand within others."""
    return " ".join(line(text).translate(str.maketrans("“”", "‘’")).split())


def check_ris(*texts):
    entries = entries_of(texts)
    text = written(write_ris, *entries)
    assert all(re.match(r"[A-Z][A-Z0-9]  - |$", one) for one in text.split("\r\n"))
    assert not re.search("[\x00-\x09\x0b\x0c\x0e-\x1f\u2028]", text)
    read = rispy.loads(text)
    assert [entry["id"] for entry in read] == [one.key for one in entries]
    for entry, given_text in zip(read, texts, strict=True):
        # Readers take blanks off the ends of a value.
        assert line(entry["title"].strip()) == line(given_text).strip()
        assert line(entry.get("abstract", "").strip()) == line(given_text).strip()
        assert line("".join(entry.get("keywords", [])).strip()) == line(given_text).strip()
        assert words(given_text) in words(entry["notes"][0])


def check_bibtex(*texts):
    entries = entries_of(texts)
    library = parse_string(written(write_bibtex, *entries), "bibtex")
    assert list(library.entries) == [one.key for one in entries]
    for one, text in zip(entries, texts, strict=True):
        fields = library.entries[one.key].fields
        assert " ".join(from_tex(fields["title"]).split()) == " ".join(line(text).split())
        assert " ".join(from_tex(fields.get("abstract", "")).split()) == " ".join(line(text).split())
        assert " ".join(from_tex(fields.get("keywords", "")).split()) == " ".join(line(text).replace(",", "").split())
        assert words(text) in words(from_tex(fields["note"]))
        # What TeX would join stays apart: its own decoder makes nothing else of it.
        decoded = codecs.decode(fields["title"], "ulatex")
        assert sum(map(decoded.count, "–—”¡¿„")) == sum(map(text.count, "–—”¡¿„"))


def test_hostile_texts_come_back_from_ris():
    check_ris(*HOSTILE)


def test_hostile_texts_come_back_from_bibtex():
    check_bibtex(*HOSTILE)


ANYTHING = st.text(st.characters(exclude_categories=["Cs"]))
TROUBLE = st.text(st.sampled_from("\\{}$&%#_~^<>|\"'`-,!?@= \n\r\t\x00aTY  -é"))


@settings(deadline=None)
@given(st.lists(ANYTHING | TROUBLE, min_size=1, max_size=3))
def test_every_text_comes_back_from_ris(texts):
    check_ris(*texts)


@settings(deadline=None)
@given(st.lists(ANYTHING | TROUBLE, min_size=1, max_size=3))
def test_every_text_comes_back_from_bibtex(texts):
    check_bibtex(*texts)


@pytest.mark.parametrize("write", [write_ris, write_bibtex])
def test_entries_are_written_as_they_come(write):
    def endless():
        while True:
            yield reference()

    entries = write(SimpleNamespace(references=endless))
    assert "practice-palim" in next(entries)
    assert "practice-palim" in next(entries)
