"""Two records that are one: likely duplicates are told of, and a merge keeps everything, under both addresses."""

import pytest
from django.urls import reverse

from meetings.models import Meeting, Outcome
from pathways.curation import merging, workflow
from pathways.curation.changes import record
from pathways.curation.models import Change, Status, Version
from pathways.curation.snapshots import snapshot
from pathways.curation.undoing import undo
from practices.models import Practice
from tests import factories as make

from .desk import Person, complete, published

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana():
    return Person("ana")


@pytest.fixture
def rui():
    return Person("rui", "Reviewer")


def found(person, typed, **query):
    answer = person.client.get(reverse("admin:practices_practice_duplicates"), {"q": typed, **query})
    return [one["title"] for one in answer.json()["found"]]


# Likely duplicates


@pytest.mark.parametrize(
    "typed",
    [
        "Pilot Linking Work & Study",
        "pilot linking work and studý",
        "PLWS",
        "PALIM",
        "Palim pilot project",
        "Linking Work",
        "vieux nom",
    ],
)
def test_a_title_that_is_typed_finds_its_likes(ana, typed):
    published(title="Pilot Linking Work and Study", acronym="PALIM", other_names="Vieux nom\nPALIM pilot")
    published(title="Seasonal workers of Norway")
    if typed == "PLWS":
        assert found(ana, typed) == ["Pilot Linking Work and Study (PALIM)"]
    else:
        assert found(ana, typed)[:1] == ["Pilot Linking Work and Study (PALIM)"]


@pytest.mark.parametrize(
    "typed", ["A wholly new successor of palim in three countries", "PALIM II", "The second (Palim) scheme for nurses"]
)
@pytest.mark.parametrize("names", [{"acronym": "PALIM"}, {"other_names": "Pilot project of old (PALIM)"}])
def test_a_title_with_the_acronym_of_a_record_in_it_finds_the_record(ana, typed, names):
    one = published(title="Pilot Project Addressing Labour Shortages", **names)
    published(title="Seasonal workers of Norway", acronym="SWN")
    assert found(ana, typed) == [str(one)]
    assert found(ana, "Palimony for nurses abroad") == []


def test_what_is_unlike_or_itself_or_archived_is_not_told(ana):
    own = published(title="Pilot Linking Work")
    published(title="Pilot Linking Work once", status=Status.ARCHIVED)
    assert found(ana, "Seasonal migration of bees") == []
    assert found(ana, "") == []
    assert found(ana, "the of and") == []
    assert found(ana, "Pilot Linking Work", **{"except": own.pk}) == []
    assert found(ana, "x" * 5000) == []


def test_only_who_writes_is_told(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("viewer", is_staff=True))
    assert client.get(reverse("admin:practices_practice_duplicates"), {"q": "x"}).status_code == 403


def test_the_form_says_where_to_ask(ana):
    text = ana.read(Practice, "add")
    assert 'data-duplicates="/admin/practices/practice/duplicates/?except="' in text
    assert 'data-words="5-80"' in text


# Merging


@pytest.fixture
def pair():
    """Two published practices with rows of their own and in common, and others that refer to the one that goes."""
    kept = published(title="PALIM", slug="palim", countries=[("MA", "origin")], themes=["skills"])
    gone = published(
        title="Pilot linking",
        slug="pilot",
        former_slugs="older",
        countries=[("MA", "origin"), ("BE", "destination")],
        themes=["visas"],
        acronym="PALIM",
    )
    gone.citations.create(document=make.document("report"), locator="Part II")
    gone.links.create(url="https://example.org/", title="Site")
    gone.sectors.add(make.sector("ict"))
    outcome = make.outcome()
    make.response(gone, outcome, "It trains.")
    for row in (gone, outcome):
        record(Change.Action.LOAD, [row])
    edition = published(title="Edition", slug="edition")
    edition.relations.create(other=gone, kind="edition-of")
    both = published(title="Both", slug="both")
    both.relations.create(other=gone, kind="part-of")
    both.relations.create(other=kept, kind="part-of")
    kept.relations.create(other=gone, kind="not-to-be-confused-with")
    for row in (edition, both, kept):
        record(Change.Action.EDIT, [row])
    return kept, gone


def states():
    rows = Practice.objects.order_by("slug")
    return [(row.slug, row.status, row.former_slugs, row.replaced_by_id, snapshot(row)) for row in rows]


def test_a_merge_brings_everything_together(rui, pair, client):
    kept, gone = pair
    before = Change.objects.count()
    page = rui.read(kept, "merge", gone=gone.pk)
    for told in ("Pilot linking", "<ins>", "BE", "Part II", "https://example.org/"):
        assert told in page, told
    assert Change.objects.count() == before
    answer = rui.client.post(rui.address(kept, "merge"), {"gone": gone.pk, "note": "Printed twice."})
    assert answer.url == rui.address(kept)
    kept.refresh_from_db(), gone.refresh_from_db()
    data = snapshot(kept)
    assert {(row["country"], row["role"]) for row in data["country_rows"]} == {("MA", "origin"), ("BE", "destination")}
    assert [row["theme"] for row in data["theme_rows"]] == ["skills", "visas"]
    assert {row["locator"] for row in data["citations"]} == {"Annex 1", "Part II"}
    assert (data["other_names"], data["acronym"], data["sectors"]) == ("Pilot linking", "PALIM", ["ict"])
    assert len(data["links"]) == len(data["responses"]) == 1
    assert "relations" not in data
    related = {row.practice.slug: row.kind for row in kept.inverse_relations.all()}
    assert related == {"edition": "edition-of", "both": "part-of"}
    assert not gone.inverse_relations.exists()
    assert (gone.status, gone.replaced_by, kept.former_slugs) == ("archived", kept, "pilot\nolder")
    change = Change.objects.first()
    assert (Change.objects.count(), change.action, change.note) == (before + 1, "merge", "Printed twice.")
    assert set(change.versions.values_list("key", flat=True)) == {"palim", "pilot", "edition", "both"}


@pytest.mark.parametrize("address", ["/practices/pilot/", "/practices/older/", "/practices/pilot/history/"])
def test_the_old_addresses_lead_to_the_one_kept(rui, pair, client, address):
    merging.merge(*pair, rui.user)
    answer = client.get(address)
    assert answer.status_code == 301
    assert answer.headers["Location"] == address.replace("pilot", "palim").replace("older", "palim")
    assert client.get("/api/v1/practices/pilot/").status_code == 301


def test_the_histories_stand_together(rui, pair):
    kept, gone = pair
    merging.merge(kept, gone, rui.user)
    text = rui.read(kept, "history")
    assert "(in pilot, which was merged)" in text
    assert "Merged two records" in text


def test_a_merge_takes_the_words_that_were_chosen(rui, pair):
    kept, gone = pair
    Practice.objects.filter(pk=gone.pk).update(description="Gone's.", kind="tool")
    rui.client.post(rui.address(kept, "merge"), {"gone": gone.pk, "take-kind": "on"})
    kept.refresh_from_db()
    assert (kept.kind, kept.title, kept.description) == ("tool", "PALIM", "Gone's.")


def test_a_merge_tells_which_themes_it_has_no_room_for(rui):
    kept = published(title="Kept", themes=["skills", "visas", "return"])
    gone = published(title="Gone", themes=["rights", "skills", "admission", "youth"])
    page = rui.read(kept, "merge", gone=gone.pk)
    assert "these are left behind, unless you remove others first: admission, youth." in page
    rui.client.post(rui.address(kept, "merge"), {"gone": gone.pk})
    assert [row["theme"] for row in snapshot(kept)["theme_rows"]] == ["skills", "visas", "return", "rights"]
    assert "left behind, unless" not in rui.read(kept, "merge", gone=published(themes=["skills"]).pk)


def test_a_merge_is_undone_as_a_whole(rui, pair, client):
    before = states()
    kept, gone = pair
    merging.merge(kept, gone, rui.user)
    assert states() != before
    rui.client.post(reverse("admin:curation_change_undo", args=[Change.objects.first().pk]))
    assert states() == before
    assert client.get("/practices/pilot/").status_code == 200


def test_what_cannot_be_merged_is_refused(rui, ana, pair):
    kept, gone = pair
    draft = ana.writes(title="Draft")
    before = states()
    revision = workflow.revise(published(title="Revised"), ana.user)
    archived = complete(status=Status.ARCHIVED)
    before = states()
    for one, other, why in (
        (draft, gone, "Keep the one that is published"),
        (kept, revision.revises, "is being revised"),
        (kept, archived, "is archived"),
        (kept, kept, "Choose another record"),
    ):
        answer = rui.client.post(rui.address(one, "merge"), {"gone": other.pk})
        assert why in answer.content.decode()
        with pytest.raises(workflow.Refused):
            merging.merge(one, other, rui.user)
    assert rui.client.post(rui.address(kept, "merge"), {"gone": "x"}).status_code == 200
    assert ana.client.post(ana.address(kept, "merge"), {"gone": gone.pk}).status_code == 403
    assert states() == before


def test_a_merge_that_fails_leaves_both_as_they_were(rui, pair, monkeypatch):
    before = states()

    def fails(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(merging, "write_change", fails)
    with pytest.raises(RuntimeError):
        merging.merge(*pair, rui.user)
    assert states() == before


def test_meetings_are_merged_with_what_refers_to_their_sessions(rui):
    kept, gone = make.meeting(slug="kept"), make.meeting(slug="gone", title="Other", place="Lisbon")
    session = make.session(gone, "s1", "First")
    make.participation(gone, country=make.country("MA"), session=session)
    make.document("report").meeting_rows.create(meeting=gone, relation="reports-on")
    outcome = make.outcome(meeting=gone, session=session)
    record(Change.Action.LOAD, [kept, gone, outcome, make.document("report")])
    merging.merge(kept, gone, rui.user)
    outcome.refresh_from_db(), kept.refresh_from_db()
    assert (outcome.meeting, outcome.session.meeting, outcome.session.slug) == (kept, kept, "s1")
    assert kept.participations.get().session.slug == "s1"
    assert (kept.place, kept.documents.get().slug) == ("Lisbon", "report")
    keys = Version.objects.filter(change=Change.objects.first()).values_list("key", flat=True)
    assert set(keys) == {"kept", "gone", "report", outcome.slug}
    assert Meeting.objects.get(slug="gone").status == Status.ARCHIVED
    # The document, too, stands again as it stood.
    undo(Change.objects.first(), rui.user)
    outcome.refresh_from_db()
    assert outcome.session == session
    assert make.document("report").meetings.get() == gone
    assert not kept.sessions.exists()


def test_outcomes_are_merged_with_their_parts_and_answers(rui):
    kept, gone = make.outcome(slug="kept"), make.outcome(slug="gone")
    part = make.outcome(slug="part", parent=gone)
    practice = published()
    make.response(practice, gone)
    make.response(practice, kept, "Already.")
    record(Change.Action.EDIT, [kept, gone, part, practice])
    merging.merge(kept, gone, rui.user)
    part.refresh_from_db()
    assert part.parent == kept
    assert [row.reason for row in kept.responses.all()] == ["Already."]
    assert Outcome.objects.get(slug="gone").replaced_by == kept
