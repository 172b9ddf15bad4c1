"""Backups of the whole site, and the way back.

A backup is one file: the database as it stood at one moment, the uploaded files if the site keeps any, and a manifest
that says how many rows each table has, the checksum of all of it, which migrations were applied, and how the site was
set up. It is restored on the kind of database that it was taken from; to move to the other kind, use ``dump_fixtures``
and ``load_fixtures``, which carry the curated content, not its history or the accounts.

Passwords and keys are not in it: SECRET_KEY and the addresses with passwords are to be kept elsewhere. Whoever has the
file has the accounts' password hashes, and restoring it runs what it holds: keep it as safe as the database itself.
"""

import fcntl
import io
import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

import pathways

from .archive import Archive, BackupError, write
from .databases import database

__all__ = ["Archive", "BackupError", "Made", "back_up", "restore"]

NAME = re.compile(r"pathways-\d{8}T\d{6}\.\d{6}Z\.zip")
UNFINISHED, LOCK = ".unfinished-backup-", ".backup-lock"
MEDIA = "media"


class Made(NamedTuple):
    """A backup that was written and read back: its file, its manifest, and the older files that went."""

    path: Path
    manifest: dict
    removed: list[Path]


def back_up(folder, *, keep=None):
    """Write a backup into ``folder`` and return it; with ``keep``, leave only so many of the newest there.

    The file appears under its name when it is complete, on the disk and has been read back, and only then do older
    ones go. Raises BackupError, having left no file, where that cannot be.
    """
    folder = Path(folder)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with workplace(folder) as work:
            source = database()
            taken_at = datetime.now(UTC)
            state = source.copy(work / source.member)
            members = {source.member: work / source.member, **dict(media_files())}
            write(work / "backup.zip", members, {**described(source, taken_at), **state})
            with Archive(work / "backup.zip") as archive:
                manifest = archive.manifest
            path = folder / f"pathways-{taken_at:%Y%m%dT%H%M%S.%fZ}.zip"
            os.rename(work / "backup.zip", path)
            sync(folder)
        return Made(path, manifest, [] if keep is None else remove_older(folder, path, keep))
    except OSError as error:
        raise BackupError(f"No backup was made: {error.strerror} ({error.filename or folder}).") from error


def described(source, taken_at):
    """Return what the manifest says of where a backup was taken."""
    values, elsewhere = environment()
    return {
        "release": pathways.__version__,
        "taken_at": taken_at.isoformat(timespec="seconds"),
        "database": connection.vendor,
        "database_release": source.release,
        "settings": values,
        "kept_elsewhere": elsewhere,
    }


def environment():
    """Return what the environment says to the site: values by name, and the names of those that are secret."""
    # The settings are the one place that reads the environment.
    read = Path(pathways.__file__).with_name("settings.py").read_text(encoding="utf-8")
    names = set(re.findall(r'(?:env_\w+|environ\.get|getenv)\(\s*"([A-Z][A-Z_]+)"', read)) & os.environ.keys()
    secret = {name for name in names if is_secret(name, os.environ[name])}
    return {name: os.environ[name] for name in sorted(names - secret)}, sorted(secret | {"SECRET_KEY"})


def is_secret(name, value):
    """Whether a setting is a key or a password, or an address that may hold one."""
    is_page = re.match(r"https?://[^@?]*$", value) is not None
    return bool(re.search("SECRET|KEY|PASSWORD|TOKEN", name)) or ("://" in value and not is_page)


def media_files():
    """Yield (name in the archive, path) of the files that people have uploaded, where the site keeps any."""
    if settings.MEDIA_ROOT:
        root = Path(settings.MEDIA_ROOT)
        for path in sorted(root.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield f"{MEDIA}/{path.relative_to(root).as_posix()}", path


@contextmanager
def workplace(folder):
    """Give a folder within ``folder`` that is gone afterwards; one backup is made there at a time."""
    with open(folder / LOCK, "wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(f"Another backup is being made in {folder}.") from None
        # What those have left that were killed: a lock goes with its process.
        for left in folder.glob(f"{UNFINISHED}*"):
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=folder) as work:
            yield Path(work)


def remove_older(folder, newest, keep):
    """Remove all backups but the ``keep`` last, of which ``newest`` is one whatever the clock says."""
    others = sorted((path for path in folder.iterdir() if NAME.fullmatch(path.name) and path != newest), reverse=True)
    gone = others[max(keep - 1, 0) :]
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


def sync(folder):
    """Have the names in ``folder`` on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def restore(path, *, force=False):
    """Put the backup at ``path`` in the place of the database and of the uploaded files; return its manifest.

    All of the database or nothing: raises BackupError for a file that is not whole or not ours, for one of a newer
    release or of another kind of database, and, unless ``force``, where there is something already. Nothing that was
    cached before counts any more, and everybody has to log in again. A backup of an older release is then migrated.
    """
    with Archive(path) as archive, tempfile.TemporaryDirectory(prefix="pathways-restore-") as work:
        refuse_other(archive)
        target = database()
        if not force and (filled := target.filled()):
            raise BackupError(
                f"The database is not empty ({', '.join(filled[:5])}{' …' if filled[5:] else ''}): "
                "with --force all of it is replaced."
            )
        try:
            put_media_back(archive)
            copied = Path(work) / target.member
            archive.extract(target.member, copied)
        except OSError as error:
            raise BackupError(f"Nothing was restored: {error.strerror} ({error.filename or work}).") from error
        connection.close()
        target.replace(copied, archive.manifest["tables"])
        manifest = archive.manifest
    call_command("migrate", interactive=False, verbosity=0)
    call_command("rebuild_search", verbosity=0, stdout=io.StringIO())
    return manifest


def refuse_other(archive):
    """Raise BackupError for a backup that this release, or this kind of database, cannot take."""
    made_on = archive.manifest["database"]
    if made_on != connection.vendor or database().member not in archive.manifest["members"]:
        raise BackupError(
            f"The backup was taken from {made_on}, and the site runs on {connection.vendor}: "
            "it can be restored on the kind of database that it was taken from."
        )
    known = MigrationLoader(None).disk_migrations.keys()
    newer = sorted(".".join(one) for one in map(tuple, archive.manifest["migrations"]) if one not in known)
    if newer:
        raise BackupError(
            f"The backup was made by release {archive.manifest['release']}, which knows migrations that this one does "
            f"not ({', '.join(newer[:3])}): restore it with that release, or one after it."
        )


def put_media_back(archive):
    """Write the uploaded files where they were; one that is there already is replaced, no other is removed."""
    root = Path(settings.MEDIA_ROOT) if settings.MEDIA_ROOT else None
    for name, within in list(archive.files_below(MEDIA)):
        if root is None:
            raise BackupError("The backup holds uploaded files, and the site has no MEDIA_ROOT to put them in.")
        target = root / within
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".restoring-", dir=target.parent) as work:
            archive.extract(name, Path(work) / "file")
            os.replace(Path(work) / "file", target)
