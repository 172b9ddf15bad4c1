"""Tables: CSV."""

import csv

from django.utils.translation import gettext_lazy as _

from ..columns import cell
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
    for row in export.rows():
        yield writer.writerow([guarded(cell(column, row, site)) for column in columns])


CSV = Format("csv", _("CSV"), "text/csv; charset=utf-8", write_csv)
