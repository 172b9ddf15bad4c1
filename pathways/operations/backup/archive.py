"""A backup as one file: a zip of the database, the uploaded files and a manifest that says what must be in them.

Members are known by the manifest, their bytes by a checksum; a name is made a path only if it stays in its folder.
"""

import hashlib
import json
import os
import zipfile
import zlib
from pathlib import PurePosixPath

MANIFEST = "manifest.json"
# What this release writes, and the newest that it reads.
FORMAT = 1
LONGEST_MANIFEST = 64 * 1024 * 1024
CHUNK = 1024 * 1024
# What reading a zip that is not one, or not whole, raises.
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, KeyError)
NEEDED = {"release", "taken_at", "database", "migrations", "tables", "settings", "members"}


class BackupError(Exception):
    """A backup cannot be made, read or restored; the message is for the person at the keyboard."""


def write(path, members, manifest):
    """Write a new archive at ``path`` of ``members``, files by name, and of ``manifest``.

    The file is on the disk, and only its owner may read it, when this returns.
    """
    manifest = {"format": FORMAT, "site": "pathways", **manifest, "members": {}}
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, source in members.items():
                manifest["members"][name] = add(archive, name, source)
            archive.writestr(MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False))
        file.flush()
        os.fsync(file.fileno())


def add(archive, name, source):
    """Add the file ``source`` under ``name``; return how many bytes it has, and their checksum."""
    size, digest = 0, hashlib.sha256()
    with source.open("rb") as read, archive.open(name, "w", force_zip64=True) as member:
        while chunk := read.read(CHUNK):
            member.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    return {"bytes": size, "sha256": digest.hexdigest()}


class Archive:
    """An archive that was read from its first byte to its last, and found to be what its manifest says.

    Raises BackupError for a file that is damaged, cut short, not one of ours, or of a release newer than this one.
    """

    def __init__(self, path):
        self.path = path
        try:
            self.zip = zipfile.ZipFile(path)
        except FileNotFoundError:
            raise BackupError(f"There is no file {path}.") from None
        except OSError as error:
            raise BackupError(f"{path} cannot be read: {error.strerror}.") from None
        except UNREADABLE as error:
            raise BackupError(f"{path} is no backup, or is damaged or cut short ({error}).") from None
        try:
            self.manifest = self.read_manifest()
            self.check_members()
        except BaseException:
            self.zip.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.zip.close()

    def read_manifest(self):
        foreign = BackupError(f"{self.path} is not a backup that Pathways has made.")
        try:
            if self.zip.getinfo(MANIFEST).file_size > LONGEST_MANIFEST:
                raise foreign
            manifest = json.loads(self.zip.read(MANIFEST))
        except UNREADABLE:
            raise foreign from None
        if not isinstance(manifest, dict) or manifest.get("site") != "pathways":
            raise foreign
        if not isinstance(manifest.get("format"), int) or manifest["format"] > FORMAT:
            raise BackupError(
                f"{self.path} was made by release {manifest.get('release')}, which is newer than this one: "
                "restore it with that release, or one after it."
            )
        if not manifest.keys() >= NEEDED:
            raise foreign
        return manifest

    def check_members(self):
        held = self.zip.namelist()
        if sorted(held) != sorted([MANIFEST, *self.manifest["members"]]):
            raise BackupError(f"{self.path} does not hold what its manifest says: it is damaged or was changed.")
        for name in self.manifest["members"]:
            with open(os.devnull, "wb") as nowhere:
                self.copy(name, nowhere)

    def copy(self, name, file):
        """Write the member ``name`` to ``file``; raise BackupError if its bytes are not those of the manifest."""
        said = self.manifest["members"][name]
        size, digest = 0, hashlib.sha256()
        try:
            with self.zip.open(name) as member:
                while size <= said["bytes"] and (chunk := member.read(CHUNK)):
                    size += len(chunk)
                    digest.update(chunk)
                    file.write(chunk)
        except UNREADABLE as error:
            raise BackupError(f"{self.path} is damaged: {name} cannot be read ({error}).") from None
        if (size, digest.hexdigest()) != (said["bytes"], said["sha256"]):
            raise BackupError(f"{self.path} is damaged: {name} is not what was put into it.")

    def extract(self, name, path):
        """Write the member ``name`` to the file ``path``, on the disk when this returns."""
        with path.open("wb") as file:
            self.copy(name, file)
            file.flush()
            os.fsync(file.fileno())

    def files_below(self, folder):
        """Yield (name, path within ``folder``) of the members in that folder.

        Raises BackupError for a name that would lead out of it.
        """
        for name in self.manifest["members"]:
            path = PurePosixPath(name)
            if path.parts[0] != folder:
                continue
            if ".." in path.parts or "\\" in name or "\0" in name or path.is_absolute() or len(path.parts) < 2:
                raise BackupError(f"{self.path} was changed: it holds a file named {name!r}.")
            yield name, PurePosixPath(*path.parts[1:])
