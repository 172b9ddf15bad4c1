"""What is chosen stands above the list, each choice with a link that takes it away."""

import re
from html import unescape

import pytest

from tests import factories as make
from tests.reading import body, results, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def practice():
    make.country("MA", "Morocco")
    make.country("TN", "Tunisia")
    return make.practice(slug="any", countries=[("MA", "host")], themes=["free-movement"])


def chips(client, address):
    """Return the query strings of the links that take a choice away, by what they say."""
    part = results(body(client.get(address)))
    part = part[part.index('<ul class="chips"') :].partition("</ul>")[0]
    links = re.findall(r'<li><a href="\?([^"]*)">(.*?)</a>', part, re.DOTALL)
    return {words(text).removesuffix(" take away"): unescape(query) for query, text in links}


def test_each_choice_has_a_chip_with_its_name_in_words(client, practice):
    address = "/practices/?country=ma&country=TN&kind=programme&q=skills&year_from=2010"
    assert list(chips(client, address)) == [
        "Words: skills",
        "Country: Morocco",
        "Country: Tunisia",
        "Kind: Programme or project",
        "From year: 2010",
    ]


def test_what_a_form_sends_empty_is_in_no_address_of_a_chip(client, practice):
    found = chips(client, "/practices/?q=&year_from=&year_to=&country=ma&country=TN&sort=newest")
    assert found == {"Country: Morocco": "country=TN&sort=newest", "Country: Tunisia": "country=ma&sort=newest"}


def test_a_chip_takes_its_own_choice_away_and_keeps_the_others(client, practice):
    found = chips(client, "/practices/?country=ma&country=TN&theme=free-movement&sort=newest")
    assert found == {
        "Country: Morocco": "country=TN&theme=free-movement&sort=newest",
        "Country: Tunisia": "country=ma&theme=free-movement&sort=newest",
        "Theme: free-movement": "country=ma&country=TN&sort=newest",
    }


def test_a_chip_leads_back_to_the_first_page(client, practice):
    for _ in range(3):
        make.practice(countries=[("MA", "host")])
    found = chips(client, "/practices/?country=MA&per_page=2&page=2")
    assert found == {"Country: Morocco": "per_page=2"}


def test_words_as_they_were_typed_stay_in_the_form(client):
    make.searchable()
    assert 'value="&lt;b&gt; &amp; &quot;x&quot;"' in body(client.get('/practices/?q=<b>+%26+"x"'))


def test_the_link_to_the_export_carries_the_choices_but_not_the_page(client, practice):
    make.practice(countries=[("MA", "host")])
    page = body(client.get("/practices/?country=MA&sort=newest&page=2&per_page=1&utm_source=mail"))
    assert 'href="/practices.csv?country=MA&amp;sort=newest"' in page


def test_pages_keep_the_choices(client):
    for _ in range(3):
        make.practice(countries=[("MA", "host")])
    page = body(client.get("/practices/?country=MA&per_page=1&page=2"))
    assert 'rel="prev" href="?country=MA&amp;per_page=1&amp;page=1"' in page
    assert 'rel="next" href="?country=MA&amp;per_page=1&amp;page=3"' in page
