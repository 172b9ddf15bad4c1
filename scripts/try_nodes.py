#!/usr/bin/env python3
"""Run the site on several machines, all of them on loopback, take away one after the other, and see what visitors see.

    .venv/bin/python scripts/try_nodes.py
    .venv/bin/python scripts/try_nodes.py --seconds 20 --report deploy/reports/nodes.txt

There are a primary PostgreSQL and a streaming replica of it, a shared cache, two application nodes of two processes
each, and nginx before them: Debian's packages postgresql, nginx, and valkey-server or redis-server. All stand in a
temporary folder, on ports of their own, and are gone afterwards. While visitors keep asking through nginx, a reviewer
publishes on one node, and each server is lost and comes back. It takes about two minutes.

What a visitor sees is counted for each step: answers; failures (no whole answer, or a status of 500 or more); the
slowest answer, and how long the slowest of a hundred took; how many answers were made of data that a publication had
replaced, and how long before at most; and whether a visitor who had seen the new was shown the old again.
"""

import argparse
import http.client
import json
import os
import platform
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
HOST = "pathways.example.org"
LONGEST_WAIT = 60
# So many answers are waited for before the first step: each process makes its indexes once.
WARM = 100
# Requests of the API a minute from one address, over both nodes.
API_LIMIT = 60

PREPARE = """
import json
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.models import Group
from pathways.curation import workflow
from pathways.curation.changes import record
from pathways.curation.models import Change
from practices.models import Practice

people = get_user_model().objects
editor, reviewer = (people.create_user(name, is_staff=True) for name in ("editor", "reviewer"))
editor.groups.add(Group.objects.get(name="Editor"))
reviewer.groups.add(Group.objects.get(name="Reviewer"))
found = []
for practice in Practice.objects.published().order_by("pk"):
    if workflow.missing(practice):
        continue
    revision = workflow.revise(practice, editor)
    revision.title = f"{practice.title} (edition {len(found) + 1})"
    revision.save()
    record(Change.Action.EDIT, [revision], actor=editor)
    workflow.take("submit", revision, editor)
    found.append({"pk": revision.pk, "slug": practice.slug, "mark": f"(edition {len(found) + 1})"})
    if len(found) == 8:
        break
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY], session[HASH_SESSION_KEY] = str(reviewer.pk), reviewer.get_session_auth_hash()
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session.save()
print(json.dumps({"session": session.session_key, "cookies": [settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME],
                  "revisions": found}))
"""


# Servers


class Server:
    """A process that is started, killed and started again; ``answers`` says when it is ready."""

    def __init__(self, name, command, log, answers, user=None, environment=None):
        self.name, self.command, self.log, self.answers = name, command, log, answers
        self.user, self.environment, self.process = user, environment, None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 -- commands of this script
                [str(part) for part in self.command],
                stdout=log,
                stderr=log,
                cwd=ROOT,
                user=self.user,
                env=self.environment,
                # A group of its own, so that all of its processes can be lost at once.
                start_new_session=True,
            )
        wait_until(self.answers, f"{self.name} did not start; see {self.log}")

    def lose(self):
        """Kill it and all that it started, as when a machine loses its power."""
        for pid in [self.process.pid, *descendants(self.process.pid)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    @property
    def runs(self):
        return self.process is not None and self.process.poll() is None

    def stop(self):
        if self.runs:
            self.process.send_signal(signal.SIGINT if "postgres" in str(self.command[0]) else signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.lose()


def descendants(pid):
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [one for child in map(int, children) for one in [child, *descendants(child)]]


def wait_until(holds, otherwise):
    """Return the seconds until ``holds()``; end the script if it never does."""
    start = time.monotonic()
    while time.monotonic() - start < LONGEST_WAIT:
        if holds():
            return time.monotonic() - start
        time.sleep(0.005)
    raise SystemExit(otherwise)


def listens(port):
    with socket.socket() as trying:
        trying.settimeout(1)
        return trying.connect_ex(("127.0.0.1", port)) == 0


def free_ports(number):
    with ExitStack() as stack:
        found = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in found:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in found]


def program(*names):
    """Return the path of the first of ``names`` that there is, PostgreSQL's own folder included."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    path = os.pathsep.join([*map(str, folders), os.environ["PATH"], "/usr/sbin"])
    for name in names:
        if found := shutil.which(name, path=path):
            return Path(found)
    raise SystemExit(f"{names[0]} is missing; install Debian's postgresql, nginx, and valkey-server or redis-server.")


NGINX = """
daemon off;
{user}
worker_processes 1;
error_log {folder}/nginx-error.log;
pid {folder}/nginx.pid;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream nodes {{
        # One that fails is left alone for two seconds.
        server 127.0.0.1:{a} max_fails=1 fail_timeout=2s;
        server 127.0.0.1:{b} max_fails=1 fail_timeout=2s;
        keepalive 16;
    }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://nodes;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host {host};
            proxy_set_header X-Forwarded-Proto https;
            # Visitors of this trial come from everywhere.
            proxy_set_header X-Forwarded-For $http_x_visitor;
            proxy_connect_timeout 1s;
            proxy_read_timeout 60s;
            # What only reads is asked of the other node, where one is gone or answers that it cannot.
            proxy_next_upstream error timeout http_502 http_503;
            add_header X-Node $upstream_addr always;
        }}
    }}
}}
"""


class Site:
    """All the servers, in ``folder``."""

    def __init__(self, folder):
        self.folder = folder
        ports = free_ports(6)
        self.primary_port, self.replica_port, cache_port, port_a, port_b, self.port = ports
        self.node_ports = {"A": port_a, "B": port_b}
        self.postgres_user = "postgres" if os.geteuid() == 0 else None
        environment = {
            **{name: value for name, value in os.environ.items() if name not in {"LOCAL", "DEBUG"}},
            "SECRET_KEY": "only-for-this-trial-" * 4,
            "ALLOWED_HOSTS": HOST,
            "DATABASE_URL": f"postgresql://postgres@127.0.0.1:{self.primary_port}/pathways",
            "REPLICA_URL": f"postgresql://postgres@127.0.0.1:{self.replica_port}/pathways",
            "CACHE_URL": f"redis://127.0.0.1:{cache_port}/0",
            "API_LIMIT": f"{API_LIMIT}/minute",
            "PROXIES": "1",
        }
        self.environment = environment
        self.primary = self.postgresql("primary", self.primary_port)
        self.replica = self.postgresql("replica", self.replica_port)
        options = ["--port", cache_port, "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        cache = program("valkey-server", "redis-server")
        self.cache = Server("cache", [cache, *options], folder / "cache.log", lambda: listens(cache_port))
        self.nodes = {name: self.node(name, port, environment) for name, port in self.node_ports.items()}
        configuration = folder / "nginx.conf"
        user = "user root;" if os.geteuid() == 0 else ""
        configuration.write_text(NGINX.format(folder=folder, a=port_a, b=port_b, port=self.port, host=HOST, user=user))
        command = [program("nginx"), "-p", folder, "-c", configuration, "-e", folder / "nginx-error.log"]
        self.nginx = Server("nginx", command, folder / "nginx.log", lambda: listens(self.port))

    def postgresql(self, name, port):
        command = [program("postgres"), "-D", self.folder / name, "-p", port, "-k", self.folder / "sockets"]
        command += ["-c", "listen_addresses=127.0.0.1", "-c", "hot_standby_feedback=on"]
        return Server(
            name, command, self.folder / f"{name}.log", lambda: self.asks(port, "SELECT 1"), self.postgres_user
        )

    def node(self, name, port, environment):
        options = ["--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4", "--timeout", "60"]
        command = [sys.executable, "-m", "gunicorn", "pathways.wsgi", *options]
        return Server(
            f"node {name}", command, self.folder / f"node-{name}.log", lambda: listens(port), environment=environment
        )

    def run(self, *command, user=None):
        done = subprocess.run(  # noqa: S603 -- commands of this script
            [str(part) for part in command],
            check=False,
            capture_output=True,
            text=True,
            cwd=ROOT,
            user=user,
            env={**self.environment, "REPLICA_URL": "", "CACHE_URL": ""},
        )
        if done.returncode:
            raise SystemExit(f"{command[0]} failed:\n{done.stderr[-2000:]}")
        return done.stdout

    def manage(self, *arguments):
        return self.run(sys.executable, "manage.py", *arguments)

    def start(self):
        """Start everything, load the curated entries, and return what PREPARE says."""
        (self.folder / "sockets").mkdir()
        if self.postgres_user:
            shutil.chown(self.folder / "sockets", self.postgres_user)
            for name in ("primary", "replica"):
                (self.folder / name).mkdir(mode=0o700)
                shutil.chown(self.folder / name, self.postgres_user)
        initial = ["--auth=trust", "--encoding=UTF8", "--username=postgres", "--pgdata", self.folder / "primary"]
        self.run(program("initdb"), *initial, user=self.postgres_user)
        self.primary.start()
        self.ask(self.primary_port, "CREATE DATABASE pathways", database="postgres")
        self.manage("migrate", "--verbosity", "0")
        self.manage("load_fixtures")
        self.manage("collectstatic", "--noinput", "--verbosity", "0")
        prepared = json.loads(self.manage("shell", "--no-imports", "--command", PREPARE).splitlines()[-1])
        copy = ["--host=127.0.0.1", f"--port={self.primary_port}", "--username=postgres", "--checkpoint=fast"]
        # The primary keeps for it what it misses while it is gone.
        copy += ["--write-recovery-conf", "--create-slot", "--slot=replica", "--pgdata", self.folder / "replica"]
        self.run(program("pg_basebackup"), *copy, user=self.postgres_user)
        for server in (self.replica, self.cache, *self.nodes.values(), self.nginx):
            server.start()
        return prepared

    def stop(self):
        for server in (self.nginx, *self.nodes.values(), self.cache, self.replica, self.primary):
            server.stop()

    def ask(self, port, sql, database="pathways"):
        import psycopg

        address = f"postgresql://postgres@127.0.0.1:{port}/{database}?connect_timeout=2"
        with psycopg.connect(address, autocommit=True) as connection:
            found = connection.execute(sql)
            return found.fetchone()[0] if found.description else None

    def asks(self, port, sql):
        import psycopg

        try:
            return self.ask(port, sql, database="postgres")
        except psycopg.Error:
            return False

    def version(self):
        return self.ask(self.primary_port, "SELECT number FROM curation_dataversion")


# Visitors


class Answer(NamedTuple):
    """What a visitor was given: ``version`` is the number of the data version, where the answer says it."""

    start: float
    end: float
    path: str
    status: int
    version: int | None
    visitor: int
    failure: str = ""

    @property
    def has_failed(self):
        return self.status == 0 or self.status >= 500


ADDRESSES = [
    "/",
    "/practices/",
    "/practices/?country=MA",
    "/practices/?theme=skills-recognition-and-certification",
    "/outcomes/",
    "/meetings/",
    "/countries/",
    "/search/?q=nurses",
    "/practices.csv?country=MA",
    "/outcomes.csv",
    "/api/v1/practices/?per_page=20",
    "/api/v1/meetings/",
]


class Visitors:
    """Threads that keep asking through nginx until the end, each a visitor with a connection and a pause of its own."""

    def __init__(self, port, number):
        self.port, self.answers, self.running = port, [], True
        self.threads = [threading.Thread(target=self.visit, args=[n], daemon=True) for n in range(number)]
        for thread in self.threads:
            thread.start()

    def visit(self, number):
        # The same in each run; nothing depends on it that is secret.
        chance = random.Random(number)  # noqa: S311
        connection = None
        while self.running:
            path = chance.choice(ADDRESSES)
            if chance.random() < 0.5 and not path.startswith("/api/"):
                # An address nobody has asked for before, which no process can have ready.
                path += f"{'&' if '?' in path else '?'}visit={chance.random()}"
            start = time.monotonic()
            status, version, failure = 0, None, ""
            visitor = ".".join(["10", *(str(chance.randrange(256)) for _ in range(3))])
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                connection.request("GET", path, headers={"Host": HOST, "X-Visitor": visitor})
                response = connection.getresponse()
                body = response.read()
                status, version = response.status, version_of(response, body)
            except (OSError, http.client.HTTPException) as error:
                connection, failure = None, repr(error)
            self.answers.append(Answer(start, time.monotonic(), path, status, version, number, failure))
            time.sleep(chance.uniform(0, 0.03))

    def stop(self):
        self.running = False
        for thread in self.threads:
            thread.join(40)


def version_of(response, body):
    """Return the number of the data version that an answer is made of, if it says it."""
    said = response.headers.get("Data-Version") or ""
    if not said and response.headers.get("Content-Type", "").startswith("application/json"):
        found = re.search(rb'"data_version":\s*"([^"]+)"', body)
        said = found[1].decode() if found else ""
    return int(said.rpartition(".")[2]) if said else None


# What happens


class Trial:
    """The steps, and what visitors saw during each."""

    def __init__(self, site, prepared, seconds):
        self.site, self.seconds = site, seconds
        self.session, self.cookies = prepared["session"], prepared["cookies"]
        self.revisions = iter(prepared["revisions"])
        # When the data had which version, for sure.
        self.published = [(0.0, site.version())]
        self.steps, self.notes = [], []
        self.visitors = Visitors(site.port, 6)

    @contextmanager
    def step(self, name):
        print(f"{name} …", file=sys.stderr)
        start = time.monotonic()
        yield
        time.sleep(max(0, self.seconds - (time.monotonic() - start)))
        self.steps.append((name, start, time.monotonic()))

    def note(self, text):
        self.notes.append(text)

    def publish(self, node):
        """Publish the next revision on a node, as a reviewer in the admin; note when each node shows it."""
        revision = next(self.revisions)
        session, csrf = self.cookies
        token = "t" * 32
        headers = {
            "Host": HOST,
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "192.0.2.1",
            "Referer": f"https://{HOST}/admin/",
            "Cookie": f"{session}={self.session}; {csrf}={token}",
            "X-CSRFToken": token,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        path = f"/admin/practices/practice/{revision['pk']}/step/"
        start = time.monotonic()
        status, _body = ask(self.site.node_ports[node], path, "POST", "action=publish&note=A+trial.", headers)
        done = time.monotonic()
        if status != 302:
            return status
        self.published.append((done, self.site.version()))
        told = [f"published on node {node} in {1000 * (done - start):.0f} ms"]
        waiting = {name: port for name, port in self.site.node_ports.items() if self.site.nodes[name].runs}
        while waiting and time.monotonic() - done < LONGEST_WAIT:
            for name, port in list(waiting.items()):
                if self.shows(port, revision):
                    told.append(f"seen on node {name} after {1000 * (time.monotonic() - done):.0f} ms")
                    del waiting[name]
        told += [f"never seen on node {name}" for name in waiting]
        self.note(f"{self.name_of_step()}: {', '.join(told)}")
        return status

    def name_of_step(self):
        return f"step {len(self.steps) + 1}"

    def shows(self, port, revision):
        status, body = ask(port, f"/practices/{revision['slug']}/")
        return status == 200 and revision["mark"] in body

    def count_limit(self):
        """Ask the API of both nodes from one address; note how many requests were let through."""
        while time.time() % 60 > 45:
            # All within one minute, since that is what is counted.
            time.sleep(0.5)
        address = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": f"192.0.2.{len(self.steps) + 1}"}
        statuses = []
        for number in range(2 * API_LIMIT):
            port = self.site.node_ports["AB"[number % 2]]
            statuses.append(ask(port, "/api/v1/series/", headers=address)[0])
        through = len(statuses) - statuses.count(429)
        self.note(
            f"{self.name_of_step()}: of {len(statuses)} requests of one address to the API of both nodes {through} "
            f"were answered and {statuses.count(429)} refused (the limit is {API_LIMIT})"
        )

    def run(self):
        site = self.site
        wait_until(lambda: len(self.visitors.answers) >= WARM, "the visitors were not answered")
        with self.step("all is well"):
            pass
        with self.step("a publication on node A"):
            self.publish("A")
            self.count_limit()
        with self.step("the replica lags; a publication on node A"):
            site.ask(site.replica_port, "SELECT pg_wal_replay_pause()")
            self.publish("A")
        with self.step("the replica catches up"):
            site.ask(site.replica_port, "SELECT pg_wal_replay_resume()")
        with self.step("the replica is lost; a publication on node B"):
            site.replica.lose()
            self.publish("B")
        with self.step("the replica is back"):
            site.replica.start()
        with self.step("the cache is lost"):
            site.cache.lose()
            self.count_limit()
        with self.step("the cache is back"):
            site.cache.start()
        with self.step("node A is lost; a publication on node B"):
            site.nodes["A"].lose()
            self.publish("B")
        with self.step("node A is back"):
            site.nodes["A"].start()
        with self.step("the primary is lost"):
            site.primary.lose()
            status = self.publish("A")
            self.note(f"{self.name_of_step()}: a reviewer who publishes is answered with {status}")
        with self.step("the primary is back; a publication on node A"):
            site.primary.start()
            wait_until(lambda: self.publish("A") == 302, "nothing could be published any more")
        self.visitors.stop()

    # What it came to

    def table(self):
        rows = [("step", "answers", "failed", "99 of 100 within", "slowest", "replaced data", "went back")]
        went_back = self.went_back()
        for number, (name, start, end) in enumerate(self.steps, 1):
            answers = [one for one in self.visitors.answers if start <= one.start < end]
            times = sorted(one.end - one.start for one in answers)
            stale = [age for one in answers if (age := self.age(one)) is not None]
            rows.append(
                (
                    f"{number:2} {name}",
                    str(len(answers)),
                    str(sum(one.has_failed for one in answers)),
                    f"{1000 * times[int(len(times) * 0.99)]:.0f} ms" if times else "",
                    f"{1000 * times[-1]:.0f} ms" if times else "",
                    f"{len(stale)}, {1000 * max(stale):.0f} ms at most" if stale else "0",
                    str(sum(start <= one.start < end for one in went_back)),
                )
            )
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)

    def age(self, answer):
        """Return for how many seconds what was answered had been replaced when it was asked for; None if it was not."""
        if answer.version is None:
            return None
        replaced = [at for at, number in self.published if number > answer.version and at < answer.start]
        return answer.start - min(replaced) if replaced else None

    def went_back(self):
        """Return the answers of older data than the same visitor had been given before."""
        found, seen = [], {}
        for one in sorted(self.visitors.answers, key=lambda one: one.start):
            if one.version is not None:
                if one.version < seen.get(one.visitor, 0):
                    found.append(one)
                seen[one.visitor] = max(one.version, seen.get(one.visitor, 0))
        return found

    def failures(self):
        """Return a line for each failure: in which step, and what of."""
        return [
            f"failed in step {number}: {one.path}: {one.failure or one.status}"
            for number, (_name, start, end) in enumerate(self.steps, 1)
            for one in self.visitors.answers
            if start <= one.start < end and one.has_failed
        ]

    def statuses(self):
        counts = {}
        for one in self.visitors.answers:
            counts[one.status] = counts.get(one.status, 0) + 1
        return ", ".join(f"{status or 'no answer'}: {number}" for status, number in sorted(counts.items()))


def ask(port, path, method="GET", body=None, headers=None):
    """Return (status, text) of what a node answers; status 0 where it does not."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(
            method,
            path,
            body,
            headers or {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.250"},
        )
        response = connection.getresponse()
        return response.status, response.read().decode()
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()


def lines_of_logs(folder):
    """Return what the nodes' logs say of servers that were lost, without the times."""
    told = []
    for log in sorted(folder.glob("node-*.log")):
        for line in log.read_text(errors="replace").splitlines():
            if re.search(r"(replica|shared cache) (does not answer|answers again|has been behind)", line):
                told.append(f"{log.stem}: {line}")
    return told


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=5, help="how long each step lasts at least")
    parser.add_argument("--report", type=Path, help="a file for the report, beside the screen")
    parser.add_argument("--keep", action="store_true", help="keep the folder with all logs")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="pathways-nodes-"))
    folder.chmod(0o755)
    site = Site(folder)
    try:
        trial = Trial(site, site.start(), options.seconds)
        trial.run()
        versions = [
            subprocess.run([program(name), flag], capture_output=True, text=True, check=True)  # noqa: S603
            for name, flag in (("postgres", "--version"), ("nginx", "-v"), (site.cache.command[0].name, "--version"))
        ]
        load = os.getloadavg()[0]
        said = [
            f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores at a load of {load:.1f} (this trial and other work)"
        ]
        said += [f"Python {platform.python_version()}"]
        said += [(one.stdout or one.stderr).splitlines()[0] for one in versions]
        said += [
            "",
            trial.table(),
            "",
            f"Statuses: {trial.statuses()}",
            *trial.failures(),
            "",
            *trial.notes,
            "",
            *lines_of_logs(folder),
        ]
    finally:
        site.stop()
        if options.keep:
            print(f"Logs are in {folder}.", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    report = "\n".join(said) + "\n"
    print(report)
    if options.report:
        options.report.parent.mkdir(parents=True, exist_ok=True)
        options.report.write_text(report)


if __name__ == "__main__":
    main()
