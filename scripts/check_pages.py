#!/usr/bin/env python3
"""Hold every page, as it is served in production, to the Nu HTML checker and to Lighthouse.

    .venv/bin/python scripts/check_pages.py
    .venv/bin/python scripts/check_pages.py --only home --only map --skip lighthouse

It takes about twenty minutes with nothing else running, and wants Java, Node.js 18 with npm, and Chromium; what is
missing it names. The two checkers are fetched into var/ with npm, the first time. A fresh database with the curated
entries is made for the run and thrown away after it.

A page passes when the Nu checker says nothing and Lighthouse gives 100 for accessibility, 100 for best practices and
95 or more for performance: as a phone and as a desktop, each light and dark. Where performance is short, the median
of three runs counts, since other work on the machine shows in it. Reports are kept in var/check-pages/reports.
"""

import argparse
import json
import logging
import os
import re
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "var/check-pages"
REPORTS = HOME / "reports"
# The checkers; this Lighthouse is the newest that runs on Node.js 18 and 20.
PACKAGES = {"vnu-jar": "26.9.27", "lighthouse": "12.8.2"}
VNU = HOME / "node_modules/vnu-jar/build/dist/vnu.jar"
LIGHTHOUSE = HOME / "node_modules/lighthouse/cli/index.js"
TARGETS = {"performance": 95, "accessibility": 100, "best-practices": 100}
FORMS = {"phone": [], "desktop": ["--preset=desktop"]}
SCHEMES = {"dark": "0", "light": "1"}
# The header by which Lighthouse says which page it judges.
JUDGED = "X-Judged"
CHROMIUM_FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
# Beside a page of each kind: what is said of addresses that make no sense.
MORE_PAGES = {
    "outcomes, wrong": ("/outcomes/?theme=nothing-like-it", 400),
    "meetings, wrong": ("/meetings/?country=ZZ", 400),
    "map, wrong": ("/map/?country=ZZ", 400),
    "comparison of nothing": ("/compare/", 400),
    "comparison, wrong": ("/compare/?practice=palim&practice=nothing-like-it", 400),
    "search that finds nothing": ("/search/?q=palimm+xyzzy", 200),
    "practice that is not there": ("/practices/nothing-like-it/", 404),
    "country that is not there": ("/countries/zz/", 404),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", action="append", metavar="PAGE", help="a page by its name in the table; repeatable")
    parser.add_argument("--skip", action="append", default=[], choices=["nu", "lighthouse"], help="leave a checker out")
    options = parser.parse_args()
    chromium = find_programs(options.skip)
    fetch_checkers()
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        pages = choose_pages(options.only)
        with served() as site:
            failures = []
            if "nu" not in options.skip:
                failures += check_html(site, pages, Path(folder))
            if "lighthouse" not in options.skip:
                failures += check_quality(site, pages, chromium)
    print(f"\n{len(failures)} failures." if failures else "\nEvery page passes.")
    for failure in failures:
        print(f"  {failure}")
    sys.exit(1 if failures else 0)


def find_programs(skipped):
    """Return the path of Chromium; stop and say what is missing and how to get it."""
    missing = []
    if "nu" not in skipped and not shutil.which("java"):
        missing.append("Java is missing. On Debian: apt install default-jre-headless")
    if not shutil.which("npm"):
        missing.append("npm is missing. On Debian: apt install npm")
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if "lighthouse" not in skipped:
        if not chromium:
            missing.append("Chromium is missing. On Debian: apt install chromium; elsewhere, set CHROMIUM to its path")
        if node_version() < 18:
            missing.append("Node.js 18 or newer is missing. On Debian: apt install nodejs")
    if missing:
        sys.exit("\n".join(missing))
    return chromium


def node_version():
    """Return the major version of Node.js, 0 without it."""
    if not shutil.which("node"):
        return 0
    return int(re.search(r"\d+", run("node", "--version").stdout)[0])


def run(program, *arguments, **environment):
    """Run a program that is on the path and return what came of it."""
    command = [shutil.which(program), *map(str, arguments)]
    env = {**os.environ, **environment}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)  # noqa: S603 -- all are ours


def fetch_checkers():
    """Install the checkers into var/, unless these versions are there."""
    installed = {
        name: json.loads(path.read_text())["version"]
        for name in PACKAGES
        if (path := HOME / "node_modules" / name / "package.json").exists()
    }
    if installed == PACKAGES:
        return
    HOME.mkdir(parents=True, exist_ok=True)
    print("Fetching the checkers …", flush=True)
    wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
    done = run("npm", "install", "--prefix", HOME, "--no-save", "--no-audit", "--no-fund", "--loglevel=error", *wanted)
    if done.returncode:
        sys.exit(f"npm could not fetch the checkers. Is there a network?\n{done.stderr}")


def prepare(folder):
    """Make a database in ``folder`` with the curated entries, and the static files, with the settings of production."""
    for name in ("LOCAL", "DEBUG", "SITE_URL"):
        os.environ.pop(name, None)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "pathways.settings",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "localhost",
        "HTTPS": "false",
        "DATABASE_URL": f"sqlite:///{folder / 'pages.sqlite3'}",
    }
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from pathways.curation.fixtures import load
    from tests.browser.pages import withdraw

    # Not where a site that runs from this folder has its own.
    settings.STATIC_ROOT = folder / "static"
    print("Preparing the site …", flush=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("migrate", verbosity=0)
    load(settings.FIXTURE_DIRS[0])
    withdraw()


def choose_pages(names):
    """Return name, address and status of all pages, or of those in ``names``."""
    from tests.browser.pages import PAGES

    pages = PAGES | MORE_PAGES
    if unknown := set(names or []) - set(pages):
        sys.exit(f"No page is called {' or '.join(sorted(unknown))}. There are: {'; '.join(pages)}.")
    return {name: page for name, page in pages.items() if not names or name in names}


def without_status(application):
    """Let Lighthouse judge what a page says of a mistake.

    A browser writes in its console that a page has the status 400 or 404, and Lighthouse counts that against the page.
    So the page that is being judged, and nothing that it loads, comes with the status 200.
    """

    def answer(environ, start_response):
        judged = environ.get(f"HTTP_{JUDGED.upper().replace('-', '_')}") == environ["PATH_INFO"]
        return application(environ, lambda status, *rest: start_response("200 OK" if judged else status, *rest))

    return answer


@contextmanager
def served():
    """Serve the site from a thread, on a port that is free, and give its address."""
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

    from pathways.wsgi import application

    # Requests and missing pages are no news here; errors are.
    for name in ("django.server", "django.request"):
        logging.getLogger(name).setLevel(logging.ERROR)
    server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
    server.set_app(without_status(application))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()


def check_html(site, pages, folder):
    """Return what the Nu checker says of the pages, and of the one for errors of our own."""
    failures, files = [], {}
    for number, (name, (address, status)) in enumerate(pages.items()):
        answered, html = fetch(site + address)
        if answered != status:
            failures.append(f"{name}: {answered} where {status} was to be")
        file = folder / f"{number}.html"
        file.write_bytes(html)
        files[file.name] = name
    (folder / "500.html").write_bytes(error_page())
    files["500.html"] = "an error of our own"
    done = run("java", "-jar", VNU, "--format", "json", "--exit-zero-always", *(folder / file for file in files))
    if done.returncode:
        sys.exit(f"The Nu checker did not run:\n{done.stderr}")
    for message in json.loads(done.stderr)["messages"]:
        name = files.get(Path(message.get("url", "")).name, "?")
        kind = message.get("subType", message["type"])
        said = re.sub(r"\s+", " ", f"{message['message']} {message.get('extract', '')}")
        failures.append(f"{name}: Nu {kind} in line {message.get('lastLine', '?')}: {said}")
    print(f"The Nu checker has read {len(files)} pages and says {len(failures) or 'nothing'}.", flush=True)
    return failures


def fetch(address):
    """Return status and body."""
    try:
        with urlopen(address) as answer:  # noqa: S310 -- our own server
            return answer.status, answer.read()
    except HTTPError as error:
        return error.code, error.read()


def error_page():
    from django.test import RequestFactory
    from django.views.defaults import server_error

    return server_error(RequestFactory().get("/")).content


def check_quality(site, pages, chromium):
    """Return what falls short in Lighthouse; print a row for each run."""
    shutil.rmtree(REPORTS, ignore_errors=True)
    REPORTS.mkdir(parents=True)
    failures = []
    width = max(map(len, pages))
    print(f"\n{'page':{width}}  form     scheme  {'  '.join(TARGETS)}")
    for name, (address, _) in pages.items():
        for form in FORMS:
            for scheme in SCHEMES:
                scores, findings = measure(site + address, name, form, scheme, chromium)
                row = "  ".join(f"{scores[category]:{len(category)}}" for category in TARGETS)
                print(f"{name:{width}}  {form:7}  {scheme:6}  {row}", flush=True)
                failures += [f"{name}, {form}, {scheme}: {finding}" for finding in findings]
    return failures


def measure(address, name, form, scheme, chromium):
    """Return the scores of a page by category, and what keeps them below the targets."""
    report = lighthouse(address, name, form, scheme, chromium)
    scores = scores_of(report)
    if scores["performance"] < TARGETS["performance"]:
        more = [scores_of(lighthouse(address, name, form, scheme, chromium))["performance"] for _ in range(2)]
        scores["performance"] = statistics.median([scores["performance"], *more])
    findings = []
    for category, target in TARGETS.items():
        if scores[category] < target:
            audits = "; ".join(short_audits(report, category))
            findings.append(f"{category} {scores[category]} below {target}: {audits}")
    return scores, findings


def lighthouse(address, name, form, scheme, chromium):
    """Return Lighthouse's report of a page."""
    path = REPORTS / f"{re.sub(r'[^a-z]+', '-', name)}.{form}.{scheme}.json"
    arguments = [
        *(LIGHTHOUSE, address, "--quiet", "--no-enable-error-reporting"),
        *("--output=json", f"--output-path={path}", f"--only-categories={','.join(TARGETS)}"),
        f"--extra-headers={json.dumps({JUDGED: urlsplit(address).path})}",
        f"--chrome-flags={CHROMIUM_FLAGS} --blink-settings=preferredColorScheme={SCHEMES[scheme]}",
        *FORMS[form],
    ]
    # On a busy machine the browser is now and then too late for it: then it asks to be run again.
    for _ in range(3):
        path.unlink(missing_ok=True)
        done = run("node", *arguments, CHROME_PATH=chromium)
        if not done.returncode and not (report := json.loads(path.read_text())).get("runtimeError"):
            return report
    return sys.exit(f"Lighthouse could not judge {address}:\n{done.stderr}")


def scores_of(report):
    """Return the scores out of 100; a category that could not be judged has none of them."""
    return {category: round(100 * (report["categories"][category]["score"] or 0)) for category in TARGETS}


def short_audits(report, category):
    """Yield the audits that cost points in a category, each with the first things it names."""
    for reference in report["categories"][category]["auditRefs"]:
        audit = report["audits"][reference["id"]]
        if (
            reference["weight"]
            and (audit["score"] is None or audit["score"] < 1)
            and audit["scoreDisplayMode"]
            in {
                "binary",
                "numeric",
                "metricSavings",
                "error",
            }
        ):
            items = (audit.get("details") or {}).get("items", [])[:3]
            named = [item["node"]["snippet"] for item in items if "node" in item]
            named += [str(item["description"]) for item in items if "description" in item]
            yield " ".join(filter(None, [audit["title"], audit.get("displayValue"), *named]))


if __name__ == "__main__":
    main()
