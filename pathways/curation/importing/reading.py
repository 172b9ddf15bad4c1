"""What stands in the files that people send: workbooks and CSV, read as text, with the address of each cell.

A file comes from anywhere. What it would take to read it is known before it is read, nothing in it is run or fetched,
and whatever is wrong with it is said in words that help to mend it.
"""

import codecs
import csv
import datetime
import io
import re
import time
import unicodedata
import warnings
import zipfile
from dataclasses import dataclass, field
from decimal import Decimal

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter

from pathways.folding import fold

# What a file may hold, and how long reading it may take.
MOST_BYTES = 20 * 1024 * 1024
MOST_UNPACKED = 200 * 1024 * 1024
MOST_PARTS = 2_000
MOST_ROWS = 20_000
MOST_COLUMNS = 200
MOST_EMPTY = 50_000
LONGEST_CELL = 100_000
MOST_SECONDS = 60

OLD_OFFICE = b"\xd0\xcf\x11\xe0"
MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]{0,100}?ref=[\"']([A-Za-z0-9:$]{1,40})[\"']")
PIECE = 1 << 16


class Unreadable(Exception):
    """A file that cannot be taken as it is; the message says why and what to do."""


@dataclass
class Row:
    """A row that says something: its number, and (address, text, what is wrong with the cell) for each column."""

    number: int
    cells: dict[str, list]


@dataclass
class Sheet:
    """A sheet: what it is called, the address of each column's name, and its rows."""

    name: str
    columns: dict[str, str]
    rows: list[Row]


@dataclass
class Book:
    """A file that was read: its sheets by the name that was asked for, and what the curator should know of it."""

    sheets: dict[str, Sheet] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)


def tidy_name(name):
    """Return the last part of a file's name, fit to be shown; whatever folders stand before it."""
    last = re.split(r"[/\\]", name or "")[-1]
    shown = "".join(char for char in last if unicodedata.category(char)[0] != "C").strip(". ")
    return shown[-120:] or _("unnamed file")


def read(file, name, sheets, main, ignored=()):
    """Return the Book that ``file`` (open for reading bytes) holds.

    ``sheets`` maps the folded titles of sheets to the names they are asked for by; ``main`` is the name of the one that
    stands alone in CSV. ``ignored`` are folded titles of sheets of which nothing is said. Raises Unreadable.
    """
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Unreadable(_("The file is larger than %d MB. Split it.") % (MOST_BYTES // 2**20))
    if not content.strip():
        raise Unreadable(_("The file is empty."))
    if content.startswith(OLD_OFFICE):
        raise Unreadable(
            _("This is a workbook of an old Excel, or one with a password. Save it as .xlsx, without a password.")
        )
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return read_workbook(content, sheets, main, ignored)
    if tidy_name(name).lower().endswith((".xlsx", ".xlsm", ".xls", ".ods")):
        raise Unreadable(_("This is not a workbook, whatever its name says. Save it again as .xlsx."))
    return read_csv(content, main)


# Workbooks


def read_workbook(content, sheets, main, ignored):
    check_archive(content)
    deadline = time.monotonic() + MOST_SECONDS
    found = Book()
    with warnings.catch_warnings():
        # It warns of decoration that it leaves out.
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        except Exception:  # whatever breaks in a broken file
            raise Unreadable(_("This is not a workbook that can be read. Save it again as .xlsx.")) from None
        wanted = chosen_sheets(book, sheets, main, ignored, found)
        for key, sheet in wanted.items():
            refuse_merged(content, sheet)
            try:
                sheet.reset_dimensions()
                found.sheets[key] = as_sheet(sheet.title, workbook_rows(sheet, deadline))
            except (Unreadable, MemoryError):
                raise
            except Exception:  # as above
                raise Unreadable(
                    _("The sheet “%s” cannot be read. Save the file again as .xlsx.") % sheet.title
                ) from None
        book.close()
    return found


def check_archive(content):
    """Refuse what is no workbook, or would not fit in memory, by its table of contents."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except Exception:  # whatever breaks in a broken file
        raise Unreadable(_("This is not a workbook that can be read. Save it again as .xlsx.")) from None
    names = {part.filename for part in parts}
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Unreadable(_("The workbook holds macros. Save it as .xlsx, without them."))
    if "xl/workbook.xml" not in names and "[Content_Types].xml" not in names:
        raise Unreadable(_("This is a packed file, but not an Excel workbook. Save the table as .xlsx or .csv."))
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable(_("The file has a password. Save it without one."))
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise Unreadable(
            _("Unpacked, the file would be larger than %d MB. Copy the rows into the template.")
            % (MOST_UNPACKED // 2**20)
        )


def chosen_sheets(book, sheets, main, ignored, found):
    """Return the sheets to read by the name they are asked for, and note in ``found`` those that are left out."""
    wanted, others = {}, []
    for sheet in book.worksheets:
        key = sheets.get(fold(sheet.title))
        if key is None:
            others += [sheet] if fold(sheet.title) not in ignored else []
        elif key in wanted:
            raise Unreadable(
                _("The sheets “%(one)s” and “%(other)s” are for the same rows. Keep one.")
                % {
                    "one": wanted[key].title,
                    "other": sheet.title,
                }
            )
        else:
            wanted[key] = sheet
    if main not in wanted and len(others) == 1:
        wanted[main] = others.pop()
    if not wanted:
        raise Unreadable(
            _("No sheet has a name that the template gives. There are: %s.") % ", ".join(book.sheetnames[:20])
        )
    found.notices += [_("The sheet “%s” is not one of the template's; it was left out.") % one.title for one in others]
    return wanted


def refuse_merged(content, sheet):
    """Refuse merged cells: which of the rows they were meant for is anyone's guess.

    They stand behind the rows, in a part that openpyxl does not read row by row.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        try:
            part = archive.open(sheet._worksheet_path)
        except KeyError:
            return
        rest = b""
        with part:
            while piece := part.read(PIECE):
                if found := MERGED.search(rest + piece):
                    raise Unreadable(
                        _("On the sheet “%(sheet)s” the cells %(cells)s are merged. Give each row its own.")
                        % {"sheet": sheet.title, "cells": found[1].decode()}
                    )
                rest = piece[-200:]


def workbook_rows(sheet, deadline):
    """Yield (number, [(text, what is wrong)]) for the rows of a sheet, empty ones too."""
    empty = 0
    for number, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), start=1):
        empty = 0 if any(cell.value is not None for cell in cells) else empty + 1
        if empty > MOST_EMPTY:
            raise Unreadable(
                _("The sheet “%(sheet)s” has more than %(most)d empty rows together. Delete what is below the table.")
                % {"sheet": sheet.title, "most": MOST_EMPTY}
            )
        if number % 500 == 0 and time.monotonic() > deadline:
            raise Unreadable(_("Reading the sheet “%s” takes too long. Split it.") % sheet.title)
        if not empty or number == 1:
            yield number, [as_text(cell) for cell in cells]


def as_text(cell):
    """Return the text of a cell of a workbook, and what is wrong with it, if anything."""
    value, kind = cell.value, cell.data_type
    if kind == "f":
        return str(getattr(value, "text", value)), _("It holds a formula. Paste its value instead.")
    if kind == "e":
        return str(value), _("It holds an error.")
    match value:
        case None:
            return "", ""
        case bool():
            return ("yes" if value else "no"), ""
        case datetime.datetime() if (value.hour, value.minute, value.second) == (0, 0, 0):
            return value.date().isoformat(), ""
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat(), ""
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value)), ""
        case float():
            return f"{Decimal(repr(value)):f}", ""
    return str(value), ""


# CSV


def read_csv(content, main):
    text = decoded(content)
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise Unreadable(_("Line %d holds a character that is no text (NUL). Save the file as “CSV UTF-8”.") % line)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = ((number, [(cell, "") for cell in cells]) for number, cells in csv_rows(text, delimiter))
    return Book({main: as_sheet("", rows)})


def csv_rows(text, delimiter):
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        # Numbered as a spreadsheet shows them: a cell with several lines is still in one row.
        for number, cells in enumerate(reader, start=1):
            # The csv module has a limit of its own, but the whole process has one, and other libraries lift it.
            if any(len(cell) > LONGEST_CELL for cell in cells):
                raise csv.Error
            yield number, cells
    except csv.Error:
        raise Unreadable(
            _("Line %d cannot be read as CSV. Open the file in a spreadsheet and save it again.") % reader.line_num
        ) from None


def decoded(content):
    """Return the text of a CSV file in UTF-8, or in UTF-16 that says so; others cannot be told for certain."""
    is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = "utf-16" if is_utf16 else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unreadable(_("Line %d is not in UTF-8. Save the file as “CSV UTF-8”, or as a workbook.") % line) from None


# Both


def as_sheet(name, rows):
    """Return the Sheet of ``rows``, the first of which names the columns."""
    rows = iter(rows)
    _number, header = next(rows, (1, []))
    columns = column_names(name, header)
    kept = []
    for number, cells in rows:
        said = {}
        for at, column in columns:
            text, wrong = cells[at - 1] if at <= len(cells) else ("", "")
            said[column] = [f"{get_column_letter(at)}{number}", text.strip(), wrong]
        if any(text or wrong for _at, text, wrong in said.values()):
            kept.append(Row(number, said))
        if len(kept) > MOST_ROWS:
            raise Unreadable(_("There are more than %d rows. Split the file.") % MOST_ROWS)
    return Sheet(name, {column: f"{get_column_letter(at)}1" for at, column in columns}, kept)


def column_names(sheet, header):
    """Return (number, name) of the columns that the first row names; raise Unreadable if one is named twice."""
    named = [(at, as_name(text)) for at, (text, _wrong) in enumerate(header, start=1) if as_name(text)]
    if not named:
        raise Unreadable(
            _("The first row of the sheet “%s” has to name the columns, as in the template.") % sheet
            if sheet
            else _("The first row has to name the columns, as in the template.")
        )
    seen = {}
    for at, name in named:
        if name in seen:
            raise Unreadable(
                _("The column “%(name)s” is there twice, in %(one)s1 and %(other)s1%(sheet)s. Keep one.")
                % {
                    "name": name,
                    "one": get_column_letter(seen[name]),
                    "other": get_column_letter(at),
                    "sheet": f" ({sheet})" if sheet else "",
                }
            )
        seen[name] = at
    return named


def as_name(text):
    return fold(text).replace(" ", "_").replace("-", "_")
