"""What the tables of coverage hold."""

import pytest

from pathways.site import coverage
from tests import factories as make
from tests.reading import body, says, words


@pytest.mark.django_db
def test_a_sub_region_that_lies_in_none_is_covered_too():
    make.practice(themes=["visas"], regions=[("015", "host")])
    regions, rows = coverage.themes_by_region()
    assert [region.code for region in regions] == ["015"]
    assert [cell.count for cell in rows[0].cells] == [1]


@pytest.mark.django_db
def test_the_page_begins_with_what_nothing_answers(client):
    gap = make.outcome(heading="Ratify", locator="III.a, 1")
    whole, answered = make.outcome(heading="Whole"), make.outcome(heading="Recognise skills")
    part = make.outcome(heading="Part", parent=whole)
    for outcome in (part, answered):
        make.response(make.practice(title=f"Answer to {outcome.heading}"), outcome, f"It does {outcome.heading}.")
    page = body(client.get("/coverage/"))
    assert says(page, "Of 4 recommendations and key messages, practices here answer 3, and none answers 1.")
    assert says(page, "1 recommendation or key message that no practice answers", "Ratify", "III.a, 1")
    assert says(page, "Themes by region", "Which practice answers what", "3 of 4 are answered")
    assert says(page, gap.heading, "No practice", "Whole", "Answered in its parts")
    assert says(page, "Ratify", "Practices on a theme that name a region", "Answer to Part", "It does Part.")
    assert words(page).index("Ratify") < words(page).index("Answer to")


def test_the_scale_names_every_number_once():
    assert [step for step, _words in coverage.scale()] == [1, 2, 3, 4, 5]
    assert [text for _step, text in coverage.scale()] == ["1", "2–3", "4–6", "7–10", "11+"]
