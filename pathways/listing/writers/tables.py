"""Tables: CSV and Excel workbooks."""

import csv
import re
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from tempfile import TemporaryFile

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name

from ..columns import SEPARATOR, cell
from ..export import Format

BOM = "\ufeff"
# What makes a spreadsheet take a cell for a formula, with or without blanks before it.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class Echo:
    """Hands back what the csv module writes."""

    def write(self, text):
        return text


def guarded(text):
    """Return ``text`` so that no spreadsheet runs it as a formula."""
    return f"'{text}" if text.startswith(FORMULA) or text.lstrip().startswith(FORMULA[:4]) else text


def write_csv(export):
    """Yield the rows as CSV (RFC 4180) in UTF-8 with a byte order mark, the header first."""
    writer, columns, site = csv.writer(Echo()), export.of.columns, export.site
    yield BOM + writer.writerow([column.name for column in columns])
    yield from export.lines(
        "csv", lambda row: writer.writerow([guarded(cell(column, row, site)) for column in columns])
    )


CSV = Format("csv", gettext_lazy("CSV"), "text/csv; charset=utf-8", write_csv, shell=500)  # noqa: S604 -- no program is run


# Workbooks

# What Excel can hold: rows of a sheet with the header, UTF-16 units in a cell, links in a sheet.
MOST_ROWS = 1_048_576
MOST_TEXT = 32_767
MOST_LINKS = 65_530
LONGEST_LINK = 2_079
CUT = " […]"
# What XML cannot hold, not even escaped.
NOT_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
# What a text of a cell cannot hold as it is.
SPECIAL = re.compile("[&<>\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_x[0-9a-fA-F]{4}_")
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# Day 0 of Excel; it knows no dates before 1900, and counts a day too many until March of that year.
EPOCH, FIRST_YEAR = (1899, 12, 30), 1901
# No text from the data ever becomes a formula or a link of its own accord.
WORKBOOK = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "remove_timezone": True,
    "max_url_length": LONGEST_LINK,
}
# Widths of columns, in characters, are those of what the first rows hold, within bounds.
NARROWEST, WIDEST, ROWS_MEASURED = 8, 60, 200
PIECE = 1 << 16


def write_xlsx(export):
    """Yield a workbook: the rows as a table, then what they are, then what each column holds.

    A workbook is a ZIP file that can only be written whole: it is made in a temporary file, row by row.
    """
    with TemporaryFile() as file:
        with Workbook(file, WORKBOOK) as book:
            sheets = [book.add_worksheet(name) for name in (_("Rows"), _("About"), _("Data dictionary"))]
            rows = RowSheet(book, sheets[0], export)
            rows.write()
            write_about(book, sheets[1], [*export.about, *rows.limits])
            write_dictionary(book, sheets[2], export.of.columns)
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


class RowSheet:
    """The sheet with the rows. ``limits`` says, as ``export.about`` does, what of them Excel could not hold.

    XlsxWriter makes the workbook, its styles, links and table. The cells are written here, a row at a time, straight to
    the file where it keeps rows in constant memory: an object for each cell costs it several times as much.
    """

    def __init__(self, book, sheet, export):
        self.sheet, self.export, self.columns = sheet, export, export.of.columns
        self.header = book.add_format({"bold": True, "valign": "top"})
        self.date = book.add_format({"num_format": "yyyy-mm-dd"})
        self.time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self.link = book.get_default_url_format()
        self.links = self.cut = self.rows = 0

    def write(self):
        count, columns, site = min(len(self.export), MOST_ROWS - 1), self.columns, self.export.site
        make_table(self.sheet, count, [column.name for column in columns])
        self.widths = [len(column.name) + 4 for column in columns]
        for at, column in enumerate(columns):
            self.sheet.write_string(0, at, column.name, self.header)
        put = self.after_header(count)
        places = [(at, column, xl_col_to_name(at)) for at, column in enumerate(columns)]
        for number, row in enumerate(islice(self.export.rows(), count), start=1):
            cells = [f'<row r="{number + 1}">']
            for at, column, letters in places:
                value = column.value(row)
                if not value and (value is None or value == "" or value == []):
                    continue
                written = self.address(number, at, f"{site}{value}") if column.is_address else self.cell(value)
                cells.append(f'<c r="{letters}{number + 1}"{written}</c>')
            cells.append("</row>")
            put("".join(cells))
            if number <= ROWS_MEASURED:
                self.measure(row)
            self.rows = number
        self.sheet.freeze_panes(1, 0)
        # A list of one number is a text all the same.
        self.sheet.ignore_errors({"number_stored_as_text": self.sheet.tables[-1]["range"]})
        for at, width in enumerate(self.widths):
            self.sheet.set_column(at, at, min(max(width, NARROWEST), WIDEST))

    def measure(self, row):
        lengths = [len(cell(column, row, self.export.site)) for column in self.columns]
        self.widths = list(map(max, self.widths, lengths))

    def after_header(self, rows):
        """Let XlsxWriter put down the header, tell it how many rows follow, and return what writes them."""
        self.sheet._write_single_row(1)
        self.sheet._check_dimensions(rows, len(self.columns) - 1)
        # An address is written here; XlsxWriter only keeps where it leads.
        self.sheet.ignore_write_string = True
        return self.sheet.row_data_fh.write

    def cell(self, value):
        """Return the element of a cell after its name."""
        kind = type(value)
        if kind is str:
            return self.text(value)
        if kind is list or kind is tuple:
            return self.text(SEPARATOR.join(map(str, value)))
        if kind is bool:
            return f' t="b"><v>{value:d}</v>'
        if isinstance(value, int | float | Decimal):
            return f"><v>{value:.16G}</v>"
        if isinstance(value, date) and value.year >= FIRST_YEAR:
            style = self.time if isinstance(value, datetime) else self.date
            return f' s="{style._get_xf_index()}"><v>{serial(value):.16G}</v>'
        return self.text(str(value))

    def text(self, text, style=""):
        if 2 * len(text) > MOST_TEXT:
            text = self.fitting(text)
        kept = ' xml:space="preserve"' if text != text.strip() else ""
        if SPECIAL.search(text):
            text = SPECIAL.sub(escaped, text)
        return f'{style} t="inlineStr"><is><t{kept}>{text}</t></is>'

    def address(self, row, at, address):
        style = ""
        if self.links < MOST_LINKS and len(address) <= LONGEST_LINK:
            self.links += 1
            self.sheet.write_url(row, at, address)
            style = f' s="{self.link._get_xf_index()}"'
        return self.text(address, style)

    def fitting(self, text):
        """Return ``text`` as Excel can hold it; what is too long is cut, marked and counted."""
        # A character takes one UTF-16 unit or two.
        units = text.encode("utf-16-le", "surrogatepass")
        if len(units) <= 2 * MOST_TEXT:
            return text
        self.cut += 1
        return units[: 2 * (MOST_TEXT - len(CUT))].decode("utf-16-le", "ignore") + CUT

    @property
    def limits(self):
        said = []
        if self.cut:
            text = _(
                "%(cells)d, marked %(mark)s: Excel holds no more than %(most)d characters in one. CSV has them whole."
            )
            said.append(
                ("cut", _("Cells cut short"), text % {"cells": self.cut, "mark": CUT.strip(), "most": MOST_TEXT})
            )
        if missing := len(self.export) - self.rows:
            text = _("%(rows)d: Excel holds no more than %(most)d rows in a sheet. CSV has them all.")
            said.append(("missing", _("Rows left out"), text % {"rows": missing, "most": MOST_ROWS}))
        return said


def escaped(found):
    """Return what stands in XML for what ``SPECIAL`` found: control characters are written as Excel does."""
    text = found[0]
    if text in ENTITIES:
        return ENTITIES[text]
    if len(text) > 1:
        return f"_x005F{text}"
    return "\ufffd" if text >= "\ud800" else f"_x{ord(text):04X}_"


def serial(value):
    """Return a date, or a time in UTC, as the number of days that Excel counts."""
    if isinstance(value, datetime):
        since = value.replace(tzinfo=None) - datetime(*EPOCH)
        return since.days + since.seconds / 86_400
    return (value - date(*EPOCH)).days


def make_table(sheet, rows, names):
    """Make the first ``rows`` rows and the header one Excel table, which has filters and bands.

    XlsxWriter refuses tables in constant memory, for it would write their cells all at once; this one is declared for
    one row, so that it writes no more than the header, and then stretched.
    """
    sheet.constant_memory = False
    columns = [{"header": name} for name in names]
    sheet.add_table(0, 0, 1, len(names) - 1, {"name": "Rows", "style": "Table Style Light 1", "columns": columns})
    sheet.constant_memory = True
    table = sheet.tables[-1]
    for name in ("range", "a_range", "autofilter"):
        first, _colon, last = table[name].partition(":")
        table[name] = f"{first}:{last.rstrip('0123456789')}{max(rows, 1) + 1}"


def write_about(book, sheet, about):
    """Write (name, what it says, value) as two columns, with links that work."""
    label = book.add_format({"bold": True, "valign": "top"})
    text = book.add_format({"text_wrap": True, "valign": "top", "align": "left"})
    day = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "valign": "top", "align": "left"})
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 100)
    for number, (_name, says, value) in enumerate(about):
        sheet.write_string(number, 0, str(says), label)
        if isinstance(value, datetime):
            sheet.write_datetime(number, 1, value, day)
        elif isinstance(value, int):
            sheet.write_number(number, 1, value, text)
        elif value.startswith(("https://", "http://")) and len(value) <= LONGEST_LINK:
            sheet.write_url(number, 1, value, string=value)
        else:
            sheet.write_string(number, 1, NOT_XML.sub("\ufffd", str(value))[:MOST_TEXT], text)


def write_dictionary(book, sheet, columns):
    header = book.add_format({"bold": True})
    text = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 100)
    sheet.freeze_panes(1, 0)
    for at, name in enumerate((_("Column"), _("What it holds"))):
        sheet.write_string(0, at, name, header)
    for number, column in enumerate(columns, start=1):
        sheet.write_string(number, 0, column.name, text)
        sheet.write_string(number, 1, str(column.help), text)


XLSX = Format(  # noqa: S604 -- no program is run
    "xlsx",
    gettext_lazy("Excel"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    write_xlsx,
    is_slow=True,
    shell=9000,
)
