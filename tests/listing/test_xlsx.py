"""Workbooks, opened by what people open them with."""

import csv
import io
import shutil
import subprocess
import zipfile
from datetime import date
from types import SimpleNamespace

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pathways.listing.columns import Column
from pathways.listing.export import Exportable, RowsExport
from pathways.listing.writers import tables
from pathways.listing.writers.tables import BOM, write_csv, write_xlsx
from practices.columns import PRACTICE_COLUMNS
from tests.conftest import unavailable
from tests.reading import exported

pytestmark = pytest.mark.django_db

COLUMNS = (
    Column("id", "What tells it from others.", lambda row: row.id),
    Column("value", "What it is worth.", lambda row: row.value),
    Column("url", "The permanent address.", lambda row: f"/x/{row.id}/", is_address=True),
)
THINGS = Exportable(name="things", title="Things", page="practices:list", view="practices:export", columns=COLUMNS)
LONG = "Long. " * 3334

# As anybody might type them, or send them on purpose.
BAD = [
    "=1+1",
    '=HYPERLINK("https://example.org","x")',
    "+1",
    "-1",
    "@SUM(1)",
    "{=1+1}",
    "https://example.org/",
    "mailto:somebody@example.org",
    "0123",
    "1e5",
    "#N/A",
    " blanks around ",
    'say "yes", twice',
    "two\nlines",
    "a\ttab",
    "\x00\x01\x08\x0b\x1f",
    "a return\r\nand more",
    "_x0041_ is no A",
    "<b>&amp;</b>",
    "مسارات \u200fالهجرة\u202e",
    "👩🏽‍🎓 🇲🇦",
    LONG,
]


def export_of(*values):
    rows = [SimpleNamespace(id=number, value=value) for number, value in enumerate(values, start=1)]
    return RowsExport(THINGS, "https://example.org", rows)


def written(*values):
    return b"".join(write_xlsx(export_of(*values)))


def opened(content):
    return openpyxl.load_workbook(io.BytesIO(content))


def unescaped(text):
    """Return a text as Excel shows it: openpyxl leaves what stands for control characters as it is."""
    return openpyxl.utils.escape.unescape(text) if isinstance(text, str) else text


def column(content, name="value"):
    rows = list(opened(content)["Rows"].values)
    at = rows[0].index(name)
    return [unescaped(row[at]) for row in rows[1:]]


def test_every_bad_text_comes_back_as_it_went_in_and_none_is_a_formula():
    content = written(*BAD)
    assert column(content) == BAD
    sheet = opened(content)["Rows"]
    assert {cell.data_type for row in sheet.iter_rows(min_row=2, max_col=2, min_col=2) for cell in row} == {"s"}
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")


@given(st.lists(st.text(min_size=1), max_size=5))
@hypothesis_settings(max_examples=50, deadline=None)
def test_any_text_comes_back_but_for_what_xml_cannot_hold(texts):
    assert column(written(*texts)) == [tables.NOT_XML.sub("\ufffd", text) for text in texts]


def test_values_are_what_they_are():
    content = written(2017, 0, 1.5, True, date(2017, 10, 12), ["MA", "TN"], [5, 18], [], "", None)
    day = pd.Timestamp(2017, 10, 12).to_pydatetime()
    assert column(content) == [2017, 0, 1.5, True, day, "MA; TN", "5; 18", None, None, None]
    assert opened(content)["Rows"]["B6"].number_format == "yyyy-mm-dd"


def test_rows_are_a_table_under_a_frozen_header_with_widths_and_links():
    sheet = opened(written("x", "A much longer text than the name of its column"))["Rows"]
    (table,) = sheet.tables.values()
    assert (table.ref, table.autoFilter.ref) == ("A1:C3", "A1:C3")
    assert table.column_names == ["id", "value", "url"]
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["B"].width > 40 > sheet.column_dimensions["A"].width
    assert sheet["C3"].hyperlink.target == sheet["C3"].value == "https://example.org/x/2/"


def test_no_rows_are_a_workbook_too():
    sheet = opened(written())["Rows"]
    assert list(next(sheet.values)) == ["id", "value", "url"]
    assert next(iter(sheet.tables.values())).ref == "A1:C2"


def test_what_excel_cannot_hold_is_cut_marked_and_told():
    whole, longer, wide = "x" * tables.MOST_TEXT, "y" * (tables.MOST_TEXT + 1), "𝄞" * 20_000
    content = written(whole, longer, wide)
    values = column(content)
    assert values[0] == whole
    assert values[1] == "y" * (tables.MOST_TEXT - 4) + " […]"
    assert values[2] == "𝄞" * 16_381 + " […]"
    about = dict(opened(content)["About"].values)
    assert about["Cells cut short"].startswith("2, ")


def test_beyond_what_excel_can_link_or_hold_addresses_are_text_and_rows_are_told_of(monkeypatch):
    monkeypatch.setattr(tables, "MOST_LINKS", 2)
    monkeypatch.setattr(tables, "MOST_ROWS", 4)
    content = written("a", "b", "c", "d", "e")
    sheet = opened(content)["Rows"]
    assert [sheet[f"C{row}"].hyperlink is not None for row in (2, 3, 4)] == [True, True, False]
    assert sheet["C4"].value == "https://example.org/x/3/"
    assert sheet.max_row == 4
    assert dict(opened(content)["About"].values)["Rows left out"].startswith("2: ")


def test_the_other_sheets_say_what_it_is_and_what_its_columns_hold():
    export = export_of("x")
    book = opened(b"".join(write_xlsx(export)))
    assert book.sheetnames == ["Rows", "About", "Data dictionary"]
    assert [row[0] for row in book["About"].values] == [says for _name, says, _value in export.about]
    about = dict(book["About"].values)
    assert (about["Number of rows"], about["How to cite"]) == (1, export.citation)
    assert about["Data last changed at"] == export.version.changed_at.replace(microsecond=0, tzinfo=None)
    assert list(book["Data dictionary"].values) == [
        ("Column", "What it holds"),
        *((column.name, column.help) for column in COLUMNS),
    ]


def test_rows_are_read_one_by_one():
    read = []

    def rows():
        for number in range(1, 3000):
            read.append(number)
            yield SimpleNamespace(id=number, value="x" * 100)

    class Endless(RowsExport):
        def __len__(self):
            return 2999

    stream = write_xlsx(Endless(THINGS, "https://example.org", rows()))
    assert not read
    assert next(stream).startswith(b"PK")
    assert len(read) == 2999
    stream.close()


@pytest.fixture(scope="session")
def libreoffice():
    return shutil.which("soffice") or shutil.which("libreoffice") or unavailable("LibreOffice")


def converted(libreoffice, content, folder):
    """Return the rows of the first sheet of a workbook as LibreOffice reads it."""
    book = folder / "book.xlsx"
    book.write_bytes(content)
    subprocess.run(
        [
            libreoffice,
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--headless",
            *("--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true"),
            *("--outdir", folder, book),
        ],
        check=True,
        capture_output=True,
        timeout=180,
    )
    with open(folder / "book.csv", newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_libreoffice_reads_every_bad_text(libreoffice, tmp_path):
    header, *rows = converted(libreoffice, written(*BAD), tmp_path)
    assert header == ["id", "value", "url"]
    # It shows no control characters, and new lines as its own.
    expected = [one.replace("\r\n", "\n") for one in BAD]
    for text, row in zip(expected, rows, strict=True):
        assert without_controls(row[1]) == without_controls(text)


def without_controls(text):
    return "".join(character for character in text if character >= " " or character == "\n")


def test_the_curated_practices_are_the_same_in_libreoffice_pandas_and_csv(client, curated, libreoffice, tmp_path):
    content = b"".join(client.get("/practices.xlsx").streaming_content)
    rows = exported(client, "/practices/")
    assert rows
    header, *read = converted(libreoffice, content, tmp_path)
    assert header == [column.name for column in PRACTICE_COLUMNS]
    assert [dict(zip(header, row, strict=True)) for row in read] == [plain(row) for row in rows]
    frame = pd.read_excel(io.BytesIO(content), dtype=str, keep_default_na=False)
    assert list(frame["id"]) == [row["id"] for row in rows]
    assert list(frame["title"]) == [row["title"].removeprefix("'") for row in rows]


def plain(row):
    """Return a row of CSV without the guards before what a spreadsheet would run."""
    return {name: text[1:] if text.startswith(("'=", "'+", "'-", "'@")) else text for name, text in row.items()}


@pytest.mark.parametrize(
    "address",
    [
        "/practices.xlsx?country=MA",
        "/outcomes.xlsx",
        "/meetings.xlsx",
        "/countries.xlsx",
        "/meetings/gcm-2017-thematic-session-6/participants.xlsx",
        "/coverage/themes.xlsx",
        "/coverage/answers.xlsx",
    ],
)
def test_every_list_comes_as_a_workbook_with_the_rows_of_its_csv(client, curated, address):
    content = b"".join(client.get(address).streaming_content)
    text = b"".join(client.get(address.replace(".xlsx", ".csv")).streaming_content).decode()
    header, *rows = csv.reader(io.StringIO(text.removeprefix(BOM), newline=""))
    read = list(opened(content)["Rows"].values)
    assert list(read[0]) == header
    assert len(read) - 1 == len(rows)
    assert [str(row[0]) for row in read[1:]] == [row[0] for row in rows]


def test_the_size_to_expect_is_within_a_factor_of_two(client, curated):
    page = client.get("/practices/")
    for file_format, path, size in page.context["export"].offers:
        if file_format.extension in {"csv", "xlsx"}:
            real = len(b"".join(client.get(path).streaming_content))
            assert real / 2 < size < real * 2, file_format.extension


def test_the_csv_of_the_same_rows_is_not_changed_by_any_of_this():
    assert "".join(write_csv(export_of("x"))) == BOM + "id,value,url\r\n1,x,https://example.org/x/1/\r\n"
