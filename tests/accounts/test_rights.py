"""Every address of the admin, asked for and sent to by each role, against the rights that a page is declared to want.

What a page does with a record as it stands is for the tests of that page; here, nobody comes to one without a right.
"""

from contextlib import contextmanager

import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.urls import get_resolver, reverse
from django.utils import timezone

from meetings.models import Outcome
from pathways.curation.changes import record
from pathways.curation.importing.models import ImportRun
from pathways.curation.models import Change, Status
from pathways.links.models import LinkCheck
from pathways.suggestions.models import Suggestion
from tests import factories as make

from .helpers import person

pytestmark = pytest.mark.django_db

ROLES = ("reader", "staff", "Editor", "Reviewer", "Administrator", "superuser")
# What is answered to whom a page is not for: the login, forbidden, not found, not by this method.
REFUSED = {302, 403, 404, 405}
NOBODY = frozenset({"nobody"})
IMPORT, REVIEW, REMOVE = ("add", "change"), ("change", "curation.review_record"), ("change", "curation.remove_record")
# What the pages of each model want of who reads them, and of who writes there: rights to its rows, or others in full.
PAGES = {
    "changelist": ("view", "delete"),
    "add": ("add", "add"),
    "change": ("view", "change"),
    "history": ("view", NOBODY),
    "delete": ("delete", "delete"),
}
# What nobody writes through a form.
READ = {**PAGES, "changelist": ("view", NOBODY), "add": (NOBODY,) * 2, "change": ("view", NOBODY)}
READ["delete"] = (NOBODY, NOBODY)
# A record is never deleted, but archived.
RECORD = {
    **PAGES,
    "changelist": ("view", NOBODY),
    "delete": (NOBODY, NOBODY),
    "step": (NOBODY, "change"),
    "bulk": (NOBODY, "change"),
    "open": (NOBODY, "change"),
    "preview": ("view", "view"),
    "restore": (NOBODY, "change"),
    "remove": (REMOVE, REMOVE),
    "merge": (REVIEW, REVIEW),
    "duplicates": ("change", NOBODY),
    "import": (IMPORT, IMPORT),
    # Which files were taken away is written down.
    "import_template": (IMPORT, IMPORT),
    "import_records": (IMPORT, IMPORT),
    "import_run": (IMPORT, IMPORT),
}
# Added and imported as outcomes.
IMPORTING = [page for page in RECORD if page.startswith("import")]
KIND = {**RECORD, **dict.fromkeys(["add", *IMPORTING], (NOBODY, NOBODY))}
DECLARED = {
    "practices_practice": RECORD,
    "meetings_meeting": RECORD,
    "meetings_outcome": RECORD,
    "meetings_keymessage": KIND,
    "meetings_recommendation": KIND,
    "meetings_session": READ,
    "links_linkcheck": READ,
    "accounts_event": READ,
    "curation_change": {**READ, "undo": (NOBODY, "curation.review_record")},
    "suggestions_suggestion": {
        **READ,
        "changelist": ("view", "delete"),
        "delete": ("delete", "delete"),
        "decide": (NOBODY, ("change", "practices.add_practice")),
    },
    "auth_user": {**PAGES, "password_change": ("change", "change")},
}
# For everyone; and for everyone on the staff, whatever their rights.
OPEN = {"login", "logout", "jsi18n"}
FACTOR = {"second-factor", "enrol", "qr", "manage"}
STAFF = {"index", "password_change", "password_change_done", "view_on_site"}
# Have a test of their own; and what has no name is sent on, or found nowhere.
OTHERS = {"autocomplete", "app_list", None}


@pytest.fixture
def rows():
    """One row of each model of the admin, by model; what was written, someone else wrote."""
    for factory in (make.country, make.region, make.theme, make.sector, make.target_group, make.skill_level):
        factory()
    for factory in (make.place, make.instrument, make.sdg_target, make.objective, make.organisation, make.series):
        factory()
    make.session(make.meeting(status=Status.DRAFT))
    outcomes = [make.outcome(status=Status.DRAFT, kind=kind) for kind in (Outcome.Kind.KEY_MESSAGE, "recommendation")]
    record(Change.Action.EDIT, [make.practice(status=Status.DRAFT), *outcomes], actor=person("staff", "author"))
    Suggestion.objects.create(kind="practice", title="New", content={"title": "New"}, form_id="a", key_hash="b")
    LinkCheck.objects.create(address="https://example.org/", state="found", checked_at=timezone.now())
    return {model: model._default_manager.order_by("pk").first() for model in admin.site._registry}


def patterns(resolver, route=""):
    for one in resolver.url_patterns:
        if hasattr(one, "url_patterns"):
            yield from patterns(one, route + str(one.pattern))
        elif (route + str(one.pattern)).startswith("admin/"):
            yield one


def pages(rows):
    """Yield (name, address, what it wants of who reads, of who writes, a row) for each page of a model's rows."""
    models = {f"{model._meta.app_label}_{model._meta.model_name}": model for model in rows}
    for pattern in patterns(get_resolver()):
        if pattern.name in OPEN | FACTOR | STAFF | OTHERS:
            continue
        kind = max((kind for kind in models if pattern.name.startswith(f"{kind}_")), key=len)
        page, row = pattern.name.removeprefix(f"{kind}_"), rows[models[kind]]
        if page == "import_run":
            label = models[kind]._meta.concrete_model._meta.label_lower
            row = ImportRun.objects.get_or_create(kind=label, file_name="rows.csv")[0]
        args = [row.pk] if pattern.pattern.converters else []
        wanted = [in_full(each, models[kind]._meta) for each in DECLARED.get(kind, PAGES)[page]]
        yield pattern.name, reverse(f"admin:{pattern.name}", args=args), *wanted, row


def in_full(wanted, opts):
    """Return rights with the names of the app and the model."""
    wanted = (wanted,) if isinstance(wanted, str) else wanted
    if wanted == NOBODY:
        return NOBODY
    return {one if "." in one else f"{opts.app_label}.{one}_{opts.model_name}" for one in wanted}


def has(user, wanted):
    return wanted != NOBODY and user.is_staff and user.has_perms(wanted)


@contextmanager
def watched():
    """Give a list of what is written to the database meanwhile, sessions apart; then undo it."""
    written = []

    def watch(execute, sql, params, many, context):
        if sql.startswith(("INSERT", "UPDATE", "DELETE")) and "django_session" not in sql:
            written.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch), transaction.atomic():
        yield written
        transaction.set_rollback(True)


@pytest.mark.parametrize("role", ROLES)
def test_a_page_is_for_those_alone_who_have_the_right_to_it(client_of, rows, role):
    user = person(role)
    client, wrong, wrote = client_of(user), [], set()
    for name, address, to_read, to_write, row in pages(rows):
        reads, writes = has(user, to_read), has(user, to_write)
        # A page may write down who reads it, but not for those whom it is not for.
        with watched() as written:
            status = client.get(address).status_code
        if status != 200 if reads else status not in REFUSED or written:
            wrong.append((name, "GET", status, written))
        sent = {"post": "yes", "action": "delete_selected", "_selected_action": row.pk, "note": "Why.", "ids": row.pk}
        with watched() as written:
            status = client.post(address, sent).status_code
        if (written and not writes) or (status not in REFUSED and not (reads or writes)):
            wrong.append((name, "POST", status, written))
        if written:
            wrote.add(name)
    assert not wrong
    # It is seen when something is written.
    assert ("practices_practice_open" in wrote) == (role in {"Editor", "Reviewer", "Administrator", "superuser"})
    assert ("vocabulary_country_delete" in wrote) == (role in {"Administrator", "superuser"})


@pytest.mark.parametrize("role", ROLES)
def test_what_can_be_chosen_is_for_those_alone_who_may_see_it(client_of, role):
    user = person(role)
    client, tried = client_of(user), 0
    for owner in admin.site._registry.values():
        for one in (owner, *(inline(owner.model, admin.site) for inline in owner.inlines)):
            for name in one.autocomplete_fields:
                offered = one.model._meta.get_field(name).related_model._meta
                asked = {"app_label": one.opts.app_label, "model_name": one.opts.model_name, "field_name": name}
                status = client.get(reverse("admin:autocomplete"), asked).status_code
                may = has(user, {f"{offered.app_label}.view_{offered.model_name}"})
                assert status == 200 if may else status in REFUSED, (asked, status)
                tried += 1
    assert tried > 20


@pytest.mark.parametrize("role", ROLES)
def test_an_app_is_listed_for_those_alone_who_may_see_something_of_it(client_of, role):
    user = person(role)
    client = client_of(user)
    for label in {model._meta.app_label for model in admin.site._registry}:
        status = client.get(reverse("admin:app_list", args=[label])).status_code
        assert status == 200 if user.is_staff and user.has_module_perms(label) else status in REFUSED, (label, status)


def test_what_everyone_on_the_staff_has_is_for_them_alone(client_of):
    client = client_of(person("reader"))
    addresses = {reverse(f"admin:{name}", args=[1, 1] if name == "view_on_site" else []) for name in STAFF}
    for address in sorted(addresses | {reverse(f"accounts:{name}") for name in FACTOR}):
        with watched() as written:
            assert client.get(address).status_code == client.post(address).status_code == 302, address
        assert not written, address
