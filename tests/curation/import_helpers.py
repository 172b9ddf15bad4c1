"""What several tests of imports need."""

import csv
import io

from pathways.curation.importing import running
from practices.importing import PRACTICE_SHEETS


def table(*rows, **extra):
    """Return a CSV file of ``rows`` (column: text), with the columns that any of them has."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    file = io.StringIO()
    writer = csv.DictWriter(file, columns, restval="", **extra)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def begun(content, name="practices.csv", user=None, sheets=PRACTICE_SHEETS):
    """Return the import of a file, its rows checked."""
    run = running.begin(sheets, io.BytesIO(content), name, user)
    while run.state == "checking":
        run = running.step(sheets, run)
    return run


def outcomes(run):
    """Return how many rows came out how, without those of which there are none."""
    return {outcome.value: count for outcome, count in running.counts(run).items() if count}


def told(run):
    """Return the problems of the rows of an import, as texts with their addresses."""
    return [f"{at}: {message}" for row in run.rows.all() for at, message in row.problems]


def exported(client, extension="csv"):
    """Return the site's export of all practices."""
    return b"".join(client.get(f"/practices.{extension}").streaming_content)


def exported_rows(client):
    """Return the rows of the site's CSV, as dictionaries."""
    return list(csv.DictReader(io.StringIO(exported(client).decode("utf-8-sig"))))


def fill(sheet, **cells):
    """Add a row to a sheet of the template."""
    columns = {cell.value: cell.column for cell in sheet[1]}
    row = sheet.max_row + 1
    for name, value in cells.items():
        sheet.cell(row, columns[name], value)


def saved(book):
    """Return a workbook as the bytes of its file."""
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
