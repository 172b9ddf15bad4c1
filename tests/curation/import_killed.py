"""The process of ``test_import_killed``: an import of new records and of changes, killed after each of its writes."""

import io
import sys
from pathlib import Path

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402

from pathways.curation.fixtures import load  # noqa: E402
from pathways.curation.importing import running  # noqa: E402
from pathways.curation.importing.models import ImportRun  # noqa: E402
from practices.importing import PRACTICE_SHEETS  # noqa: E402
from practices.models import Practice  # noqa: E402

from .helpers import write_fixtures  # noqa: E402
from .killing import main  # noqa: E402

FILE = """\
id,title,kind,summary,origin,destination,relations
palim,PALIM,programme,A pilot that trains ICT developers and places them.,MA,NO,
,Second,tool,A tool that tells people what their diploma is worth abroad.,MA,,part-of palim
,Third,tool,A tool that tells people what their skills are worth at home.,,NO,part-of second
"""


def prepare():
    call_command("migrate", verbosity=0)
    load(write_fixtures(Path(sys.argv[1])))
    get_user_model().objects.create_superuser("editor")
    run = running.begin(PRACTICE_SHEETS, io.BytesIO(FILE.encode()), "three.csv", None)
    while run.state == "checking":
        run = running.step(PRACTICE_SHEETS, run)


def act():
    running.carry_out(PRACTICE_SHEETS, ImportRun.objects.get(), get_user_model().objects.get())


def finished():
    return [ImportRun.objects.get().state, sorted(Practice.objects.values_list("slug", "status"))]


main(prepare, act, finished)
