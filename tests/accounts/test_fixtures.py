"""What people do around the records does not get into the fixtures, and loading them leaves it alone."""

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from pathways.accounts.models import Event
from pathways.curation.fixtures import dump, load
from pathways.links.models import LinkCheck
from pathways.suggestions import deciding
from pathways.suggestions.models import Suggestion
from practices.models import Practice
from tests.curation.helpers import write_fixtures

from .helpers import person, with_codes, with_device

pytestmark = pytest.mark.django_db

SECRETS = ("secret-contact@example.org", "a suggestion nobody decided on", "editor", "broken.example")


def files(directory):
    return {path.name: path.read_text(encoding="utf-8") for path in directory.glob("*.yaml")}


def test_the_curated_content_goes_out_and_comes_back_the_same_and_nothing_else_does(tmp_path):
    load(write_fixtures(tmp_path / "fixtures"))
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    after.mkdir()
    dump(before)
    editor = person("Editor")
    with_device(editor)
    with_codes(editor, "abcd2345")
    LinkCheck.objects.create(address="https://broken.example/", state="failed", checked_at=timezone.now())
    waiting = Suggestion.objects.create(
        kind="practice", title=SECRETS[1], content={}, contact=SECRETS[0], form_id="1", key_hash="1"
    )
    dump(after)
    assert files(after) == files(before)
    assert not any(secret in text for text in files(after).values() for secret in SECRETS)
    told = Event.objects.count()
    load(after)
    assert Suggestion.objects.get() == waiting
    assert LinkCheck.objects.count() == 1
    assert get_user_model().objects.get() == editor
    assert Event.objects.count() == told


def test_a_draft_made_of_a_suggestion_goes_out_as_a_draft(tmp_path):
    load(write_fixtures(tmp_path / "fixtures"))
    content = {"title": "Two Shores", "kind": "programme", "summary": "It trains nurses."}
    suggestion = Suggestion.objects.create(
        kind="practice", title="Two Shores", content=content, form_id="1", key_hash="1"
    )
    made = deciding.take_up(suggestion, person("Editor"))
    dump(tmp_path / "fixtures")
    Practice.objects.filter(pk=made.pk).delete()
    load(tmp_path / "fixtures")
    again = Practice.objects.get(slug="two-shores")
    assert (again.status, again.summary) == ("draft", "It trains nurses.")
