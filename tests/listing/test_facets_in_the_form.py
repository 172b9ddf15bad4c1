"""How the form draws facets: with true counts, what is chosen first, and nothing lost."""

import re

import pytest

from pathways.listing.filters import SHORT_FACET
from tests import factories as make
from tests.reading import body, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def themes():
    slugs = [f"theme-{number}" for number in range(SHORT_FACET + 1)]
    for slug in slugs:
        make.practice(themes=[slug])
    return slugs


def form(client, query=""):
    page = body(client.get(f"/practices/?{query}"))
    # Fails where a list or a fold is not closed.
    read(page)
    return page[page.index('id="filter-form"') : page.index("</form>", page.index('id="filter-form"'))]


def boxes(form):
    return [part.partition('"')[0] for part in form.split('name="theme" value="')[1:]]


def test_all_choices_stand_in_one_list_while_none_is_chosen(client, themes):
    assert sorted(boxes(form(client))) == sorted(themes)


def test_what_is_chosen_comes_first_and_then_the_most_frequent(client, themes):
    for _ in range(3):
        make.practice(themes=["theme-9"])
    drawn = form(client, "theme=theme-5&theme=theme-7")
    assert boxes(drawn)[:3] == ["theme-5", "theme-7", "theme-9"]
    assert drawn.count(" checked") == 2
    assert sorted(boxes(drawn)) == sorted(themes)


def test_each_choice_says_how_many_records_it_would_show(client, themes):
    make.practice(themes=["theme-1"], countries=[("MA", "origin")])
    make.practice(themes=["theme-1", "theme-2"], countries=[("TN", "origin")])
    counts = dict(re.findall(r'name="theme" value="([\w-]+)".*?choice-count">(\d+)<', form(client)))
    assert (counts["theme-1"], counts["theme-2"], counts["theme-3"]) == ("3", "2", "1")
    # Within a facet choices add up, so its own choice does not narrow its counts; that of another facet does.
    chosen = dict(re.findall(r'name="theme" value="([\w-]+)".*?choice-count">(\d+)<', form(client, "theme=theme-3")))
    assert chosen == counts
    by_country = dict(re.findall(r'name="theme" value="([\w-]+)".*?choice-count">(\d+)<', form(client, "country=MA")))
    assert by_country == {"theme-1": "1"}


def test_a_chosen_value_that_nothing_has_stays_in_sight(client, themes):
    make.practice(countries=[("MA", "origin")])
    drawn = form(client, "country=MA&theme=theme-3")
    assert re.search(r'value="theme-3" checked>.*?choice-count">0<', drawn)


def test_what_the_address_fixes_is_no_choice(client):
    make.outcome(kind="recommendation")
    page = body(client.get("/recommendations/"))
    assert 'class="chips"' not in page
    assert "Filters (" not in page
    page = body(client.get("/recommendations/?answered=no"))
    assert "Filters (1)" in page
