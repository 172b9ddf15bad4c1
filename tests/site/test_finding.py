"""Search across the curated entries: counts that are true, nearest names, suggestions."""

import pytest

from pathways.site.finding import nearest
from tests.reading import body, count, is_harmless, says

pytestmark = pytest.mark.django_db

QUESTIONS = [
    "skills",
    "morocco",
    "fair recruitment",
    '"skills recognition"',
    "iom",
    "visas -student",
    "africa",
    "migrant",
]


def groups(client, question):
    return {str(group.heading): group for group in client.get("/search/", {"q": question}).context["groups"]}


def suggested(client, question):
    return client.get("/search/suggest/", {"q": question}).json()["suggestions"]


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_number_of_a_group_is_that_of_the_list_it_leads_to(client, curated, question):
    found = groups(client, question)
    assert "Practices" in found
    for group in found.values():
        # What has no list to lead to is shown in full.
        assert len(group.rows) == min(group.count, 5 if group.url else 50)
        if group.url:
            response = client.get(group.url)
            assert response.status_code == 200
            assert count(body(response)) == group.count


def test_where_no_record_has_all_words_each_is_offered_to_be_left_out(client, curated):
    page = client.get("/search/?q=abolish+recruitment+fees+technology")
    assert not page.context["groups"]
    assert page.context["shorter"]
    for _word, rest, n in page.context["shorter"]:
        found = client.get("/search/", {"q": rest}).context["groups"]
        assert sum(group.count for group in found) == n > 0
        assert says(body(page), f"({n})")


def test_where_nothing_is_found_the_nearest_names_are_offered(client, curated):
    page = body(client.get("/search/?q=moroco+xx"))
    assert says(page, "Nothing is found by “moroco xx”")
    page = body(client.get("/search/?q=entorr"))
    assert says(page, "Did you mean:", "MeNTOR")
    assert is_harmless(page)
    assert str(nearest("tunizia")[0]) == "Tunisia"


def test_suggestions_are_labels_kinds_and_addresses(client, curated):
    assert suggested(client, "palim")[0] == {
        "label": "Pilot Project Addressing Labour Shortages Through Innovative Labour Migration Models (PALIM)",
        "kind": "Practices",
        "url": "/practices/palim/",
    }


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("pal", "/practices/palim/"),
        ("moroc", "/countries/ma/"),
        ("Türk", "/countries/tr/"),
        ("cote d'iv", "/countries/ci/"),
        ("circular and sea", "/themes/circular-and-seasonal-mobility/"),
        ("skills recogniti", "/themes/skills-recognition-and-certification/"),
        ("tesda", "/practices/tesda-onsite-assessment-program/"),
    ],
)
def test_what_is_meant_is_suggested_as_it_is_typed(client, curated, typed, url):
    assert url in [row["url"] for row in suggested(client, typed)]


def test_suggestions_are_at_most_eight_and_begin_with_the_second_letter(client, curated):
    assert len(suggested(client, "mi")) == 8
    assert suggested(client, "m") == suggested(client, " ") == suggested(client, "") == []
