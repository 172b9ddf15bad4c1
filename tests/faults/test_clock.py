"""A clock that jumps, forwards and back, under a site that runs: nothing stale is confirmed, nobody is shut out."""

import re
from pathlib import Path

import pytest
from django_otp.oath import totp

from tests.conftest import unavailable

from .running import PASSWORD, Curator

DAY = 86_400


@pytest.fixture(scope="module")
def clock(tmp_path_factory):
    """Return a function that sets the clock of the site so many seconds ahead, or back."""
    file = tmp_path_factory.mktemp("clock") / "offset"

    def jump(seconds):
        file.write_text(f"{seconds:+d}s\n")

    jump.file = file
    jump(0)
    return jump


@pytest.fixture(scope="module")
def timed(start, clock):
    """A site whose clock can be set while it runs."""
    libraries = list(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not libraries:
        unavailable("faketime")
    return start(
        LD_PRELOAD=str(libraries[0]),
        FAKETIME_TIMESTAMP_FILE=str(clock.file),
        FAKETIME_NO_CACHE="1",
        NO_FAKE_STAT="1",
        # The clock that only runs on is set with the other, and a worker would seem not to have answered for a day.
        GUNICORN_CMD_ARGS="--timeout=0",
    )


@pytest.fixture(autouse=True)
def right_clock(clock):
    clock(0)
    yield
    clock(0)


def confirmed(site, etag):
    return site.get("/practices/", If_None_Match=etag).status == 304


def test_a_page_of_another_day_is_not_confirmed(timed, clock):
    today = timed.get("/practices/").headers["ETag"]
    assert confirmed(timed, today)
    for days in (1, -1):
        clock(days * DAY)
        assert not confirmed(timed, today)
    clock(0)
    assert confirmed(timed, today)


def test_what_is_withdrawn_is_gone_at_once_although_the_clock_went_back(timed, clock, database):
    """The version of the data is a number that only grows, and not a time."""
    curator = Curator(timed, database.told["session"])
    record = f"/admin/practices/practice/{database.told['palim']}"
    assert curator.get(f"{record}/change/").status == 200
    before = timed.get("/practices/palim/")
    assert before.status == 200
    clock(-DAY // 2)
    token = curator.cookies["csrftoken"]
    for action, status in (("archive", 410), ("reinstate", 200)):
        step = {"csrfmiddlewaretoken": token, "action": action, "note": "For a while."}
        assert curator.post(f"{record}/step/", step).status == 302
        assert timed.get("/practices/palim/", If_None_Match=before.headers["ETag"]).status == status


def test_a_login_holds_when_the_clock_goes_back_and_ends_when_it_says_so(timed, clock, database):
    curator = Curator(timed, database.told["session"])
    for seconds in (0, -DAY):
        clock(seconds)
        assert curator.get("/admin/").status == 200
    clock(13 * 3600)
    answer = curator.get("/admin/")
    assert answer.status == 302
    assert answer.headers["Location"].startswith("/admin/login/")


def code(database):
    """Return what the application on the telephone of the second person shows."""
    return f"{totp(bytes.fromhex(database.told['key'])):06d}"


def logged_in(site):
    """Return the second person at the page that asks for the second factor."""
    person = Curator(site, "")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', person.get("/admin/login/").text)[1]
    login = {"csrfmiddlewaretoken": token, "username": "second", "password": PASSWORD}
    assert person.post("/admin/login/", login).status == 302
    return person


def gives(person, given):
    """Give a code; return whether it was taken."""
    fields = {"csrfmiddlewaretoken": person.cookies["csrftoken"], "code": given}
    return person.post("/admin/second-factor/", fields).status == 302


def test_a_code_of_the_wrong_day_is_refused_and_a_recovery_code_is_not(timed, clock, database):
    assert gives(logged_in(timed), code(database))
    clock(-DAY)
    # The telephone knows the right time, the site does not; and it has seen a later code.
    person = logged_in(timed)
    assert not gives(person, code(database))
    assert gives(person, database.told["recovery"])
