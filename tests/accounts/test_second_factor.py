"""Who gets into the admin with what: a table, through its pages."""

import pytest
from django.urls import reverse
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from pathways.accounts.models import Event
from pathways.curation.models import Status
from tests import factories as make

from .helpers import person, rested, shown, with_codes, with_device

pytestmark = pytest.mark.django_db

GIVE, ENROL, MANAGE = (reverse(f"accounts:{name}") for name in ("second-factor", "enrol", "manage"))
IN, TOKEN, SET_UP, OUT = "in", "has to give it", "has to set it up", "has no business there"
# What each gets who has given a password, by whether the setting requires a second factor and whether they have one.
TABLE = [
    # role, required, has one, gets
    ("reader", False, False, OUT),
    ("reader", True, False, OUT),
    ("Editor", False, False, IN),
    ("Editor", False, True, TOKEN),
    ("Editor", True, False, IN),
    ("Editor", True, True, TOKEN),
    ("Reviewer", False, False, IN),
    ("Reviewer", False, True, TOKEN),
    ("Reviewer", True, False, SET_UP),
    ("Reviewer", True, True, TOKEN),
    ("Administrator", False, False, IN),
    ("Administrator", False, True, TOKEN),
    ("Administrator", True, False, SET_UP),
    ("Administrator", True, True, TOKEN),
    ("superuser", False, False, IN),
    ("superuser", False, True, TOKEN),
    ("superuser", True, False, SET_UP),
    ("superuser", True, True, TOKEN),
]


def got(answer):
    """Return what an answer of the admin means."""
    if answer.status_code == 200:
        return IN
    where = answer.headers.get("Location", "").partition("?")[0]
    return {GIVE: TOKEN, ENROL: SET_UP, reverse("admin:login"): OUT}[where]


@pytest.mark.parametrize(("role", "required", "has_one", "expected"), TABLE)
def test_what_a_password_alone_opens(client_of, settings, role, required, has_one, expected):
    settings.REQUIRE_SECOND_FACTOR = required
    user = person(role)
    device = with_device(user) if has_one else None
    client = client_of(user)
    draft = make.practice(status=Status.DRAFT)
    assert got(client.get("/admin/")) == expected
    for address in ("/admin/password_change/", reverse("admin:practices_practice_change", args=[draft.pk])):
        assert got(client.get(address)) == expected
    posted = client.post(reverse("admin:practices_practice_step", args=[draft.pk]), {"action": "submit"})
    if expected != IN:
        assert got(posted) == expected
        draft.refresh_from_db()
        assert draft.status == Status.DRAFT
    if device:
        assert client.post(GIVE, {"code": shown(device)}).status_code == 302
        assert got(client.get("/admin/")) == IN


@pytest.mark.parametrize("address", ["/admin/nonsense/", "/admin/jsi18n/../practices/practice/", "/admin/logoutx"])
def test_no_other_address_is_a_way_around(client_of, address):
    user = person("Reviewer")
    with_device(user)
    assert client_of(user).get(address).status_code in {302, 404}


def test_elsewhere_a_password_alone_counts_for_nothing(client_of, rf):
    user = person("superuser")
    device = with_device(user)
    client = client_of(user)
    practice = make.practice()
    assert client.get(practice.get_absolute_url()).context["user"].is_anonymous
    client.post(GIVE, {"code": shown(device)})
    assert client.get(practice.get_absolute_url()).context["user"] == user


def test_after_the_code_one_comes_to_where_one_wanted(client_of):
    user = person("Editor")
    device = with_device(user)
    client = client_of(user)
    wanted = reverse("admin:practices_practice_changelist") + "?q=palim"
    page = client.get(wanted, follow=True)
    assert page.context["next"] == wanted
    before = client.session.session_key
    assert client.post(GIVE, {"code": shown(device), "next": wanted}).headers["Location"] == wanted
    # What knew the session before knows nothing of it now.
    assert client.session.session_key != before


@pytest.mark.parametrize("wanted", ["https://example.org/", "//example.org", "javascript:alert(1)"])
def test_nobody_is_led_elsewhere(client_of, wanted):
    user = person("Editor")
    device = with_device(user)
    assert client_of(user).post(GIVE, {"code": shown(device), "next": wanted}).headers["Location"] == "/admin/"


def test_a_wrong_code_is_refused_and_another_has_to_wait(client_of):
    user = person("Editor")
    device = with_device(user)
    client = client_of(user)
    assert "That is not the code" in client.post(GIVE, {"code": "000000"}).content.decode()
    assert "wait" in client.post(GIVE, {"code": shown(device)}).content.decode()
    assert got(client.get("/admin/")) == TOKEN
    device.refresh_from_db()
    rested(device)
    assert client.post(GIVE, {"code": shown(device)}).status_code == 302
    assert list(Event.objects.filter(username="editor", kind__in=["verified", "unverified"]).values_list("kind")) == [
        ("verified",),
        ("unverified",),
        ("unverified",),
    ]


@pytest.mark.parametrize("code", ["", "   ", "٠٠٠٠٠٠", "x" * 31, "1" * 30, "-12345", "abc\x00def"])
def test_nonsense_is_no_code(client_of, code):
    user = person("Editor")
    with_device(user)
    with_codes(user, "abcd2345")
    client = client_of(user)
    assert client.post(GIVE, {"code": code}).status_code == 200
    assert got(client.get("/admin/")) == TOKEN


def test_a_code_lets_in_once(client_of):
    user = person("Editor")
    device = with_device(user)
    code = shown(device)
    assert client_of(user).post(GIVE, {"code": code}).status_code == 302
    assert client_of(user).post(GIVE, {"code": code}).status_code == 200


def test_another_ones_code_does_not_let_in(client_of):
    user, other = person("Editor"), person("Editor", "other")
    with_device(user)
    with_codes(other, "abcd2345")
    client = client_of(user)
    for code in (shown(with_device(other)), "abcd2345"):
        client.post(GIVE, {"code": code})
        assert got(client.get("/admin/")) == TOKEN


def test_a_recovery_code_lets_in_once(client_of):
    user = person("Editor")
    with_device(user)
    with_codes(user, "abcd2345", "efgh6723")
    client = client_of(user)
    page = client.post(GIVE, {"code": "ABCD 2345"}, follow=True)
    assert "Codes left: 1" in page.content.decode()
    assert got(client.get("/admin/")) == IN
    again = client_of(user)
    assert again.post(GIVE, {"code": "abcd2345"}).status_code == 200
    assert Event.objects.filter(kind="recovered", username="editor").count() == 1


def test_setting_it_up(client_of, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    user = person("Reviewer")
    client = client_of(user)
    page = client.get("/admin/", follow=True).content.decode()
    device = TOTPDevice.objects.get(user=user)
    assert not device.confirmed
    picture = client.get(reverse("accounts:qr"))
    assert picture.headers["Content-Type"] == "image/svg+xml"
    assert "no-store" in picture.headers["Cache-Control"]
    assert picture.content.startswith(b"<?xml")
    assert page.count(reverse("accounts:qr")) == 1
    wrong = client.post(ENROL, {"code": "000000"})
    assert "That is not the code" in wrong.content.decode()
    assert got(client.get("/admin/")) == SET_UP
    device.refresh_from_db()
    rested(device)
    page = client.post(ENROL, {"code": shown(device)})
    codes = page.context["codes"]
    assert len(codes) == 10
    assert all(code in page.content.decode() for code in codes)
    assert "no-store" in page.headers["Cache-Control"]
    assert got(client.get("/admin/")) == IN
    # Neither the secret nor the codes are shown again.
    assert client.get(reverse("accounts:qr")).status_code == 404
    assert not any(code in client.get(MANAGE).content.decode() for code in codes)
    # A new login needs what was set up.
    assert got(client_of(user).get("/admin/")) == TOKEN
    assert client_of(user).post(GIVE, {"code": codes[3]}).status_code == 302


def test_who_has_one_does_not_set_up_another_by_the_password(client_of):
    user = person("Reviewer")
    device = with_device(user)
    client = client_of(user)
    assert got(client.get(ENROL)) == TOKEN
    assert got(client.post(ENROL, {"code": "123456"})) == TOKEN
    assert client.get(reverse("accounts:qr")).status_code == 404
    assert got(client.post(MANAGE, {"action": "codes"})) == TOKEN
    assert got(client.post(MANAGE, {"action": "remove"})) == TOKEN
    assert list(TOTPDevice.objects.values_list("pk", flat=True)) == [device.pk]


def test_changing_the_telephone(client_of):
    user = person("Reviewer")
    old = with_device(user)
    client = client_of(user)
    client.post(GIVE, {"code": shown(old)})
    client.get(ENROL)
    new = TOTPDevice.objects.get(user=user, confirmed=False)
    assert client.post(ENROL, {"code": shown(new)}).status_code == 200
    assert got(client.get("/admin/")) == IN
    assert list(TOTPDevice.objects.values_list("pk", flat=True)) == [new.pk]


def test_new_recovery_codes_replace_the_old_ones(client_of):
    user = person("Editor")
    device = with_device(user)
    with_codes(user, "abcd2345")
    client = client_of(user)
    client.post(GIVE, {"code": shown(device)})
    codes = client.post(MANAGE, {"action": "codes"}).context["codes"]
    assert set(StaticToken.objects.values_list("token", flat=True)) == set(codes)


@pytest.mark.parametrize(("required", "left"), [(False, 0), (True, 1)])
def test_only_who_need_not_have_it_takes_it_away(client_of, settings, required, left):
    settings.REQUIRE_SECOND_FACTOR = required
    user = person("Reviewer")
    device = with_device(user)
    client = client_of(user)
    client.post(GIVE, {"code": shown(device)})
    client.post(MANAGE, {"action": "remove"})
    assert TOTPDevice.objects.count() == left


RESETS = [
    ("Editor", "Editor", False),
    ("Reviewer", "Editor", False),
    ("Administrator", "Editor", True),
    ("Administrator", "Administrator", True),
    ("Administrator", "superuser", False),
    ("superuser", "superuser", True),
]


@pytest.mark.parametrize(("by", "whose", "done"), RESETS)
def test_who_resets_whose(client_of, by, whose, done):
    lost = person(whose, "lost")
    with_device(lost)
    with_codes(lost, "abcd2345")
    client_of(person(by, "by")).post(
        reverse("admin:auth_user_changelist"), {"action": "reset_second_factor", "_selected_action": [lost.pk]}
    )
    assert TOTPDevice.objects.filter(user=lost).exists() is not done
    assert StaticToken.objects.exists() is not done
    assert Event.objects.filter(kind="reset", username="by", subject="lost").exists() is done


def test_secrets_have_no_page_of_their_own(client_of):
    page = client_of(person("superuser")).get("/admin/").content.decode()
    assert "otp_totp" not in page
    assert "otp_static" not in page


def test_the_pages_need_a_token_against_forgery(client_of):
    user = person("Editor")
    device = with_device(user)
    assert client_of(user, enforce_csrf_checks=True).post(GIVE, {"code": shown(device)}).status_code == 403
    assert got(client_of(user).get("/admin/")) == TOKEN
