"""The public contract: addresses, parameters and columns that others link to and script against."""

import pytest
from django.http import QueryDict

from meetings.columns import MEETING_COLUMNS, OUTCOME_COLUMNS, PARTICIPANT_COLUMNS
from meetings.filters import MeetingFilter, OutcomeFilter
from pathways.site.columns import COUNTRY_COLUMNS
from pathways.site.filters import CountryFilter
from practices.columns import PRACTICE_COLUMNS
from practices.filters import PracticeFilter
from tests.reading import BOM, body, count, exported, found, results

ADDRESSES = {
    "/": "text/html; charset=utf-8",
    "/practices/": "text/html; charset=utf-8",
    "/practices/palim/": "text/html; charset=utf-8",
    "/practices.csv": "text/csv; charset=utf-8",
    "/outcomes/": "text/html; charset=utf-8",
    "/outcomes/gcm-2017-f-3/": "text/html; charset=utf-8",
    "/outcomes.csv": "text/csv; charset=utf-8",
    "/recommendations/": "text/html; charset=utf-8",
    "/key-messages/": "text/html; charset=utf-8",
    "/meetings/": "text/html; charset=utf-8",
    "/meetings/gcm-2017-thematic-session-6/": "text/html; charset=utf-8",
    "/meetings/gcm-2017-thematic-session-6/participants.csv": "text/csv; charset=utf-8",
    "/meetings.csv": "text/csv; charset=utf-8",
    "/countries/": "text/html; charset=utf-8",
    "/countries/ma/": "text/html; charset=utf-8",
    "/countries.csv": "text/csv; charset=utf-8",
    "/themes/": "text/html; charset=utf-8",
    "/themes/skills-recognition-and-certification/": "text/html; charset=utf-8",
    "/organisations/enabel/": "text/html; charset=utf-8",
    "/documents/": "text/html; charset=utf-8",
    "/documents/regular-pathways-table/": "text/html; charset=utf-8",
    "/about/": "text/html; charset=utf-8",
    "/oai?verb=Identify": "text/xml; charset=utf-8",
    "/sitemap.xml": "application/xml; charset=utf-8",
    "/robots.txt": "text/plain; charset=utf-8",
    "/api/v1/practices/": "application/json",
    "/api/v1/practices/palim/": "application/json",
    "/api/v1/schema": "application/json",
    "/api/docs/": "text/html; charset=utf-8",
    "/privacy/": "text/html; charset=utf-8",
    "/healthz": "text/plain; charset=utf-8",
    "/readyz": "text/plain; charset=utf-8",
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_address_answers(client, curated, address):
    response = client.get(address)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == ADDRESSES[address]


@pytest.mark.parametrize(
    ("filterset", "names"),
    [
        (
            PracticeFilter,
            (
                "q country origin destination host concerned region theme sector target_group kind lifecycle shared_by "
                "skill organisation gcm sdg meeting document year_from year_to sort page per_page"
            ),
        ),
        (
            OutcomeFilter,
            "q kind meeting series document theme instrument gcm answered sort page per_page",
        ),
        (
            MeetingFilter,
            "q series kind country held_in organisation year_from year_to sort page per_page",
        ),
        (CountryFilter, "q region sort"),
    ],
)
def test_a_list_has_the_parameters_of_the_contract_and_no_others(db, filterset, names):
    form = filterset(QueryDict()).form
    assert sorted(form.fields) == sorted(names.split())


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/practices/", "relevance title newest oldest"),
        ("/countries/", "name practices"),
    ],
)
def test_a_list_has_the_orders_of_the_contract(client, db, path, names):
    for name in names.split():
        assert client.get(f"{path}?sort={name}").status_code == 200


@pytest.mark.parametrize(
    ("address", "columns", "header"),
    [
        (
            "/practices.csv",
            PRACTICE_COLUMNS,
            (
                "id,title,acronym,other_names,kind,lifecycle,summary,origin,destination,transit,host,partner,lead,donor,"
                "concerned,countries,inferred,regions,places,themes,sectors,target_groups,skill_levels,shared_by,"
                "organisations,start_year,end_year,gcm_objectives,sdg_targets,instruments,figures,relations,links,sources,"
                "url,updated_on"
            ),
        ),
        (
            "/outcomes.csv",
            OUTCOME_COLUMNS,
            (
                "id,kind,section,number,parent,heading,text,meeting,session,themes,target_groups,skill_levels,instruments,"
                "addressees,gcm_objectives,practices,document,locator,url,updated_on"
            ),
        ),
        (
            "/meetings.csv",
            MEETING_COLUMNS,
            (
                "id,title,series,kind,standing,parent,starts_on,ends_on,date_as_given,place,country,states,"
                "states_complete,organisations,attendance,key_messages,recommendations,documents,url,updated_on"
            ),
        ),
        (
            "/countries.csv",
            COUNTRY_COLUMNS,
            "code,name,region,practices,origin,destination,transit,host,partner,lead,donor,concerned,meetings,url",
        ),
        (
            "/meetings/gcm-2017-thematic-session-6/participants.csv",
            PARTICIPANT_COLUMNS,
            "kind,code,name,represents,role,session",
        ),
    ],
)
def test_an_export_has_the_columns_of_the_contract_each_with_its_meaning(client, curated, address, columns, header):
    assert body(client.get(address)).partition("\r\n")[0] == BOM + header
    assert all(column.help for column in columns)


# The curated entries, through every kind of filter


@pytest.mark.parametrize(
    "address",
    [
        "/practices/",
        "/practices/?country=MA",
        "/practices/?country=ma&country=tn&sort=newest",
        "/practices/?origin=MA&destination=BE",
        "/practices/?concerned=SY",
        "/practices/?region=002&sort=oldest",
        "/practices/?region=ecowas",
        "/practices/?theme=skills-recognition-and-certification&kind=publication",
        "/practices/?sector=ict",
        "/practices/?q=skills+passport",
        "/practices/?shared_by=local-government",
        "/practices/?organisation=iom&lifecycle=planned",
        "/practices/?document=regular-pathways-table&sort=title",
        "/practices/?meeting=gfmd-2020-regional-consultations",
        "/practices/?year_from=2018&year_to=2019",
        "/practices/?country=TV",
        "/outcomes/",
        "/outcomes/?kind=recommendation&kind=key-message",
        "/outcomes/?series=gcm&theme=labour-market-data-and-forecasting",
        "/outcomes/?answered=no",
        "/outcomes/?instrument=ilo-c189",
        "/outcomes/?document=regular-pathways-table&sort=title",
        "/outcomes/?q=visa",
        "/meetings/",
        "/meetings/?country=IT",
        "/meetings/?series=gfmd&year_from=2020",
        "/meetings/?held_in=CH&sort=oldest",
        "/countries/?region=015",
        "/countries/?sort=practices&region=150",
        "/countries/?q=united",
    ],
)
def test_the_page_and_the_export_have_the_same_records_in_the_same_order(client, curated, address):
    ids = found(client, address)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("path", ["/practices/", "/outcomes/"])
def test_all_pages_of_a_list_together_are_its_export(client, curated, path):
    expected = [row["url"].removeprefix("http://testserver") for row in exported(client, path)]
    shown, number = [], 1
    while (response := client.get(f"{path}?per_page=50&page={number}")).status_code == 200:
        page = body(response)
        assert count(page) == len(expected)
        shown += [url for url in expected if f'href="{url}"' in results(page)]
        number += 1
    assert shown == expected
    assert number == -(-len(expected) // 50) + 1


def test_a_filter_shows_some_but_not_all_where_it_should(client, curated):
    everything = len(found(client, "/practices/"))
    for query in ("country=MA", "region=002", "theme=fair-recruitment-and-decent-work", "sector=ict", "q=skills"):
        assert 0 < len(found(client, f"/practices/?{query}")) < everything
    assert found(client, "/practices/?origin=MA&destination=BE") == ["palim"]


def test_every_facet_choice_finds_what_has_it(client, curated):
    for path, filterset in (
        ("/practices/", PracticeFilter),
        ("/outcomes/", OutcomeFilter),
        ("/meetings/", MeetingFilter),
    ):
        for facet in filterset(QueryDict()).facets:
            for choice in facet.choices[:3]:
                response = client.get(path, {facet.name: choice.value})
                assert response.status_code == 200
                assert count(body(response)) == choice.count > 0, (path, facet.name, choice)
