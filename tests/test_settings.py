"""What the environment says is checked as it is read: a bad value stops the start and says what to set."""

import os
import re
import stat
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from pathways import settings as readers

ROOT = readers.BASE_DIR


def manage(*arguments, **environment):
    """Run manage.py with nothing of pathways in the environment but ``environment``."""
    ours = documented_settings()
    clean = {name: value for name, value in os.environ.items() if name not in ours}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def documented_settings():
    """Return the names in the table of settings."""
    table = (ROOT / "deploy/SETTINGS.md").read_text()
    return {name for row in re.findall(r"^\| (`.+?`) \|", table, re.M) for name in re.findall(r"`([A-Z_]+)`", row)}


def setting(name, **environment):
    """Return what a setting is, in a process with nothing but ``environment``."""
    code = f"from django.conf import settings; print(settings.{name})"
    done = manage("shell", "--no-imports", "--command", code, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# What a site needs at least.
PRODUCTION = {"SECRET_KEY": "0123456789abcdef" * 4, "ALLOWED_HOSTS": "pathways.example.org"}


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


@pytest.mark.parametrize("text", ["0", "11", "-1", "1.5", "9" * 20])
def test_a_number_out_of_its_bounds_is_refused(monkeypatch, text):
    monkeypatch.setenv("WORKERS", text)
    with pytest.raises(ImproperlyConfigured, match=r"WORKERS is .*; set it to a whole number from 1 to 10\."):
        readers.env_number("WORKERS", default=2, least=1, most=10)


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
    assert database["ENGINE"] == "pathways.operations.postgresql"
    assert database["OPTIONS"] == {"connect_timeout": 5}
    assert (database["USER"], database["PASSWORD"], database["HOST"]) == ("me", "a/b", "db.example.org")
    assert (database["PORT"], database["NAME"], database["CONN_MAX_AGE"]) == (5433, "pathways", 60)


def test_threads_share_a_pool_of_connections_to_postgresql(monkeypatch):
    monkeypatch.setenv("DATABASE", "postgresql:///pathways?host=/run/postgresql&application_name=pathways")
    database = readers.env_database("DATABASE", default="", pool=3)
    # Django refuses a pool beside connections that are kept.
    assert database["CONN_MAX_AGE"] == 0
    assert database["OPTIONS"]["pool"]["max_size"] == 3
    assert database["OPTIONS"]["host"] == "/run/postgresql"
    assert database["OPTIONS"]["application_name"] == "pathways"
    monkeypatch.setenv("DATABASE", "sqlite:////tmp/x.sqlite3")
    assert "pool" not in readers.env_database("DATABASE", default="", pool=3)["OPTIONS"]


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
    monkeypatch.setenv("SECRET", "from the environment, and as long as it has to be, at the least")
    assert readers.env_secret("SECRET", local=False) == readers.env_secret("SECRET", local=True) == os.environ["SECRET"]


def test_a_secret_that_is_short_is_refused_and_not_repeated_unless_the_run_is_local(monkeypatch):
    monkeypatch.setenv("SECRET", "hunter2")
    with pytest.raises(ImproperlyConfigured, match="SECRET is too short") as caught:
        readers.env_secret("SECRET", local=False)
    assert "hunter2" not in str(caught.value)
    assert readers.env_secret("SECRET", local=True) == "hunter2"


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


POSTGRESQL = "postgresql://me:hunter2@replica.example.org/pathways"


def test_a_replica_is_one_of_postgresql_that_nobody_waits_for_long(monkeypatch):
    monkeypatch.setenv("PRIMARY", POSTGRESQL)
    primary = readers.env_database("PRIMARY", default="")
    monkeypatch.delenv("REPLICA", raising=False)
    assert readers.env_replica("REPLICA", primary) is None
    monkeypatch.setenv("REPLICA", f"{POSTGRESQL}?sslmode=require")
    replica = readers.env_replica("REPLICA", primary)
    assert (replica["HOST"], replica["NAME"]) == ("replica.example.org", "pathways")
    assert (replica["OPTIONS"]["connect_timeout"], replica["OPTIONS"]["sslmode"]) == (2, "require")


@pytest.mark.parametrize("addresses", [("sqlite:///a", "sqlite:///b"), ("sqlite:///a", POSTGRESQL)])
def test_a_replica_of_another_kind_is_refused(monkeypatch, addresses):
    for name, address in zip(("PRIMARY", "REPLICA"), addresses, strict=True):
        monkeypatch.setenv(name, address)
    with pytest.raises(ImproperlyConfigured, match="REPLICA names a replica, which only PostgreSQL has"):
        readers.env_replica("REPLICA", readers.env_database("PRIMARY", default=""))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("valkey://cache:6379/1", "redis://cache:6379/1"),
        ("valkeys://:hunter2@cache", "rediss://:hunter2@cache"),
        (" redis://cache ", "redis://cache"),
        ("", None),
    ],
)
def test_a_cache_is_one_of_valkey_or_redis(monkeypatch, text, address):
    monkeypatch.setenv("CACHE", text)
    assert readers.env_cache("CACHE") == address


@pytest.mark.parametrize(
    "text", ["cache:6379", "memcached://:hunter2@cache", "redis://", "redis://:hunter2@cache/name"]
)
def test_a_bad_address_of_a_cache_is_refused_and_its_password_not_repeated(monkeypatch, text):
    monkeypatch.setenv("CACHE", text)
    with pytest.raises(ImproperlyConfigured, match="CACHE is not the address of a cache") as caught:
        readers.env_cache("CACHE")
    assert "hunter2" not in str(caught.value)


# The settings as a whole


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({}, "SECRET_KEY is not set; set it to a long random text and keep it secret.\n"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too short; set it to a random text of 50 characters or more.\n"),
        (
            {"SECRET_KEY": "k" * 50},
            "ALLOWED_HOSTS is not set; set it to the host names of the site, separated by commas.",
        ),
        (
            {**PRODUCTION, "VAR_DIR": "/dev/null/var"},
            "VAR_DIR is '/dev/null/var', which cannot be made (Not a directory)",
        ),
        ({**PRODUCTION, "DATABASE_POOL": "many"}, "DATABASE_POOL is 'many'; set it to a whole number from 0 to 99.\n"),
        ({**PRODUCTION, "HSTS_DAYS": "year"}, "HSTS_DAYS is 'year'; set it to a whole number from 0 to 3650.\n"),
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
    done = manage("shell", "--no-imports", "--command", code, **PRODUCTION)
    assert (done.stdout, done.stderr) == ("False ['pathways.example.org'] True True False\n", "")


def test_a_local_run_serves_this_machine_only():
    code = "from django.conf import settings as s; print(s.DEBUG, s.ALLOWED_HOSTS, s.SESSION_COOKIE_SECURE)"
    done = manage("shell", "--no-imports", "--command", code, LOCAL="true", SECRET_KEY="x" * 60)
    assert done.stdout == "False ['localhost', '127.0.0.1', '[::1]'] False\n"


@pytest.mark.parametrize("more", [{}, {"PROXIES": "1", "DATABASE_URL": "postgresql:///pathways"}])
def test_django_finds_nothing_to_warn_of_in_production(more):
    done = manage("check", "--deploy", "--fail-level=WARNING", **PRODUCTION, **more)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_setting_that_is_read_is_documented_and_the_other_way_round():
    settings, server = (ROOT / "pathways/settings.py").read_text(), (ROOT / "deploy/gunicorn.conf.py").read_text()
    read = set(re.findall(r'\benv_[a-z]+\(\s*"([A-Z_]+)"', settings + server))
    read |= set(re.findall(r'\bos\.environ\.get\("([A-Z_]+)"', settings))
    assert len(read) > 20
    assert read == documented_settings()


def test_only_a_proxy_of_ours_is_believed_that_it_was_https():
    assert setting("SECURE_PROXY_SSL_HEADER", **PRODUCTION) == "None"
    assert setting("SECURE_PROXY_SSL_HEADER", **PRODUCTION, PROXIES="1") == "('HTTP_X_FORWARDED_PROTO', 'https')"


def test_https_and_what_hangs_on_it_can_be_left_out():
    hanging = "SECURE_SSL_REDIRECT, settings.SESSION_COOKIE_SECURE, settings.SECURE_HSTS_SECONDS"
    assert setting(hanging, **PRODUCTION, HSTS_DAYS="2") == "True True 172800"
    assert setting(hanging, **PRODUCTION, HTTPS="false") == "False False 0"
    assert setting(hanging, LOCAL="true") == "False False 0"


def test_what_was_signed_with_the_key_of_before_stays_good():
    old = {"SECRET_KEY": "fedcba9876543210" * 4, "ALLOWED_HOSTS": "localhost"}
    sign = "from django.core import signing; print(signing.dumps(1))"
    signed = manage("shell", "--no-imports", "--command", sign, **old).stdout.strip()
    read = f"from django.core import signing; print(signing.loads({signed!r}))"
    changed = {**PRODUCTION, "SECRET_KEY_FALLBACKS": old["SECRET_KEY"]}
    assert manage("shell", "--no-imports", "--command", read, **changed).stdout == "1\n"
    assert "BadSignature" in manage("shell", "--no-imports", "--command", read, **PRODUCTION).stderr
