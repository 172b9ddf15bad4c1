"""A site that the tests of faults break, and someone who works in its admin."""

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
from urllib.parse import urlencode

from django.conf import settings

from tests.serving import Server, until

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


class Site(Server):
    """One process of four threads. ``prefix`` is what its command begins with."""

    def __init__(self, database, folder, prefix=(), **more):
        self.folder = folder
        options = ["--worker-class=gthread", "--threads=4", "--graceful-timeout=1"]
        super().__init__(folder, *options, env=environment(database, folder, **more), prefix=prefix)

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


def never_asked(path):
    """Return the same page at an address that nobody has asked for, so that it is kept nowhere."""
    return f"{path}{'&' if '?' in path else '?'}unknown={secrets.token_hex(4)}"


def bound_by_permissions():
    """Return what a command begins with for the permissions of files to bind root, too."""
    if os.geteuid() != 0:
        return ()
    return (shutil.which("setpriv"), "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all")
