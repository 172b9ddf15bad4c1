"""What the trials of a deployment share: how one ends, what it is made of, and what a reader gets in each."""

import http.client
import os
import platform
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The name of the site in the files that are tried.
HOST = "pathways.example.org"
# The exit status where what is needed for a trial cannot be had; sysexits.h calls it EX_TEMPFAIL.
NOT_TRIED = 75
# Seconds. Whoever waits longer has found a fault of ours.
PATIENCE = 90


class Failed(Exception):
    """What a reader, or whoever runs the site, would have been annoyed by."""


class NotTried(Exception):
    """What is needed cannot be had here: Debian's packages, or the right to start what is tried."""


@contextmanager
def reported(what):
    """Say in the end that ``what`` holds, or why it does not; the exit status says the same."""
    begun = time.monotonic()
    try:
        yield
    except NotTried as why:
        print(f"\nNOT TRIED: {why}", flush=True)
        sys.exit(NOT_TRIED)
    except Failed as failure:
        sys.exit(f"\nFAILED: {failure}")
    print(f"\n{what}, in {time.monotonic() - begun:.0f} seconds.")


def bound(minutes):
    """Fail after so many minutes; and when asked to end, remove what has been made."""

    def too_long(*_):
        raise Failed(f"It has taken longer than {minutes} minutes.")

    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(minutes * 60)
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: sys.exit(1))


def expect(condition, otherwise, error=Failed):
    if not condition:
        raise error(otherwise)


def say(text):
    print(f"· {text}", flush=True)


def run(*command, check=True, **options):
    """Run a command and return what it prints; fail with that if it fails."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL, **options}
    done = subprocess.run(command, text=True, check=False, **options)
    if done.returncode and check:
        raise Failed(f"{' '.join(command)[:200]} ended with status {done.returncode}:\n{(done.stdout or '')[-4000:]}")
    return done.stdout


# What a trial is made of


def require(programs):
    """Stop unless this is root and has ``programs``, each with the packages of Debian that bring what it needs."""
    expect(not os.geteuid(), f"This needs root: sudo python3 {sys.argv[0]}", NotTried)
    if missing := [packages for program, packages in programs.items() if not shutil.which(program)]:
        sys.exit(f"Missing: apt install {' '.join(missing)}")


def make_debian(target, packages, *options):
    """Make a Debian of the release that runs here, with ``packages``; ``target`` is a folder or an archive."""
    # Written once, read once: it need not outlive a power cut.
    kept = ["--quiet", "--variant=apt", f"--include={packages}", "--dpkgopt=force-unsafe-io", *options]
    run("mmdebstrap", *kept, platform.freedesktop_os_release()["VERSION_CODENAME"], str(target))


def released():
    """Yield the name and the path of each file that a release has."""
    listed = ["git", "-C", str(ROOT), "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others"]
    for name in run(*listed, "--exclude-standard", stderr=None).split("\0"):
        path = ROOT / name
        if path.is_file() and not path.is_symlink():
            yield name, path


# What a reader gets


class Site:
    """A site that is tried, as a reader has it: over HTTPS on loopback, its ``certificate`` checked."""

    def __init__(self, certificate):
        self.certificate = certificate

    @cached_property
    def context(self):
        return ssl.create_default_context(cafile=str(self.certificate))

    def connect(self, *, name=HOST, source="127.0.0.1", options=()):
        """Return a connection from the address ``source``, its socket set as the ``options`` of ``setsockopt`` say."""
        raw = socket.socket()
        try:
            raw.settimeout(PATIENCE)
            for option in options:
                raw.setsockopt(*option)
            raw.bind((source, 0))
            raw.connect(("127.0.0.1", 443))
            return self.context.wrap_socket(raw, server_hostname=name)
        except BaseException:
            raw.close()
            raise

    def ask(self, path, *, method="GET", body=None, name=HOST, **headers):
        """Return the answer to a request; ``answer.body`` is what it brings."""
        connection = http.client.HTTPConnection(name)
        with self.connect(name=name) as connection.sock:
            sent = {"Connection": "close", **{key.replace("_", "-"): value for key, value in headers.items()}}
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            answer.body = answer.read()
        return answer

    def ask_plainly(self, path, name=HOST):
        """Return the answer to a request over HTTP, or nothing where there is none."""
        connection = http.client.HTTPConnection("127.0.0.1", 80, timeout=PATIENCE)
        try:
            connection.request("GET", path, headers={"Host": name})
            return connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionResetError):
            return None
        finally:
            connection.close()

    def page(self, path, **headers):
        answer = self.ask(path, **headers)
        expect(answer.status == 200, f"{path} is answered with {answer.status}.")
        return answer

    def check_reading(self):
        """Hold what a reader gets to what nginx and the site are set up for."""
        home = self.page("/", Accept_Encoding="gzip")
        expect(home.headers["Content-Encoding"] == "gzip", "A page is not compressed.")
        expect(
            home.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains",
            f"HSTS is {home.headers['Strict-Transport-Security']}.",
        )
        expect(home.headers["Server"] == "nginx", f"Server says {home.headers['Server']}.")
        home = self.page("/").body.decode()
        expect(f'href="https://{HOST}/"' in home, "The permanent address of the page is not the site's.")
        sheet = re.search(r'href="(/static/site/site\.[0-9a-f]+\.css)"', home)
        expect(sheet, "The style sheet has no hash in its name.")
        sheet = self.page(sheet[1], Accept_Encoding="gzip, br")
        expect(sheet.headers["Content-Encoding"] == "br", "The style sheet is not compressed with brotli.")
        expect("immutable" in sheet.headers["Cache-Control"], "The style sheet is not kept by browsers.")
        expect(b"palim" in self.page("/practices/?q=palim").body, "Search does not find a practice.")
        rows = self.page("/practices.csv").body.decode("utf-8-sig").splitlines()
        expect(len(rows) > 100, f"The list of practices has {len(rows)} lines.")
        expect(self.page("/practices.xlsx").body.startswith(b"PK"), "The workbook is none.")
        expect(b"Log in" in self.page("/admin/login/").body, "The admin has no login page.")
        expect(self.ask("/readyz").status == 404, "/readyz is public.")

    def check_names(self):
        """Expect one name to be answered, over HTTPS alone."""
        moved = self.ask_plainly("/practices/?q=training")
        expect(moved and moved.status == 308, "HTTP is not sent to HTTPS.")
        expect(moved.headers["Location"] == f"https://{HOST}/practices/?q=training", "HTTP is sent elsewhere.")
        expect(self.ask_plainly("/", "elsewhere.example.org") is None, "Another name is answered.")
        try:
            self.ask("/", name="elsewhere.example.org")
        except ssl.SSLError as error:
            expect("UNRECOGNIZED_NAME" in str(error), f"Another name over HTTPS: {error}")
        else:
            raise Failed("Another name is answered over HTTPS.")
