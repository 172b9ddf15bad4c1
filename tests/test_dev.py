"""dev.py, run as a person runs it: in a process of its own, in a copy of the project, with a problem really there."""

import ast
import hashlib
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.once

ROOT = Path(settings.BASE_DIR)
COUNTRY = "- model: vocabulary.country\n  fields:\n    code: MA\n    name: Morocco\n"


def copy(*names, to):
    for name in names:
        shutil.copy(ROOT / name, to / name)
    return to


@pytest.fixture
def bare(tmp_path):
    """What dev.py needs before there is an environment."""
    return copy("dev.py", "requirements.lock", to=tmp_path)


@pytest.fixture
def tree(tmp_path):
    """The project with one entry, and with the environment that these tests run in."""
    tree = tmp_path / "tree"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".*", "__pycache__", "var", "tests", "fixtures"))
    (tree / "fixtures").mkdir()
    (tree / "fixtures" / "vocabulary.yaml").write_text(COUNTRY)
    (tree / ".venv").mkdir()
    for part in Path(sys.prefix).iterdir():
        (tree / ".venv" / part.name).symlink_to(part)
    (tree / ".venv" / "installed").unlink(missing_ok=True)
    stamp(tree)
    return tree


def stamp(tree):
    """Say that the environment is what the lock file asks for, so that nothing is installed."""
    (tree / ".venv" / "installed").write_text(hashlib.sha256((tree / "requirements.lock").read_bytes()).hexdigest())


def environment(**values):
    """Return an environment without what a developer, or these tests, may have set for the project."""
    ours = {"LOCAL", "DEBUG", "SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "SITE_URL", "DJANGO_SETTINGS_MODULE"}
    return {**{name: value for name, value in os.environ.items() if name not in ours}, **values}


def python_that(tree, does):
    """Return an environment in which Python starts with the code ``does``."""
    folder = tree / "python"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(does)
    return environment(PYTHONPATH=str(folder))


def dev(tree, *arguments, env=None):
    return subprocess.run(
        [sys.executable, "dev.py", *arguments],
        cwd=tree,
        env=env or environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# What can be wrong before anything runs


@pytest.mark.parametrize("command", ["serve", "test"])
def test_a_python_that_is_too_old_is_told(bare, command):
    old = python_that(bare, "import sys; sys.version_info = (3, 10, 13, 'final', 0)")
    done = dev(bare, command, env=old)
    assert done.returncode == 1
    assert done.stderr == "Pathways needs Python 3.11 or newer; this is Python 3.10.\n"


def test_an_old_python_can_read_dev_py_to_say_so():
    assert ast.parse((ROOT / "dev.py").read_text(), feature_version=(3, 6))


@pytest.mark.parametrize("module", ["ensurepip", "venv"])
def test_a_missing_venv_module_is_told(bare, module):
    without = python_that(bare, f"import sys; sys.modules['{module}'] = None")
    done = dev(bare, "serve", "--port", str(free_port()), env=without)
    assert done.returncode == 1
    assert done.stderr == "Python's venv module is missing. On Debian and Ubuntu: apt install python3-venv\n"
    assert not (bare / ".venv").exists()


def test_a_port_that_is_taken_is_told_before_anything_is_installed(bare):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = dev(bare, "serve", "--port", str(port))
    assert done.returncode == 1
    assert done.stderr.startswith(f"Port {port} cannot be used (Address already in use). Choose another: ")
    assert not (bare / ".venv").exists()


def test_the_port_that_is_proposed_instead_is_one(bare):
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 65535))
        other.listen()
        done = dev(bare, "serve", "--port", "65535")
    proposed = int(re.search(r"dev\.py serve --port (\d+)", done.stderr)[1])
    assert 1024 <= proposed < 65535


@pytest.mark.parametrize("port", ["abc", "0", "-1", "65536", "80.5", ""])
def test_what_is_no_port_is_told(bare, port):
    done = dev(bare, "serve", "--port", port)
    assert done.returncode == 2
    assert "a port is a number from 1 to 65535" in done.stderr


def test_an_argument_that_serve_does_not_know_is_told(bare):
    done = dev(bare, "serve", "--prot", "8001")
    assert done.returncode == 2
    assert "unrecognized arguments: --prot 8001" in done.stderr
    assert not (bare / ".venv").exists()


def test_a_missing_network_is_told(bare):
    """An environment of another lock file stands there; the package index is a port where nothing listens."""
    (bare / ".venv").mkdir()
    (bare / ".venv" / "installed").write_text("another lock")
    nowhere = environment(
        PIP_INDEX_URL=f"http://127.0.0.1:{free_port()}/simple", PIP_RETRIES="0", PIP_CONFIG_FILE=os.devnull
    )
    done = dev(bare, "serve", "--port", str(free_port()), env=nowhere)
    assert done.returncode == 1
    assert done.stdout.startswith("Making the environment in .venv")
    assert done.stderr.startswith("The package index cannot be reached. Is there a network?")
    assert not (bare / ".venv" / "installed").exists()


def test_a_package_that_cannot_be_installed_is_told(bare):
    (bare / "requirements.lock").write_text("django==5.2.19\n")
    done = dev(bare, "serve", "--port", str(free_port()))
    assert done.returncode == 1
    assert done.stderr.startswith("Installing the packages failed:\n")
    assert "--require-hashes" in done.stderr
    assert not (bare / ".venv" / "installed").exists()


def test_a_bad_setting_is_told_and_nothing_is_served(tree):
    done = dev(tree, "serve", "--port", str(free_port()), env=environment(DEBUG="maybe"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "DEBUG is 'maybe'; set it to true or false.\n"


def test_a_broken_fixture_is_told_and_nothing_is_served(tree):
    (tree / "fixtures" / "vocabulary.yaml").write_text(COUNTRY.replace("MA", "NO"))
    done = dev(tree, "serve", "--port", str(free_port()))
    assert done.returncode == 1
    assert "vocabulary.yaml: entry 1: vocabulary.country: code: False is not a text" in done.stderr
    assert "Pathways is at" not in done.stdout


# Serving


@contextmanager
def serving(tree, *arguments):
    """Serve until the block ends; give what was printed until then, in a list."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "dev.py", "serve", "--port", str(port), *arguments],
        cwd=tree,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    printed = []
    try:
        wait_until_it_answers(process, port)
        yield f"http://127.0.0.1:{port}", printed
    finally:
        process.send_signal(signal.SIGINT)
        printed.append(process.communicate(timeout=20)[0])


def wait_until_it_answers(process, port):
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    process.kill()
    pytest.fail(f"no server came up:\n{process.communicate()[0]}")


def status_of(address):
    with urllib.request.urlopen(address, timeout=20) as response:  # noqa: S310 -- our own
        return response.status


def query(tree, sql):
    with closing(sqlite3.connect(tree / "var" / "pathways.sqlite3")) as database, database:
        return database.execute(sql).fetchall()


def test_serve_fills_an_empty_database_and_answers_and_never_touches_what_was_edited(tree):
    with serving(tree) as (address, printed):
        assert status_of(f"{address}/") == 200
        assert status_of(f"{address}/admin/login/") == 200
        assert status_of(f"{address}/static/site/site.css") == 200
    assert f"Pathways is at {address}/ and its admin at {address}/admin/" in printed[0]
    assert "1 records and terms" in printed[0]
    assert re.search(r"admin, with the password \S{16} ", printed[0])
    assert query(tree, "SELECT code, name FROM vocabulary_country") == [("MA", "Morocco")]
    query(tree, "UPDATE vocabulary_country SET name = 'Ours'")
    before = query(tree, "SELECT count(*) FROM curation_change"), query(tree, "SELECT * FROM auth_user")

    with serving(tree) as (address, printed):
        assert status_of(f"{address}/") == 200
    assert printed[0].startswith("Pathways is at ")
    assert query(tree, "SELECT code, name FROM vocabulary_country") == [("MA", "Ours")]
    assert (query(tree, "SELECT count(*) FROM curation_change"), query(tree, "SELECT * FROM auth_user")) == before


def test_whoever_stops_dev_py_stops_the_server(tree):
    with serving(tree) as (address, _printed):
        pass
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(address.rpartition(":")[2]))) != 0


# Testing


@pytest.fixture
def recorded(bare):
    """A project whose programs only write down what they are asked to do, and fail at ruff."""
    programs = bare / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name, said in (("python", ""), ("djade", "djade "), ("lint-imports", "lint-imports ")):
        (programs / name).write_text(f'#!/bin/sh\necho "{said}$@" >> asked\n[ "$2" != ruff ]\n')
        (programs / name).chmod(0o755)
    (bare / "templates").mkdir()
    stamp(bare)
    return bare


def test_the_tests_are_the_linters_and_both_databases_and_one_failure_fails_them(recorded):
    done = dev(recorded, "test")
    asked = (recorded / "asked").read_text().splitlines()
    assert done.returncode == 1
    assert [command for command in asked if "ruff" in command] == ["-m ruff check .", "-m ruff format --check ."]
    assert "djade --check --target-version 5.2" in [command.strip() for command in asked]
    assert "lint-imports" in [command.strip() for command in asked]
    assert "manage.py makemigrations --check --dry-run" in asked
    assert asked[-2:] == ["-m pytest", "-m pytest -p tests.postgresql"]


def test_arguments_choose_tests_on_both_databases_without_the_linters(recorded):
    done = dev(recorded, "test", "tests/site", "-k", "home")
    assert done.returncode == 0
    assert (recorded / "asked").read_text().splitlines() == [
        "-m pytest tests/site -k home",
        "-m pytest -p tests.postgresql tests/site -k home",
    ]
