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

from pathways.operations.backup import NAME, UNFINISHED, Archive, BackupError, is_secret, restore
from tests.conftest import TESTED_DATABASE

from .contents import contents
from .keeping import Site, database

MEMBER = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}[TESTED_DATABASE]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A small site that nobody writes to."""
    with database(tmp_path_factory.mktemp("site")) as address:
        site = Site(address)
        site.tell("prepared")
        yield site


@pytest.fixture(scope="module")
def backup(site, tmp_path_factory):
    """A backup of the small site."""
    folder = tmp_path_factory.mktemp("backups")
    site.manage("backup", folder)
    return backups(folder)[0]


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
    before = site.tell("contents")
    assert before["practices.Practice"][0] == before["meetings.Outcome"][0] == 1
    assert before["curation.Version"][0] > 5
    told = empty.manage("restore", backup)
    assert told.startswith("Restored: the backup of ")
    assert empty.tell("contents") == before
    # It works on: numbers that were given are not given again, and migrations have nothing to do.
    empty.tell("prepared", "more")
    assert "No planned migration operations." in empty.manage("migrate", "--plan")


def test_a_backup_is_for_its_owner_alone_and_says_what_it_holds(site, backup):
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with Archive(backup) as archive:
        manifest = archive.manifest
    assert (manifest["release"], manifest["database"]) == ("0.1.0", TESTED_DATABASE)
    assert manifest["tables"]["practices_practice"]["rows"] == 1
    assert manifest["tables"]["auth_user"]["rows"] == 1
    assert ["practices", "0001_initial"] in manifest["migrations"]
    assert re.fullmatch("[0-9a-f]{16}", manifest["data_version"]["epoch"])
    assert manifest["data_version"]["number"] == 1
    assert list(manifest["members"]) == [MEMBER]
    assert "Whole" in site.manage("restore", backup, "--check")


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


def test_a_backup_taken_while_someone_writes_is_of_one_moment(site, backup, empty, tmp_path):
    empty.manage("restore", backup)
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
    assert "no MEDIA_ROOT" in empty.refused("restore", "--force", taken)


# What was cached before


def test_nothing_that_was_cached_before_a_restore_is_confirmed_after_it(backup, empty, tmp_path):
    program = tmp_path / "etag.py"
    program.write_text(
        "import django, json, sys; django.setup()\n"
        "from django.test import Client\n"
        "from pathways.curation.models import DataVersion\n"
        "headers = {'if-none-match': sys.argv[1]} if sys.argv[1:] else {}\n"
        "answer = Client(SERVER_NAME='localhost').get('/practices/', headers=headers)\n"
        "version = DataVersion.current()\n"
        "print(json.dumps([answer.status_code, answer['ETag'], version.epoch, version.number]))\n"
    )

    def ask(*etag):
        status, out, complaints = empty.run(program, *etag)
        assert status == 0, complaints
        return json.loads(out)

    empty.environment["PYTHONPATH"] = "."
    empty.manage("restore", backup)
    status, etag, epoch, number = ask()
    assert status == 200
    assert ask(etag)[0] == 304
    empty.manage("restore", "--force", backup)
    again, _etag, other_epoch, other_number = ask(etag)
    assert again == 200
    assert other_epoch != epoch
    assert other_number == number


# What is not overwritten, and what is not restored


def test_a_database_that_is_not_empty_is_replaced_only_by_force_and_then_wholly(site, backup, empty):
    empty.tell("prepared")
    empty.tell("prepared", "more")
    there = empty.tell("contents")
    said = empty.refused("restore", backup)
    assert "The database is not empty (auth_user, " in said
    assert "--force" in said
    assert empty.tell("contents") == there
    empty.manage("restore", "--force", backup)
    assert empty.tell("contents") == site.tell("contents")


def test_a_database_that_only_has_its_tables_is_empty(site, backup, empty):
    empty.manage("migrate", "--verbosity=0")
    empty.manage("restore", backup)
    assert empty.tell("contents") == site.tell("contents")


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


def test_rows_that_are_not_those_of_the_manifest_are_not_restored(site, backup, empty, tmp_path):
    empty.manage("restore", backup)
    empty.tell("prepared", "more")
    there = empty.tell("contents")
    with Archive(backup) as archive:
        tables = archive.manifest["tables"]
    for name, said in [("rows", 2), ("checksum", "1")]:
        wrong = {**tables, "practices_practice": {**tables["practices_practice"], name: said}}
        told = empty.refused("restore", "--force", changed(backup, tmp_path / f"{name}.zip", tables=wrong))
        assert "practices_practice" in told
        assert empty.tell("contents") == there


def test_a_command_that_cannot_do_its_work_says_so_in_a_line(site, backup, empty, tmp_path):
    assert "There is no file" in site.refused("restore", tmp_path / "none.zip")
    assert "Keep at least one backup" in site.refused("backup", tmp_path, "--keep", "0")
    (tmp_path / "file").touch()
    assert "No backup was made: " in site.refused("backup", tmp_path / "file")
    assert "The database cannot be copied" in empty.refused("backup", tmp_path / "folder")
    assert list((tmp_path / "folder").iterdir()) == []


# What goes


def test_only_the_newest_backups_are_kept_and_nothing_else_is_removed(site, tmp_path):
    for name in ("pathways-20200101T000000Z.zip", "pathways-20210101T000000Z.zip", "other.zip"):
        (tmp_path / name).touch()
    told = site.manage("backup", tmp_path, "--keep", "2")
    assert "Removed pathways-20200101T000000Z.zip." in told
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept[:2] == ["other.zip", "pathways-20210101T000000Z.zip"]
    assert len(kept) == 3


def test_a_full_disk_leaves_no_archive_and_the_older_ones(site, tmp_path):
    old = tmp_path / "pathways-20200101T000000Z.zip"
    old.touch()

    def no_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))

    said = site.refused("backup", tmp_path, "--keep", "1", preexec_fn=no_room)
    assert re.search("The database cannot be copied: |pg_dump failed: .*too large", said)
    assert list(tmp_path.iterdir()) == [old]


# What is killed


def test_a_backup_that_is_killed_leaves_nothing_that_looks_whole(site, tmp_path):
    kills, amiss, left = site.tell("backup_killed", "backup", tmp_path)
    assert kills >= 5
    assert amiss == list(range(2, kills + 1))[: len(amiss)], "once there is a backup, there is always one"
    # The last one, which nobody killed, has cleared up after the others.
    assert left == [True]


def test_a_restore_that_is_killed_leaves_the_state_before_or_after(site, backup, empty, tmp_path):
    empty.manage("restore", backup)
    empty.tell("prepared", "more")
    empty.manage("backup", tmp_path / "later")
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
    empty.tell("prepared")
    empty.tell("prepared", "more")
    there, saved = empty.tell("contents"), site.tell("contents")
    with empty.start("manage.py", "restore", "--force", backup) as process:
        while process.poll() is None and not is_writing(empty):
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
    if TESTED_DATABASE == "postgresql":
        # Its programs end when they see that it is gone.
        while is_writing(empty):
            time.sleep(0.05)
    assert empty.tell("contents") in (there, saved)
    empty.manage("restore", "--force", backup)
    assert empty.tell("contents") == saved


def test_the_folder_of_a_backup_at_work_is_left_alone(site, tmp_path):
    import fcntl

    (tmp_path / f"{UNFINISHED}other").mkdir()
    with open(tmp_path / f"{UNFINISHED}other" / "lock", "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        site.manage("backup", tmp_path)
        assert (tmp_path / f"{UNFINISHED}other").exists()
