"""The process of ``test_desk_killed``: a piece of curators' work, killed after each of its writes."""

import sys

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402

from pathways.curation import bulk, merging, undoing, workflow  # noqa: E402
from pathways.curation.changes import record  # noqa: E402
from pathways.curation.models import Change, Status, Version  # noqa: E402
from pathways.vocabulary.models import Theme  # noqa: E402
from practices.models import Practice  # noqa: E402
from tests import factories as make  # noqa: E402

from .desk import published  # noqa: E402
from .killing import main  # noqa: E402


def user():
    return get_user_model().objects.get()


def practice(slug):
    return Practice.objects.get(slug=slug, revises=None)


def prepare():
    call_command("migrate", verbosity=0)
    get_user_model().objects.create_superuser("one")
    first, second = published(slug="first"), published(slug="second", countries=[("BE", "lead")])
    third = published(slug="third")
    third.relations.create(other=second, kind="part-of")
    make.theme("skills")
    record(Change.Action.EDIT, [first, third])
    revision = workflow.revise(third, None)
    revision.title = "Revised"
    revision.save()
    record(Change.Action.EDIT, [revision])
    workflow.take("submit", revision, user())
    bulk.carry_out(bulk.OPERATIONS["archive"], [published(slug="fourth")], user(), {"note": "Gone."})


def add_theme():
    given = {"term": Theme.objects.get(slug="skills")}
    bulk.carry_out(bulk.OPERATIONS["add-theme"], [practice("first"), practice("second")], user(), given)


def publish():
    workflow.take("publish", Practice.objects.get(revises__slug="third"), user())


def merge():
    merging.merge(practice("first"), practice("second"), user())


def undo():
    undoing.undo(Change.objects.get(action=Change.Action.ARCHIVE), user())


def restore():
    workflow.restore(practice("first"), Version.objects.filter(key="first").first(), user())


def finished():
    return {
        "add_theme": lambda: Practice.objects.filter(revises__isnull=False, themes__slug="skills").count() == 2,
        "publish": lambda: practice("third").title == "Revised",
        "merge": lambda: practice("second").replaced_by == practice("first"),
        "undo": lambda: practice("fourth").status == Status.PUBLISHED,
        "restore": lambda: Practice.objects.filter(revises=practice("first")).exists(),
    }[sys.argv[1]]()


main(prepare, globals()[sys.argv[1]], finished)
