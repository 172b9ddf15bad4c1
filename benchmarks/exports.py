"""Measure whole lists as files beside their floors, in one interleaved run; see README.md.

python -m benchmarks.exports DATABASE_URL --datasette PROGRAM [--rounds 3]

The database is an SQLite file that benchmarks.corpus filled. What is measured is CPU time, but for the first byte; and
the memory of a fresh process above what it had before.
"""

import argparse
import csv
import re
import shutil
import sqlite3
import tempfile
import time
from contextlib import closing, contextmanager
from itertools import islice
from operator import itemgetter
from pathlib import Path
from statistics import median

from benchmarks.lists import Datasette, Site, print_rows, running

WRITTEN = ("csv", "json", "xlsx")
CHUNK = 2000
csv.field_size_limit(1 << 30)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("database", help="address of the database, such as sqlite:///var/corpus.sqlite3")
    parser.add_argument("--datasette", help="the program, installed in an environment of its own")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--first", type=int, help="measure only so many practices")
    parser.add_argument("--formats", nargs="+", default=WRITTEN)
    options = parser.parse_args()
    with Site(options.database) as site, tempfile.TemporaryDirectory() as folder:
        site.ask(keep_to, options.first)
        formats = [one for one in options.formats if one in site.ask(formats_offered)]
        print_firsts(options.database, formats, options.first)
        ready = Path(folder, "practices.csv")
        print(f"{site.ask(write_ready, str(ready)):,} practices, {ready.stat().st_size >> 20} MiB of CSV\n")
        measures = {one: lambda one=one: site.ask(cpu_of, one) for one in formats}
        measures["csv, lines kept"] = lambda: site.ask(cpu_of, "csv", True)
        measures["orm iterator"] = lambda: site.ask(cpu_of_iterator)
        measures["xlsxwriter"] = lambda: site.ask(cpu_of_xlsxwriter, str(ready))
        measures["xlsx, ready rows"] = lambda: site.ask(cpu_of_ready_rows, str(ready))
        with flat_datasette(options.datasette, ready) as datasette:
            if datasette:
                measures["datasette csv"] = lambda: datasette_csv(datasette)
            taken = {name: [] for name in measures}
            for _ in range(options.rounds):
                for name, measure in measures.items():
                    taken[name].append(measure())
                    print(f"{name}: {taken[name][-1]:.2f}", flush=True)
    print_table({name: median(values) for name, values in taken.items()})


def print_firsts(database, formats, first_rows):
    print("Of a fresh process each: milliseconds to the first byte, MiB above idle")
    print_rows(["format", "first byte", "memory"])
    for one in formats:
        with Site(database) as fresh:
            fresh.ask(keep_to, first_rows)
            first, above = fresh.ask(first_byte_and_memory, one)
            print_rows([one, f"{first * 1000:.0f}", f"{above / (1 << 20):.0f}"])
    print()


def print_table(middle):
    print("\nMedians of CPU seconds")
    for name, value in middle.items():
        print_rows([name, f"{value:.2f}"])
    print("\nRatios")
    pairs = (("csv", "orm iterator", 0.25), ("csv, lines kept", "datasette csv", 0.5), ("xlsx", "xlsxwriter", 1.3))
    pairs += (("xlsx, ready rows", "xlsxwriter", 1),)
    for over, under, wanted in pairs:
        if over in middle and under in middle:
            print_rows([f"{over} / {under}", f"{middle[over] / middle[under]:.2f}", f"wanted: {wanted}"])


# What the process of the site does


def formats_offered():
    from practices.exports import PRACTICES

    return list(PRACTICES.formats)


def keep_to(first):
    """Let this process export no more than the first so many practices; None for all."""
    LIMIT["first"] = first


LIMIT = {"first": None}


def the_export():
    from django.http import QueryDict

    from pathways.listing.export import ListExport
    from practices.exports import PRACTICES
    from practices.filters import PracticeFilter

    class First(ListExport):
        def __len__(self):
            return min(super().__len__(), LIMIT["first"] or super().__len__())

    export = First(PRACTICES, "https://example.org", PracticeFilter(QueryDict("")))
    len(export)
    return export


def pieces(extension):
    export = the_export()
    return export.of.formats[extension].write(export)


def cpu_of(extension, lines_kept=False):
    """Return the CPU seconds of the list in a format, without or with the lines that the time before has kept."""
    from django.conf import settings

    if extension == "csv" and not lines_kept:
        shutil.rmtree(settings.CACHE_DIR, ignore_errors=True)
    start = time.process_time()
    for _piece in pieces(extension):
        pass
    return time.process_time() - start


def write_ready(path):
    """Write the CSV to a file, for those that are given ready rows, and return how many it has."""
    with open(path, "w", newline="") as file:
        file.writelines(pieces("csv"))
    return len(the_export())


def cpu_of_iterator():
    """Return the CPU seconds of the same CSV from model instances, as ``iterator`` with prefetch gives them."""
    from pathways.listing.columns import related_of
    from pathways.listing.writers.tables import write_csv
    from practices.models import Practice

    export = the_export()
    records = Practice.objects.published().order_by("title_key", "slug")
    records = records.prefetch_related(*related_of(export.of.columns))
    export.lines = lambda name, make: map(make, records[: LIMIT["first"]].iterator(chunk_size=CHUNK))
    start = time.process_time()
    for _piece in write_csv(export):
        pass
    return time.process_time() - start


def cpu_of_xlsxwriter(path):
    """Return the CPU seconds that XlsxWriter itself takes for the same cells, as ready rows, in the same mode."""
    from xlsxwriter import Workbook

    from pathways.listing.writers.tables import MOST_LINKS, WORKBOOK

    cpu = 0
    with open(path, newline="", encoding="utf-8-sig") as file, tempfile.TemporaryFile() as target:
        rows = csv.reader(file)
        names = next(rows)
        address, years = names.index("url"), [names.index(name) for name in ("start_year", "end_year")]
        start = time.process_time()
        book = Workbook(target, WORKBOOK)
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, names)
        cpu += time.process_time() - start
        number = 1
        # Read outside the time: rows are ready when it starts.
        while batch := [ready(row, years) for row in islice(rows, CHUNK)]:
            start = time.process_time()
            for row in batch:
                sheet.write_row(number, 0, row)
                if number <= MOST_LINKS:
                    sheet.write_url(number, address, row[address])
                number += 1
            cpu += time.process_time() - start
        start = time.process_time()
        book.close()
        return cpu + time.process_time() - start


def cpu_of_ready_rows(path):
    """Return the CPU seconds that our own writer of workbooks takes for the same ready rows."""
    from pathways.listing.columns import Column
    from pathways.listing.export import Exportable, RowsExport
    from pathways.listing.writers.tables import write_xlsx

    with open(path, newline="", encoding="utf-8-sig") as file:
        table = csv.reader(file)
        names = next(table)
        years = [names.index(name) for name in ("start_year", "end_year")]
        columns = tuple(Column(name, "", itemgetter(at), (), name == "url") for at, name in enumerate(names))
        of = Exportable("practices", "Practices", "practices:list", "practices:export", columns)
        reading = 0

        class Ready(RowsExport):
            def __len__(self):
                return len(the_export())

            def rows(self):
                nonlocal reading
                while True:
                    start = time.process_time()
                    batch = [ready(row, years) for row in islice(table, CHUNK)]
                    reading += time.process_time() - start
                    if not batch:
                        return
                    yield from batch

        start = time.process_time()
        for _piece in write_xlsx(Ready(of, "", ())):
            pass
        return time.process_time() - start - reading


def ready(row, years):
    for at in years:
        row[at] = int(row[at]) if row[at] else None
    # XlsxWriter does nothing for what is not there; an empty text costs it a little.
    return [value if value != "" else None for value in row]


def first_byte_and_memory(extension):
    """Return the seconds until the first piece, and the bytes above idle while all of it is made."""
    from django.db import connection

    # What any request would have found: an index, a connection, the code.
    export = the_export()
    next(iter(export.rows()))
    if not export.of.formats[extension].is_slow:
        next(iter(pieces(extension)))
    connection.close()
    start = time.perf_counter()
    stream = iter(pieces(extension))
    next(stream)
    first = time.perf_counter() - start
    del stream
    before = reset_peak()
    for _piece in pieces(extension):
        pass
    return first, peak() - before


def reset_peak():
    Path("/proc/self/clear_refs").write_text("5")
    return peak()


def peak():
    """Return the most memory the process has had since it was asked to forget that, in bytes."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024


# Datasette


@contextmanager
def flat_datasette(program, ready):
    """Yield a Datasette that serves the rows of a CSV file as one table of texts; None without the program."""
    if not program:
        yield None
        return
    path = ready.with_name("flat.db")
    with closing(sqlite3.connect(path)) as flat, open(ready, newline="", encoding="utf-8-sig") as file:
        rows = csv.reader(file)
        names = next(rows)
        flat.execute(f"CREATE TABLE practices ({', '.join(names)})")
        places = ", ".join("?" * len(names))
        flat.executemany(f"INSERT INTO practices VALUES ({places})", rows)  # noqa: S608
        flat.commit()
    with running(program, path, {"max_csv_mb": 0}) as (process, port):
        yield Datasette(process, port, 0)


def datasette_csv(datasette):
    start = datasette.cpu()
    datasette.get(".csv", [("_stream", "on"), ("_size", "max")])
    return datasette.cpu() - start


if __name__ == "__main__":
    main()
