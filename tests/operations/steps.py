"""Run as a process of its own: does what a JSON list of steps says, and prints what each gave as a line of JSON.

A step is a list of words: a command of manage.py that has to succeed, which gives its output, or to fail, after
``refused``, which gives its message; or the name of a function here.
"""

import io
import json
import sys
import tempfile
from pathlib import Path

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import CommandError, call_command  # noqa: E402
from django.test import Client  # noqa: E402

from pathways.curation.changes import record  # noqa: E402
from pathways.curation.fixtures import load  # noqa: E402
from pathways.curation.models import Change, DataVersion  # noqa: E402
from practices.models import Practice  # noqa: E402
from tests.curation.helpers import write_fixtures  # noqa: E402

from .contents import contents  # noqa: E402

browser = {}


def prepare():
    """Make the tables, a small knowledge base with its history, and an account."""
    call_command("migrate", verbosity=0)
    with tempfile.TemporaryDirectory() as folder:
        load(write_fixtures(Path(folder) / "fixtures"))
    get_user_model().objects.create_superuser("editor", password="long enough to be one")


def add_to_it():
    """Change what ``prepare`` has made, as people do later."""
    practice = Practice.objects.get(slug="palim")
    practice.title = "What came after the backup"
    practice.save()
    record(Change.Action.EDIT, [practice])
    get_user_model().objects.create(username="latecomer")


def ask():
    """Ask for the list of practices, as a browser that keeps what it got; return the answer and the data version."""
    headers = {"if-none-match": browser["ETag"]} if browser else {}
    answer = Client(SERVER_NAME="localhost").get("/practices/", headers=headers)
    browser["ETag"] = answer["ETag"]
    version = DataVersion.current()
    return [answer.status_code, version.epoch, version.number]


def done(words):
    first, *others = words
    if first in STEPS:
        return STEPS[first](*others)
    output = io.StringIO()
    if first != "refused":
        call_command(first, *others, stdout=output)
        return output.getvalue()
    try:
        call_command(*others, stdout=output)
    except CommandError as error:
        return str(error)
    raise SystemExit(f"{others} was not refused")


STEPS = {"prepare": prepare, "add_to_it": add_to_it, "contents": contents, "ask": ask}

if __name__ == "__main__":
    print(json.dumps([done(words) for words in json.loads(sys.argv[1])]))
