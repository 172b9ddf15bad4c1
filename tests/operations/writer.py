"""Run as a process of its own: a curator who never rests. Each write is one transaction of a record, its version, an
account and the index; its number is printed once it is committed. With ``look``, tells which writes the database holds.
"""

import itertools
import json
import sys

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.db import transaction  # noqa: E402

from pathways.curation.changes import record  # noqa: E402
from pathways.curation.models import Change, Version  # noqa: E402
from pathways.listing.search import find  # noqa: E402
from practices.models import Practice  # noqa: E402


def write():
    for number in itertools.count(1):
        with transaction.atomic():
            practice = Practice.objects.get(slug="palim")
            practice.acronym = f"W{number}"
            practice.save()
            record(Change.Action.EDIT, [practice])
            get_user_model().objects.create(username=f"w{number}")
        print(number, flush=True)


def look():
    practice = Practice.objects.get(slug="palim")
    number = int(practice.acronym[1:])
    written = Version.objects.filter(key="palim", change__action=Change.Action.EDIT)
    print(
        json.dumps(
            {
                "practice": number,
                "accounts": sorted(get_user_model().objects.filter(username__regex="^w").values_list("pk", flat=True)),
                "last": get_user_model().objects.order_by("-pk").first().username,
                "versions": sorted(int(version.snapshot["acronym"][1:]) for version in written),
                "found": [pk == practice.pk for pk in find(Practice, practice.acronym).ranked],
            }
        )
    )


{"write": write, "look": look}[sys.argv[1]]()
