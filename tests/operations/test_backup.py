"""A backup gives back every record, version, account and file, whatever happens while it is made or restored."""

import json
import os
import re
import resource
import signal
import stat
import time
import zipfile

import psycopg
import pytest

import pathways
from pathways.operations.backup import (
    LOCK,
    NAME,
    UNFINISHED,
    Archive,
    BackupError,
    is_secret,
    postgresql,
    restore,
    workplace,
)
from tests.conftest import TESTED_DATABASE

from .contents import contents
from .keeping import Site, database

MEMBER = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}[TESTED_DATABASE]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A small site that nobody writes to."""
    with database(tmp_path_factory.mktemp("site")) as address:
        site = Site(address)
        folder = tmp_path_factory.mktemp("backups")
        _made, told, site.contents = site.steps(["prepare"], ["backup", folder], ["contents"])
        assert "read back and found whole" in told
        (site.backup,) = backups(folder)
        yield site


@pytest.fixture
def backup(site):
    """A backup of the small site."""
    return site.backup


@pytest.fixture
def empty(tmp_path):
    """A site whose database has nothing in it."""
    with database(tmp_path) as address:
        yield Site(address)


def backups(folder):
    return sorted(path for path in folder.iterdir() if NAME.fullmatch(path.name))


def changed(backup, path, *, leave_out=(), add=(), **manifest):
    """Write a copy of a backup to ``path`` with another manifest or other members."""
    with zipfile.ZipFile(backup) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != "manifest.json" and name not in leave_out:
                new.writestr(name, old.read(name))
        for name, text in add:
            new.writestr(name, text)
        new.writestr("manifest.json", json.dumps({**json.loads(old.read("manifest.json")), **manifest}))
    return path


# The drill


def test_what_was_saved_comes_back_record_for_record(site, backup, empty):
    assert site.contents["practices.Practice"][0] == site.contents["meetings.Outcome"][0] == 1
    assert site.contents["curation.Version"][0] > 5
    assert empty.manage("restore", backup).startswith("Restored: the backup of ")
    # It works on: no number is given twice, migrations have nothing to do, and the doctor is content.
    rules = ["database", "keys", "subjects", "numbers", "derived", "versions", "data-version", "search", "facets"]
    back, _added, plan, told = empty.steps(
        ["contents"], ["add_to_it"], ["migrate", "--plan"], ["doctor", *(f"--only={name}" for name in rules)]
    )
    assert back == site.contents
    assert told == f"{len(rules)} of {len(rules)} rules hold.\n"
    assert "No planned migration operations." in plan


def test_a_backup_is_for_its_owner_alone_and_says_what_it_holds(site, backup):
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with Archive(backup) as archive:
        manifest = archive.manifest
    assert (manifest["release"], manifest["database"]) == (pathways.__version__, TESTED_DATABASE)
    assert manifest["tables"]["practices_practice"]["rows"] == 1
    assert manifest["tables"]["auth_user"]["rows"] == 1
    assert ["practices", "0001_initial"] in manifest["migrations"]
    assert re.fullmatch("[0-9a-f]{16}", manifest["data_version"]["epoch"])
    assert manifest["data_version"]["number"] == 1
    assert list(manifest["members"]) == [MEMBER]


def test_settings_are_in_it_but_no_secret(site, tmp_path):
    given = {"FOUR_EYES": "false", "SITE_URL": "https://example.org", "EMAIL_URL": "smtp+tls://me:hunter2@mail:587"}
    configured = Site(site.address, SECRET_KEY="not for others" * 5, **given)
    told = configured.manage("backup", tmp_path / "new")
    (path,) = backups(tmp_path / "new")
    with zipfile.ZipFile(path) as archive:
        text = archive.read("manifest.json").decode()
    manifest = json.loads(text)
    assert {"FOUR_EYES": "false", "SITE_URL": "https://example.org"}.items() <= manifest["settings"].items()
    assert {"SECRET_KEY", "EMAIL_URL", "DATABASE_URL"} == set(manifest["kept_elsewhere"])
    assert "hunter2" not in text
    assert "not for others" not in text
    assert "to be kept elsewhere: DATABASE_URL, EMAIL_URL, SECRET_KEY" in told


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("SECRET_KEY", "x", True),
        ("METRICS_TOKEN", "x", True),
        ("CACHE_URL", "redis://cache:6379/0", True),
        ("SITE_URL", "https://example.org", False),
        ("SITE_URL", "https://me:word@example.org", True),
        ("SITE_NAME", "Pathways", False),
        ("API_LIMIT", "600/minute", False),
    ],
)
def test_what_may_hold_a_password_is_a_secret(name, value, secret):
    assert is_secret(name, value) is secret


def test_a_backup_taken_while_someone_writes_is_of_one_moment(backup, empty, tmp_path):
    empty.steps(["restore", backup])
    with empty.start("-m", "tests.operations.writer", "write") as writer:
        try:
            while int(writer.stdout.readline()) < 3:
                pass
            empty.manage("backup", tmp_path / "backups")
            last = int(writer.stdout.readline())
            # It was not kept from its work meanwhile.
            assert int(writer.stdout.readline()) > last
        finally:
            writer.kill()
    (taken,) = backups(tmp_path / "backups")
    with database(tmp_path) as address:
        restored = Site(address)
        restored.manage("restore", taken)
        seen = restored.tell("writer", "look")
    number = seen["practice"]
    assert number >= 3
    assert seen["last"] == f"w{number}"
    assert len(seen["accounts"]) == number
    assert seen["versions"] == list(range(1, number + 1))
    assert seen["found"] == [True]


def test_uploaded_files_come_back(site, backup, empty, tmp_path):
    def keeping(folder, address):
        return Site(address, UPLOADED=str(folder), DJANGO_SETTINGS_MODULE="tests.operations.settings_with_files")

    there = tmp_path / "there"
    (there / "2026").mkdir(parents=True)
    (there / "2026" / "programme é.pdf").write_bytes(os.urandom(5000))
    (there / "empty.txt").touch()
    (there / "a link").symlink_to("/etc/hostname")
    keeping(there, site.address).manage("backup", tmp_path / "backups")
    (taken,) = backups(tmp_path / "backups")
    back = tmp_path / "back"
    keeping(back, empty.address).manage("restore", taken)
    kept = {path.relative_to(back).as_posix(): path.read_bytes() for path in back.rglob("*") if path.is_file()}
    assert kept == {
        "2026/programme é.pdf": (there / "2026" / "programme é.pdf").read_bytes(),
        "empty.txt": b"",
    }
    # A site that has no place for them says so, before it touches the database.
    (said,) = empty.steps(["refused", "restore", "--force", taken])
    assert "no MEDIA_ROOT" in said


# What was cached before


def test_nothing_that_was_cached_before_a_restore_is_confirmed_after_it(backup, empty):
    _restored, first, second, _forced, third = empty.steps(
        ["restore", backup], ["ask"], ["ask"], ["restore", "--force", backup], ["ask"]
    )
    assert [status for status, _epoch, _number in (first, second, third)] == [200, 304, 200]
    assert second[1:] == first[1:]
    assert third[1] != first[1]


# What is not overwritten, and what is not restored


def test_a_database_with_its_tables_only_is_filled_one_that_is_not_empty_only_by_force(site, backup, empty):
    _made, _restored, back, _added, there, said, still_there, _forced, back_again = empty.steps(
        ["migrate", "--verbosity=0"],
        ["restore", backup],
        ["contents"],
        ["add_to_it"],
        ["contents"],
        ["refused", "restore", backup],
        ["contents"],
        ["restore", "--force", backup],
        ["contents"],
    )
    assert back == back_again == site.contents
    assert re.match(r"The database is not empty \(accounts_event, auth_user, .*\): with --force ", said)
    assert still_there == there != back


def test_a_backup_of_an_older_release_is_brought_to_this_one(site, backup, empty, tmp_path):
    empty.steps(["restore", backup], ["migrate", "practices", "0001_initial", "--verbosity=0"], ["backup", tmp_path])
    (older,) = backups(tmp_path)
    with Archive(older) as archive:
        assert ["practices", "0002_none_named"] not in archive.manifest["migrations"]
    _restored, plan, back = empty.steps(["restore", "--force", older], ["migrate", "--plan"], ["contents"])
    assert "No planned migration operations." in plan
    assert back == site.contents


def cut_short(backup, path):
    path.write_bytes(backup.read_bytes()[:-2000])


def with_a_hole(backup, path):
    content = bytearray(backup.read_bytes())
    middle = len(content) // 3
    content[middle : middle + 64] = bytes(64)
    path.write_bytes(content)


def of_nothing(backup, path):
    path.touch()


def of_another_program(backup, path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", '{"site": "another"}')


def with_a_manifest_that_says_too_little(backup, path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", '{"site": "pathways", "format": 1}')


def of_a_later_format(backup, path):
    changed(backup, path, format=2, release="9.0")


def of_a_later_release(backup, path):
    changed(backup, path, release="9.0", migrations=[["practices", "0001_initial"], ["practices", "0999_later"]])


def of_another_database(backup, path):
    changed(backup, path, database="oracle")


def with_a_member_exchanged(backup, path):
    changed(backup, path, leave_out=[MEMBER], add=[(MEMBER, b"something else")])


def with_a_member_more(backup, path):
    changed(backup, path, add=[("another", b"one")])


def with_a_member_that_leads_out(backup, path):
    name, text = "media/../../outside", b"x"
    with Archive(backup) as archive:
        members = archive.manifest["members"]
    digest = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    changed(backup, path, add=[(name, text)], members={**members, name: {"bytes": 1, "sha256": digest}})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (cut_short, "is damaged or cut short"),
        (with_a_hole, "is damaged"),
        (of_nothing, "is damaged or cut short"),
        (of_another_program, "not a backup that Pathways has made"),
        (with_a_manifest_that_says_too_little, "not a backup that Pathways has made"),
        (of_a_later_format, "was made by release 9.0, which is newer than this one"),
        (of_a_later_release, r"release 9.0, which knows migrations that this one does not \(practices.0999_later\)"),
        (of_another_database, f"taken from oracle, and the site runs on {TESTED_DATABASE}"),
        (with_a_member_exchanged, f"{MEMBER} is not what was put into it"),
        (with_a_member_more, "does not hold what its manifest says"),
        (with_a_member_that_leads_out, "it holds a file named 'media/../../outside'"),
    ],
)
def test_a_file_that_is_not_a_whole_backup_for_this_site_is_refused(backup, tmp_path, settings, spoil, message):
    settings.MEDIA_ROOT = tmp_path / "media" / "here"
    spoiled = tmp_path / "spoiled.zip"
    spoil(backup, spoiled)
    before = contents()
    with pytest.raises(BackupError, match=message):
        restore(spoiled)
    assert contents() == before
    assert not (tmp_path / "outside").exists()


def test_rows_that_are_not_those_of_the_manifest_are_not_restored(backup, empty, tmp_path):
    with Archive(backup) as archive:
        tables = archive.manifest["tables"]
    spoiled = [
        changed(backup, tmp_path / f"{name}.zip", tables={**tables, "practices_practice": {**fewer, name: said}})
        for name, said, fewer in [
            ("rows", 2, tables["practices_practice"]),
            ("checksum", "1", tables["practices_practice"]),
        ]
    ]
    _restored, _added, there, *told, still_there = empty.steps(
        ["restore", backup],
        ["add_to_it"],
        ["contents"],
        *(["refused", "restore", "--force", path] for path in spoiled),
        ["contents"],
    )
    assert len([text for text in told if "practices_practice" in text]) == 2
    assert still_there == there


def test_a_command_that_cannot_do_its_work_says_so_in_a_line(empty, tmp_path):
    assert "The database cannot be copied" in empty.refused("backup", tmp_path / "folder")
    assert not backups(tmp_path / "folder")
    (tmp_path / "file").touch()
    none, too_few, no_folder = empty.steps(
        ["refused", "restore", tmp_path / "none.zip"],
        ["refused", "backup", tmp_path, "--keep=0"],
        ["refused", "backup", tmp_path / "file"],
    )
    assert "There is no file" in none
    assert "Keep at least one backup" in too_few
    assert "No backup was made: " in no_folder


@pytest.mark.skipif(TESTED_DATABASE != "postgresql", reason="SQLite needs no programs")
@pytest.mark.django_db
def test_programs_that_do_not_fit_the_server_are_not_used(tmp_path, monkeypatch):
    for name in postgresql.PROGRAMS:
        (tmp_path / name).write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6'\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(postgresql, "DEBIAN", tmp_path / "none")
    with pytest.raises(BackupError, match=r"on the path; there is 9 only: install postgresql-client-\d+\."):
        postgresql.Postgresql().program("psql")


# What goes


def test_only_the_newest_backups_are_kept_and_nothing_else_is_removed(site, tmp_path):
    for name in ("pathways-20200101T000000.000000Z.zip", "pathways-20210101T000000.000000Z.zip", "other.zip"):
        (tmp_path / name).touch()
    told = site.manage("backup", tmp_path, "--keep", "2")
    assert "Removed pathways-20200101T000000.000000Z.zip." in told
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept[:3] == [LOCK, "other.zip", "pathways-20210101T000000.000000Z.zip"]
    assert len(kept) == 4


def test_a_full_disk_leaves_no_archive_and_the_older_ones(site, tmp_path):
    old = tmp_path / "pathways-20200101T000000.000000Z.zip"
    old.touch()

    def no_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))

    said = site.refused("backup", tmp_path, "--keep", "1", preexec_fn=no_room)
    assert re.search("The database cannot be copied: |pg_dump failed: .*too large", said)
    assert sorted(tmp_path.iterdir()) == [tmp_path / LOCK, old]


# What is killed


def test_a_backup_that_is_killed_leaves_nothing_that_looks_whole(site, tmp_path):
    kills, amiss, left = site.tell("backup_killed", "backup", tmp_path)
    assert kills >= 5
    assert amiss == list(range(2, kills + 1))[: len(amiss)], "once there is a backup, there is always one"
    # The last one, which nobody killed, has cleared up after the others.
    assert left == [LOCK, "backup"]


def test_a_restore_that_is_killed_leaves_the_state_before_or_after(backup, empty, tmp_path):
    empty.steps(["restore", backup], ["add_to_it"], ["backup", tmp_path / "later"])
    (later,) = backups(tmp_path / "later")
    kills, amiss, seen = empty.tell("backup_killed", "restore", backup, later)
    assert kills >= 3
    assert amiss == []
    assert seen == [True, "after", "before"]


def is_writing(site):
    """Whether a restore has begun to write into the database of ``site``."""
    if TESTED_DATABASE == "sqlite":
        path = site.address.removeprefix("sqlite:///")
        return any(os.path.exists(path + end) and os.path.getsize(path + end) > 0 for end in ("-wal", "-journal"))
    with psycopg.connect(site.address) as connection:
        query = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'psql'"
        return connection.execute(query).fetchone() is not None


def test_a_restore_that_is_killed_while_it_writes_leaves_the_state_before_or_after(site, backup, empty):
    _restored, _added, there = empty.steps(["restore", backup], ["add_to_it"], ["contents"])
    with empty.start("manage.py", "restore", "--force", backup) as process:
        while process.poll() is None and not is_writing(empty):
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
    if TESTED_DATABASE == "postgresql":
        # Its programs end when they see that it is gone.
        while is_writing(empty):
            time.sleep(0.05)
    left, _restored, back = empty.steps(["contents"], ["restore", "--force", backup], ["contents"])
    assert left in (there, site.contents)
    assert back == site.contents


def test_one_backup_is_made_at_a_time_and_clears_up_after_those_that_were_killed(tmp_path):
    (tmp_path / f"{UNFINISHED}killed").mkdir()
    with workplace(tmp_path) as work:
        assert sorted(tmp_path.iterdir()) == sorted([work, tmp_path / LOCK])
        with pytest.raises(BackupError, match="Another backup is being made"), workplace(tmp_path):
            pass
    assert list(tmp_path.iterdir()) == [tmp_path / LOCK]
