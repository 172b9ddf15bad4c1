"""Letters to those whose turn it is; none unless e-mail is set up, and never before a step is really taken."""

import pytest
from django.core import mail
from django.urls import reverse

from pathways import settings as readers
from pathways.curation.changes import record
from pathways.curation.models import Change, Status
from tests import factories as make

from .helpers import person

pytestmark = pytest.mark.django_db

SUMMARY = "A programme that trains people for work abroad and at home."


@pytest.fixture(autouse=True)
def post_office(settings):
    settings.EMAIL_NOTICES = True
    settings.SITE_URL = "https://pathways.example.org"


@pytest.fixture
def people():
    """One of each, with an address where letters go."""
    made = {}
    for role, name in [("Editor", "ana"), ("Editor", "ben"), ("Reviewer", "rosa"), ("Administrator", "adam")]:
        made[name] = person(role, name, email=f"{name}@example.org")
    made["gone"] = person("Reviewer", "gone", email="gone@example.org", is_active=False)
    made["mute"] = person("Reviewer", "mute")
    return made


@pytest.fixture
def draft(people):
    practice = make.practice(
        status=Status.DRAFT, title="PALIM\r\nBcc: all", summary=SUMMARY, countries=[("MA", "origin")], themes=["free"]
    )
    record(Change.Action.ADD, [practice], actor=people["ana"])
    return practice


@pytest.fixture
def step(client_of, django_capture_on_commit_callbacks):
    def take(user, practice, action, note=""):
        with django_capture_on_commit_callbacks(execute=True):
            address = reverse("admin:practices_practice_step", args=[practice.pk])
            answer = client_of(user).post(address, {"action": action, "note": note})
        practice.refresh_from_db()
        return answer

    return take


def letters():
    return sorted((letter.to[0], letter.subject) for letter in mail.outbox)


def test_what_is_submitted_waits_for_the_reviewers(people, draft, step):
    step(people["ana"], draft, "submit", "Please before Friday.")
    subject = "Waiting for your review: PALIM Bcc: all"
    assert letters() == [("adam@example.org", subject), ("rosa@example.org", subject)]
    assert all(len(letter.to) == 1 and not letter.cc and not letter.bcc for letter in mail.outbox)
    text = mail.outbox[0].body
    assert "ana has submitted" in text
    assert "Please before Friday." in text
    assert f"https://pathways.example.org/admin/practices/practice/{draft.pk}/change/" in text


def test_a_reviewer_who_submits_gets_no_letter_about_it(people, draft, step):
    step(people["rosa"], draft, "submit")
    assert [to for to, _subject in letters()] == ["adam@example.org"]


def test_what_comes_back_goes_to_who_wrote_it(people, draft, step):
    record(Change.Action.EDIT, [draft], actor=people["ben"], even_if_equal=True)
    step(people["ana"], draft, "submit")
    mail.outbox.clear()
    step(people["rosa"], draft, "return", "Which ministry?")
    subject = "Returned to you: PALIM Bcc: all"
    assert letters() == [("ana@example.org", subject), ("ben@example.org", subject)]
    assert "Which ministry?" in mail.outbox[0].body


def test_a_refused_step_sends_nothing(people, draft, step):
    type(draft).objects.filter(pk=draft.pk).update(summary="Short.")
    step(people["ana"], draft, "submit")
    assert letters() == []


def test_no_other_step_sends_anything(people, draft, step):
    step(people["ana"], draft, "submit")
    mail.outbox.clear()
    step(people["rosa"], draft, "publish")
    assert draft.status == Status.PUBLISHED
    assert letters() == []


def test_nothing_is_sent_unless_it_is_set_up(people, draft, step, settings):
    settings.EMAIL_NOTICES = False
    step(people["ana"], draft, "submit")
    assert draft.status == Status.IN_REVIEW
    assert letters() == []


def test_a_letter_that_cannot_be_sent_stops_nothing(people, draft, step, settings, caplog):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert step(people["ana"], draft, "submit").status_code == 302
    assert draft.status == Status.IN_REVIEW
    assert "Error calling" in caplog.text


# The setting


@pytest.mark.parametrize(
    ("address", "host", "port", "user", "password", "tls", "ssl"),
    [
        ("smtp://mail.example.org", "mail.example.org", 25, "", "", False, False),
        ("smtp+tls://me%40x:a%2Fb@mail.example.org", "mail.example.org", 587, "me@x", "a/b", True, False),
        ("smtps://me:secret@mail.example.org:4650", "mail.example.org", 4650, "me", "secret", False, True),
    ],
)
def test_a_mail_server_is_read_from_its_address(monkeypatch, address, host, port, user, password, tls, ssl):
    monkeypatch.setenv("MAIL", address)
    found = readers.env_mail("MAIL")
    assert found == {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": host,
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": user,
        "EMAIL_HOST_PASSWORD": password,
        "EMAIL_USE_TLS": tls,
        "EMAIL_USE_SSL": ssl,
    }


@pytest.mark.parametrize("address", ["mail.example.org", "http://me:hunter2@mail", "smtp://", "smtp://me:hunter2@h:x"])
def test_a_bad_mail_server_is_refused_and_its_password_not_repeated(monkeypatch, address):
    monkeypatch.setenv("MAIL", address)
    with pytest.raises(readers.ImproperlyConfigured, match="MAIL is not the address of a mail server") as caught:
        readers.env_mail("MAIL")
    assert "hunter2" not in str(caught.value)


def test_without_a_mail_server_nothing_is_sent(monkeypatch):
    monkeypatch.delenv("MAIL", raising=False)
    assert readers.env_mail("MAIL") == {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
