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
