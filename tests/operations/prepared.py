"""Run as a process of its own: makes the tables, a small knowledge base with its history, and an account.

With ``more``, adds to it instead what a later state has.
"""

import sys
import tempfile
from pathlib import Path

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402

from pathways.curation.changes import record  # noqa: E402
from pathways.curation.fixtures import load  # noqa: E402
from pathways.curation.models import Change  # noqa: E402
from practices.models import Practice  # noqa: E402
from tests.curation.helpers import write_fixtures  # noqa: E402


def prepare():
    call_command("migrate", verbosity=0)
    with tempfile.TemporaryDirectory() as folder:
        load(write_fixtures(Path(folder) / "fixtures"))
    get_user_model().objects.create_superuser("editor", password="long enough to be one")


def more():
    practice = Practice.objects.get(slug="palim")
    practice.title = "What came after the backup"
    practice.save()
    record(Change.Action.EDIT, [practice])
    get_user_model().objects.create(username="latecomer")


more() if sys.argv[1:] == ["more"] else prepare()
print("{}")
