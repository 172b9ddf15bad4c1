"""Files that cannot be taken: each is told why in words that help, and nothing is kept of it."""

import csv
import io
import zipfile

import openpyxl
import pytest
import xlsxwriter

from pathways.curation.importing import reading, running
from pathways.curation.importing.models import ImportRow, ImportRun
from practices.importing import PRACTICE_SHEETS

from .import_helpers import begun, outcomes, saved, table, told

pytestmark = pytest.mark.django_db

HEADER = ["id", "title", "kind", "summary", "start_year"]
ROW = ["", "Nurses", "programme", "Trains nurses for work at home and abroad.", 2021]


def workbook(*rows, sheet="Practices"):
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    return book


def refused(content, name="practices.xlsx"):
    """Return why a file is not taken, having seen that nothing is kept of it."""
    with pytest.raises(reading.Unreadable) as error:
        running.begin(PRACTICE_SHEETS, io.BytesIO(content), name, None)
    assert not ImportRun.objects.exists()
    assert not ImportRow.objects.exists()
    return str(error.value)


def with_part(content, name, text):
    """Return a workbook with one of its parts replaced, or one more."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename != name:
                new.writestr(part, old.read(part))
        new.writestr(name, text)
    return out.getvalue()


# Workbooks


def test_merged_cells_are_refused_with_their_address():
    book = workbook(HEADER, ROW, ROW)
    book.active.merge_cells("C2:C3")
    assert "“Practices” the cells C2:C3 are merged" in refused(saved(book))


def test_a_formula_is_refused_with_its_address_and_nothing_of_it_is_taken():
    run = begun(saved(workbook(HEADER, [*ROW[:4], "=2020+1"])), "practices.xlsx")
    assert told(run) == ["E2: It holds a formula. Paste its value instead."]
    assert outcomes(run) == {"refused": 1}


def test_a_text_that_begins_like_a_formula_is_a_text():
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("Practices")
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, [*ROW[:3], "=1+1 is what it is about, it says."])
    run = begun(file.getvalue(), "practices.xlsx")
    assert run.rows.get().content["summary"].startswith("=1+1")


def test_an_error_in_a_cell_is_refused():
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("Practices")
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, ROW[:4])
        sheet.write_formula(1, 4, "=1/0", value="#DIV/0!")
    assert told(begun(file.getvalue(), "x.xlsx")) == ["E2: It holds a formula. Paste its value instead."]


@pytest.mark.parametrize("year", [2021, 2021.0, "2021", " 2021 "])
def test_a_year_is_a_year_however_it_is_kept(year):
    assert begun(saved(workbook(HEADER, [*ROW[:4], year])), "x.xlsx").rows.get().content["start_year"] == 2021


def test_extra_sheets_and_columns_are_left_out_and_named():
    book = workbook([*HEADER, "my notes"], [*ROW, "call them"])
    book.create_sheet("Budget").append(["id", "title"])
    book.create_sheet("About").append(["anything"])
    run = begun(saved(book), "practices.xlsx")
    assert run.notices == [
        "The sheet “Budget” is not one of the template's; it was left out.",
        "The column “my_notes” (Practices F1) is not one of the template's; it was left out.",
    ]
    assert outcomes(run) == {"new": 1}


def test_the_only_sheet_is_the_one_whatever_it_is_called():
    assert outcomes(begun(saved(workbook(HEADER, ROW, sheet="Sheet1")), "x.xlsx")) == {"new": 1}


def test_among_several_sheets_one_has_to_have_the_name():
    book = workbook(HEADER, ROW, sheet="Sheet1")
    book.create_sheet("Sheet2").append(HEADER)
    assert "No sheet has a name that the template gives. There are: Sheet1, Sheet2." in refused(saved(book))


def test_macros_are_refused():
    content = with_part(saved(workbook(HEADER, ROW)), "xl/vbaProject.bin", b"macro")
    assert "holds macros" in refused(content, "practices.xlsm")


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    bomb = b"<a>" + b"\0" * (reading.MOST_UNPACKED + 1)
    content = with_part(saved(workbook(HEADER, ROW)), "xl/worksheets/sheet1.xml", bomb)
    assert len(content) < 1_000_000
    assert "would be larger than 200 MB" in refused(content)


def test_a_zip_bomb_that_lies_about_its_size_is_refused():
    bomb = b"<a>" + b" " * 50_000_000
    content = with_part(saved(workbook(HEADER, ROW)), "xl/worksheets/sheet1.xml", bomb)
    # What the table of contents says of the size of the sheet.
    content = content.replace(len(bomb).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert "not a workbook that can be read" in refused(content)


def test_entities_are_not_expanded():
    entities = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(8))
    sheet = (
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "lol">{entities}]>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1" t="inlineStr"><is><t>&a8;</t></is></c></row></sheetData></worksheet>'
    )
    assert "not a workbook that can be read" in refused(
        with_part(saved(workbook(HEADER, ROW)), "xl/worksheets/sheet1.xml", sheet)
    )


def test_a_million_empty_rows_are_refused():
    empty = "".join(f'<row r="{number}"><c r="A{number}"/></row>' for number in range(2, 120_000))
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>title</t></is></c></row>'
        f'{empty}<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>last</t></is></c></row></sheetData></worksheet>'
    )
    said = refused(with_part(saved(workbook(HEADER, ROW)), "xl/worksheets/sheet1.xml", sheet))
    assert "more than 50000 empty rows" in said


def test_some_empty_rows_are_nothing():
    run = begun(saved(workbook(HEADER, [], ROW, [None] * 5, [])), "x.xlsx")
    assert [row.number for row in run.rows.all()] == [3]


def test_too_many_rows_are_refused(monkeypatch):
    monkeypatch.setattr(reading, "MOST_ROWS", 3)
    assert "more than 3 rows" in refused(saved(workbook(HEADER, *[ROW] * 4)))


def test_too_large_a_file_is_refused(monkeypatch):
    monkeypatch.setattr(reading, "MOST_BYTES", 2**20)
    assert "larger than 1 MB" in refused(b"a" * 2**20 + b"b")


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"", "x.xlsx", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0", "x.xlsx", "not a workbook, whatever its name says"),
        (b"\x89PNG\r\n\x1a\n\0\0", "x.png", "not in UTF-8"),
        (b"PK\x03\x04 no archive", "x.xlsx", "not a workbook that can be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "x.xls", "old Excel, or one with a password"),
    ],
)
def test_what_is_no_workbook_is_refused(content, name, says):
    assert says in refused(content, name)


def test_another_packed_file_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    assert "not an Excel workbook" in refused(file.getvalue(), "x.ods")


def test_an_archive_of_a_kind_that_nobody_unpacks_is_refused():
    content = bytearray(saved(workbook(HEADER, ROW)))
    # The version of the format that the first part of the table of contents asks for; 6.3 is the last there is.
    content[content.index(b"PK\x01\x02") + 6] = 148
    assert "not a workbook that can be read" in refused(bytes(content))


# The first row


def test_a_column_that_stands_twice_is_refused():
    assert "The column “title” is there twice, in B1 and F1" in refused(saved(workbook([*HEADER, "Title"], ROW)))


def test_without_names_of_columns_nothing_is_guessed():
    assert "has to name the columns" in refused(saved(workbook([], ROW)))
    assert "A column “id” or “title” has to tell" in refused(saved(workbook(ROW, ROW)))


def test_a_sheet_of_rows_without_their_record_is_refused():
    book = workbook(HEADER, ROW)
    book.create_sheet("Countries").append(["country", "role"])
    assert "On the sheet “Countries” a column “practice” has to tell whose row it is" in refused(saved(book))


# CSV

CSV = table(
    dict(zip(HEADER, map(str, [*ROW[:3], "Trains nurses – “here” and abroad, in all seasons.", 2021]), strict=True))
)


@pytest.mark.parametrize(
    "content",
    [
        CSV,
        b"\xef\xbb\xbf" + CSV,
        CSV.decode().encode("utf-16"),
        CSV.replace(b",", b";").replace(b" abroad;", b" abroad,"),
        CSV.replace(b"\r\n", b"\n"),
    ],
    ids=["UTF-8", "with a mark", "UTF-16", "semicolons", "Unix"],
)
def test_what_spreadsheets_save_as_csv_is_understood(content):
    run = begun(content)
    assert told(run) == []
    assert run.rows.get().content["summary"] == "Trains nurses – “here” and abroad, in all seasons."


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (CSV.decode().encode("cp1252"), "Line 2 is not in UTF-8. Save the file as “CSV UTF-8”"),
        (CSV.decode().encode("utf-16-le"), "UTF-8"),
        (CSV + b"a\0b,c\r\n", "Line 3 holds a character that is no text (NUL)"),
        (CSV + b'"never ends', "cannot be read as CSV"),
        (b"id,title\r\n", "no rows to import"),
        (CSV + b'"' + b"x" * 200_000 + b'"', "cannot be read as CSV"),
    ],
)
def test_csv_that_cannot_be_read_is_refused_with_the_line(content, says):
    assert says in refused(content, "practices.csv")


def test_a_cell_without_end_is_refused_whatever_other_libraries_allow():
    allowed = csv.field_size_limit(1 << 30)
    try:
        assert "cannot be read as CSV" in refused(CSV + b'"' + b"x" * 200_000 + b'"', "practices.csv")
    finally:
        csv.field_size_limit(allowed)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../x", "x"),
        ("..\\..\\a b.csv", "a b.csv"),
        ("/etc/passwd", "passwd"),
        ("a\0b\n.csv", "ab.csv"),
        ("", "unnamed file"),
        ("..", "unnamed file"),
        ("x" * 500 + ".csv", "x" * 116 + ".csv"),
    ],
)
def test_the_name_of_a_file_is_only_a_name(name, shown):
    assert running.begin(PRACTICE_SHEETS, io.BytesIO(CSV), name, None).file_name == shown


def test_a_nul_that_a_workbook_hides_does_not_get_in():
    cells = "".join(
        f'<row r="{number}"><c r="A{number}" t="inlineStr"><is><t>{text}</t></is></c></row>'
        for number, text in enumerate(("title", "Nur_x0000_ses"), start=1)
    )
    sheet = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{cells}</sheetData></worksheet>'
    run = begun(with_part(saved(workbook(HEADER, ROW)), "xl/worksheets/sheet1.xml", sheet), "x.xlsx")
    assert "\0" not in run.rows.get().name
