"""Formats: each takes columns and rows and writes them as they come."""

import csv

from .columns import cell

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


def write_csv(columns, rows, site):
    """Yield ``rows`` as CSV (RFC 4180) in UTF-8 with a byte order mark, the header first."""
    writer = csv.writer(Echo())
    yield BOM + writer.writerow([column.name for column in columns])
    for row in rows:
        yield writer.writerow([guarded(cell(column, row, site)) for column in columns])
