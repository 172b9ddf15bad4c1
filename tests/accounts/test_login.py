"""Passwords, logins that slow down who guesses, and sessions that end."""

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.urls import reverse

from pathways.accounts.models import Event
from tests.reading import AdminForm

from .helpers import PASSWORD, person

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"


@pytest.fixture(autouse=True)
def fast_hashes(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def log_in(client, name="editor", password=PASSWORD, **headers):
    return client.post(LOGIN, {"username": name, "password": password, "next": "/admin/"}, **headers)


@pytest.mark.parametrize("password", ["elevenchars", "password1234", "829104718293", "mariamariamaria"])
def test_a_poor_password_is_refused(password):
    with pytest.raises(ValidationError):
        validate_password(password, get_user_model()(username="mariamariamar"))


def test_a_long_password_of_ones_own_is_taken():
    validate_password(PASSWORD, get_user_model()(username="maria"))


def test_who_fails_five_times_waits_and_is_told_what_to_do(client):
    person("Editor", password=PASSWORD)
    for _time in range(4):
        assert log_in(client, password="wrong").status_code == 200
    answer = log_in(client, password="wrong")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "900"
    page = answer.content.decode()
    assert "Wait 15 minutes" in page
    assert "An administrator can give you a new one" in page
    # The right password comes too late.
    assert log_in(client).status_code == 429
    assert "_auth_user_id" not in client.session
    kinds = list(Event.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds.count("failure") == 6
    assert "lockout" in kinds


def test_someone_elsewhere_with_the_same_name_and_someone_else_here_are_let_in(client):
    person("Editor", password=PASSWORD)
    person("Reviewer", password=PASSWORD)
    for _time in range(6):
        log_in(client, password="wrong", REMOTE_ADDR="198.51.100.7")
    assert log_in(client, REMOTE_ADDR="198.51.100.7").status_code == 429
    assert log_in(client, "reviewer", REMOTE_ADDR="198.51.100.7").status_code == 302
    client.logout()
    assert log_in(client, REMOTE_ADDR="198.51.100.8").status_code == 302


def test_who_tries_one_name_after_another_waits_too(client, settings):
    settings.FAILURES_OF_ONE_ADDRESS = 8
    person("Editor", password=PASSWORD)
    for number in range(8):
        assert log_in(client, f"name-{number}", REMOTE_ADDR="198.51.100.7").status_code == 200
    answer = log_in(client, REMOTE_ADDR="198.51.100.7")
    assert answer.status_code == 429
    assert "Wait 15 minutes" in answer.content.decode()
    assert "_auth_user_id" not in client.session
    assert log_in(client, REMOTE_ADDR="198.51.100.8").status_code == 302


def test_behind_proxies_only_what_they_wrote_is_believed(client, settings):
    person("Editor", password=PASSWORD)
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    for number in range(6):
        # Each time it claims to come from elsewhere; the last entry is the proxy's.
        log_in(client, password="wrong", HTTP_X_FORWARDED_FOR=f"203.0.113.{number}, 198.51.100.7")
    assert set(AccessAttempt.objects.values_list("ip_address", flat=True)) == {"198.51.100.7"}
    assert log_in(client, HTTP_X_FORWARDED_FOR="198.51.100.7").status_code == 429
    assert log_in(client, HTTP_X_FORWARDED_FOR="198.51.100.8").status_code == 302


def test_without_proxies_what_a_request_says_of_them_is_not_believed(client):
    person("Editor", password=PASSWORD)
    for number in range(6):
        log_in(client, password="wrong", HTTP_X_FORWARDED_FOR=f"203.0.113.{number}")
    assert log_in(client, HTTP_X_FORWARDED_FOR="203.0.113.99").status_code == 429


def test_an_administrator_lets_someone_in_again(client, client_of):
    locked = person("Editor", password=PASSWORD)
    for _time in range(6):
        log_in(client, password="wrong")
    administrator = client_of(person("Administrator"))
    answer = administrator.post(
        reverse("admin:auth_user_changelist"), {"action": "let_in", "_selected_action": [locked.pk]}, follow=True
    )
    assert "1 account can log in again" in answer.content.decode()
    assert log_in(client).status_code == 302


def test_a_session_ends_with_the_browser_and_after_hours(client, settings):
    person("Editor", password=PASSWORD)
    cookie = log_in(client).cookies[settings.SESSION_COOKIE_NAME]
    # Without an age the browser forgets it when it is closed; the server forgets it after these seconds.
    assert cookie["max-age"] == cookie["expires"] == ""
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert client.session.get_expiry_age() == settings.SESSION_COOKIE_AGE == 12 * 3600


def test_a_new_password_ends_the_sessions_of_the_old_one(client, client_of):
    editor = person("Editor", password=PASSWORD)
    log_in(client)
    assert client.get("/admin/").status_code == 200
    new = "another passphrase, as long"
    client_of(person("Administrator")).post(
        reverse("admin:auth_user_password_change", args=[editor.pk]),
        {"password1": new, "password2": new, "usable_password": "true"},
    )
    assert client.get("/admin/").status_code == 302
    assert log_in(client, password=new).status_code == 302
    assert Event.objects.filter(kind="password", subject="editor", username="administrator").count() == 1


# Who may give rights


def save_account(client, account, **values):
    address = reverse("admin:auth_user_change", args=[account.pk])
    form = AdminForm(client.get(address).content.decode())
    return client.post(address, {**form.data, **values})


def test_an_administrator_does_not_give_every_right_nor_a_right_by_itself(client_of):
    editor, administrator = person("Editor"), person("Administrator")
    client = client_of(administrator)
    assert save_account(client, editor, is_superuser="on", user_permissions=["1"]).status_code == 302
    assert save_account(client, administrator, is_superuser="on").status_code == 302
    for account in (editor, administrator):
        account.refresh_from_db()
        assert not account.is_superuser
        assert not account.user_permissions.exists()


def test_an_administrator_does_not_touch_who_has_every_right(client_of):
    root, client = person("superuser"), client_of(person("Administrator"))
    change = reverse("admin:auth_user_change", args=[root.pk])
    assert client.post(change, {"username": "mine"}).status_code == 403
    password = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    assert client.post(reverse("admin:auth_user_password_change", args=[root.pk]), password).status_code == 403
    assert client.post(reverse("admin:auth_user_delete", args=[root.pk]), {"post": "yes"}).status_code == 403
    answer = client.post(
        reverse("admin:auth_user_changelist"),
        {"action": "delete_selected", "_selected_action": [root.pk], "post": "yes"},
    )
    assert answer.status_code == 200
    root.refresh_from_db()
    assert root.username == "superuser"


@pytest.mark.parametrize("role", ["Editor", "Reviewer"])
def test_others_have_no_page_of_accounts(client_of, role):
    assert client_of(person(role)).get(reverse("admin:auth_user_changelist")).status_code == 403
