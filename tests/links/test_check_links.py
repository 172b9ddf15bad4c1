"""manage.py check_links, before a web on this machine that misbehaves in every way."""

import io
import itertools
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import urlsplit

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from pathways.curation import workflow
from pathways.curation.models import Status
from pathways.links import addresses, checking, fetching
from pathways.links.models import LinkCheck
from pathways.links.worklist import broken_links
from practices.models import Link, Practice
from tests import factories as make
from tests.accounts.helpers import person

from .server import serving

pytestmark = pytest.mark.django_db

State = LinkCheck.State


@pytest.fixture
def web(settings, monkeypatch):
    settings.LINKS_MAY_BE_PRIVATE = True
    settings.SITE_URL = "https://pathways.example.org"
    # Patience for tests.
    monkeypatch.setattr(fetching, "TIMEOUT", 0.7)
    monkeypatch.setattr(fetching, "DEADLINE", 2)
    with serving() as web:
        yield web


def run(*only, delay=0, **options):
    """Check addresses; return what the command said."""
    out = io.StringIO()
    call_command("check_links", only=list(only) or None, delay=delay, stdout=out, **options)
    return out.getvalue()


def checked(web, path, **options):
    address = web.address(path)
    run(address, **options)
    return LinkCheck.objects.get(address=address)


@pytest.mark.parametrize(
    ("path", "state", "status", "message"),
    [
        ("/page", State.FOUND, 200, ""),
        ("/page?q=naïve é&x=%C3%A9", State.FOUND, 200, ""),
        ("/nothing", State.FAILED, 404, "answered 404"),
        ("/gone", State.FAILED, 410, "answered 410"),
        ("/broken", State.FAILED, 500, "answered 500"),
        ("/no-head", State.FOUND, 200, ""),
        ("/no-robots", State.CLOSED, 403, "open it yourself"),
        ("/moved-to-nothing", State.FAILED, 404, "answered 404"),
        ("/circle", State.FAILED, None, "in a circle"),
        ("/endless", State.FAILED, None, "too many times"),
        ("/script", State.FAILED, None, "not an address on the web"),
        ("/file", State.FAILED, None, "not an address on the web"),
        ("/slow", State.FAILED, None, "too long"),
        ("/nonsense", State.FAILED, None, "No answer"),
        ("/silent", State.FAILED, None, "No answer"),
    ],
)
def test_what_becomes_of_an_address(web, path, state, status, message):
    check = checked(web, path)
    assert (check.state, check.status) == (state, status)
    assert message in check.message
    assert (check.failing_since is not None) is (state == State.FAILED)


def test_what_drips_is_cut_off(web):
    start = time.monotonic()
    assert "too long" in checked(web, "/dripping").message
    assert time.monotonic() - start < 5


def test_of_what_is_huge_little_is_read(web):
    assert checked(web, "/huge").state == State.FOUND
    assert web.sent < 50_000_000


@pytest.mark.parametrize(("path", "for_good"), [("/moved", True), ("/moved-for-now", False)])
def test_where_an_address_leads_is_remembered(web, path, for_good):
    check = checked(web, path)
    assert (check.state, check.redirected_to, check.moved_for_good) == (
        State.FOUND,
        web.address("/page-new"),
        for_good,
    )


@pytest.mark.parametrize(
    "address", ["mailto:a@example.org", "http://", "http://[::1", "http://a b/", "ftp://x/", "http://host:99999/"]
)
def test_what_is_no_address_on_the_web_fails_and_stops_nothing(web, address):
    run(address, web.address("/page"))
    assert LinkCheck.objects.get(address=address).state == State.FAILED
    assert LinkCheck.objects.get(address=web.address("/page")).state == State.FOUND


# Politeness


def test_it_says_who_it_is(web):
    checked(web, "/page")
    assert web.agents == {"Pathways-link-check/1.0 (+https://pathways.example.org)"}


def test_it_stays_away_where_robots_should(web):
    web.robots = "User-agent: *\nDisallow: /private/\n"
    check = checked(web, "/private/page")
    assert (check.state, check.failing_since) == (State.CLOSED, None)
    assert "robots to stay away" in check.message
    assert checked(web, "/barred-by-a-turn").state == State.CLOSED
    assert web.times_asked("/private/page") == 0
    assert checked(web, "/page").state == State.FOUND


def test_robots_txt_is_read_once_for_all_addresses_of_a_host(web):
    run(*[web.address(f"/page-{number}") for number in range(5)])
    assert web.times_asked("/robots.txt") == 1


def test_one_host_is_asked_one_thing_at_a_time_with_pauses(web):
    run(*[web.address(f"/page-{number}") for number in range(4)], delay=0.2)
    times = [moment for moment, (_method, path) in zip(web.times, web.asked, strict=True) if path != "/robots.txt"]
    assert len(times) == 4
    assert all(later - earlier >= 0.19 for earlier, later in itertools.pairwise(times))
    assert web.most_at_once == 1


def test_the_pause_that_robots_txt_asks_for_is_made(web):
    web.robots = "User-agent: *\nCrawl-delay: 1\n"
    start = time.monotonic()
    run(web.address("/page-1"), web.address("/page-2"))
    assert time.monotonic() - start >= 1


def test_several_hosts_are_asked_at_once(web, monkeypatch):
    """Names that lead to this machine stand for hosts."""
    monkeypatch.setattr(fetching, "public_ip", lambda host, port: "127.0.0.1")
    monkeypatch.setattr(fetching, "TIMEOUT", 5)
    monkeypatch.setattr(fetching, "DEADLINE", 10)
    start = time.monotonic()
    run(*[web.address("/slow", host=f"host-{number}.test") for number in range(5)])
    assert web.most_at_once > 2
    assert time.monotonic() - start < 9


def test_a_busy_server_is_asked_again_after_the_time_it_names(web):
    start = time.monotonic()
    assert checked(web, "/busy").state == State.FOUND
    assert time.monotonic() - start >= 1


def test_a_server_that_is_busy_for_long_is_left_alone_and_nothing_counts_as_failed(web):
    first, second = web.address("/busy-for-long"), web.address("/page")
    run(first, second)
    assert web.times_asked("/page") == 0
    for check in LinkCheck.objects.all():
        assert (check.state, check.failing_since) == (State.LATER, None)
        assert check.not_before > timezone.now() + timedelta(hours=1)
    run(first, second)
    assert web.times_asked("/busy-for-long") == 1
    LinkCheck.objects.filter(address=second).update(not_before=timezone.now())
    run(second)
    assert LinkCheck.objects.get(address=second).state == State.FOUND


# Not within our own network


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://10.0.0.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[fd00::1]/",
        "http://0.0.0.0/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://224.0.0.1/",
    ],
)
def test_nothing_within_our_own_network_is_asked(monkeypatch, address):
    def open_nothing(*args, **kwargs):
        raise AssertionError("It was asked.")

    monkeypatch.setattr(fetching.socket, "create_connection", open_nothing)
    run(address)
    assert "not on the public network" in LinkCheck.objects.get(address=address).message


def test_a_turn_into_our_own_network_is_not_taken(web, monkeypatch):
    real = fetching.public_ip

    def found(host, port):
        return "127.0.0.1" if host == "outside.test" else real(host, port)

    monkeypatch.setattr(fetching, "public_ip", found)
    monkeypatch.setattr(fetching.settings, "LINKS_MAY_BE_PRIVATE", False)
    address = web.address("/inside", host="outside.test")
    run(address)
    assert "not on the public network" in LinkCheck.objects.get(address=address).message


def test_what_was_looked_up_is_what_is_connected_to(web, monkeypatch):
    """A name that leads elsewhere the second time gains nothing: it is looked up once."""
    looked_up = []
    real = fetching.socket.getaddrinfo

    def look_up(host, *args, **kwargs):
        looked_up.append(host)
        return real("127.0.0.1", *args, **kwargs)

    monkeypatch.setattr(fetching.socket, "getaddrinfo", look_up)
    with fetching.Deadline(5) as deadline:
        fetching.ask("HEAD", web.address("/page", host="name.test"), deadline)
    assert looked_up.count("name.test") == 1


# What it remembers


def test_since_when_an_address_fails_is_remembered_until_it_is_found(web):
    check = checked(web, "/nothing")
    long_ago = timezone.now() - timedelta(days=9)
    LinkCheck.objects.update(failing_since=long_ago)
    assert checked(web, "/nothing", max_age=0).failing_since == long_ago
    LinkCheck.objects.filter(pk=check.pk).update(address=web.address("/page"))
    assert checked(web, "/page", max_age=0).failing_since is None


def test_what_was_asked_lately_is_not_asked_again(web):
    run(web.address("/page"))
    assert "0 of them to be asked" in run(web.address("/page"))
    assert web.times_asked("/page") == 1
    LinkCheck.objects.update(checked_at=timezone.now() - timedelta(hours=21))
    run(web.address("/page"))
    assert web.times_asked("/page") == 2


def test_every_address_in_use_is_checked_and_the_others_are_forgotten(web):
    practice, draft = make.practice(), make.practice(status=Status.DRAFT)
    withdrawn = make.practice(status=Status.ARCHIVED)
    for number, one in enumerate([practice, draft, withdrawn]):
        Link.objects.create(practice=one, url=web.address(f"/page-{number}"))
    make.organisation(url=web.address("/page-organisation"))
    make.document("with-address", url=web.address("/page-document"))
    LinkCheck.objects.create(address="https://example.org/old", state=State.FAILED, checked_at=timezone.now())
    run()
    expected = {web.address(f"/page-{what}") for what in (0, 1, "organisation", "document")}
    assert set(LinkCheck.objects.values_list("address", flat=True)) == expected
    assert addresses.users_of([web.address("/page-1")]) == {web.address("/page-1"): [(Practice, draft.pk)]}


@pytest.mark.parametrize("wrong", [{"workers": 0}, {"delay": -1}, {"max_age": -1}])
def test_wrong_options_are_refused(wrong):
    with pytest.raises(CommandError):
        call_command("check_links", **wrong)


def test_a_mistake_of_ours_ends_the_run_and_keeps_what_was_found(web, monkeypatch):
    real = checking.judged
    monkeypatch.setattr(checking, "judged", lambda address, found: real(address, found) if "good" in address else 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(web.address("/page-good"), web.address("/page-bad"), web.address("/page-good-2"))
    assert LinkCheck.objects.get().address == web.address("/page-good")


@pytest.fixture
def database(tmp_path):
    """Yield the address of a database of its own, which other processes see too, and how to read what is kept there."""
    kept = "SELECT address FROM links_linkcheck"
    if connection.vendor == "sqlite":
        path = tmp_path / "db.sqlite3"
        made = f"sqlite:///{path}"
        assert manage(made, "migrate", "--verbosity=0").wait(timeout=120) == 0
        with closing(sqlite3.connect(path)) as reader:
            yield made, lambda: [address for (address,) in reader.execute(kept)]
        return
    address, name = os.environ["DATABASE_URL"], f"links_{os.getpid()}"
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        made = urlsplit(address)._replace(path=f"/{name}").geturl()
        assert manage(made, "migrate", "--verbosity=0").wait(timeout=120) == 0
        with psycopg.connect(made, autocommit=True) as reader:
            yield made, lambda: [address for (address,) in reader.execute(kept)]
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def manage(database, *arguments):
    """Run manage.py in a process of its own, which may ask this machine."""
    code = (
        "import sys, django; from django.conf import settings; from django.core.management import "
        "execute_from_command_line; django.setup(); settings.LINKS_MAY_BE_PRIVATE = True; "
        "execute_from_command_line(['manage.py', *sys.argv[1:]])"
    )
    ours = {"DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "pathways.settings", "LOCAL": "true"}
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], env={**os.environ, **ours}, stdout=subprocess.DEVNULL
    )


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_stopped_it_goes_on_where_it_was(web, database, ending):
    address, kept = database
    paths = [f"/page-{number}" for number in range(10)]
    only = [f"--only={web.address(path)}" for path in paths]
    process = manage(address, "check_links", "--delay=0.3", *only)
    try:
        wait_for(lambda: len(kept()) >= 2)
    finally:
        process.send_signal(ending)
        process.wait(timeout=30)
    before = kept()
    assert 2 <= len(before) < len(paths)
    assert manage(address, "check_links", "--delay=0", *only).wait(timeout=60) == 0
    assert sorted(kept()) == sorted(web.address(path) for path in paths)
    assert all(web.times_asked(path) == 1 for path in paths if web.address(path) in before)


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


# What curators see of it


def broken(address, days):
    since = timezone.now() - timedelta(days=days)
    return LinkCheck.objects.create(
        address=address, state=State.FAILED, status=404, checked_at=timezone.now(), failing_since=since
    )


@pytest.mark.parametrize(("days", "stops"), [(None, False), (6, False), (8, True)])
def test_a_record_with_a_link_broken_for_over_a_week_is_not_submitted(client, days, stops):
    summary = "A programme that trains people for work abroad and at home."
    practice = make.practice(
        status=Status.DRAFT, summary=summary, countries=[("MA", "origin")], themes=["free-movement"]
    )
    Link.objects.create(practice=practice, url="https://example.org/report")
    if days is not None:
        broken("https://example.org/report", days)
    assert Practice.objects.incomplete().exists() is stops
    client.force_login(person("Editor"))
    address = reverse("admin:practices_practice_step", args=[practice.pk])
    page = client.post(address, {"action": "submit"}, follow=True).content.decode()
    practice.refresh_from_db()
    assert practice.status == (Status.DRAFT if stops else Status.IN_REVIEW)
    assert ("broken for over a week: https://example.org/report" in page) is stops
    assert [one.field for one in workflow.missing(practice)] == (["links"] if stops else [])


@pytest.mark.parametrize("role", ["reader", "Editor", "Reviewer", "Administrator", "superuser"])
def test_who_sees_what_fails_and_where_it_stands(client, role):
    practice = make.practice(title="With a report")
    Link.objects.create(practice=practice, url="https://example.org/report")
    check = broken("https://example.org/report", 8)
    broken("https://example.org/elsewhere", 3)
    client.force_login(person(role))
    listed = client.get(reverse("admin:links_linkcheck_changelist"), {"trouble": "broken"})
    if role == "reader":
        assert listed.status_code == 302
        return
    assert [one.pk for one in listed.context["cl"].result_list] == [check.pk]
    assert "8 days: broken" in listed.content.decode()
    page = client.get(reverse("admin:links_linkcheck_change", args=[check.pk])).content.decode()
    assert "With a report" in page
    assert reverse("admin:practices_practice_change", args=[practice.pk]) in page


def test_the_worklist_counts_broken_links_for_staff():
    broken("https://example.org/report", 8)
    broken("https://example.org/elsewhere", 3)
    (task,) = broken_links(SimpleNamespace(user=person("Editor")))
    assert task.count == 1
    assert broken_links(SimpleNamespace(user=person("reader"))) == []
