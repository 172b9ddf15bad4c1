"""What the environment says is checked as it is read: a bad value stops the start and says what to set."""

import os
import stat
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from pathways import settings as readers

ROOT = readers.BASE_DIR


def manage(*arguments, **environment):
    """Run manage.py with nothing of pathways in the environment but ``environment``."""
    ours = {
        "LOCAL",
        "DEBUG",
        "SECRET_KEY",
        "ALLOWED_HOSTS",
        "DATABASE_URL",
        "SITE_URL",
        "DATA_LICENCE_URL",
        "METRICS_TOKEN",
    }
    clean = {name: value for name, value in os.environ.items() if name not in ours}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


# The readers


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("YES", True), (" 1 ", True), ("off", False), ("0", False)]
)
def test_a_yes_or_no_is_read_as_one(monkeypatch, text, value):
    monkeypatch.setenv("FLAG", text)
    assert readers.env_bool("FLAG", default=not value) is value


@pytest.mark.parametrize("text", ["maybe", "tru", "2", "None"])
def test_what_is_neither_yes_nor_no_is_refused(monkeypatch, text):
    monkeypatch.setenv("FLAG", text)
    with pytest.raises(ImproperlyConfigured, match=rf"FLAG is '{text}'; set it to true or false\."):
        readers.env_bool("FLAG", default=True)


def test_a_yes_or_no_that_is_not_set_is_the_default(monkeypatch):
    monkeypatch.delenv("FLAG", raising=False)
    assert readers.env_bool("FLAG", default=True) is True
    monkeypatch.setenv("FLAG", "")
    assert readers.env_bool("FLAG", default=False) is False


@pytest.mark.parametrize(
    ("text", "limit"), [("600/minute", (600, 60)), (" 5/Second ", (5, 1)), ("9/day", (9, 86400)), ("none", None)]
)
def test_a_limit_is_a_number_in_a_span_of_time(monkeypatch, text, limit):
    monkeypatch.setenv("LIMIT", text)
    assert readers.env_limit("LIMIT", default="1/hour") == limit
    monkeypatch.delenv("LIMIT")
    assert readers.env_limit("LIMIT", default="1/hour") == (1, 3600)


@pytest.mark.parametrize("text", ["0/minute", "600", "600/week", "-1/day", "many"])
def test_what_is_no_limit_is_refused(monkeypatch, text):
    monkeypatch.setenv("LIMIT", text)
    with pytest.raises(ImproperlyConfigured, match=r"LIMIT is .*; set it to a limit such as 600/minute, or to none"):
        readers.env_limit("LIMIT", default="none")


def test_a_number_is_read_as_one(monkeypatch):
    monkeypatch.setenv("PROXIES", "2")
    assert readers.env_number("PROXIES", default=0) == 2
    monkeypatch.setenv("PROXIES", "two")
    with pytest.raises(ImproperlyConfigured, match="PROXIES is 'two'"):
        readers.env_number("PROXIES", default=0)


def test_a_list_is_read_without_blanks(monkeypatch):
    monkeypatch.setenv("HOSTS", " a.example.org, ,b.example.org,")
    assert readers.env_list("HOSTS", default=[]) == ["a.example.org", "b.example.org"]
    monkeypatch.delenv("HOSTS")
    assert readers.env_list("HOSTS", default=["localhost"]) == ["localhost"]


@pytest.mark.parametrize("text", ["", " ", ",", " , "])
def test_an_empty_list_is_refused(monkeypatch, text):
    monkeypatch.setenv("HOSTS", text)
    with pytest.raises(ImproperlyConfigured, match="HOSTS is empty"):
        readers.env_list("HOSTS", default=["localhost"])


def test_an_sqlite_address_gives_a_database_whose_writers_wait_for_each_other(monkeypatch):
    monkeypatch.setenv("DATABASE", "sqlite:////tmp/x.sqlite3")
    database = readers.env_database("DATABASE", default="")
    assert (database["ENGINE"], database["NAME"]) == ("django.db.backends.sqlite3", "/tmp/x.sqlite3")  # noqa: S108
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in database["OPTIONS"]["init_command"]


def test_a_postgresql_address_gives_a_database_that_keeps_its_connections(monkeypatch):
    monkeypatch.setenv("DATABASE", "postgresql://me:a%2Fb@db.example.org:5433/pathways")
    database = readers.env_database("DATABASE", default="sqlite:///x")
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["USER"], database["PASSWORD"], database["HOST"]) == ("me", "a/b", "db.example.org")
    assert (database["PORT"], database["NAME"], database["CONN_MAX_AGE"]) == (5433, "pathways", 60)


@pytest.mark.parametrize("name", ["", None])
def test_a_database_that_is_not_set_is_the_default(monkeypatch, name):
    monkeypatch.delenv("DATABASE", raising=False)
    if name is not None:
        monkeypatch.setenv("DATABASE", name)
    assert readers.env_database("DATABASE", default="sqlite:///x.sqlite3")["NAME"] == "x.sqlite3"


@pytest.mark.parametrize(
    "address",
    [
        "pathways.sqlite3",
        "me:hunter2@db/pathways",
        "postgres//me:hunter2@db/pathways",
        "nosuch://me:hunter2@db/pathways",
        "postgresql://me:hunter2@db:port/pathways",
        "postgresql://me:hunter2/x@db/pathways",
        "postgresql://me:hunter2@[db/pathways",
    ],
)
def test_a_bad_database_address_is_refused_and_its_password_not_repeated(monkeypatch, address):
    monkeypatch.setenv("DATABASE", address)
    with pytest.raises(ImproperlyConfigured, match="DATABASE is not a database address") as caught:
        readers.env_database("DATABASE", default="sqlite:///x")
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("scheme", ["mysql", "oracle", "postgis"])
def test_a_database_of_another_kind_is_refused(monkeypatch, scheme):
    monkeypatch.setenv("DATABASE", f"{scheme}://me:hunter2@db/pathways")
    with pytest.raises(ImproperlyConfigured, match="Pathways runs on SQLite and PostgreSQL") as caught:
        readers.env_database("DATABASE", default="sqlite:///x")
    assert "hunter2" not in str(caught.value)


def test_a_web_address_is_read_as_it_is(monkeypatch):
    monkeypatch.setenv("ADDRESS", " https://example.org/by/4.0/ ")
    assert readers.env_address("ADDRESS") == "https://example.org/by/4.0/"
    monkeypatch.delenv("ADDRESS")
    assert readers.env_address("ADDRESS") == ""


@pytest.mark.parametrize("text", ["example.org", "javascript:alert(1)", "https://", "https://a b", "ftp://example.org"])
def test_what_is_no_web_address_is_refused(monkeypatch, text):
    monkeypatch.setenv("ADDRESS", text)
    with pytest.raises(ImproperlyConfigured, match=r"ADDRESS is .*; set it to an address"):
        readers.env_address("ADDRESS")


def test_a_secret_that_is_set_is_taken(monkeypatch):
    monkeypatch.setenv("SECRET", "from the environment")
    assert readers.env_secret("SECRET", local=False) == readers.env_secret("SECRET", local=True) == os.environ["SECRET"]


@pytest.mark.parametrize("text", [None, ""])
def test_a_secret_that_is_not_set_is_refused_unless_the_run_is_local(monkeypatch, tmp_path, text):
    monkeypatch.setattr(readers, "VAR_DIR", tmp_path)
    monkeypatch.delenv("SECRET", raising=False)
    if text is not None:
        monkeypatch.setenv("SECRET", text)
    with pytest.raises(ImproperlyConfigured, match="SECRET is not set"):
        readers.env_secret("SECRET", local=False)
    assert not list(tmp_path.iterdir())


def test_a_local_run_makes_a_secret_once_and_keeps_it_from_others(monkeypatch, tmp_path):
    monkeypatch.setattr(readers, "VAR_DIR", tmp_path)
    monkeypatch.delenv("SECRET", raising=False)
    made = readers.env_secret("SECRET", local=True)
    assert len(made) >= 50
    assert readers.env_secret("SECRET", local=True) == made
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600


# The settings as a whole


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({}, "SECRET_KEY is not set; set it to a long random text and keep it secret.\n"),
        ({"LOCAL": "maybe"}, "LOCAL is 'maybe'; set it to true or false.\n"),
        ({"LOCAL": "true", "ALLOWED_HOSTS": ","}, "ALLOWED_HOSTS is empty; "),
        ({"LOCAL": "true", "DATABASE_URL": "nonsense"}, "DATABASE_URL is not a database address; "),
        ({"LOCAL": "true", "SITE_URL": "example.org"}, "SITE_URL is 'example.org'; "),
    ],
)
@pytest.mark.parametrize("command", ["check", "prepare"])
def test_manage_says_in_one_line_what_to_set(environment, message, command):
    done = manage(command, **environment)
    assert done.returncode == 1
    assert done.stderr.startswith(message)
    assert done.stderr.count("\n") == 1


def test_manage_shows_where_it_happened_when_asked():
    assert "Traceback" in manage("check", "--traceback", LOCAL="maybe").stderr


def test_outside_a_local_run_nothing_is_assumed():
    code = (
        "from django.conf import settings as s;"
        "print(s.DEBUG, s.ALLOWED_HOSTS, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.WHITENOISE_USE_FINDERS)"
    )
    done = manage("shell", "--no-imports", "--command", code, SECRET_KEY="x" * 60)
    assert (done.stdout, done.stderr) == ("False [] True True False\n", "")


def test_a_local_run_serves_this_machine_only():
    code = "from django.conf import settings as s; print(s.DEBUG, s.ALLOWED_HOSTS, s.SESSION_COOKIE_SECURE)"
    done = manage("shell", "--no-imports", "--command", code, LOCAL="true", SECRET_KEY="x" * 60)
    assert done.stdout == "False ['localhost', '127.0.0.1', '[::1]'] False\n"
