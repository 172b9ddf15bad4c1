"""The site as gunicorn serves it, in processes of its own, and how a test asks it: over a socket."""

import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Seconds. Whoever waits longer has found a fault of ours.
PATIENCE = 60
# Of this run's own, which is none of production.
OURS = ("LOCAL", "DEBUG", "SITE_URL", "METRICS_TOKEN", "PROMETHEUS_MULTIPROC_DIR", "PROXIES")


def environment(**more):
    """Return the environment of a production run, with nothing of this one's settings but what ``more`` says."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    return {**kept, "SECRET_KEY": secrets.token_urlsafe(50), "ALLOWED_HOSTS": "127.0.0.1", **more}


def manage(*arguments, env):
    """Run manage.py to its end; return what it says."""
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, text=True, timeout=120)
    return done.stdout


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self):
        return self.body.decode()


class Server:
    """Gunicorn with ``options`` and the environment ``env``, on a port of its own; ready once ``probe`` answers 200.

    What it says is in ``log``, in ``folder``; ``prefix`` is what its command begins with.
    """

    def __init__(self, folder, *options, env, prefix=(), probe="/healthz"):
        self.log = folder / "log"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        gunicorn = [sys.executable, "-m", "gunicorn", *options, f"--bind=127.0.0.1:{self.port}", "pathways.wsgi"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*prefix, *gunicorn], cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True
            )
        try:
            until(lambda: self.answers(probe))
        except BaseException:
            self.stop()
            raise

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def logged(self):
        return self.log.read_text(errors="replace")

    def answers(self, path):
        assert self.process.poll() is None, self.logged
        return self.get(path).status == 200

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

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@contextmanager
def served(folder, *options, env, **more):
    """Give a Server as long as it is needed."""
    server = Server(folder, *options, env=env, **more)
    try:
        yield server
    finally:
        server.stop()


def until(holds):
    """Wait until something holds, asking again and again, and return it; fail when that takes beyond all patience."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            if found := holds():
                return found
        except OSError:
            pass
        assert time.monotonic() < end, "It never came to hold."
        time.sleep(0.05)
