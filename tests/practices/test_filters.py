"""What the parameters of /practices/ find, on the page and in the export alike."""

import re

import pytest

from practices.models import Citation, PracticeCountry, Role
from tests import factories as make
from tests.reading import body, found, results

pytestmark = pytest.mark.django_db


def taking_part(slug, code, role="host"):
    return make.practice(slug=slug, countries=[(code, role)])


def test_without_a_choice_the_list_holds_every_published_practice_by_title(client):
    make.practice(slug="b", title="Skills passport")
    make.practice(slug="a", title="Circular mobility")
    make.practice(slug="c", title="Not yet", status="draft")
    assert found(client, "/practices/") == ["a", "b"]


# Countries


def test_country_finds_practices_in_which_it_takes_part_in_any_role_but_concerned(client):
    for role in Role.values:
        taking_part(f"as-{role}", "MA", role)
    taking_part("elsewhere", "TN")
    assert set(found(client, "/practices/?country=MA")) == {
        "as-origin",
        "as-destination",
        "as-transit",
        "as-host",
        "as-partner",
        "as-lead",
        "as-donor",
    }


def test_a_country_that_is_concerned_and_takes_part_is_found_as_taking_part(client):
    practice = taking_part("both", "MA", "concerned")
    PracticeCountry.objects.create(practice=practice, country=make.country("MA"), role="origin")
    assert found(client, "/practices/?country=MA") == ["both"]
    assert found(client, "/practices/?concerned=MA") == ["both"]


@pytest.mark.parametrize("role", ["origin", "destination", "host", "concerned"])
def test_a_role_finds_only_the_practices_in_which_the_country_has_it(client, role):
    for other in Role.values:
        taking_part(f"as-{other}", "MA", other)
    taking_part("elsewhere", "TN", role)
    assert found(client, f"/practices/?{role}=MA") == [f"as-{role}"]


@pytest.mark.parametrize("given", ["MA", "ma", "mA", "%20ma%20"])
def test_country_codes_are_taken_in_any_case(client, given):
    taking_part("here", "MA")
    taking_part("elsewhere", "TN")
    assert found(client, f"/practices/?country={given}") == ["here"]


def test_a_country_with_several_roles_is_listed_once(client):
    make.practice(slug="once", countries=[("MA", "origin"), ("MA", "host"), ("MA", "partner")])
    assert found(client, "/practices/?country=MA") == ["once"]


def test_origin_and_destination_together_find_the_corridor(client):
    make.practice(slug="corridor", countries=[("MA", "origin"), ("BE", "destination")])
    make.practice(slug="other-way", countries=[("BE", "origin"), ("MA", "destination")])
    make.practice(slug="one-end", countries=[("MA", "origin")])
    assert found(client, "/practices/?origin=MA&destination=BE") == ["corridor"]


# Or within a parameter, and between parameters


def test_a_parameter_given_twice_is_an_or(client):
    taking_part("morocco", "MA")
    taking_part("tunisia", "TN")
    taking_part("egypt", "EG")
    assert set(found(client, "/practices/?country=MA&country=tn")) == {"morocco", "tunisia"}


def test_different_parameters_are_an_and(client):
    make.practice(slug="both", countries=[("MA", "host")], themes=["free-movement"])
    make.practice(slug="country-only", countries=[("MA", "host")])
    make.practice(slug="theme-only", themes=["free-movement"])
    assert found(client, "/practices/?country=MA&theme=free-movement") == ["both"]


def test_an_empty_parameter_as_a_form_sends_it_chooses_nothing(client):
    make.practice(slug="any")
    make.searchable()
    assert found(client, "/practices/?q=&country=&year_from=&year_to=&sort=&region=") == ["any"]


# Regions


@pytest.fixture
def africa():
    """Africa and two of the regions below it, each in the one before."""
    world = make.region("001", "World", "world")
    africa = make.region("002", "Africa", "region", parent=world)
    south_of_sahara = make.region("202", "Sub-Saharan Africa", "sub-region", parent=africa)
    western = make.region("011", "Western Africa", "intermediate-region", parent=south_of_sahara)
    make.country("SN", "Senegal", region=western)
    return world


def test_region_finds_practices_that_name_it_or_a_region_below_it(client, africa):
    make.practice(slug="africa", regions=[("002", "partner")])
    make.practice(slug="western-africa", regions=[("011", "partner")])
    make.practice(slug="europe", regions=[("150", "partner")])
    assert found(client, "/practices/?region=011") == ["western-africa"]
    assert set(found(client, "/practices/?region=202")) == {"western-africa"}
    assert set(found(client, "/practices/?region=002")) == {"africa", "western-africa"}
    assert set(found(client, "/practices/?region=001")) == {"africa", "western-africa"}


@pytest.mark.parametrize("code", ["011", "202", "002", "001"])
def test_region_finds_practices_in_which_a_country_of_it_takes_part(client, africa, code):
    taking_part("senegal", "SN", "origin")
    taking_part("only-concerned", "SN", "concerned")
    taking_part("elsewhere", "BE")
    assert found(client, f"/practices/?region={code}") == ["senegal"]


def test_a_country_group_is_never_expanded_into_its_members(client, africa):
    make.region("ecowas", "ECOWAS", "group")
    make.practice(slug="ecowas", regions=[("ecowas", "partner")])
    taking_part("senegal", "SN")
    assert found(client, "/practices/?region=ecowas") == ["ecowas"]
    assert found(client, "/practices/?region=ECOWAS") == ["ecowas"]
    assert found(client, "/practices/?region=002") == ["senegal"]


def test_a_region_that_is_only_concerned_is_named_all_the_same(client, africa):
    make.practice(slug="study", regions=[("011", "concerned")])
    assert found(client, "/practices/?region=011") == ["study"]


# Terms


def test_theme_finds_practices_that_have_it_at_any_place(client):
    make.practice(slug="first", themes=["free-movement", "return-and-reintegration"])
    make.practice(slug="second", themes=["return-and-reintegration", "free-movement"])
    make.practice(slug="other", themes=["return-and-reintegration"])
    assert set(found(client, "/practices/?theme=free-movement")) == {"first", "second"}


def test_sector_finds_what_stands_below_it_too(client):
    health = make.sector("human-health-and-social-work", "Human health", "Q")
    nursing = make.sector("nursing", "Nursing", "Q", parent=health)
    make.practice(slug="nurses").sectors.add(nursing)
    make.practice(slug="health").sectors.add(health)
    make.practice(slug="ict").sectors.add(make.sector())
    assert set(found(client, "/practices/?sector=human-health-and-social-work")) == {"nurses", "health"}
    assert found(client, "/practices/?sector=nursing") == ["nurses"]


def test_target_group_finds_practices_for_it(client):
    make.practice(slug="young").target_groups.add(make.target_group("youth"))
    make.practice(slug="women").target_groups.add(make.target_group("women"))
    assert found(client, "/practices/?target_group=youth") == ["young"]


def test_skill_finds_practices_for_that_level(client):
    make.practice(slug="low").skill_levels.add(make.skill_level("low"))
    make.practice(slug="high").skill_levels.add(make.skill_level("high"))
    assert found(client, "/practices/?skill=low") == ["low"]


def test_kind_and_lifecycle_find_practices_of_that_kind_and_stage(client):
    make.practice(slug="tool", kind="tool", lifecycle="ongoing")
    make.practice(slug="finished-tool", kind="tool", lifecycle="completed")
    make.practice(slug="policy", kind="policy", lifecycle="ongoing")
    assert set(found(client, "/practices/?kind=tool")) == {"tool", "finished-tool"}
    assert set(found(client, "/practices/?lifecycle=ongoing")) == {"tool", "policy"}
    assert found(client, "/practices/?kind=tool&lifecycle=completed") == ["finished-tool"]


def test_shared_by_finds_what_such_a_body_shared_in_any_document(client):
    practice = make.practice(slug="city")
    Citation.objects.create(
        practice=practice, document=make.document(), locator="Annex 2", shared_by="local-government", position=2
    )
    make.practice(slug="unknown")
    assert found(client, "/practices/?shared_by=local-government") == ["city"]
    assert set(found(client, "/practices/?shared_by=not-stated")) == {"city", "unknown"}


def test_organisation_finds_practices_in_which_it_has_any_role(client):
    for role in ("lead", "partner", "donor"):
        make.practice(slug=f"as-{role}", organisations=[("ilo", role)])
    make.practice(slug="other", organisations=[("iom", "lead")])
    assert set(found(client, "/practices/?organisation=ilo")) == {"as-lead", "as-partner", "as-donor"}


@pytest.mark.parametrize("given", ["18", "018"])
def test_gcm_finds_practices_by_the_number_of_the_objective(client, given):
    make.practice(slug="skills").gcm_objectives.add(make.objective(18))
    make.practice(slug="pathways").gcm_objectives.add(make.objective(5))
    assert found(client, f"/practices/?gcm={given}") == ["skills"]


def test_sdg_finds_practices_by_the_code_of_the_target(client):
    make.practice(slug="labour-rights").sdg_targets.add(make.sdg_target("8.8"))
    make.practice(slug="whole-goal").sdg_targets.add(make.sdg_target("8"))
    assert found(client, "/practices/?sdg=8.8") == ["labour-rights"]
    assert found(client, "/practices/?sdg=8") == ["whole-goal"]


def test_document_finds_what_is_printed_in_it(client):
    other = make.practice(slug="other", cited=False)
    Citation.objects.create(practice=other, document=make.document("table", "Table"), locator="Practices 1")
    make.practice(slug="here")
    assert found(client, "/practices/?document=paper") == ["here"]


def test_meeting_finds_what_is_printed_in_its_documents(client):
    meeting = make.meeting(slug="workshop")
    make.document("concept-note", "Note").meeting_rows.create(meeting=meeting, relation="prepares")
    shared = make.practice(slug="shared", cited=False)
    Citation.objects.create(practice=shared, document=make.document("concept-note"), locator="Session I")
    make.practice(slug="elsewhere")
    assert found(client, "/practices/?meeting=workshop") == ["shared"]


# Words


def test_words_are_found_in_titles_names_and_summaries_whatever_their_case_and_accents(client):
    make.practice(slug="title", title="Évaluez qui vous êtes au travail")
    make.practice(slug="acronym", acronym="PALIM")
    make.practice(slug="name", other_names="Puebla Process\nRCM")
    make.practice(slug="summary", summary="Trains welders for shipyards.")
    make.searchable()
    assert found(client, "/practices/?q=evaluez") == ["title"]
    assert found(client, "/practices/?q=palim") == ["acronym"]
    assert found(client, "/practices/?q=puebla") == ["name"]
    assert found(client, "/practices/?q=WELDERS") == ["summary"]


def test_every_word_must_be_found(client):
    make.practice(slug="both", title="Skills partnership", summary="For nurses.")
    make.practice(slug="one", title="Skills passport", summary="For engineers.")
    make.searchable()
    assert found(client, "/practices/?q=skills+nurses") == ["both"]


@pytest.mark.parametrize("given", ["%25", "_", "%27+OR+1%3D1--", "%CC%81", "%22", "%5C"])
def test_words_that_no_practice_has_find_nothing(client, given):
    make.practice(slug="any", title="Skills", summary="Skills")
    make.searchable()
    assert found(client, f"/practices/?q={given}") == []


# Years


@pytest.fixture
def periods():
    make.practice(slug="from-2010", title="A", start_year=2010)
    make.practice(slug="2010-2015", title="B", start_year=2010, end_year=2015)
    make.practice(slug="2014-2018", title="C", start_year=2014, end_year=2018)
    make.practice(slug="until-2012", title="D", end_year=2012)
    make.practice(slug="no-year", title="E")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        # Without an end year, the start year alone.
        ("year_from=2011", ["2010-2015", "2014-2018", "until-2012"]),
        ("year_from=2010", ["from-2010", "2010-2015", "2014-2018", "until-2012"]),
        ("year_from=2016", ["2014-2018"]),
        ("year_from=2019", []),
        ("year_to=2009", []),
        ("year_to=2010", ["from-2010", "2010-2015"]),
        ("year_to=2013", ["from-2010", "2010-2015", "until-2012"]),
        ("year_from=2013&year_to=2013", ["2010-2015"]),
        ("year_from=2015&year_to=2016", ["2010-2015", "2014-2018"]),
    ],
)
def test_years_find_practices_whose_period_overlaps(client, periods, query, expected):
    assert found(client, f"/practices/?{query}") == expected


def test_the_page_says_how_many_have_no_year_and_are_left_out(client, periods):
    taking_part("no-year-in-morocco", "MA")
    page = results(body(client.get("/practices/?year_from=2000")))
    assert "2 practices more match but have no year, and are left out." in page
    page = results(body(client.get("/practices/?year_from=2000&country=MA")))
    assert "1 practice more matches but has no year, and is left out." in page


def test_without_years_nothing_is_said_of_those_left_out(client, periods):
    assert "left out" not in body(client.get("/practices/"))


# Order


def test_titles_sort_without_accents_and_case_and_then_by_address(client):
    for slug, title in [
        ("e", "Zebra"),
        ("d", "évaluation"),
        ("c", "Evaluation of skills"),
        ("b", "Évaluation"),
        ("f", "Ørsted exchange"),
        ("a", "B.E.S.T."),
    ]:
        make.practice(slug=slug, title=title)
    assert found(client, "/practices/?sort=title") == ["a", "b", "d", "c", "f", "e"]


@pytest.fixture
def years():
    make.practice(slug="none-b", title="None b")
    make.practice(slug="none-a", title="None a")
    make.practice(slug="new", title="New", start_year=2020)
    make.practice(slug="old-b", title="Old", start_year=2010, end_year=2022)
    make.practice(slug="old-a", title="Old", start_year=2010)
    make.practice(slug="only-end", title="Only an end", end_year=2021)


def test_newest_is_by_start_year_with_those_without_one_last(client, years):
    assert found(client, "/practices/?sort=newest") == ["new", "old-a", "old-b", "none-a", "none-b", "only-end"]


def test_oldest_has_those_without_a_start_year_last_too(client, years):
    assert found(client, "/practices/?sort=oldest") == ["old-a", "old-b", "new", "none-a", "none-b", "only-end"]


def test_relevance_puts_those_with_the_words_in_the_title_first(client):
    make.practice(slug="in-summary", title="A scheme", summary="A partnership of skills.")
    make.practice(slug="in-title", title="Skills partnership")
    make.practice(slug="neither", title="Visa")
    make.searchable()
    assert found(client, "/practices/?q=skills&sort=relevance") == ["in-title", "in-summary"]
    assert found(client, "/practices/?q=skills") == ["in-title", "in-summary"]
    assert found(client, "/practices/?q=skills&sort=title") == ["in-summary", "in-title"]


def test_relevance_without_words_is_the_order_by_title(client):
    make.practice(slug="b", title="B")
    make.practice(slug="a", title="A")
    assert found(client, "/practices/?sort=relevance") == ["a", "b"]


# What is not public


def test_a_value_of_what_is_not_public_does_not_exist(client):
    make.meeting(slug="secret-meeting", status="draft")
    draft = make.practice(slug="draft", status="draft", cited=False, organisations=[("secret-org", "lead")])
    Citation.objects.create(practice=draft, document=make.document("secret-paper", "Secret"), locator="1")
    for query in ("meeting=secret-meeting", "document=secret-paper", "organisation=secret-org"):
        assert client.get(f"/practices/?{query}").status_code == 400
        assert client.get(f"/practices.csv?{query}").status_code == 400


def test_no_facet_offers_what_only_unpublished_practices_have(client):
    make.practice(countries=[("MA", "host")])
    draft = make.practice(
        status="draft",
        countries=[("TN", "host")],
        regions=[("gcc", "partner")],
        organisations=[("secret-org", "lead")],
        themes=["secret-theme"],
    )
    draft.sectors.add(make.sector("secret-sector"))
    draft.target_groups.add(make.target_group("secret-group"))
    draft.gcm_objectives.add(make.objective(22))
    draft.sdg_targets.add(make.sdg_target("17.17"))
    page = body(client.get("/practices/"))
    assert 'value="MA"' in page
    for value in ("TN", "gcc", "secret-org", "secret-theme", "secret-sector", "secret-group", "22", "17.17"):
        assert f'value="{value}"' not in page


def test_a_chosen_term_that_nothing_has_stays_visible(client):
    make.country("TV", "Tuvalu")
    assert found(client, "/practices/?country=TV") == []
    page = body(client.get("/practices/?country=TV"))
    assert re.search(r'<input [^>]*name="country" value="TV" checked', page)


def test_a_last_year_before_the_first_is_an_error(client):
    make.practice(start_year=2018, end_year=2021)
    response = client.get("/practices/?year_from=2020&year_to=2019")
    assert response.status_code == 400
    assert "The last year comes before the first one, 2020." in body(response)
    response = client.get("/practices.csv?year_from=2020&year_to=2019")
    assert response.status_code == 400
    assert response.json()["errors"][0]["parameter"] == "year_to"
