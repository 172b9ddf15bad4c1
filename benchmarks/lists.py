"""Measure the list of practices beside raw SQL and beside Datasette, in one interleaved run; see README.md.

python -m benchmarks.lists DATABASE_URL --datasette PROGRAM [--larger DATABASE_URL] [--rounds 7] [--seconds 420]

The databases are SQLite files that benchmarks.corpus filled. What is measured is CPU time, not time on the clock: that
of the process that serves, one for each database, and Datasette's own as the kernel counts it.
"""

import argparse
import json
import os
import socket
import sqlite3
import subprocess
import tempfile
import time
import urllib.request
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from urllib.parse import quote, urlencode

PER_PAGE = 50
# Requests in one turn of a round; the floor's and the site's take milliseconds, Datasette's take seconds.
IN_ONE_TURN = 3

# What the flat table has in one column for all rows of a practice, as a JSON array: the table of the rows, the table of
# the terms, the term's key there, its value, and which rows. These and SINGLE are the facets that Datasette counts.
ARRAYS = {
    "country": ("practicecountry", "vocabulary_country", "country_id", "code", "x.role <> 'concerned'"),
    "origin": ("practicecountry", "vocabulary_country", "country_id", "code", "x.role = 'origin'"),
    "destination": ("practicecountry", "vocabulary_country", "country_id", "code", "x.role = 'destination'"),
    "host": ("practicecountry", "vocabulary_country", "country_id", "code", "x.role = 'host'"),
    "concerned": ("practicecountry", "vocabulary_country", "country_id", "code", "x.role = 'concerned'"),
    "theme": ("practicetheme", "vocabulary_theme", "theme_id", "slug", "TRUE"),
    "sector": ("practice_sectors", "vocabulary_sector", "sector_id", "slug", "TRUE"),
    "target_group": ("practice_target_groups", "vocabulary_targetgroup", "targetgroup_id", "slug", "TRUE"),
    "skill": ("practice_skill_levels", "vocabulary_skilllevel", "skilllevel_id", "slug", "TRUE"),
    "gcm": ("practice_gcm_objectives", "vocabulary_gcmobjective", "gcmobjective_id", "number", "TRUE"),
    "sdg": ("practice_sdg_targets", "vocabulary_sdgtarget", "sdgtarget_id", "code", "TRUE"),
    "organisation": ("practiceorganisation", "vocabulary_organisation", "organisation_id", "slug", "TRUE"),
    "document": ("citation", "meetings_document", "document_id", "slug", "TRUE"),
}
SINGLE = ("kind", "lifecycle")
PUBLIC = "p.status = 'published' AND p.revises_id IS NULL"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("database", help="address of the database, such as sqlite:///var/corpus.sqlite3")
    parser.add_argument("--datasette", help="the program, installed in an environment of its own")
    parser.add_argument("--larger", help="address of a database ten times as large")
    parser.add_argument("--facets", type=int, help="let Datasette count only so many of them")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=420, help="no round is begun after so many")
    options = parser.parse_args()
    with Site(options.database) as site, other_site(options.larger) as larger:
        print_start("The database", site)
        if larger:
            print_start("The larger one", larger)
        cases = site.ask(make_cases)
        with datasette_of(options.datasette, options.database, options.facets) as datasette:
            taken = measured(cases, site, larger, datasette, options)
        print_table(cases, taken)
        print_change("The database", site)
        if larger:
            print_change("The larger one", larger)


def measured(cases, site, larger, datasette, options):
    """Return the CPU seconds of each (case, what), measured in turns."""
    taken, until = {}, time.monotonic() + options.seconds
    # By place, not by name: the third most frequent country is another one there.
    of_larger = larger.ask(make_cases) if larger else {}
    for name, case in cases.items():
        # Once without being counted: caches fill, templates compile; and all must find the same.
        found = {"site": site.ask(cpu_of_page, case)[1], "raw SQL": site.ask(cpu_of_floor, case)[1]}
        if larger:
            larger.ask(cpu_of_page, of_larger[name])
        if datasette:
            found["Datasette"] = datasette.count(case)
            datasette.cpu_of_page(case)
        print(f"{name}: {case['query'] or 'nothing chosen'}; found {found}")
        if len(set(found.values())) > 1:
            raise SystemExit("They do not find the same.")
    rounds = 0
    while rounds < options.rounds and time.monotonic() < until:
        for name, case in cases.items():
            for _ in range(IN_ONE_TURN):
                taken.setdefault((name, "page"), []).append(site.ask(cpu_of_page, case)[0])
                taken.setdefault((name, "query"), []).append(site.ask(cpu_of_query, case)[0])
                taken.setdefault((name, "counts"), []).append(site.ask(cpu_of_counts, case)[0])
                taken.setdefault((name, "floor"), []).append(site.ask(cpu_of_floor, case)[0])
                if larger:
                    taken.setdefault((name, "larger"), []).append(larger.ask(cpu_of_page, of_larger[name])[0])
                    taken.setdefault((name, "larger query"), []).append(larger.ask(cpu_of_query, of_larger[name])[0])
            if datasette:
                taken.setdefault((name, "datasette"), []).append(datasette.cpu_of_page(case))
        rounds += 1
    print(f"{rounds} rounds\n")
    return taken


# What is printed


def print_start(what, site):
    start = site.ask(cpu_of_index)
    print(
        f"{what}: {start['records']:,} practices; the index is built in {start['cpu']:.2f} s of CPU and takes "
        f"{start['index_memory'] >> 20} MiB of a process of {start['memory'] >> 20} MiB"
    )


def print_change(what, site):
    change = site.ask(cpu_of_change)
    print(
        f"{what}: after one change the index is up to date in {change['index'] * 1000:.0f} ms; "
        f"writing the change took {change['write'] * 1000:.0f} ms"
    )


def print_table(cases, taken):
    columns = ["page", "datasette", "query", "counts", "floor", "larger", "larger query"]
    columns = [column for column in columns if any(what == column for _case, what in taken)]
    print("Medians of CPU time in ms")
    print_rows(["", *columns])
    middle = {key: median(values) * 1000 for key, values in taken.items()}
    for name in cases:
        print_rows([name, *(f"{middle[name, column]:,.1f}" for column in columns)])
    print("\nRatios")
    ratios = {
        "datasette / page": ("datasette", "page"),
        "query / floor": ("query", "floor"),
        "(query + counts) / floor": ("counts", "floor"),
        "larger / page": ("larger", "page"),
        "larger query / query": ("larger query", "query"),
    }
    ratios = {title: pair for title, pair in ratios.items() if set(pair) <= set(columns)}
    print_rows(["", *ratios])
    for name in cases:
        print_rows([name, *(f"{middle[name, over] / middle[name, under]:,.2f}" for over, under in ratios.values())])
    print()


def print_rows(cells):
    print("| " + " | ".join(cells) + " |")
    if not cells[0]:
        print("| --- |" + " ---: |" * (len(cells) - 1))


# The site, in a process of its own


class Site:
    """A process that holds one database and its index, and measures itself."""

    def __init__(self, address):
        self.pool = ProcessPoolExecutor(1, get_context("spawn"), start_django, (address,))

    def ask(self, function, *arguments):
        return self.pool.submit(function, *arguments).result()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.pool.shutdown()


@contextmanager
def other_site(address):
    if not address:
        yield None
        return
    with Site(address) as site:
        yield site


def start_django(address):
    os.environ |= {"DATABASE_URL": address, "LOCAL": "true", "DJANGO_SETTINGS_MODULE": "pathways.settings"}
    import django

    django.setup()


def memory():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def cpu_of_index():
    """Build the index and say what that took."""
    from pathways.listing.index import forget, index_for
    from practices.filters import PracticeFilter

    forget()
    before, start = memory(), time.process_time()
    records = len(index_for(PracticeFilter).everything)
    cpu = time.process_time() - start
    return {"records": records, "cpu": cpu, "index_memory": memory() - before, "memory": memory()}


def make_cases():
    """Return what is asked for: everything, a frequent country and theme, and a frequent word of the summaries."""
    from benchmarks.corpus import BROAD, FREQUENT
    from pathways.listing.index import index_for
    from practices.filters import PracticeFilter

    facets = index_for(PracticeFilter).facets
    country, theme = (frequent(facets[name].bitmaps, place) for name, place in [("country", 3), ("theme", 2)])
    word = FREQUENT.split()[BROAD]
    asked = {
        "unfiltered": {},
        "country and theme": {"country": country, "theme": theme},
        "broad text": {"q": word},
    }
    return {name: {**chosen, "query": urlencode(chosen)} for name, chosen in asked.items()}


def frequent(bitmaps, place):
    return sorted(bitmaps, key=lambda value: -len(bitmaps[value]))[place - 1]


@cache
def the_client():
    from django.test import Client

    return Client(SERVER_NAME="localhost")


def cpu_of_page(case):
    """Return the CPU seconds of a request through Django's test client, and how many practices its list has."""
    client = the_client()
    start = time.process_time()
    response = client.get(f"/practices/?{case['query']}")
    cpu = time.process_time() - start
    if response.status_code != 200:
        raise RuntimeError(f"The list answered {response.status_code}.")
    return cpu, asked(case)[1]


def cpu_of_query(case):
    """Return the CPU seconds of what raw SQL does too: count, order, and fetch the rows of the first page."""
    start = time.process_time()
    _filter, found = asked(case)
    return time.process_time() - start, found


def cpu_of_counts(case):
    """Return the CPU seconds of the same and of the counts of every facet."""
    start = time.process_time()
    filterset, found = asked(case)
    filterset.index.counts(filterset.selections, filterset.base)
    return time.process_time() - start, found


def asked(case):
    from django.http import QueryDict

    from pathways.listing.listing import Listing
    from practices.filters import PracticeFilter

    listing = Listing(PracticeFilter(QueryDict(case["query"])))
    found = len(listing)
    if len(listing[:PER_PAGE]) != min(PER_PAGE, found):
        raise RuntimeError("The first page is not full.")
    return listing.filter, found


def cpu_of_floor(case):
    """Return the CPU seconds of hand-written SQL: the count, the ids and the rows of the first page."""
    from django.db import connection

    from pathways.listing.search import WEIGHTS, sources
    from practices.models import Practice

    connection.ensure_connection()
    raw, low = connection.connection, sources[Practice].key(0)
    tables, where, key, order, parameters = "practices_practice p", [PUBLIC], "p.id", "p.title_key, p.slug", []
    if "country" in case:
        where += [f"p.id IN ({having(*ARRAYS[name])})" for name in ("country", "theme")]
        parameters = [case["country"], case["theme"]]
    if "q" in case:
        # Only what is published has an entry.
        tables, where = "listing_fts", ["listing_fts MATCH ?", "rowid BETWEEN ? AND ?"]
        key, order = f"rowid - {low}", f"bm25(listing_fts, {', '.join(map(str, WEIGHTS))}), rowid"
        parameters = [case["q"], *sources[Practice].keys]
    matching = f"FROM {tables} WHERE {' AND '.join(where)}"
    start = time.process_time()
    cursor = raw.cursor()
    (found,) = cursor.execute(f"SELECT count(*) {matching}", parameters).fetchone()
    cursor.execute(f"SELECT {key} {matching} ORDER BY {order} LIMIT {PER_PAGE}", parameters)
    ids = [pk for (pk,) in cursor.fetchall()]
    places = ", ".join("?" * len(ids))
    rows = cursor.execute(f"SELECT * FROM practices_practice WHERE id IN ({places})", ids).fetchall()  # noqa: S608
    cpu = time.process_time() - start
    if len(rows) != min(PER_PAGE, found):
        raise RuntimeError("The first page is not full.")
    return cpu, found


def having(rows, terms, key, value, which):
    return (
        f"SELECT x.practice_id FROM practices_{rows} x JOIN {terms} v ON v.id = x.{key} "  # noqa: S608
        f"WHERE v.{value} = ? AND {which}"
    )


def cpu_of_change():
    """Change the summary of one practice and back, and say what writing that and following it took."""
    from pathways.curation.changes import record
    from pathways.curation.models import Change
    from pathways.listing.index import index_for
    from practices.filters import PracticeFilter
    from practices.models import Practice

    practice = Practice.objects.published().order_by("pk").last()
    index_for(PracticeFilter)
    before, writes, follows = practice.summary, [], []
    for summary in (f"{before} More.", before):
        start = time.process_time()
        practice.summary = summary
        practice.save()
        record(Change.Action.EDIT, [practice])
        written = time.process_time()
        index_for(PracticeFilter)
        follows.append(time.process_time() - written)
        writes.append(written - start)
    return {"write": median(writes), "index": median(follows)}


# Datasette


@contextmanager
def datasette_of(program, address, facets):
    """Yield a Datasette that serves the data of a database as one flat table; None without the program."""
    if not program:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        flat = Path(folder, "flat.db")
        write_flat(address.removeprefix("sqlite:///"), flat)
        about = Path(folder, "metadata.json")
        table = {"fts_table": "practices_fts", "fts_pk": "id", "sort": "title_key"}
        about.write_text(json.dumps({"databases": {"flat": {"tables": {"practices": table}}}}))
        # Time enough to count all facets, as the site does; what it would not need to do is off.
        settings = {"facet_time_limit_ms": 120_000, "suggest_facets": "off", "default_page_size": PER_PAGE}
        with running(program, flat, settings, "--metadata", str(about)) as (process, port):
            yield Datasette(process, port, facets)


@contextmanager
def running(program, database, settings, *arguments):
    """Run Datasette on a database of which the table ``practices`` is asked; yield its process and its port."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [program, "serve", "--immutable", str(database), "--port", str(port), *arguments]
    for name, value in {"sql_time_limit_ms": 120_000, "num_sql_threads": 1, **settings}.items():
        command += ["--setting", name, str(value)]
    with open(database.with_suffix(".log"), "w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 -- the program one names
    try:
        yield process, port
    finally:
        process.terminate()
        process.wait(10)


class Datasette:
    def __init__(self, process, port, facets):
        # The two that are one value each first; then all that have several.
        named = [("_facet", name) for name in SINGLE] + [("_facet_array", name) for name in ARRAYS]
        self.facets = named[:facets]
        self.process, self.address = process, f"http://127.0.0.1:{port}/flat/practices"
        for _ in range(100):
            try:
                with socket.create_connection(("127.0.0.1", port)):
                    return
            except OSError:
                time.sleep(0.2)
        raise SystemExit("Datasette does not answer.")

    def chosen(self, case):
        chosen = [(f"{name}__arraycontains", case[name]) for name in ("country", "theme") if name in case]
        return [*chosen, ("_search", case["q"])] if "q" in case else chosen

    def get(self, suffix, parameters):
        query = urlencode(parameters, quote_via=quote)
        with urllib.request.urlopen(f"{self.address}{suffix}?{query}", timeout=300) as answer:  # noqa: S310
            return answer.read()

    def count(self, case):
        return json.loads(self.get(".json", [*self.chosen(case), ("_size", 0)]))["filtered_table_rows_count"]

    def cpu_of_page(self, case):
        """Return the CPU seconds of the whole process for the page with its facets."""
        start = self.cpu()
        page = self.get("", [*self.chosen(case), *self.facets])
        cpu = self.cpu() - start
        if b"facet-results" not in page or b"timed out" in page:
            raise RuntimeError("Datasette did not count its facets.")
        return cpu

    def cpu(self):
        # The clock of another process, as clock_getcpuclockid(3) numbers it on Linux.
        return time.clock_gettime(~self.process.pid << 3 | 2)


def write_flat(source, target):
    """Write the public practices of an SQLite database as one table, with arrays of what has several values."""
    arrays = ", ".join(array(*where) for where in ARRAYS.values())
    single = ["id", "slug", "title", "acronym", "summary", *SINGLE, "start_year", "end_year", "title_key"]
    with closing(sqlite3.connect(target, isolation_level=None)) as flat:
        flat.execute("PRAGMA journal_mode=OFF")
        flat.execute("ATTACH ? AS corpus", [source])
        columns = ", ".join([*("id INTEGER PRIMARY KEY" if name == "id" else name for name in single), *ARRAYS])
        flat.execute(f"CREATE TABLE practices ({columns})")
        flat.execute(
            f"INSERT INTO practices SELECT {', '.join(f'p.{name}' for name in single)}, {arrays} "  # noqa: S608
            f"FROM corpus.practices_practice p WHERE {PUBLIC}"
        )
        for name in (*SINGLE, "title_key"):
            flat.execute(f"CREATE INDEX practices_{name} ON practices ({name})")
        flat.execute("CREATE VIRTUAL TABLE practices_fts USING fts5(a, b, c, d, tokenize='porter unicode61')")
        flat.execute(
            "INSERT INTO practices_fts (rowid, a, b, c, d) SELECT p.id, e.a, e.b, e.c, e.d FROM practices p "
            "JOIN corpus.listing_searchentry e ON e.id = (1 << 40) + p.id"
        )
        flat.execute("ANALYZE")


def array(rows, terms, key, value, which):
    return (
        f"(SELECT json_group_array(value) FROM (SELECT DISTINCT v.{value} AS value FROM practices_{rows} x "  # noqa: S608
        f"JOIN {terms} v ON v.id = x.{key} WHERE x.practice_id = p.id AND {which}))"
    )


if __name__ == "__main__":
    main()
