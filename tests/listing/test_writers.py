"""How values become the cells of a file."""

import csv
import io
from datetime import date
from types import SimpleNamespace

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.urls import path
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from pathways.listing.columns import Column, address
from pathways.listing.export import Exportable, RowsExport
from pathways.listing.writers.tables import BOM, guarded, write_csv

COLUMNS = (
    Column("id", "", lambda row: row.id),
    Column("value", "", lambda row: row.value),
    Column("url", "", lambda row: f"/x/{row.id}/", is_address=True),
)


THINGS = Exportable(name="things", title="Things", page="", view="", columns=COLUMNS)


def written(*values):
    rows = [SimpleNamespace(id=number, value=value) for number, value in enumerate(values, start=1)]
    return "".join(write_csv(RowsExport(THINGS, "https://example.org", rows)))


def test_a_file_starts_with_a_byte_order_mark_and_its_header():
    assert written() == BOM + "id,value,url\r\n"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("plain", "plain"),
        ("", ""),
        (None, ""),
        (0, "0"),
        (True, "true"),
        (False, "false"),
        (date(2017, 10, 12), "2017-10-12"),
        ([], ""),
        (["MA", "TN"], "MA; TN"),
        ([5, 18], "5; 18"),
        ("one, two", '"one, two"'),
        ('say "yes"', '"say ""yes"""'),
        ("two\nlines", '"two\nlines"'),
        ("two\r\nlines", '"two\r\nlines"'),
        ("مسارات الهجرة", "مسارات الهجرة"),
        (" blank before", " blank before"),
        ("a=b, c", '"a=b, c"'),
    ],
)
def test_a_cell_is_written_as_rfc_4180_has_it(value, cell):
    assert written(value) == BOM + f"id,value,url\r\n1,{cell},https://example.org/x/1/\r\n"


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@x", "\t", "\r", "\n", " =1", "\u00a0=1", "  -1", "\t@x", " \n+1"]
)
def test_what_a_spreadsheet_would_run_is_made_text(text):
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "15-21", "a=b", "12+", "mail@example.org", "’=", "'=1", "≥ 50", "over 2,000"])
def test_harmless_texts_are_left_as_they_are(text):
    assert guarded(text) == text


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_every_text_comes_back_from_the_csv_module_as_it_was_but_for_the_guard(texts):
    reader = csv.DictReader(io.StringIO(written(*texts).removeprefix(BOM), newline=""), strict=True)
    for text, row in zip(texts, reader, strict=True):
        assert row["value"] in (text, f"'{text}")
        assert not row["value"].lstrip().startswith(("=", "+", "-", "@"))


def test_rows_are_written_as_they_come():
    def endless():
        while True:
            yield SimpleNamespace(id=1, value="x")

    lines = write_csv(RowsExport(THINGS, "", endless()))
    assert [next(lines) for _ in range(2)] == [BOM + "id,value,url\r\n", "1,x,/x/1/\r\n"]


def test_an_address_is_that_of_the_language_it_is_asked_in(settings):
    patterns = i18n_patterns(path("x/<slug:slug>/", str, name="x"), prefix_default_language=False)
    settings.ROOT_URLCONF = type("Addresses", (), {"urlpatterns": patterns})
    column, row, read = address("x"), SimpleNamespace(slug="one"), {}
    for language in ("en-gb", "fr"):
        with translation.override(language):
            read[language] = column.value(row)
    assert read == {"en-gb": "/x/one/", "fr": "/fr/x/one/"}
