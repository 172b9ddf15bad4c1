"""The curated fixtures: complete, canonical, and the same after a round trip."""

import pytest
from django.core.management import call_command

from pathways.curation.fixtures import dump, load
from pathways.curation.models import Version

pytestmark = pytest.mark.django_db


def test_load_then_dump_gives_the_same_bytes(fixtures_dir, tmp_path):
    load(fixtures_dir)
    dump(tmp_path)
    names = sorted(path.name for path in fixtures_dir.glob("*.yaml"))
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    for name in names:
        assert (tmp_path / name).read_bytes() == (fixtures_dir / name).read_bytes(), name


def test_plain_loaddata_takes_them_and_ends_in_the_same_state(fixtures_dir, tmp_path):
    call_command("loaddata", "vocabulary", "meetings", "outcomes", "practices", verbosity=0)
    dump(tmp_path)
    for path in fixtures_dir.glob("*.yaml"):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name
    assert Version.objects.exists()
    assert not load(fixtures_dir).changed
