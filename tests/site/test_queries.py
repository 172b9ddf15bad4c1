"""How often a page asks the database does not depend on how much there is."""

from datetime import date
from string import ascii_uppercase

import pytest

from meetings.models import AgendaPoint, Attendance, Meeting, Outcome
from pathways.listing import cards, index
from practices.models import Citation, Figure, Link, Practice, PracticeRelation
from tests import factories as make
from tests.reading import body

pytestmark = pytest.mark.django_db

# The most questions that an address may ask.
BOUNDS = {
    "/": 9,
    "/practices/": 7,
    "/practices/?country=AB&theme=theme-1&q=practice&year_from=2000&sort=newest": 9,
    "/practices/?kind=programme&q=practice": 9,
    "/practices.csv": 30,
    "/practices/whole/": 27,
    "/outcomes/": 6,
    "/outcomes/?theme=theme-1&answered=no&q=outcome": 3,
    "/outcomes.csv": 18,
    "/outcomes/whole/": 13,
    "/recommendations/": 6,
    "/meetings/": 8,
    "/meetings/?country=AB&year_to=2030&q=meeting": 10,
    "/meetings.csv": 12,
    "/meetings/whole/": 17,
    "/meetings/whole/participants.csv": 3,
    "/countries/": 2,
    "/countries/?q=country&sort=practices": 4,
    "/countries.csv": 3,
    "/countries/aa/": 14,
    "/themes/": 2,
    "/themes/theme-0/": 13,
    "/sectors/": 2,
    "/timeline/": 2,
    "/timeline/?country=AB&theme=theme-1&q=practice&year_from=2000": 4,
    "/data/": 2,
    "/data/datapackage.json": 1,
    "/data/practices.csv": 3,
    "/data/changes.csv": 2,
    "/organisations/": 2,
    "/organisations/org-0/": 10,
    "/documents/": 4,
    "/documents/paper/": 6,
    "/practices.json": 36,
    "/outcomes.json": 18,
    "/meetings.json": 16,
    "/meetings/whole/participants.json": 3,
    "/countries.json": 3,
    "/api/docs/": 1,
    "/api/v1/": 1,
    "/api/v1/search/?q=practice": 29,
    "/api/v1/practices/": 29,
    "/api/v1/practices/facets/": 1,
    "/api/v1/practices/whole/": 29,
    "/api/v1/outcomes/": 14,
    "/api/v1/outcomes/whole/": 10,
    "/api/v1/meetings/": 19,
    "/api/v1/meetings/whole/": 16,
    "/api/v1/participations/": 8,
    "/api/v1/countries/": 2,
    "/api/v1/countries/aa/": 2,
    "/api/v1/corridors/": 1,
    "/api/v1/themes/": 3,
    "/api/v1/themes/theme-0/": 3,
    "/api/v1/organisations/": 2,
    "/api/v1/documents/": 5,
    "/oai?verb=ListRecords&metadataPrefix=oai_dc": 48,
    "/sitemap.xml": 23,
    "/practices/whole/history/": 24,
    "/outcomes/whole/history/": 10,
    "/meetings/whole/history/": 10,
    "/suggest/": 2,
    "/practices/whole/suggest/": 3,
    "/outcomes/whole/suggest/": 3,
    "/meetings/whole/suggest/": 3,
}


def country(number):
    first, second = divmod(number, 26)
    return make.country(f"{ascii_uppercase[first]}{ascii_uppercase[second]}", f"Country {number}")


def organisation(number):
    return make.organisation(f"org-{number}", f"Organisation {number}")


def many_of_everything(first, last):
    """Make practices, outcomes and meetings with something of each kind, all of them tied to the ones called whole."""
    meeting, outcome, practice = wholes()
    document = make.document()
    for n in range(first, last):
        theme = make.theme(f"theme-{n}", f"Theme {n}")
        make.theme("theme-0")
        other = make.practice(
            title=f"Practice {n}",
            start_year=2000 + n,
            countries=[(country(n).code, "origin"), (country(0).code, "host"), (country(0).code, "concerned")],
            regions=[(f"region-{n}", "partner")],
            organisations=[(organisation(n).slug, "lead"), (organisation(0).slug, "donor")],
            themes=dict.fromkeys([theme.slug, "theme-0"]),
        )
        for one in (other, practice):
            one.sectors.add(make.sector(f"sector-{n}", f"Sector {n}"))
            one.target_groups.add(make.target_group(f"group-{n}", f"Group {n}"))
            one.skill_levels.add(make.skill_level(f"level-{n}", f"Level {n}"))
            one.places.add(make.place(f"place-{n}", f"Place {n}", country=country(n)))
            one.instruments.add(make.instrument(f"law-{n}", f"Law {n}"))
            one.gcm_objectives.add(make.objective(n + 1))
            one.sdg_targets.add(make.sdg_target(f"1.{n}"))
            Figure.objects.create(practice=one, slug=f"f-{n}", value=str(n), counts="people", nature="target")
            Link.objects.create(practice=one, url=f"https://example.org/{n}")
            Citation.objects.create(practice=one, document=document, locator=f"footnote {n}")
            paper = make.document(f"paper-{n}", f"Paper {n}", publisher=organisation(n))
            Citation.objects.create(practice=one, document=paper, locator="Annex")
        practice.country_rows.create(country=country(n), role="partner", basis="role-inferred")
        practice.region_rows.create(region=make.region(f"region-{n}"), role="partner")
        practice.organisation_rows.create(organisation=organisation(n), role="partner")
        PracticeRelation.objects.create(practice=practice, other=other, kind="not-to-be-confused-with")
        PracticeRelation.objects.create(practice=other, other=practice, kind="part-of")

        session = make.session(meeting, f"session-{n}", f"Session {n}", position=n)
        make.session(meeting, f"part-{n}", f"Part {n}", parent=session, position=n)
        part = make.meeting(
            parent=meeting,
            series=make.series(f"series-{n}", f"Series {n}"),
            country=country(n),
            starts_on=date(2000 + n, 1, 1),
            date_precision="year",
        )
        for one in (part, meeting):
            Attendance.objects.create(meeting=one, slug=f"a-{n}", number=n, what="states", as_given=f"{n} states")
            make.participation(one, country=country(n))
            make.participation(one, organisation=organisation(n))
            make.participation(
                one, person=f"Person {n}", represents_country=country(0), represents_organisation=organisation(0)
            )
            document.meeting_rows.get_or_create(meeting=one, relation="reports-on")
            make.document(f"paper-{n}").meeting_rows.create(meeting=one, relation="prepares")
        make.participation(meeting, country=country(n), session=session, role="presenter")
        AgendaPoint.objects.create(meeting=meeting, session=session, slug=f"p-{n}", kind="objective", text="To do")

        sub_item = make.outcome(
            parent=outcome, meeting=meeting, session=session, themes=dict.fromkeys([theme.slug, "theme-0"])
        )
        for one in (sub_item, outcome):
            one.target_groups.add(make.target_group(f"group-{n}"))
            one.skill_levels.add(make.skill_level(f"level-{n}"))
            one.instruments.add(make.instrument(f"law-{n}"))
            one.gcm_objectives.add(make.objective(n + 1))
            make.response(other, one)
        make.response(practice, sub_item)


def wholes():
    """Return a meeting, an outcome and a practice that everything else is tied to."""
    return (
        Meeting.objects.filter(slug="whole").first() or make.meeting(slug="whole"),
        Outcome.objects.filter(slug="whole").first() or make.outcome(slug="whole"),
        Practice.objects.filter(slug="whole").first() or make.practice(slug="whole", themes=["theme-0"]),
    )


def test_no_page_or_export_asks_more_where_there_is_more(client, kept_index, django_assert_max_num_queries):
    many_of_everything(0, 3)
    make.searchable()
    asked = {}
    for address, most in BOUNDS.items():
        # The first to ask makes the index; what a list shows of its records is made anew.
        body(client.get(address))
        cards.forget()
        with django_assert_max_num_queries(most, info=address) as few:
            response = client.get(address)
            body(response)
        assert response.status_code == 200, address
        asked[address] = len(few)
    many_of_everything(3, 30)
    make.searchable()
    index.forget()
    for address, before in asked.items():
        body(client.get(address))
        cards.forget()
        with django_assert_max_num_queries(before, info=address):
            body(client.get(address))


@pytest.mark.parametrize("path", ["/practices/", "/outcomes/", "/meetings/", "/countries/"])
def test_making_the_index_asks_no_more_where_there_is_more(client, path, django_assert_max_num_queries):
    many_of_everything(0, 3)
    with django_assert_max_num_queries(55) as few:
        client.get(path)
    many_of_everything(3, 30)
    with django_assert_max_num_queries(len(few)):
        client.get(path)
