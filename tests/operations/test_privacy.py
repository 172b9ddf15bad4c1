"""What the privacy page says is so."""

import datetime

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import models
from django.test import Client
from django.utils import timezone

from pathways.accounts.models import Event, Kept
from pathways.operations.forgetting import RULES
from pathways.suggestions.models import Sending, Suggestion
from tests.browser.pages import PAGES
from tests.reading import body, says, words

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def ago(name, *, more=0):
    """Return the time so many hours more than the span of a rule ago."""
    return NOW - RULES[name].after - datetime.timedelta(hours=more)


def suggestion(number, decided_at, state="declined"):
    return Suggestion.objects.create(
        kind="practice",
        title="A practice",
        content={"title": "A practice"},
        contact="maria@example.org",
        form_id=number,
        key_hash=number,
        state=state,
        decided_at=decided_at,
    )


def test_how_to_reach_who_suggested_something_goes_a_year_after_the_decision(capsys):
    old = suggestion(1, ago("contacts", more=1))
    newer = suggestion(2, ago("contacts", more=-1))
    waiting = suggestion(3, None, state="waiting")
    call_command("forget")
    assert "after the decision on it: 1\n" in capsys.readouterr().out
    contacts = dict(Suggestion.objects.values_list("pk", "contact"))
    assert contacts == {old.pk: "", newer.pk: "maria@example.org", waiting.pk: "maria@example.org"}
    assert Suggestion.objects.get(pk=old.pk).content == {"title": "A practice"}
    call_command("forget")
    assert "after the decision on it: 0\n" in capsys.readouterr().out


def test_failed_attempts_to_log_in_go_after_a_month():
    for name, at in (("old", ago("attempts", more=1)), ("new", ago("attempts", more=-1))):
        attempt = AccessAttempt.objects.create(username=name, ip_address="203.0.113.9", failures_since_start=1)
        AccessAttempt.objects.filter(pk=attempt.pk).update(attempt_time=at)
    call_command("forget", stdout=None)
    assert list(AccessAttempt.objects.values_list("username", flat=True)) == ["new"]


def test_the_audit_log_loses_addresses_after_a_year_and_nothing_else():
    old, new = (Event.objects.create(kind=Event.Kind.LOGIN, username="maria", address="203.0.113.9") for _n in range(2))
    # The log itself does not let its times be changed.
    models.QuerySet(Event).filter(pk=old.pk).update(at=ago("addresses", more=1))
    call_command("forget", stdout=None)
    assert list(Event.objects.order_by("pk").values_list("pk", "username", "address")) == [
        (old.pk, "maria", None),
        (new.pk, "maria", "203.0.113.9"),
    ]
    with pytest.raises(Kept):
        Event.objects.update(username="")


def test_sessions_and_marks_of_senders_go_when_they_are_over():
    for key, ends in (("over", NOW - datetime.timedelta(hours=1)), ("open", NOW + datetime.timedelta(hours=1))):
        Session.objects.create(session_key=key, session_data="", expire_date=ends)
    sending = Sending.objects.create(sender="a")
    Sending.objects.create(sender="b")
    Sending.objects.filter(pk=sending.pk).update(at=ago("sendings", more=1))
    call_command("forget", stdout=None)
    assert list(Session.objects.values_list("pk", flat=True)) == ["open"]
    assert list(Sending.objects.values_list("sender", flat=True)) == ["b"]


def test_the_page_says_for_how_long(client, settings):
    settings.CONTACT_EMAIL = "office@example.org"
    settings.SESSION_COOKIE_AGE = 7 * 3600
    page = body(client.get("/privacy/"))
    assert says(page, "removed 365 days after the decision", "or 7 hours have gone by", "kept for 30 days")
    assert 'href="mailto:office@example.org"' in page
    settings.CONTACT_EMAIL = ""
    assert "mailto:" not in body(client.get("/privacy/"))


def test_every_page_leads_to_it(client):
    assert 'href="/privacy/"' in body(client.get("/practices/"))
    assert "Privacy" in words(body(client.get("/")))


def test_no_page_sets_a_cookie_or_remembers_who_read_it(curated):
    visitor = Client(REMOTE_ADDR="203.0.113.9")
    addresses = [address for address, _status in PAGES.values()]
    for address in (*addresses, "/practices.csv", "/practices.xlsx", "/api/v1/practices/", "/oai?verb=Identify"):
        response = visitor.get(address)
        assert not response.cookies, address
        assert "Set-Cookie" not in response.headers, address
        response.close()
    assert not Session.objects.exists()
    assert not Sending.objects.exists()
    assert not Event.objects.filter(address__isnull=False).exists()
    assert not get_user_model().objects.exists()
