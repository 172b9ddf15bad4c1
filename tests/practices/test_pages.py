"""The pages of practices: what a visitor reads, and what a hostile text cannot do there."""

import pytest

from practices.models import Citation, Figure, Link, PracticeCountry, PracticeRelation
from tests import factories as make
from tests.reading import body, is_harmless, results, says

pytestmark = pytest.mark.django_db

HOSTILE = """</title></p>"'><script>alert(1)</script><img src=x onerror=alert(2)>"""


def page_of(client, practice):
    return body(client.get(f"/practices/{practice.slug}/"))


def test_a_practice_shows_its_countries_each_with_its_role(client):
    practice = make.practice(slug="palim")
    for code, name, role in [("MA", "Morocco", "origin"), ("BE", "Belgium", "destination"), ("FR", "France", "donor")]:
        PracticeCountry.objects.create(practice=practice, country=make.country(code, name), role=role)
    assert says(page_of(client, practice), "Origin", "Morocco", "Destination", "Belgium", "Donor", "France")


def test_what_the_curator_inferred_is_marked(client):
    practice = make.practice(start_year=2019, inferred=["start_year"])
    PracticeCountry.objects.create(
        practice=practice, country=make.country(), role="origin", basis="role-inferred", contribution="trains"
    )
    page = page_of(client, practice)
    assert says(page, "Origin", "Morocco", "inferred", "Years", "2019", "inferred")
    assert says(page, "Morocco", "trains")


def test_what_the_source_states_is_not_marked_as_inferred(client):
    assert not says(page_of(client, make.practice(countries=[("MA", "origin")], start_year=2019)), "inferred")


def test_figures_say_what_they_count_and_what_they_are(client):
    practice = make.practice()
    Figure.objects.create(
        practice=practice, slug="a", value="over 2,000", counts="young people", nature="target", period="by 2022"
    )
    assert says(page_of(client, practice), "over 2,000", "young people", "target", "by 2022")


@pytest.mark.parametrize(
    ("years", "expected"),
    [
        ({"start_year": 2019, "end_year": 2021}, "2019 – 2021"),
        ({"start_year": 2019}, "from 2019"),
        ({"start_year": 2019, "kind": "publication"}, "2019"),
        ({"start_year": 2019, "end_year": 2019}, "2019"),
        ({"end_year": 2021}, "– 2021"),
        ({}, "not stated"),
    ],
)
def test_years_are_as_exact_as_they_are_known(client, years, expected):
    assert says(page_of(client, make.practice(lifecycle="ongoing", **years)), f"Years {expected} Stage")


def test_each_place_where_it_is_printed_is_named_and_linked(client):
    practice = make.practice(cited=False)
    Citation.objects.create(
        practice=practice,
        document=make.document(),
        locator="footnote 15",
        printed_as="Belgian-Moroccan partnership",
        shared_by="national-government",
        note="Without its acronym.",
    )
    page = page_of(client, practice)
    assert '<a href="/documents/paper/">Background paper</a>' in page
    assert says(
        page,
        "Where it is printed",
        "Background paper, footnote 15",
        "Belgian-Moroccan partnership",
        "national government",
        "Without its acronym.",
    )


def test_the_description_is_shown_as_markdown(client):
    page = page_of(client, make.practice(description="**Aims**\n\n- jobs\n- skills"))
    assert "<strong>Aims</strong>" in page
    assert "<li>jobs</li>" in page


def test_relations_are_shown_from_both_sides(client):
    whole, part = make.practice(title="Whole"), make.practice(title="Part")
    PracticeRelation.objects.create(practice=part, other=whole, kind="part-of")
    assert says(page_of(client, part), "Part of", "Whole")
    assert says(page_of(client, whole), "Its parts", "Part")


def test_the_meetings_of_its_documents_are_linked(client):
    meeting = make.meeting(slug="workshop", title="Workshop on skills")
    make.document().meeting_rows.create(meeting=meeting, relation="reports-on")
    assert '<a href="/meetings/workshop/">Workshop on skills</a>' in page_of(client, make.practice())


def test_recommendations_it_answers_are_shown_with_the_reason_and_whose_judgement_it_is(client):
    practice = make.practice()
    make.response(practice, make.outcome(heading="Skills passports", locator="III.f, 4"), "It is such a passport.")
    page = page_of(client, practice)
    assert says(page, "In the secretariat's judgement.", "III.f, 4: Skills passports", "It is such a passport.")


def test_hostile_texts_are_escaped_wherever_they_stand(client):
    practice = make.practice(
        title=HOSTILE, acronym="<b>", other_names=HOSTILE, summary=HOSTILE, description=HOSTILE, start_year=2019
    )
    Figure.objects.create(practice=practice, slug="a", value="<b>1</b>", counts=HOSTILE, nature="target")
    Link.objects.create(practice=practice, url="https://example.org/?a=1&b='\"", title=HOSTILE)
    Citation.objects.create(practice=practice, document=make.document(), locator=HOSTILE, note=HOSTILE, position=2)
    PracticeCountry.objects.create(
        practice=practice, country=make.country("XX", HOSTILE), role="host", contribution=HOSTILE
    )
    for address in (practice.get_absolute_url(), "/practices/", "/documents/paper/", "/countries/xx/"):
        page = body(client.get(address))
        assert "alert(1)" in page, address
        assert is_harmless(page), address


def test_a_list_line_says_from_where_to_where(client):
    for code, name in [("MA", "Morocco"), ("BE", "Belgium")]:
        make.country(code, name)
    make.practice(title="PALIM", countries=[("MA", "origin"), ("BE", "destination")])
    assert says(results(body(client.get("/practices/"))), "PALIM", "from Morocco to Belgium")


def test_a_list_line_says_where_the_destination_is_not_stated_and_where_no_country_is_named(client):
    make.practice(title="One", countries=[("MA", "origin")])
    make.practice(title="Two")
    page = results(body(client.get("/practices/")))
    assert says(page, "One", "from MA", "destination not stated", "Two", "no country named")


def test_a_concerned_country_is_in_no_corridor(client):
    make.country("IQ", "Iraq")
    make.practice(title="Study", countries=[("IQ", "concerned")])
    page = results(body(client.get("/practices/")))
    assert says(page, "Study", "no country named")
    assert not says(page, "Iraq")
