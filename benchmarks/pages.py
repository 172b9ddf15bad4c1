"""Measure pages as they are served, beside an empty view and the plain ORM, in one interleaved run; see README.md.

python -m benchmarks.pages DATABASE_URL [--larger DATABASE_URL] [--rounds 5] [--seconds 4]

Gunicorn serves with one process and four threads and writes to var/served.log, wrk asks through 1 and through 16
connections. Wants wrk.
"""

import argparse
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from .beside import site as whole_site
from .lists import Site, print_rows

LIST = "/practices/"
CHOSEN = "/practices/?country=MA"
WANTED = {"warm list": 0.2, "warm list, chosen": 0.2, "304": 0.7}
AT_MOST_APART = 10
MOST_MS_MORE = 5
TIMES = 20
LOG = Path("var/served.log").resolve()
# As the service has them; see deploy.
PROCESSORS = Path("deploy/processors.py").resolve()
MEMORY = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "65536"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("database", help="address of the database, such as sqlite:///var/pathways.sqlite3")
    parser.add_argument("--larger", help="address of one with 100,000 practices: start, memory, publication")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="how long wrk asks in one turn")
    options = parser.parse_args()
    with ExitStack() as servers:
        site = servers.enter_context(served("benchmarks.beside:site()", options.database))
        bare = servers.enter_context(served("benchmarks.beside:bare()", options.database))
        fresh = servers.enter_context(served("benchmarks.beside:fresh()", options.database))
        validator = {"If-None-Match": asked(site.address + LIST).headers["ETag"]}
        cases = {
            "empty view, bare": (f"{bare.address}/empty", {}),
            "empty view, new project": (f"{fresh.address}/empty", {}),
            "empty view in the site": (f"{site.address}/empty", {}),
            "warm list": (site.address + LIST, {}),
            "warm list, chosen": (site.address + CHOSEN, {}),
            "304": (site.address + LIST, validator),
        }
        print_served(cases, options)
    with Site(options.database) as site:
        print_cold(site)
    if options.larger:
        print_start(options.larger)
        with Site(options.larger) as larger:
            print_publication(larger)


# Through the network


class Server:
    def __init__(self, process, address):
        self.process, self.address = process, address


@contextmanager
def served(application, database, threads=4, processes=1, *, python=sys.executable, folder=None, probe="/empty"):
    """Yield gunicorn serving ``application`` on a free port, once ``probe`` answers; stop it afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [python, "-m", "gunicorn", "--worker-class=gthread", f"--workers={processes}", f"--threads={threads}"]
    command += [f"--config={PROCESSORS}", f"--bind=127.0.0.1:{port}", "--log-level=warning", "--keep-alive=75"]
    command += [application]
    environment = {**os.environ, **MEMORY, "LOCAL": "true", "DATABASE_URL": database}
    # Each request leaves a line.
    with LOG.open("ab") as log:
        process = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)  # noqa: S603
    try:
        server = Server(process, f"http://127.0.0.1:{port}")
        until = time.monotonic() + 60
        while True:
            try:
                asked(server.address + probe)
                break
            except OSError:
                if time.monotonic() > until or process.poll() is not None:
                    raise
                time.sleep(0.02)
        yield server
    finally:
        process.terminate()
        process.wait(30)


def asked(address):
    with urllib.request.urlopen(address, timeout=60) as response:  # noqa: S310 -- our own address
        response.read()
        return response


def pressed(address, headers, connections, seconds):
    """Return (requests a second, median ms, 99th percentile ms) of wrk; stop at any answer but 200 and 304."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--latency", address]
    command += [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 -- our own command
    if "Non-2xx" in said or "Socket errors" in said:
        raise SystemExit(said)
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
    half, most = (in_ms(re.search(rf"^\s+{share}%\s+(\S+) *$", said, re.M)[1]) for share in (50, 99))
    return rate, half, most


def in_ms(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def print_served(cases, options):
    taken = {}
    for address, headers in cases.values():
        pressed(address, headers, 1, 1)
    for _round in range(options.rounds):
        for name, (address, headers) in cases.items():
            for connections in (1, 16):
                figures = pressed(address, headers, connections, options.seconds)
                taken.setdefault((name, connections), []).append(figures)
    rates = {key: median(rate for rate, _half, _most in found) for key, found in taken.items()}
    print(f"Requests a second, medians of {options.rounds} rounds, one process with four threads")
    print_rows(
        ["", "1 connection", "16 connections", "of bare", "of new project", "of in the site", "wanted", "p99 / p50"]
    )
    for name in cases:
        apart = median(most / half for _rate, half, most in taken[name, 16])
        beside = [f"{rates[name, 16] / rates[empty, 16]:.2f}" for empty in list(cases)[:3]]
        wanted = str(WANTED.get(name, ""))
        print_rows([name, f"{rates[name, 1]:,.0f}", f"{rates[name, 16]:,.0f}", *beside, wanted, f"{apart:.1f}"])
    print(f"\nThe slowest hundredth is wanted to take at most {AT_MOST_APART} times the median.\n")


# In one process


def print_cold(site):
    print("A page that is not kept, beside the plain ORM; medians in ms of CPU")
    print_rows(["", "after a change", "no card kept either", "plain ORM", "times faster (wanted: 2)"])
    for query in ("", "?country=MA"):
        found = {what: site.ask(cpu_of, what, query) * 1000 for what in ("after a change", "cold", "plain")}
        ratios = " and ".join(f"{found['plain'] / found[what]:.1f}" for what in ("after a change", "cold"))
        print_rows([query or "nothing chosen", *(f"{ms:.1f}" for ms in found.values()), ratios])
    print()


def cpu_of(what, query):
    """Return the CPU seconds of a page: the plain ORM's, or the site's made anew, a cold one with its cards."""
    from django.test import Client

    from pathways.listing import cards, index
    from pathways.listing.middleware import kept_pages

    whole_site()
    client, taken = Client(headers={"host": "localhost"}), []
    for _time in range(TIMES):
        kept_pages.forget()
        if what == "cold":
            cards.forget()
        for one in index.current.values():
            one.ranks, one.whole_counts, one.whole_facets = {}, None, {}
        start = time.process_time()
        response = client.get(f"/plain/{query}" if what == "plain" else LIST + query)
        taken.append(time.process_time() - start)
        if response.status_code != 200 or b'class="count"' not in response.content:
            raise SystemExit(f"{what} answered {response.status_code}")
    # The first has templates to compile.
    return median(taken[1:])


def print_start(database):
    """Start a process and say when it has answered with a list, and how much memory it then has."""
    took, most = [], []
    for _time in range(3):
        start = time.monotonic()
        with served("benchmarks.beside:site()", database) as server:
            asked(server.address + LIST)
            took.append(time.monotonic() - start)
            for query in ("?country=MA", "?q=training", "?theme=free-movement&sort=newest", "?page=2"):
                asked(server.address + LIST + query)
            worker = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()[0]
            most.append(int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{worker}/status").read_text())[1]) / 1024)
    print(f"With the larger database: first list {median(took):.1f} s after the start of gunicorn (wanted: 3); ")
    print(f"{median(most):.0f} MiB after five lists (wanted: 250)\n")


def print_publication(site):
    saved, published = site.ask(seconds_of_publication)
    print(
        f"With the larger database: saving a record {saved * 1000:.1f} ms, publishing it {published * 1000:.1f} ms, "
        f"{(published - saved) * 1000:+.1f} ms (wanted: at most {MOST_MS_MORE} more)"
    )


def seconds_of_publication():
    """Return the median seconds of saving a public record, with all that follows from it, and of publishing it."""
    from django.contrib.auth import get_user_model
    from django.db import transaction

    from pathways.curation.changes import record
    from pathways.curation.models import Change, Status
    from pathways.curation.workflow import take
    from practices.models import Practice

    saves, publications = [], []
    original = Practice.objects.published().order_by("pk").last()
    with transaction.atomic():
        author = get_user_model().objects.create_superuser("benchmark-author")
        reviewer = get_user_model().objects.create_superuser("benchmark-reviewer")
        for number in range(TIMES):
            practice = Practice.objects.get(pk=original.pk)
            practice.summary = f"{original.summary} {number}"
            start = time.perf_counter()
            with transaction.atomic():
                practice.save()
                record(Change.Action.EDIT, [practice], actor=author)
            saves.append(time.perf_counter() - start)
            practice.status = Status.IN_REVIEW
            practice.save()
            start = time.perf_counter()
            take(Change.Action.PUBLISH, practice, reviewer)
            publications.append(time.perf_counter() - start)
        transaction.set_rollback(True)
    return median(saves), median(publications)


if __name__ == "__main__":
    main()
