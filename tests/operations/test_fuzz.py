"""Fuzzing: whatever is asked, sent or stored, nothing breaks, and what is taken away can be read.

Each test tries a few examples, the same each time; FUZZ=100 tries a hundred times as many, others each time:

    FUZZ=100 LOCAL=true .venv/bin/python -m pytest -n 2 tests/operations/test_fuzz.py
"""

import csv
import io
import json
import os
import zipfile
from contextlib import suppress
from datetime import date
from urllib.parse import quote, quote_plus

import openpyxl
import pytest
import rispy
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pybtex.database import parse_string

from meetings.filters import MeetingFilter, OutcomeFilter
from pathways.curation.importing.reading import Unreadable
from pathways.curation.importing.template import write_template
from pathways.listing.columns import Column, needs
from pathways.listing.export import Exportable, RowsExport
from pathways.listing.references import Reference
from pathways.listing.words import LONGEST_WORD, MOST_PARTS, parse
from pathways.listing.writers.references import write_bibtex, write_ris
from pathways.listing.writers.tables import write_csv
from pathways.site.filters import CountryFilter
from practices.filters import PracticeFilter
from practices.importing import PRACTICE_SHEETS
from tests import factories as make
from tests.curation.import_helpers import begun, fill, saved, table
from tests.listing.test_every_format import READERS
from tests.listing.test_every_format import forget as forget_kept
from tests.reading import BOM

pytestmark = pytest.mark.django_db

FACTOR = int(os.environ.get("FUZZ", "1"))


def fuzzed(examples):
    """Return how a test is fuzzed: so many examples here, and FUZZ times as many where one has the time."""
    return settings(
        max_examples=examples * FACTOR,
        deadline=None,
        derandomize=FACTOR == 1,
        # The database keeps its rows from one example to the next, but for those that are undone.
        suppress_health_check=list(HealthCheck),
    )


# What a database can keep: no NUL, no half of a pair.
STORED = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
PIECES = st.sampled_from(
    [
        *"=+-@\t\r\n\"'`;,|{}[]<>&\\%#$~^_*:/?!\x0b\x1f\x7f\x85\u00a0\u2028\u202e\ufeff\ufffe\U0001f600",
        *("]]>", "<!--", "<script>alert(1)</script>", "\r\n\r\n", "%0d%0a", "{{7*7}}", "${x}", "\\end{document}"),
        *("' OR 1=1 --", "../../etc/passwd", "\x1b[2J", "TY  - JOUR\r\nER  - ", "@comment{", "=cmd|'/c calc'!A1"),
    ]
)
TEXTS = st.one_of(st.text(STORED, max_size=60), st.lists(PIECES, max_size=12).map("".join))


# The parser of questions


@fuzzed(100)
@given(text=st.one_of(TEXTS, st.lists(st.sampled_from([*'"-* ', "labour", "the", "ﬁ", "İ"]), max_size=80).map("".join)))
def test_a_question_is_words_and_no_syntax_whatever_it_was(text):
    query = parse(text)
    parts = query.wanted + query.unwanted
    assert len(parts) <= MOST_PARTS
    for part in parts:
        assert part.words
        assert all(word.isalnum() and len(word) <= LONGEST_WORD for word in part.words), part


# Parameters

LISTS = {
    "/practices": PracticeFilter,
    "/outcomes": OutcomeFilter,
    "/meetings": MeetingFilter,
    "/countries": CountryFilter,
}
# As they stand in an address, decoded or not.
VALUES = st.one_of(
    TEXTS.map(quote_plus),
    st.binary(max_size=20).map(quote),
    st.integers(-(10**12), 10**12).map(str),
    st.sampled_from(["", "MA", "ma", "skills", "title", "newest", "2020", "1", "%", "%zz", "%00", "%ff", "a%26b", "+"]),
)


@pytest.fixture
def something():
    meeting = make.meeting(slug="lisbon", starts_on=date(2018, 3, 1), date_precision="day")
    make.outcome(meeting=meeting, themes=["skills"])
    make.practice(slug="palim", countries=[("MA", "origin"), ("BE", "destination")], themes=["skills"], start_year=2019)


@pytest.mark.usefixtures("something", "kept_index")
@pytest.mark.parametrize("path", LISTS)
@fuzzed(25)
@given(data=st.data())
def test_no_parameters_are_an_error_of_ours(client, path, data):
    names = st.one_of(st.sampled_from(list(LISTS[path].base_filters)), TEXTS.map(quote_plus))
    pairs = data.draw(st.lists(st.tuples(names, VALUES), max_size=8))
    query = "&".join(f"{name}={value}" for name, value in pairs)
    statuses = []
    for address in (f"{path}/", f"{path}.csv", f"/api/v1{path}/"):
        response = client.get(f"{address}?{query}")
        statuses.append(response.status_code)
        if response.streaming:
            assert b"".join(response.streaming_content)
    assert set(statuses) <= {200, 400, 404}
    if "page" not in query:
        assert len(set(statuses[:2])) == 1
    assert connection.is_usable()


@pytest.mark.usefixtures("something", "kept_index")
@pytest.mark.parametrize(
    "start",
    [
        "/map/?",
        "/timeline/?",
        "/compare/?practice=",
        "/search/?q=",
        "/search/suggest/?q=",
        "/sitemap.xml?p=",
        "/oai?verb=",
        "/oai?verb=ListRecords&metadataPrefix=oai_dc&from=",
        "/oai?verb=ListRecords&resumptionToken=",
        "/oai?verb=GetRecord&metadataPrefix=oai_dc&identifier=",
        "/practices/",
        "/countries/",
        "/data/",
        "/suggestions/",
        "/api/v1/",
    ],
)
@fuzzed(8)
@given(value=VALUES)
def test_no_address_is_an_error_of_ours(client, start, value):
    response = client.get(start + value)
    assert response.status_code in {200, 301, 400, 404}, (start, value)
    assert connection.is_usable()


@pytest.mark.usefixtures("something", "kept_index")
def test_practices_whose_names_no_database_could_keep_are_not_compared(client):
    assert client.get("/compare/?practice=palim&practice=%00").status_code == 400


# Imports


def imported(content, name):
    """Import a file, to where all its rows are checked or it is refused, and undo that."""
    with transaction.atomic():
        with suppress(Unreadable):
            assert all(row.outcome for row in begun(content, name).rows.all())
        transaction.set_rollback(True)


@fuzzed(40)
@given(
    content=st.one_of(
        st.binary(max_size=300),
        st.tuples(
            st.sampled_from(
                [b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0", b"\xef\xbb\xbf", b"\xff\xfe", b"id,title\n"]
            ),
            st.binary(max_size=300),
        ).map(b"".join),
    ),
    name=st.sampled_from(["a.csv", "a.xlsx", "a", "../a.CSV"]),
)
def test_bytes_from_nowhere_are_no_error(content, name):
    imported(content, name)


COLUMNS = (
    "id",
    "title",
    "kind",
    "summary",
    "origin",
    "themes",
    "start_year",
    "end_year",
    "links",
    "figures",
    "sources",
)


@pytest.mark.usefixtures("something")
@fuzzed(25)
@given(rows=st.lists(st.dictionaries(st.sampled_from(COLUMNS), TEXTS, max_size=len(COLUMNS)), min_size=1, max_size=4))
def test_whatever_stands_in_a_table_is_no_error(rows):
    imported(table({"title": "first"}, *rows), "practices.csv")


@pytest.fixture(scope="module")
def template(django_db_setup, django_db_blocker):
    """The workbook to begin from, with a row."""
    with django_db_blocker.unblock():
        content = write_template(PRACTICE_SHEETS)
    book = openpyxl.load_workbook(io.BytesIO(content if isinstance(content, bytes) else b"".join(content)))
    fill(book["Practices"], title="Nurses", kind="programme", summary="Trains nurses for work at home and abroad.")
    return saved(book)


@pytest.mark.usefixtures("something")
@fuzzed(12)
@given(data=st.data())
def test_a_workbook_that_was_damaged_is_refused_or_read(template, data):
    """Damaged within its parts, as programs damage them, or as a whole, as disks do."""
    places = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=6)), max_size=4)
    if data.draw(st.booleans(), label="as a whole"):
        imported(overwritten(template, data.draw(places)), "practices.xlsx")
        return
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(template)) as old, zipfile.ZipFile(out, "w") as new:
        damaged = data.draw(st.sampled_from(old.namelist()))
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, overwritten(content, data.draw(places)) if name == damaged else content)
    imported(out.getvalue(), "practices.xlsx")


def overwritten(content, places):
    """Return ``content`` with other bytes at ``places``: how far in, and which."""
    content = bytearray(content)
    for share, put in places:
        at = int(share * len(content))
        content[at : at + len(put)] = put
    return bytes(content)


# Exports


@pytest.mark.usefixtures("something")
@fuzzed(8)
@given(
    title=TEXTS.filter(str.strip),
    texts=st.fixed_dictionaries(dict.fromkeys(("acronym", "other_names", "summary", "description"), TEXTS)),
)
def test_whatever_a_record_says_every_format_of_it_is_read_back(client, title, texts):
    forget_kept()
    with transaction.atomic():
        make.practice(slug="fuzzed", title=title, **{**texts, "acronym": texts["acronym"][:40]})
        files = {
            extension: exported(client, f"/practices.{extension}?sort=title")
            for extension in READERS
            if extension != "ics"
        }
        page = client.get("/practices/fuzzed/")
        transaction.set_rollback(True)
    assert page.status_code == 200
    for extension, content in files.items():
        addresses = READERS[extension](content)
        assert sorted(addresses) == [f"http://testserver/practices/{slug}/" for slug in ("fuzzed", "palim")], extension
    (record,) = (row for row in json.loads(files["json"])["results"] if row["id"] == "fuzzed")
    assert record["title"] == title
    rows = csv.DictReader(io.StringIO(files["csv"].decode("utf-8-sig"), newline=""), strict=True)
    (row,) = (row for row in rows if row["id"] == "fuzzed")
    # The quote that keeps spreadsheets from taking it for a formula is all that is added.
    assert row["title"] in {title, f"'{title}"}
    assert not row["title"].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert len(rispy.loads(files["ris"].decode())) == len(parse_string(files["bib"].decode(), "bibtex").entries) == 2


# Without a record, and so quick: what scripts/fuzz.py looks through. A text is all that a row says.


@needs()
def cited(text, export):
    day = date(2020, 1, 1)
    return Reference("key", "Text", text, export.site, text, day, "1", day, day, abstract=text, keywords=(text,))


LINES = Exportable("texts", "Texts", "", "", (Column("text", "Any.", str),), reference=cited)


@fuzzed(100)
@given(text=TEXTS)
def test_no_text_leaves_its_cell_or_its_entry(text):
    export = RowsExport(LINES, "https://example.org", [text, "after"])
    header, first, second = csv.reader(
        io.StringIO("".join(write_csv(export)).removeprefix(BOM), newline=""), strict=True
    )
    assert header == ["text"]
    assert first[0] in {text, f"'{text}"}
    assert not first[0].lstrip().startswith(("=", "+", "-", "@"))
    assert second == ["after"]
    entries = rispy.loads("".join(write_ris(export)))
    assert [entry["urls"] for entry in entries] == [[export.site]] * 2
    assert entries[1]["title"] == "after"
    # Each key once, as the reader wants it.
    (entry,) = parse_string(next(write_bibtex(export)), "bibtex").entries.values()
    assert entry.fields["url"] == export.site


def exported(client, address):
    response = client.get(address)
    assert response.status_code == 200, address
    return b"".join(response.streaming_content)
