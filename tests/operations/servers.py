"""A real server for tests: the site as it runs in production, in processes of its own, on a database of its own."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent
OURS = ("LOCAL", "DEBUG", "SITE_URL", "METRICS_TOKEN", "PROMETHEUS_MULTIPROC_DIR", "PROXIES")


def environment(**more):
    """Return the environment of a production run, with nothing of this one's settings but what ``more`` says."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    return {**kept, "SECRET_KEY": secrets.token_urlsafe(50), "ALLOWED_HOSTS": "127.0.0.1", **more}


def own_database(folder):
    """Return the address of an empty database of the kind that is tested."""
    if connection.vendor == "sqlite":
        return f"sqlite:///{folder / 'served.sqlite3'}"
    server, name = os.environ["DATABASE_URL"], f"served_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as link:
        link.execute(f"CREATE DATABASE {name}")
    return urlsplit(server)._replace(path=f"/{name}").geturl()


def manage(*arguments, env):
    """Run manage.py to its end."""
    subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=env, check=True, capture_output=True, timeout=120
    )


@contextmanager
def served(folder, *options, env):
    """Run gunicorn, and give the address it is served at and the path of its log, once it answers."""
    log = folder / "server.log"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "pathways.wsgi", "--bind", f"127.0.0.1:{port}"]
    command += ["--worker-class", "gthread", "--no-control-socket", *options]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=output, start_new_session=True)
        try:
            wait_for(port, process, log)
            yield f"http://127.0.0.1:{port}", log
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def wait_for(port, process, log):
    """Wait until a worker answers; fail with what the server said if it ends, or does not answer for a minute."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=30) as link:
                link.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                if link.recv(15).startswith(b"HTTP/1.1 200"):
                    return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"The server does not answer:\n{log.read_text()}")
