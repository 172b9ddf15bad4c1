"""The list of countries, its export, and the brief of one country."""

from datetime import date

import pytest

from tests import factories as make
from tests.reading import BOM, body, count, exported, found, results, says

pytestmark = pytest.mark.django_db

HEADER = "code,name,region,practices,origin,destination,transit,host,partner,lead,donor,concerned,meetings,url\r\n"


@pytest.fixture
def countries():
    """Three countries: Morocco and Egypt of one region, Belgium of another."""
    world = make.region("001", "World", "world")
    africa = make.region("002", "Africa", "region", parent=world)
    northern = make.region("015", "Northern Africa", parent=africa)
    make.country("MA", "Morocco", region=northern)
    make.country("EG", "Egypt", region=northern, other_names="Arab Republic of Egypt")
    make.country("BE", "Belgium", region=make.region("155", "Western Europe", parent=make.region("150", "Europe")))


# The list


def test_all_countries_are_listed_by_name_in_use_or_not(client, countries):
    make.country("AX", "Åland Islands")
    assert found(client, "/countries/") == ["ax", "be", "eg", "ma"]
    assert found(client, "/countries/?sort=name") == ["ax", "be", "eg", "ma"]


def test_countries_sort_by_the_number_of_practices_and_then_by_name(client, countries):
    make.practice(countries=[("MA", "origin"), ("MA", "host"), ("BE", "concerned")])
    make.practice(countries=[("MA", "origin"), ("EG", "partner")])
    assert found(client, "/countries/?sort=practices") == ["ma", "eg", "be"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("region=015", ["eg", "ma"]),
        ("region=002", ["eg", "ma"]),
        ("region=001", ["eg", "ma"]),
        ("region=150", ["be"]),
        ("region=015&region=155", ["be", "eg", "ma"]),
    ],
)
def test_region_finds_the_countries_in_it_and_in_the_regions_below_it(client, countries, query, expected):
    assert found(client, f"/countries/?{query}") == expected


def test_a_country_group_has_no_countries(client, countries):
    make.region("ecowas", "ECOWAS", "group")
    assert found(client, "/countries/?region=ecowas") == []


@pytest.mark.parametrize(("words", "expected"), [("morocco", ["ma"]), ("arab", ["eg"]), ("EGY", ["eg"]), ("x", [])])
def test_words_are_found_in_the_names_of_countries(client, countries, words, expected):
    make.searchable()
    assert found(client, f"/countries/?q={words}") == expected


def test_turkey_is_found_by_either_name(client):
    make.country("TR", "Türkiye", other_names="Turkey")
    for words in ("turkey", "turkiye", "Türkiye", "TÜRKIYE"):
        make.searchable()
        assert found(client, f"/countries/?q={words}") == ["tr"]


def test_the_page_says_how_many_countries_there_are(client, countries):
    assert count(body(client.get("/countries/"))) == 3


# The export


def test_a_country_with_every_count_as_a_whole_file(client):
    northern = make.region("015", "Northern Africa")
    make.country("MA", "Morocco", region=northern)
    roles = ["origin", "destination", "transit", "host", "partner", "lead", "donor", "concerned"]
    for number, role in enumerate(roles, start=1):
        for _ in range(number):
            make.practice(countries=[("MA", role)])
    make.practice(countries=[("MA", "origin"), ("MA", "host"), ("MA", "concerned")])
    make.practice(countries=[("MA", "origin")], status="draft")
    meeting = make.meeting()
    make.participation(meeting, country=make.country("MA"))
    make.participation(meeting, country=make.country("MA"), role="co-chair")
    make.participation(make.meeting(), person="A. Person", represents_country=make.country("MA"))
    make.participation(make.meeting(status="draft"), country=make.country("MA"))
    make.meeting(country=make.country("MA"))
    response = client.get("/countries.csv")
    assert response.streaming
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="countries.csv"'
    assert body(response) == BOM + HEADER + ("MA,Morocco,015,29,2,2,3,5,5,6,7,9,2,http://testserver/countries/ma/\r\n")


def test_a_country_that_nothing_names_has_counts_of_nought(client):
    make.country("TV", "Tuvalu")
    assert body(client.get("/countries.csv")) == BOM + HEADER + (
        "TV,Tuvalu,,0,0,0,0,0,0,0,0,0,0,http://testserver/countries/tv/\r\n"
    )


# The brief of a country


def test_the_brief_groups_practices_by_the_role_of_the_country(client, countries):
    make.practice(slug="one", title="One", countries=[("MA", "origin"), ("BE", "destination")])
    make.practice(slug="two", title="Two", countries=[("MA", "host")])
    make.practice(slug="study", title="Study", countries=[("MA", "concerned")])
    make.practice(slug="other", title="Other", countries=[("BE", "host")])
    page = body(client.get("/countries/ma/"))
    assert says(page, "Morocco", "2 practices", "Origin (1)", "One", "Carried out in (1)", "Two")
    assert says(page, "Practices that only concern it (1)", "Study")
    assert 'href="/practices/other/"' not in page


def test_the_number_in_the_brief_is_the_number_that_its_link_finds(client, countries):
    make.practice(countries=[("MA", "origin"), ("MA", "host")])
    make.practice(countries=[("MA", "donor")])
    make.practice(countries=[("MA", "concerned")])
    page = body(client.get("/countries/ma/"))
    assert 'href="/practices/?country=MA"' in page
    assert says(page, "2 practices")
    assert len(found(client, "/practices/?country=MA")) == 2


def test_the_brief_shows_the_meetings_attended_and_the_meetings_held_there(client, countries):
    attended = make.meeting(slug="attended", title="First session")
    make.participation(attended, country=make.country("MA"), role="co-chair")
    sent = make.meeting(slug="sent", title="Second session", starts_on=date(2018, 5, 3), date_precision="day")
    make.participation(sent, person="A. Person", represents_country=make.country("MA"), role="moderator")
    make.meeting(slug="held", title="Summit", country=make.country("MA"))
    page = body(client.get("/countries/ma/"))
    assert says(page, "Meetings it attended", "First session", "co-chair", "Second session", "3 May 2018", "A. Person")
    assert says(page, "Meetings held there", "Summit")


def test_the_brief_describes_a_practice_once_whatever_its_roles(client, countries):
    make.practice(title="PALIM", summary="Trains graduates.", countries=[("MA", "origin"), ("MA", "host")])
    page = body(client.get("/countries/ma/"))
    assert says(page, "Origin (1)", "PALIM", "Trains graduates.", "Carried out in (1)", "Described above: PALIM")
    assert page.count("Trains graduates.") == 1


def test_the_brief_says_on_which_recommended_themes_the_country_has_no_practice(client, countries):
    make.practice(countries=[("MA", "origin")], themes=["visas"])
    make.practice(countries=[("BE", "host")], themes=["free-movement"])
    make.outcome(themes=["visas", "free-movement"])
    make.outcome(kind="finding", themes=["return"])
    page = body(client.get("/countries/ma/"))
    missing = page[page.index('id="missing"') :]
    assert '"/themes/free-movement/"' in missing
    assert "/themes/visas/" not in missing
    assert "/themes/return/" not in missing


def test_a_country_that_nothing_names_has_a_page_that_says_so(client, countries):
    assert says(body(client.get("/countries/be/")), "No practice yet in which it takes part")


def test_a_note_on_a_country_stands_on_its_page(client):
    make.country("XK", "Kosovo", note="References to Kosovo: see resolution 1244 (1999).")
    assert says(body(client.get("/countries/xk/")), "References to Kosovo: see resolution 1244 (1999).")


@pytest.mark.parametrize("code", ["zz", "mar", "m", "504", "m%00"])
def test_a_country_that_does_not_exist_is_not_found(client, countries, code):
    assert client.get(f"/countries/{code}/").status_code == 404


def test_the_counts_of_the_list_lead_to_as_many_practices(client, countries):
    make.practice(countries=[("MA", "origin"), ("BE", "destination"), ("EG", "concerned")])
    make.practice(countries=[("MA", "origin"), ("MA", "host")])
    page = results(body(client.get("/countries/")))
    for row in exported(client, "/countries/"):
        for name in ("practices", "origin", "destination", "host", "concerned"):
            parameter = "country" if name == "practices" else name
            address = f"/practices/?{parameter}={row['code']}"
            assert len(found(client, address)) == int(row[name])
            assert (f'href="{address}"' in page) == (row[name] != "0")
