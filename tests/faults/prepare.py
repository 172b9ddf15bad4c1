"""Run as a process of its own: fills an empty database with a few records and someone who curates them.

Prints a line of JSON: the session of that person, and the ids of what the tests ask for.
"""

import json

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django_otp.plugins.otp_static.models import StaticDevice  # noqa: E402
from django_otp.plugins.otp_totp.models import TOTPDevice  # noqa: E402

from pathways.curation.changes import curated_models, record  # noqa: E402
from pathways.curation.models import Change, Status  # noqa: E402
from tests import factories as make  # noqa: E402

from .running import PASSWORD  # noqa: E402

# A file of them does not fit between a server that writes it and a reader that does not take it.
MANY, LONG = 60, ("atlength" * 25 + " ") * 500


def main():
    call_command("migrate", verbosity=0)
    editor = get_user_model().objects.create_superuser("editor", password=PASSWORD)
    make.meeting(slug="lisbon", title="Lisbon workshop")
    make.outcome(slug="rec-1", heading="Recognise skills", themes=["skills"])
    palim = make.practice(
        slug="palim", title="PALIM", countries=[("MA", "origin"), ("BE", "destination")], themes=["skills"]
    )
    for number in range(MANY):
        make.practice(slug=f"long-{number}", title=f"Zz long {number}", summary=LONG, cited=False)
    draft = make.practice(slug="draft", title="Draft", status=Status.DRAFT, countries=[("MA", "origin")])
    record(Change.Action.LOAD, [row for model in curated_models() for row in model._base_manager.all()])
    second = get_user_model().objects.create_superuser("second", password=PASSWORD)
    device = TOTPDevice.objects.create(user=second, name="application", confirmed=True)
    codes = StaticDevice.objects.create(user=second, name="recovery codes")
    codes.token_set.create(token="a2b3c4d5")
    told = {"session": session_of(editor), "draft": draft.pk, "palim": palim.pk}
    print(json.dumps({**told, "key": device.key, "recovery": "a2b3c4d5"}))


def session_of(user):
    session = SessionStore()
    session["_auth_user_id"] = str(user.pk)
    session["_auth_user_backend"] = settings.AUTHENTICATION_BACKENDS[-1]
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.save()
    return session.session_key


main()
