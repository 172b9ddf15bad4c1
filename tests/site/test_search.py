"""Search across everything, its suggestions, and which choice to take away from an empty list."""

import pytest

from tests import factories as make
from tests.reading import body, count, is_harmless, says

pytestmark = pytest.mark.django_db


def groups(client, question):
    return {str(group.heading): group for group in client.get("/search/", {"q": question}).context["groups"]}


def test_everything_is_found_in_groups(client):
    country = make.country("MA", "Zephyria")
    theme = make.theme("zephyr", "Zephyr theme")
    document = make.document("zephyr", "Zephyr paper")
    make.meeting(title="Zephyr meeting")
    make.outcome(heading="Zephyr outcome", document=document)
    organisation = make.organisation("zephyr", "Zephyr agency")
    make.practice(title="Zephyr practice", organisations=[("zephyr", "lead")])
    make.searchable()
    found = groups(client, "zephyr")
    assert list(found) == ["Practices", "Outcomes", "Meetings", "Countries", "Themes", "Organisations", "Documents"]
    assert [found[name].rows for name in ("Themes", "Organisations", "Documents")] == [
        [theme],
        [organisation],
        [document],
    ]
    page = body(client.get("/search/?q=zephyr"))
    assert is_harmless(page)
    assert page.count("<mark>Zephyr</mark>") == 6
    assert groups(client, "zephyria")["Countries"].rows == [country]


def test_the_page_without_a_question_is_a_form(client):
    page = body(client.get("/search/"))
    assert is_harmless(page)
    assert not says(page, "Nothing is found")


def test_a_question_is_shown_as_it_was_typed_and_does_no_harm(client):
    make.searchable()
    page = body(client.get("/search/", {"q": '"><script>alert(1)</script>'}))
    assert is_harmless(page)
    assert "&lt;script&gt;alert(1)" in page


# Suggestions


def suggested(client, question):
    response = client.get("/search/suggest/", {"q": question})
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    return response.json()["suggestions"]


def test_suggestions_leave_out_what_is_not_public(client):
    for _ in range(20):
        make.practice(title="Zephyr", status="draft", organisations=[("zephyr", "lead")])
    shown = make.practice(title="Zephyrs of the sea")
    make.searchable()
    assert [row["url"] for row in suggested(client, "zeph")] == [shown.get_absolute_url()]


# Which choice to take away


@pytest.fixture
def practices():
    make.country("MA", "Morocco")
    make.country("TN", "Tunisia")
    make.practice(title="Visas", countries=[("MA", "host")], kind="programme", start_year=2010)
    make.practice(title="Visas again", countries=[("MA", "host")], kind="tool")
    make.practice(title="Skills", countries=[("TN", "host")], kind="tool")
    make.searchable()


def rescues(client, address):
    return [(f"{chip.label}: {chip.value}", n) for chip, n in client.get(address).context["rescues"]]


def test_an_empty_list_says_which_choice_to_take_away(client, practices):
    address = "/practices/?q=visas&country=TN"
    assert rescues(client, address) == [("Country: Tunisia", 2), ("Words: visas", 1)]
    page = body(client.get(address))
    assert says(page, "Nothing matches", "without Country: Tunisia (2)", "without Words: visas (1)")


def test_of_several_words_each_is_offered_to_be_left_out(client, practices):
    address = "/practices/?q=visas+%22skills+again%22+-nothing"
    assert ('Words: "skills again"', 2) in rescues(client, address)
    assert not any(name == "Words: -nothing" for name, _n in rescues(client, address))
    assert says(body(client.get(address)), 'without Words: "skills again" (2)')


def test_every_promise_is_kept(client, practices):
    for address in (
        "/practices/?q=visas&country=TN&kind=tool",
        "/practices/?q=skills&country=MA",
        "/practices/?country=MA&kind=tool&year_from=2010",
        "/practices/?q=visas&year_to=2005&sort=newest",
        "/practices/?q=nothing&per_page=10",
        "/practices/?q=visas+skills+again&kind=tool",
        "/countries/?q=morocco&region=015",
        "/outcomes/?q=nothing&kind=finding",
    ):
        make.region()
        response = client.get(address)
        path = address.partition("?")[0]
        for chip, n in response.context.get("rescues") or response.context["filter"].rescues:
            assert n > 0
            assert count(body(client.get(f"{path}?{chip.without}"))) == n


def test_one_of_several_values_is_no_rescue(client, practices):
    assert rescues(client, "/practices/?q=skills&country=MA&kind=tool&kind=programme") == [
        ("Words: skills", 2),
        ("Country: Morocco", 1),
    ]


def test_a_list_that_is_not_empty_or_was_asked_wrongly_offers_none(client, practices):
    assert not rescues(client, "/practices/?q=visas")
    assert not rescues(client, "/practices/?q=visas&country=ZZ")


def test_at_most_five_choices_are_offered(client):
    make.country("MA", "Morocco")
    whole = {"title": "Visas", "countries": [("MA", "host")], "kind": "tool", "lifecycle": "ongoing", "themes": ["t"]}
    others = ({"title": "Other"}, {"kind": "event"}, {"lifecycle": "planned"}, {"themes": ["u"]})
    for one in (*others, {"countries": [("MA", "origin")]}, {"start_year": 1999}):
        make.practice(**{**whole, "start_year": 2010, **one})
    make.searchable()
    address = "/practices/?q=visas&host=MA&kind=tool&lifecycle=ongoing&theme=t&year_from=2005"
    found = rescues(client, address)
    assert len(found) == 5
    assert {n for _choice, n in found} == {1}


def test_what_the_address_fixes_is_not_offered(client):
    make.outcome(heading="Visas", kind="finding")
    make.searchable()
    assert client.get("/outcomes/?q=visas&kind=recommendation").context["rescues"]
    assert client.get("/recommendations/?q=visas").context["rescues"] == []
