"""A disk that is full: what can be read is read, what cannot be written is told of and not lost."""

import secrets
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.reading import AdminForm

from .running import Curator

UPLOAD = "/admin/practices/practice/import/"


class Disk:
    """A small disk of its own."""

    def __init__(self, path):
        self.path = path
        self.filler = path / "filler"

    @contextmanager
    def full(self):
        """Leave not a single block."""
        with open(self.filler, "wb", buffering=0) as file:
            for block in (1 << 20, 4096):
                try:
                    while file.write(bytes(block)) == block:
                        pass
                except OSError:
                    continue
        try:
            yield
        finally:
            self.filler.unlink()


@pytest.fixture(scope="module")
def disk():
    # Not among pytest's own folders, which the server of PostgreSQL with its own user may not enter.
    with tempfile.TemporaryDirectory(prefix="pathways-disk-") as name:
        path = Path(name)
        command = ["mount", "-t", "tmpfs", "-o", "size=48m,mode=755", "tmpfs", name]
        if not shutil.which("mount") or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("only where disks may be mounted")
        path.chmod(0o755)
        yield Disk(path)
        subprocess.run(["umount", "--lazy", name], check=True)


@pytest.fixture(scope="module")
def small_site(disk, database, start):
    """A site whose folder, whose uploads on their way and whose records are all on the small disk."""
    address = database.move_to(disk.path)
    (disk.path / "uploads").mkdir()
    yield start(address, VAR_DIR=str(disk.path), TMPDIR=str(disk.path / "uploads"))
    database.move_back()


def test_files_are_made_without_being_kept_and_what_needs_room_says_so(small_site, disk):
    before = small_site.get("/practices.csv")
    assert before.status == 200
    shutil.rmtree(disk.path / "cache")
    with disk.full():
        assert small_site.get("/practices/").status == 200, small_site.logged
        assert small_site.get("/practices.csv").body == before.body
        answer = small_site.get("/data/pathways.sqlite")
        assert answer.status == 503
        assert "There is no room left on the disk." in answer.text
        assert not list(disk.path.glob("public/*.sqlite"))
    assert small_site.get("/data/pathways.sqlite").status == 200
    assert small_site.get("/practices.csv").body == before.body


def test_what_was_typed_comes_back_in_its_form(small_site, disk, database):
    curator = Curator(small_site, database.told["session"])
    address = f"/admin/practices/practice/{database.told['draft']}/change/"
    form = AdminForm(curator.get(address).text).data
    # It cannot be made smaller, and so does not fit where something was before.
    form["description"] = secrets.token_hex(300_000)
    with disk.full():
        answer = curator.post(address, form)
        assert answer.status == 503
        assert "There is no room left on the disk." in answer.text
    again = AdminForm(answer.text).data
    assert again["description"].strip() == form["description"]
    assert curator.post(address, again).status == 302
    assert AdminForm(curator.get(address).text).data["description"].strip() == form["description"]


def test_an_upload_that_does_not_fit_is_refused_and_said_so(small_site, disk, database):
    curator = Curator(small_site, database.told["session"])
    assert curator.get(UPLOAD).status == 200
    body = (
        '--cut\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n'
        f"{curator.cookies['csrftoken']}\r\n"
        '--cut\r\nContent-Disposition: form-data; name="file"; filename="many.csv"\r\n\r\n'
        f"{'id,title' * 500_000}\r\n--cut--\r\n"
    )
    with disk.full():
        answer = curator.ask("POST", UPLOAD, body, "multipart/form-data; boundary=cut")
        assert answer.status == 503
        assert "There is no room left on the disk." in answer.text
    assert list((disk.path / "uploads").glob("*.upload*")) == []
