"""The history of a record: what staff see of it, what comes back, what the public sees, and removing for good."""

import pytest

from meetings.models import Meeting
from pathways.curation import workflow
from pathways.curation.changes import record
from pathways.curation.comparing import compare, words
from pathways.curation.models import Change, Version
from pathways.curation.snapshots import snapshot
from practices.models import Practice
from tests import factories as make

from .desk import SUMMARY, Person, published

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana():
    return Person("ana")


@pytest.fixture
def rui():
    return Person("rui", "Reviewer")


def revised(public, ana, rui, **fields):
    """Change a published record the way that people do."""
    revision = workflow.revise(public, ana.user)
    ana.save(revision, **fields)
    workflow.take("submit", revision, ana.user, "Secret note")
    return workflow.take("publish", revision, rui.user)


# In the admin


def test_every_change_says_who_when_why_and_what(ana, rui):
    draft = ana.writes(title="Old title")
    form = ana.form(draft)
    form.add("country_rows", country=make.country("BE", "Belgium").pk, role="destination")
    ana.save(draft, form, title="New title")
    ana.step(draft, "submit")
    rui.step(draft, "return", "Which ministry?")
    text = rui.read(draft, "history")
    for told in (
        "<del>Old</del><ins>New</ins> title",
        "<ins>Belgium · destination · stated</ins>",
        "Which ministry?",
        "ana",
        "rui",
        "Submitted for review",
        "Returned",
    ):
        assert told in text, told


def test_any_version_comes_back_as_a_new_one(ana):
    draft = ana.writes(title="First")
    first = Version.objects.latest("pk")
    ana.save(draft, title="Second", **{"country_rows-0-DELETE": "on"})
    assert "country_rows" not in snapshot(draft)
    answer = ana.client.post(ana.address(draft, "restore"), {"version": first.pk}, follow=True)
    assert "as it was in version" in answer.content.decode()
    assert snapshot(draft) == first.snapshot
    assert list(Change.objects.values_list("action", flat=True))[:3] == ["restore", "edit", "add"]


def test_what_is_published_comes_back_in_a_revision(ana, rui):
    public = published(title="First")
    first = Version.objects.latest("pk")
    revised(public, ana, rui, title="Second")
    ana.client.post(ana.address(public, "restore"), {"version": first.pk})
    public.refresh_from_db()
    assert public.title == "Second"
    assert Practice.objects.get(revises=public).title == "First"


def test_what_may_not_be_restored_is_refused(ana, rui):
    draft = ana.writes(title="First")
    first = Version.objects.latest("pk")
    ana.step(draft, "submit")
    address = ana.address(draft, "restore")
    assert ana.client.post(address, {"version": first.pk}).status_code == 403
    rui.step(draft, "return")
    assert ana.client.get(address).status_code == 405
    other = ana.writes(title="Other", countries=[("BE", "lead")])
    for version in (Version.objects.filter(object_id=other.pk).latest("pk").pk, "x", ""):
        assert ana.client.post(address, {"version": version}).status_code == 404
    draft.country_rows.all().delete()
    record(Change.Action.EDIT, [draft], actor=ana.user)
    make.country("MA").delete()
    answer = ana.client.post(address, {"version": first.pk}, follow=True)
    assert "It cannot come back as it was" in answer.content.decode()


def test_the_history_of_every_kind_of_record_opens(ana):
    for row in (make.meeting(), make.outcome(), published()):
        record(Change.Action.EDIT, [row], actor=ana.user)
        assert ana.open(row, "history").status_code == 200


def test_a_long_history_asks_no_more_than_a_page_of_it(ana, django_assert_max_num_queries):
    draft = ana.writes(title="0")
    for number in range(30):
        draft.title = str(number)
        draft.save()
        record(Change.Action.EDIT, [draft], actor=ana.user)
    with django_assert_max_num_queries(50):
        assert ana.open(draft, "history").context["page"].paginator.num_pages == 2


# Words


def test_words_that_came_and_went_are_marked():
    assert words("one two three four", "one 2 3 four five") == [
        ("", "one "),
        ("del", "two three"),
        ("ins", "2 3"),
        ("", " four"),
        ("ins", " five"),
    ]
    assert words("", "new") == [("ins", "new")]
    long = "word " * 5000
    assert [mark for mark, _text in words(long, long + "x")] == ["del", "ins"]


def test_two_contents_are_compared_in_words():
    make.country("MA", "Morocco")
    old = {"kind": "tool", "none_named": True, "country_rows": [{"country": "MA", "role": "origin", "basis": "stated"}]}
    new = {"kind": "policy", "country_rows": [{"country": "MA", "role": "origin", "basis": "role-inferred"}]}
    told = {one.name: one.lines for one in compare(Practice, old, new)}
    assert told["kind"] == [[("del", "tool"), ("ins", "policy")]]
    assert told["none_named"] == [[("del", "yes")]]
    assert ("ins", "role inferred") in told["country_rows"][0] or ("ins", "role inferred") in [
        tuple(part) for part in told["country_rows"][0]
    ]
    assert compare(Practice, old, old) == []
    themes = [{"theme": "a"}, {"theme": "b"}]
    (order,) = compare(Practice, {"theme_rows": themes}, {"theme_rows": themes[::-1]})
    assert "another order" in order.lines[0][0].text


# The public page


def test_the_public_sees_dates_and_what_changed_without_names(ana, rui, client):
    public = published(title="Old title", published_on="2020-01-02", updated_on="2021-03-04")
    revised(public, ana, rui, title="New title")
    page = client.get(f"/practices/{public.slug}/")
    assert f"/practices/{public.slug}/history/" in page.content.decode()
    assert "Last verified against its sources on" in page.content.decode()
    text = client.get(f"/practices/{public.slug}/history/").content.decode()
    assert "<del>Old</del><ins>New</ins> title" in text
    assert "2 January 2020" in text
    for secret in ("ana", "rui", "Secret note", "submit"):
        assert secret not in text.partition("<main")[2].partition("</main>")[0], secret


def test_a_long_public_history_asks_no_more_than_a_short_one(client, django_assert_max_num_queries):
    public = published()
    for number in range(20):
        public.theme_rows.all().delete()
        public.theme_rows.create(theme=make.theme(f"theme-{number}", f"Theme {number}"))
        public.relations.create(other=make.practice(title=f"Other {number}"), kind="edition-of")
        record(Change.Action.EDIT, [public])
    with django_assert_max_num_queries(8):
        text = client.get(f"/practices/{public.slug}/history/").content.decode()
    assert "Theme 19" in text
    assert "Other 19" in text


def test_drafts_and_what_only_they_refer_to_stay_unseen(ana, rui, client):
    public = published(title="Shown")
    hidden = ana.writes(title="Hidden practice", slug="hidden")
    form_row = public.relations.create(other=hidden, kind="edition-of")
    record(Change.Action.EDIT, [public], actor=ana.user)
    revision = workflow.revise(public, ana.user)
    ana.save(revision, title="Only planned")
    text = client.get(f"/practices/{public.slug}/history/").content.decode()
    assert "Hidden practice" not in text
    assert "hidden" not in text.partition("<main")[2].partition("</main>")[0].replace("visually-hidden", "")
    assert "Only planned" not in text
    assert form_row.pk


def test_the_history_of_what_is_not_public_is_answered_as_its_page(ana, rui, client):
    draft = ana.writes(slug="draft")
    assert client.get("/practices/draft/history/").status_code == 404
    public = published(slug="now", former_slugs="then")
    assert client.get("/practices/then/history/").headers["Location"] == "/practices/now/history/"
    workflow.take("archive", public, rui.user, "Withdrawn.")
    assert client.get("/practices/now/history/").status_code == 410
    assert draft.pk


def test_meetings_and_outcomes_have_versions(client):
    for row in (make.meeting(), make.outcome()):
        assert client.get(f"{row.get_absolute_url()}history/").status_code == 200
        assert "first published" in client.get(f"{row.get_absolute_url()}history/").content.decode()
    assert Meeting.objects.exists()


# Removing for good


@pytest.mark.parametrize(("group", "status"), [("Editor", 403), ("Reviewer", 403), ("Administrator", 302)])
def test_only_an_administrator_removes_for_good_and_the_record_of_it_stays(ana, group, status):
    draft, person = ana.writes(slug="gone"), Person("one", group)
    pk = draft.pk
    assert person.client.post(person.address(draft, "remove"), {"note": "Twice."}).status_code == status
    assert Practice.objects.filter(pk=pk).exists() == (status == 403)
    if status == 302:
        version = Version.objects.latest("pk")
        assert (version.status, version.key, version.change.note) == ("removed", "gone", "Twice.")
        assert version.snapshot["summary"] == SUMMARY
        assert version.change.actor == person.user


def test_what_is_public_or_referred_to_or_without_a_reason_is_not_removed(ana):
    administrator = Person("adm", "Administrator")
    public, draft = published(), ana.writes()
    for row, note in ((public, "Why not."), (draft, "")):
        answer = administrator.client.post(administrator.address(row, "remove"), {"note": note})
        assert answer.status_code == 200
        assert Practice.objects.filter(pk=row.pk).exists()
    ana.writes().relations.create(other=draft, kind="part-of")
    answer = administrator.client.post(administrator.address(draft, "remove"), {"note": "Twice."})
    assert "Others refer to it" in answer.content.decode()
    assert Practice.objects.filter(pk=draft.pk).exists()
