#!/usr/bin/env python3
"""Follow the runbook on a fresh Debian machine, by its own commands, and see what a reader gets, slow clients or not.

    sudo python3 deploy/try_runbook.py            about three minutes
    sudo python3 deploy/try_runbook.py --keep     leaves the machine running, and says how to enter it

The machine is a Debian of the release that runs here, made for the purpose in a folder under /var/tmp, with systemd as
its first process (mmdebstrap, systemd-nspawn). It shares the network with this one: ports 80, 443 and 5432 have to be
free, or nothing is done. Nothing else here is touched, and the folder is removed in the end.
"""

import argparse
import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from contextlib import contextmanager
from http.cookies import SimpleCookie
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from deploy import slow_clients, trial
from deploy.trial import HOST, ROOT, Failed, NotTried, expect, say

RUNBOOK = ROOT / "deploy/RUNBOOK.md"
PORTS = (80, 443, 5432)
LONGEST = 15
# How exposed a service may be by systemd's own reckoning, from 0 to 10.
EXPOSURE = 2.0
# What a reader asks for while the release changes.
READS = ("/", "/practices/?q=training", "/countries/", "/practices.csv", "/api/v1/practices/")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--keep", action="store_true", help="leave the machine running")
    options = parser.parse_args()
    with trial.reported("The runbook holds"):
        trial.bound(LONGEST)
        stop_unless_possible()
        with machine(keep=options.keep) as (folder, first):
            try_on(folder, first)
            if options.keep:
                input(f"Enter it with: {' '.join(entering(first))} bash\nReturn ends it. ")


def try_on(folder, first):
    """Follow the runbook on a machine; say what its journal says last where something is wrong."""
    try:
        follow(Installed(folder, Shell(first)))
    except Failed:
        print("\nThe last lines of the journal:", flush=True)
        subprocess.run([*entering(first), "journalctl", "--no-pager", "--lines=60"], check=False)
        raise


def reason(said):
    """Return NotTried if a program ``said`` that it may not, or cannot reach Debian's packages; else Failed."""
    no_machine = re.search("not permitted|denied|read-only|failed to fetch|resolv|connect", said, re.IGNORECASE)
    return NotTried if no_machine else Failed


# The runbook


class Runbook:
    """The commands of the runbook, in the order in which it wants them."""

    def __init__(self, text):
        self.sections = {}
        for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
            title, _, body = section.partition("\n")
            self.sections[title] = list(self.steps(body))

    @staticmethod
    def steps(body):
        """Yield ("run", commands) and ("do", title of a section) as they stand in the text."""
        for part in re.split(r"((?:^(?: {4}.*)?\n)+)", body, flags=re.MULTILINE):
            if part.startswith("    ") or "\n    " in part:
                yield "run", re.sub(r"^ {4}", "", part, flags=re.MULTILINE).strip("\n") + "\n"
            else:
                yield from (("do", title) for title in re.findall(r"\b[Dd]o \[(.+?)\]\(#", part))

    def commands(self, title):
        """Return the blocks of commands of a section, those of the sections it sends to in their places."""
        for kind, what in self.sections[title]:
            if kind == "run":
                yield what
            else:
                yield from self.commands(what)

    def releases(self):
        """Return the releases that are installed and upgraded to."""
        return [
            re.search(r"^release=(\S+)", "".join(self.commands(title)), re.M)[1] for title in ("Install", "Upgrade")
        ]


# The machine


def stop_unless_possible():
    """Stop, or raise NotTried, where a machine cannot be made or would be in the way of what runs here."""
    trial.require({"mmdebstrap": "mmdebstrap", "systemd-nspawn": "systemd-container", "git": "git"})
    for port in PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise NotTried(
                    f"Port {port} cannot be used ({error.strerror}); a site that runs here is left alone."
                ) from None


@contextmanager
def machine(*, keep):
    """Give the folder of a fresh Debian machine that runs, and the number of its first process."""
    folder = Path(tempfile.mkdtemp(prefix="pathways-machine-", dir="/var/tmp"))
    folder.chmod(0o755)
    booted = None
    try:
        say("A fresh Debian …")
        try:
            trial.make_debian(folder, "systemd,systemd-sysv,dbus,procps")
        except Failed as failure:
            raise reason(str(failure))(f"No machine could be made: {failure}") from None
        take_along(folder)
        booted = subprocess.Popen(
            [
                "systemd-nspawn",
                "--quiet",
                f"--directory={folder}",
                # Of letters and digits, which not every name of a folder is.
                f"--machine=pathways-{os.getpid()}",
                "--boot",
                "--register=no",
                "--keep-unit",
                "--resolv-conf=replace-host",
                "--timezone=off",
                "--link-journal=no",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # Its console draws as well.
            errors="replace",
        )
        first = first_process(booted)
        yield folder, first
    finally:
        if booted:
            # Its first process shuts everything down and ends.
            booted.terminate()
            try:
                booted.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                booted.kill()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(f"/run/systemd/nspawn/propagate/pathways-{os.getpid()}", ignore_errors=True)


def take_along(folder):
    """Let the machine reach the packages that this one reaches, through the same proxies."""
    for pattern in ("usr/local/share/ca-certificates/*.crt", "etc/pip.conf", "etc/apt/apt.conf.d/*proxy*"):
        for path in Path("/").glob(pattern):
            copy = folder / path.relative_to("/")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)


def first_process(booted):
    """Return the number of the machine's first process, once it has started all there is to start."""
    children = Path(f"/proc/{booted.pid}/task/{booted.pid}/children")
    for _ in range(300):
        said = booted.stdout.read() if booted.poll() is not None else ""
        expect(booted.poll() is None, f"The machine did not start:\n{said}", reason(said))
        found = children.read_text().split()
        if found and Path(f"/proc/{found[0]}/comm").read_text() == "systemd\n":
            ready = [*entering(found[0]), "systemctl", "is-system-running", "--wait"]
            state = subprocess.run(ready, capture_output=True, text=True, check=False).stdout.strip()
            if state in {"running", "degraded"}:
                threading.Thread(target=booted.stdout.read, daemon=True).start()
                return found[0]
        time.sleep(0.1)
    raise NotTried("The machine did not start.")


def entering(first):
    """Return the beginning of a command that is to run on the machine."""
    own = [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME=/root",
        "LANG=C.UTF-8",
        "DEBIAN_FRONTEND=noninteractive",
    ]
    own += [
        f"{name}={value}"
        for name, value in os.environ.items()
        if name.lower() in {"http_proxy", "https_proxy", "no_proxy", "pip_index_url", "pip_cert", "pip_trusted_host"}
    ]
    namespaces = ["--mount", "--uts", "--ipc", "--pid", "--cgroup", "--root", "--wd"]
    return ["nsenter", f"--target={first}", *namespaces, "env", "--ignore-environment", *own]


class Shell:
    """One shell of root on the machine, which keeps its variables from one command to the next."""

    END = "these commands are done"

    def __init__(self, first):
        self.folder = Path(f"/proc/{first}/root/root")
        command = [*entering(first), "bash", "-euo", "pipefail"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def run(self, commands):
        """Run commands as they are, and return what they print; fail with the first that fails."""
        # From a file, so that no program takes what comes next for its input.
        (self.folder / "commands").write_text(commands)
        self.process.stdin.write(f"source /root/commands < /dev/null\necho '{self.END}'\n")
        self.process.stdin.flush()
        said = []
        for line in self.process.stdout:
            if line == f"{self.END}\n":
                return "".join(said)
            said.append(line)
        raise Failed(f"These commands ended with status {self.process.wait()}:\n\n{commands}\n{''.join(said)}")


# The site on the machine


class Installed(trial.Site):
    """The site that the runbook installs, as whoever runs the machine sees it too."""

    def __init__(self, folder, shell):
        super().__init__(folder / "etc/pathways/tls/certificate.pem")
        self.folder, self.shell = folder, shell
        self.runbook = Runbook(RUNBOOK.read_text())
        self.first, self.second = self.runbook.releases()
        self.cookies = {}

    def do(self, title):
        """Do what a section of the runbook says."""
        say(title)
        begun = time.monotonic()
        for commands in self.runbook.commands(title):
            self.shell.run(commands)
        print(f"  {time.monotonic() - begun:.0f} s", flush=True)

    def pack(self, release):
        """Put a release where the runbook expects it: this one, under the number ``release``."""
        version = ROOT / "pathways/__init__.py"
        with tarfile.open(self.folder / f"root/pathways-{release}.tar.gz", "w:gz", compresslevel=1) as archive:
            for name, path in trial.released():
                member = archive.gettarinfo(path, f"pathways-{release}/{name}")
                content = path.read_bytes()
                if path == version:
                    content = re.sub(rb'__version__ = ".+"', f'__version__ = "{release}"'.encode(), content)
                member.size = len(content)
                archive.addfile(member, BytesIO(content))


def follow(site):
    """Do what the runbook says, from the first command to the last, and hold the site to it after each part."""
    site.pack(site.first)
    site.do("Install")
    say("What a reader gets")
    site.check_reading()
    site.check_names()
    foot = f"Pathways {site.first}</small>"
    expect(foot in site.page("/").body.decode(), "The foot of the page does not name the release.")
    check_login(site)
    check_units(site)
    check_log(site)
    slow_clients.check(site)
    site.pack(site.second)
    with readers(site) as seen:
        site.do("Upgrade")
    check_seen(seen, site.first, site.second)
    with readers(site) as seen:
        site.do("Roll back")
    check_seen(seen, site.second, site.first)
    with readers(site) as seen:
        site.do("Change a setting, or the secret key")
    check_seen(seen, site.first)
    expect(logged_in(site), "Who was logged in is not any more, now that the key has changed.")
    check_backup(site)
    check_rules(site)


def check_login(site):
    form = site.page("/admin/login/")
    remember(site, form)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.body.decode())[1]
    password = (site.folder / "root/pathways-password").read_text().strip()
    body = urlencode({"csrfmiddlewaretoken": token, "username": "secretariat", "password": password})
    done = site.ask(
        "/admin/login/?next=/admin/",
        method="POST",
        body=body,
        Cookie=cookie(site),
        Referer=f"https://{HOST}/admin/login/",
        Content_Type="application/x-www-form-urlencoded",
    )
    expect(done.status == 302, f"Logging in is answered with {done.status}.")
    sent = done.headers.get_all("Set-Cookie")
    expect(all("Secure" in one for one in sent), "A cookie may travel without HTTPS.")
    remember(site, done)
    expect(logged_in(site), "Who has logged in is not.")


def remember(site, answer):
    for line in answer.headers.get_all("Set-Cookie") or []:
        site.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}


def cookie(site):
    return "; ".join(f"{name}={value}" for name, value in site.cookies.items())


def logged_in(site):
    """Whether the admin knows who asks: it then wants a second factor, and no password."""
    answer = site.ask("/admin/", Cookie=cookie(site))
    return answer.status == 302 and answer.headers["Location"].startswith("/admin/second-factor/")


def check_units(site):
    units = " ".join(path.name for path in sorted((ROOT / "deploy/systemd").iterdir()) if "@" not in path.name)
    said = site.shell.run(f"systemd-analyze verify {units} pathways@{site.first}.service 2>&1")
    expect(not said.strip(), f"systemd on the units: {said}")
    for unit in (f"pathways@{site.first}", "pathways-backup", "pathways-check-links", "pathways-forget"):
        said = site.shell.run(f"systemd-analyze security --no-pager {unit}.service | tail --lines=1")
        exposure = float(re.search(r"([0-9.]+) \w+ ", said)[1])
        expect(exposure <= EXPOSURE, f"{unit} is exposed: {said}")
        say(f"{unit}: exposure {exposure}")
    due = site.shell.run("systemctl list-timers --no-pager 'pathways-*'")
    expect(due.count(".timer") == 3, f"Not all timers wait:\n{due}")
    touched = site.shell.run(
        f"nsenter --target=$(systemctl show --value --property=MainPID pathways@{site.first}) --mount "
        f"runuser --user pathways -- touch /opt/pathways/{site.first}/static/new /etc/pathways/new 2>&1 || true"
    )
    expect(touched.count("Read-only file system") == 2, f"The service may write where it should not: {touched}")


def check_log(site):
    site.ask("/suggestions/which-nobody-knows/")
    log = site.shell.run("cat /var/log/nginx/pathways.log")
    expect('"path":"/practices/"' in log, "Requests are not logged.")
    expect("127.0.0.1" not in log and "training" not in log, "The log tells who asked, or what for.")
    expect('"path":"/suggestions/"' in log and "nobody-knows" not in log, "The log tells the address of a suggestion.")
    said = site.shell.run("journalctl --unit='pathways@*'")
    expect('"answered"' in said, "The site logs no requests.")
    expect("may not keep to a processor" not in said, "The processes may not keep to a processor.")


@contextmanager
def readers(site):
    """Keep asking for pages from several threads; give (what went wrong, which releases answered), which grow."""
    failures, releases, stopped = [], [], threading.Event()
    count = [0]

    def read(turn):
        while not stopped.is_set():
            path = READS[turn % len(READS)]
            turn += 1
            try:
                answer = site.ask(path)
                if answer.status != 200:
                    failures.append(f"{path}: {answer.status}")
                    continue
                if found := re.search(rb"Pathways ([0-9.]+)</small>", answer.body):
                    releases.append(found[1].decode())
                for sheet in re.findall(rb'href="(/static/[^"]+)"', answer.body)[:1]:
                    status = site.ask(sheet.decode()).status
                    if status != 200:
                        failures.append(f"{sheet.decode()}: {status}")
                count[0] += 1
                # People do not come faster than the machine can work.
                stopped.wait(0.1)
            except (OSError, http.client.HTTPException) as error:
                failures.append(f"{path}: {error!r}")

    threads = [threading.Thread(target=read, args=[turn], daemon=True) for turn in range(3)]
    for thread in threads:
        thread.start()
    try:
        yield failures, releases, count
    finally:
        stopped.set()
        for thread in threads:
            thread.join(90)


def check_seen(seen, *expected):
    failures, releases, (count,) = seen
    expect(not failures, f"{len(failures)} of {count} requests failed meanwhile: {failures[:5]}")
    expect(count >= 20, f"Only {count} requests were made meanwhile.")
    met = tuple(dict.fromkeys(releases))
    expect(met == expected or met == expected[:2], f"Readers met the releases {met}.")
    say(f"{count} requests meanwhile, none failed; readers met {' and then '.join(met)}")


def check_backup(site):
    before = site.page("/practices.csv").body
    site.do("Back up")
    site.shell.run(
        "runuser --user postgres -- psql --quiet --dbname=pathways --command='TRUNCATE practices_practice CASCADE'"
    )
    site.do("Restore")
    after = site.page("/practices.csv").body
    expect(sorted(before.splitlines()) == sorted(after.splitlines()), "What was restored is not what was backed up.")


def check_rules(site):
    site.do("Examine")
    said = site.shell.run("pathways-manage doctor --only indexes --verbosity 2")
    expect("indexes: holds" in said, f"PostgreSQL's indexes were not looked into:\n{said}")


if __name__ == "__main__":
    main()
