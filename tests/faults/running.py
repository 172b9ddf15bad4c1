"""A site as it runs in production, in processes of its own, and a client that asks it over a socket."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings

# Whoever waits longer has found a fault of ours.
PATIENCE = 30
# After so many seconds the sites of these tests stop waiting for their database.
DATABASE_TIMEOUT = 2

PASSWORD = "a long enough passphrase"
SECRET_KEY = "only for tests, and the same in every process, so that a session holds in all of them"


def environment(database, folder, **more):
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "pathways.settings",
        "LOCAL": "true",
        "SECRET_KEY": SECRET_KEY,
        "DATABASE_URL": database,
        "VAR_DIR": str(folder),
        "DATABASE_TIMEOUT": str(DATABASE_TIMEOUT),
        "PYTHONUNBUFFERED": "1",
        **more,
    }


def prepared(database, folder):
    """Fill an empty database; return what its process tells."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.prepare"],
        cwd=settings.BASE_DIR,
        env=environment(database, folder),
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self):
        return self.body.decode()


class Site:
    """Gunicorn with one worker of four threads, on a port of its own. ``prefix`` is what its command begins with."""

    def __init__(self, database, folder, prefix=(), **more):
        self.folder = folder
        self.log = folder / "log"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        gunicorn = [sys.executable, "-m", "gunicorn", "--worker-class=gthread", "--threads=4", "--graceful-timeout=1"]
        command = [*prefix, *gunicorn, f"--bind=127.0.0.1:{self.port}", "pathways.wsgi"]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                command, cwd=settings.BASE_DIR, env=environment(database, folder, **more), stdout=log, stderr=log
            )
        until(lambda: self.get("/healthz").status == 200)

    # Asking

    @contextmanager
    def asked(self, method, path, body=None, headers=(), receive_buffer=None):
        """Give the response to a request, of which nothing more than its head has been read yet."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        if receive_buffer:
            connection.sock = socket.socket()
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            connection.sock.settimeout(PATIENCE)
            connection.sock.connect(("127.0.0.1", self.port))
        try:
            connection.request(method, path, body=body, headers=dict(headers))
            yield connection.getresponse()
        finally:
            connection.close()

    def ask(self, method, path, body=None, headers=()):
        with self.asked(method, path, body, headers) as response:
            return Answer(response.status, response.headers, response.read())

    def get(self, path, **headers):
        return self.ask("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    # The process

    @property
    def logged(self):
        return self.log.read_text(errors="replace")

    def workers(self):
        """Return the ids of the processes that answer."""
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False)
        return [int(pid) for pid in children.stdout.split()]

    def replace_workers(self):
        """Kill the processes that answer; new ones take their place."""
        before = self.workers()
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        until(lambda: self.workers() and not set(self.workers()) & set(before))
        until(lambda: self.get("/static/site/icon.svg").status == 200)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Curator:
    """Someone who is logged in, at a browser that knows their session and the token of its forms."""

    def __init__(self, site, session):
        self.site, self.cookies = site, {"sessionid": session}
        # Which site the page is of that its forms are sent from, as browsers tell.
        self.sends_from = "same-origin"

    def ask(self, method, path, body=None, content_type="application/x-www-form-urlencoded"):
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        headers["Sec-Fetch-Site"] = self.sends_from
        if body is not None:
            headers["Content-Type"] = content_type
        answer = self.site.ask(method, path, body, headers)
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, value = re.match(r"(\w+)=([^;]*)", cookie).groups()
            self.cookies[name] = value
        return answer

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path, fields):
        return self.ask("POST", path, urlencode(fields, doseq=True))


def until(holds):
    """Wait until something holds, asking again and again; fail when that takes beyond all patience."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            if holds():
                return
        except OSError:
            pass
        assert time.monotonic() < end, "It never came to hold."
        time.sleep(0.05)


def bound_by_permissions():
    """Return what a command begins with for the permissions of files to bind root, too."""
    if os.geteuid() != 0:
        return ()
    return (shutil.which("setpriv"), "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all")
