"""The audit log: what is written, that nobody changes it, and who reads it."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from pathways.accounts.models import Event, Kept
from tests import factories as make
from tests.reading import AdminForm, body

from .helpers import PASSWORD, person

pytestmark = pytest.mark.django_db

LOG = reverse("admin:accounts_event_changelist")


@pytest.fixture(autouse=True)
def fast_hashes(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def entries(kind):
    return list(Event.objects.filter(kind=kind).order_by("pk").values_list("username", "subject", "detail"))


def test_logins_failures_and_logouts_are_told_of_with_where_they_came_from(client):
    person("Editor", password=PASSWORD)
    where = {"REMOTE_ADDR": "198.51.100.7"}
    form = {"username": "editor", "next": "/admin/"}
    client.post("/admin/login/", {**form, "password": "wrong"}, **where)
    client.post("/admin/login/", {**form, "password": PASSWORD}, **where)
    client.post("/admin/logout/", **where)
    told = Event.objects.filter(kind__in=["failure", "login", "logout"]).order_by("pk")
    assert [(one.kind, one.username, one.address) for one in told] == [
        ("failure", "editor", "198.51.100.7"),
        ("login", "editor", "198.51.100.7"),
        ("logout", "editor", "198.51.100.7"),
    ]


def test_a_password_typed_where_the_name_belongs_is_not_kept(client):
    client.post("/admin/login/", {"username": "my secret passphrase", "password": "x"})
    assert entries("failure") == [("(no such account)", "", "")]


def test_rights_given_and_lost_in_the_admin_name_who_did_it(client_of):
    editor, client = person("Editor"), client_of(person("Administrator"))
    address = reverse("admin:auth_user_change", args=[editor.pk])
    form = AdminForm(client.get(address).content.decode())
    reviewer = Group.objects.get(name="Reviewer")
    data = {**form.data, "groups": [reviewer.pk]}
    data.pop("is_active")
    assert client.post(address, data).status_code == 302
    mine = [entry for entry in entries("rights") if entry[0] == "administrator"]
    assert sorted(mine) == [
        ("administrator", "editor", "given: Reviewer"),
        ("administrator", "editor", "is_active: True → False"),
        ("administrator", "editor", "lost: Editor"),
    ]


def test_the_rights_of_a_group_are_told_of_too():
    group = Group.objects.get(name="Editor")
    permission = Permission.objects.get(codename="review_record")
    group.permissions.add(permission)
    group.permissions.remove(permission)
    group.permissions.clear()
    # Nobody is named where a command did it.
    assert [(who, whom) for who, whom, _detail in entries("rights")] == [("", "Editor")] * 3
    assert [detail.split(":")[0] for *_who, detail in entries("rights")] == ["given", "lost", "lost all"]


def test_what_staff_take_away_is_told_of_and_what_readers_take_is_not(client, client_of):
    make.practice(slug="palim")
    body(client.get("/practices.csv"))
    assert entries("export") == []
    editor = client_of(person("Editor"))
    body(editor.get("/practices.csv?sort=newest"))
    editor.get("/practices/")
    editor.head("/practices.csv")
    assert entries("export") == [("editor", "/practices.csv?sort=newest", "")]


def test_the_log_only_grows():
    person("Editor")
    one = Event.objects.first()
    one.username = "nobody"
    for change in (
        one.save,
        one.delete,
        Event.objects.all().delete,
        lambda: Event.objects.update(username=""),
    ):
        with pytest.raises(Kept):
            change()
    assert not Event.objects.filter(username="nobody").exists()


def test_it_outlives_the_account(client_of):
    gone = person("Editor", "gone")
    client_of(gone)
    client_of(person("superuser")).post(reverse("admin:auth_user_delete", args=[gone.pk]), {"post": "yes"})
    assert ("gone", "", "") in entries("login")
    assert ("superuser", "gone", "removed") in entries("rights")


@pytest.mark.parametrize(
    ("role", "reads"), [("Editor", False), ("Reviewer", False), ("Administrator", True), ("superuser", True)]
)
def test_who_reads_it_and_that_nobody_writes_it(client_of, role, reads):
    client = client_of(person(role))
    assert client.get(LOG).status_code == (200 if reads else 403)
    entry = Event.objects.first()
    page = reverse("admin:accounts_event_change", args=[entry.pk])
    assert client.get(page).status_code == (200 if reads else 403)
    assert client.post(page, {"username": "nobody"}).status_code == 403
    assert client.post(reverse("admin:accounts_event_delete", args=[entry.pk]), {"post": "yes"}).status_code == 403
    assert client.post(reverse("admin:accounts_event_add"), {"kind": "login"}).status_code == 403
    client.post(LOG, {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"})
    assert Event.objects.filter(pk=entry.pk, username=entry.username).exists()
