"""What is handed to whoever runs the site fits together: runbook, units, containers, lock file and release."""

import os
import re
import subprocess
import sys
import tomllib

import pytest
import yaml
from django.core.management import get_commands

import pathways
from deploy import try_runbook
from pathways.settings import BASE_DIR
from tests.test_settings import documented_settings

DEPLOY = BASE_DIR / "deploy"
RUNBOOK = (DEPLOY / "RUNBOOK.md").read_text()
CONTAINERFILE = (DEPLOY / "Containerfile").read_text()
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
UNITS = {path.name: path.read_text() for path in sorted((DEPLOY / "systemd").iterdir())}


def test_one_release_is_named_everywhere():
    assert tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"] == pathways.__version__
    assert f"\n## {pathways.__version__}\n" in (BASE_DIR / "CHANGELOG.md").read_text()
    assert try_runbook.Runbook(RUNBOOK).releases()[0] == pathways.__version__
    assert COMPOSE["services"]["site"]["image"] == f"pathways:{pathways.__version__}"


def test_the_runbook_fits_on_three_pages():
    assert len(RUNBOOK.split()) < 1600


def test_every_command_that_is_told_to_run_exists():
    told = set(
        re.findall(r"(?:pathways-manage|manage\.py) ([a-z_]+)", "\n".join([RUNBOOK, CONTAINERFILE, *UNITS.values()]))
    )
    told |= {
        service["command"][2] for service in COMPOSE["services"].values() if service.get("command", [""])[0] == "python"
    }
    assert {"migrate", "backup", "restore", "check_links", "forget"} <= told
    assert told <= get_commands().keys()


def test_every_file_that_is_told_of_exists():
    told = set(re.findall(r"\bdeploy/[\w./@-]*\w", "\n".join([RUNBOOK, CONTAINERFILE, *UNITS.values()])))
    told |= {copied for line in re.findall(r"^COPY (.+) \S+$", CONTAINERFILE, re.M) for copied in line.split()}
    assert len(told) > 8
    assert [name for name in sorted(told) if not (BASE_DIR / name).exists()] == []


def test_every_unit_that_the_runbook_starts_is_there():
    told = set(re.findall(r"\bpathways-[a-z-]+\.(?:timer|service)", RUNBOOK))
    assert len(told) >= 4
    assert told <= UNITS.keys()
    timers = {name for name in UNITS if name.endswith(".timer")}
    assert {name.replace(".timer", ".service") for name in timers} <= UNITS.keys()


def test_containers_and_runbook_set_what_is_a_setting():
    known = documented_settings()
    set_by_compose = set(COMPOSE["services"]["site"]["environment"])
    written = re.search(r"cat > /etc/pathways/settings <<EOF\n(.+?)EOF", RUNBOOK, re.S)[1]
    set_by_runbook = set(re.findall(r"^ *([A-Z_]+)=", written, re.M))
    assert set_by_compose <= known
    assert set_by_runbook <= known
    # The image says itself where it writes; a container has as many processes as it is told.
    assert set_by_runbook - set_by_compose == {"VAR_DIR", "WEB_WORKERS"}


def test_the_containers_run_what_the_units_run():
    started = re.search(r"^ExecStart=/opt/pathways/%i/.venv/bin/(.+)$", UNITS["pathways@.service"], re.M)[1]
    by_image = " ".join(yaml.safe_load(re.search(r"^CMD (.+)$", CONTAINERFILE, re.M)[1]))
    assert re.sub(r"--bind \S+", "", started) == re.sub(r"--bind \S+", "", by_image)
    assert COMPOSE["services"]["prepare"]["command"] == ["python", "manage.py", "migrate"]


def test_nginx_takes_as_many_connections_in_a_container():
    by_runbook, by_compose = (
        set(re.findall(r"worker_(?:connections|rlimit_nofile) \d+;", text))
        for text in (RUNBOOK, COMPOSE["services"]["web"]["command"][-1])
    )
    assert len(by_runbook) == 2
    assert by_runbook == by_compose


def test_the_image_has_all_that_the_site_needs(tmp_path):
    for line in re.findall(r"^COPY (.+)$", CONTAINERFILE, re.M):
        *sources, target = line.split()
        for source in sources:
            place = tmp_path / (source if target == "./" else target)
            place.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cp", "--recursive", BASE_DIR / source, place], check=True)
    values = {"SECRET_KEY": os.urandom(30).hex(), "HOST": "pathways.example.org", "DATABASE_PASSWORD": "x"}
    settings = {
        name: re.sub(r"\$\{(\w+)(:\?[^}]*)?\}", lambda found: values[found[1]], value)
        for name, value in COMPOSE["services"]["site"]["environment"].items()
    }
    # The large files of others take long to compress.
    collect = [
        "collectstatic",
        "--no-input",
        "--verbosity=0",
        *(f"--ignore={name}" for name in ("rest_*", "admin", "htmx*")),
    ]
    kept = {name: value for name, value in os.environ.items() if name not in {"LOCAL", "DEBUG", "DATABASE_URL"}}
    for command in (collect, ["check", "--deploy", "--fail-level=WARNING"]):
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=tmp_path,
            env={**kept, **settings},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert list(tmp_path.glob("static/site/site.*.css.br"))
    assert (tmp_path / "examples").is_dir()


# What is installed


def pins(path):
    """Return the version of each package of a lock file, and its hashes."""
    entries = re.findall(
        r"^([a-z0-9-]+)==(\S+)(?: ;[^\\\n]*)? \\\n((?: +--hash=\S+(?: \\)?\n)+)", path.read_text(), re.M
    )
    return {name: (version, tuple(re.findall(r"--hash=(\S+)", hashes))) for name, version, hashes in entries}


def test_production_installs_what_was_tested_and_no_more():
    production, everything = pins(DEPLOY / "requirements.lock"), pins(BASE_DIR / "requirements.lock")
    assert "pytest" in everything
    assert "pytest" not in production
    assert {name: production[name] for name in production} == {name: everything.get(name) for name in production}


def test_production_installs_what_the_site_depends_on():
    wanted = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.match(r"[a-z0-9-]+", one)[0] for one in wanted}
    assert names <= pins(DEPLOY / "requirements.lock").keys()


# The runbook's reader


def test_the_runbook_is_read_as_a_person_does():
    text = """\
# Title

## First

Say:

    a=1

    b=2

Do [Second](#second). Then:

    if x; then
        y
    fi

See [Third](#third).

## Second

    c

## Third

    d
"""
    read = try_runbook.Runbook(text)
    assert list(read.commands("First")) == ["a=1\n\nb=2\n", "c\n", "if x; then\n    y\nfi\n"]


@pytest.mark.parametrize(
    "title", ["Install", "Upgrade", "Roll back", "Change a setting, or the secret key", "Back up", "Restore"]
)
def test_the_runbook_has_commands_for(title):
    commands = list(try_runbook.Runbook(RUNBOOK).commands(title))
    assert commands
    done = subprocess.run(["bash", "-n"], input="".join(commands), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
