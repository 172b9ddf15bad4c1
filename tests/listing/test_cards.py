"""What a list shows of a record is kept for a version of the data, and no longer."""

import pytest
from django.http import QueryDict

from pathways.curation.changes import record
from pathways.curation.models import Change, Status
from pathways.listing.cards import Cards
from pathways.listing.listing import Listing
from practices.filters import PracticeFilter
from practices.models import Practice
from tests import factories as make
from tests.reading import body, says

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept_index")]


@pytest.fixture
def practices(db):
    made = [make.practice(title=f"Practice {n}") for n in range(3)]
    record(Change.Action.ADD, made)
    return made


def edit(practice, **values):
    for name, value in values.items():
        setattr(practice, name, value)
    practice.save()
    record(Change.Action.EDIT, [practice])


def cards():
    return Cards(Listing(PracticeFilter(QueryDict())), "practices/_card.html")


def test_a_page_drawn_again_does_not_read_its_records_again(client, practices, django_assert_max_num_queries):
    first = body(client.get("/practices/"))
    with django_assert_max_num_queries(4) as asked:
        assert body(client.get("/practices/")) == first
    assert not any("summary" in query["sql"] for query in asked.captured_queries)


def test_a_change_shows_at_once(client, practices):
    client.get("/practices/")
    edit(practices[1], title="Another name", summary="Another summary of it.")
    page = body(client.get("/practices/"))
    assert says(page, "Another name", "Another summary of it.", "Practice 0", "Practice 2")
    assert "Practice 1" not in page


def test_a_change_of_one_record_leaves_the_cards_of_the_others(practices, monkeypatch):
    before = cards()[:3]
    edit(practices[1], title="Practice 1, renamed")
    drawn = []
    fetch = Listing.fetch
    monkeypatch.setattr(Listing, "fetch", lambda listing, ids: drawn.extend(ids) or fetch(listing, ids))
    after = cards()[:3]
    assert drawn == [practices[1].pk]
    assert [after[0], after[2]] == [before[0], before[2]]
    assert "renamed" in after[1]


def test_a_change_of_what_records_are_described_with_shows_on_every_card(client):
    country = make.country("MA", "Morocco")
    record(Change.Action.ADD, [make.practice(countries=[("MA", "origin")]) for _ in range(2)])
    assert "".join(cards()[:2]).count("Morocco") == 2
    country.name = "Kingdom of Morocco"
    country.save()
    record(Change.Action.EDIT, [country])
    assert "".join(cards()[:2]).count("Kingdom of Morocco") == 2


def test_what_is_not_public_any_more_has_no_card_whatever_is_kept(practices):
    kept = cards()
    assert len(kept[:3]) == 3
    # Without a new version of the data, as between a transaction and the request that saw it begin.
    Practice.objects.filter(pk=practices[0].pk).update(status=Status.DRAFT)
    assert len(kept[:3]) == 2


def test_a_title_is_escaped_on_its_card(practices):
    edit(practices[0], title="<script>alert(1)</script>")
    assert "&lt;script&gt;" in "".join(cards()[:3])
    assert "<script>" not in "".join(cards()[:3])
