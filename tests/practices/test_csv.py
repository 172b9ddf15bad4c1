"""The export of practices: what stands in it, as whole files."""

from datetime import date

import pytest

from practices.models import Citation, Figure, Link, PracticeOrganisation, PracticeRelation, PracticeTheme
from tests import factories as make
from tests.reading import BOM, body, exported

pytestmark = pytest.mark.django_db

HEADER = (
    "id,title,acronym,other_names,kind,lifecycle,summary,origin,destination,transit,host,partner,lead,donor,concerned,"
    "countries,inferred,regions,places,themes,sectors,target_groups,skill_levels,shared_by,organisations,start_year,"
    "end_year,gcm_objectives,sdg_targets,instruments,figures,relations,links,sources,url,updated_on\r\n"
)

FILLED = (
    "match,MATCH - Hiring African Talents,MATCH,Hiring African Talents; MATCH scheme,programme,ongoing,"
    '"Brings professionals, for 36 months, to companies.",'
    "NG; SN,BE; NL,EG,LU,IT,DE,FR,GH,"
    "Belgium; Egypt; France; Germany; Italy; Luxembourg; Netherlands; Nigeria; Senegal,"
    "destination NL; origin SN; partner 011; lead iom; end_year; sectors,"
    "011; ecowas,dakar; milan,skills-mobility-partnerships; admission-visas-and-permits,agriculture; ict,"
    "graduates; women,high; medium,not-stated; international-organisation,"
    "eu (donor); iom (lead),2020,2023,5; 18,10.7; 8.8,ilo-c189; wto-gats,"
    "36 months (design); 105 people hired (target),edition-of match-pilot; part-of mpf,"
    "https://example.org/match; https://example.org/b,"
    '"paper (Annex 1, §5, IOM); table (Practices 9)",http://testserver/practices/match/,2026-03-01\r\n'
)


def filled_practice():
    """Make a practice in which every column of the export has something to say, and as a rule two things."""
    for code, name in [
        ("NG", "Nigeria"),
        ("SN", "Senegal"),
        ("BE", "Belgium"),
        ("NL", "Netherlands"),
        ("EG", "Egypt"),
        ("LU", "Luxembourg"),
        ("IT", "Italy"),
        ("DE", "Germany"),
        ("FR", "France"),
        ("GH", "Ghana"),
    ]:
        make.country(code, name)
    match = make.practice(
        slug="match",
        title="MATCH - Hiring African Talents",
        acronym="MATCH",
        other_names="Hiring African Talents\nMATCH scheme\n",
        lifecycle="ongoing",
        summary="Brings professionals, for 36 months, to companies.",
        description="Left to the page.",
        start_year=2020,
        end_year=2023,
        inferred=["sectors", "end_year"],
        updated_on=date(2026, 3, 1),
        countries=[
            ("SN", "origin"),
            ("NG", "origin"),
            ("NL", "destination"),
            ("BE", "destination"),
            ("EG", "transit"),
            ("LU", "host"),
            ("IT", "partner"),
            ("DE", "lead"),
            ("FR", "donor"),
            ("GH", "concerned"),
        ],
        regions=[("ecowas", "origin"), ("011", "partner")],
        cited=False,
    )
    match.country_rows.filter(country__code="SN").update(basis="role-inferred")
    match.country_rows.filter(country__code="NL").update(basis="country-inferred")
    match.region_rows.filter(region__code="011").update(basis="role-inferred")
    for slug, role, basis in [("iom", "lead", "role-inferred"), ("eu", "donor", "stated")]:
        organisation = make.organisation(slug, slug)
        PracticeOrganisation.objects.create(practice=match, organisation=organisation, role=role, basis=basis)
    for position, slug in [(2, "admission-visas-and-permits"), (1, "skills-mobility-partnerships")]:
        PracticeTheme.objects.create(practice=match, theme=make.theme(slug, slug), position=position)
    match.places.set([make.place("milan"), make.place("dakar", "Dakar", country=make.country("SN"))])
    match.sectors.set([make.sector("ict"), make.sector("agriculture")])
    match.target_groups.set([make.target_group("women"), make.target_group("graduates")])
    match.skill_levels.set([make.skill_level("medium"), make.skill_level("high")])
    match.gcm_objectives.set([make.objective(18), make.objective(5)])
    match.sdg_targets.set([make.sdg_target("8.8"), make.sdg_target("10.7")])
    match.instruments.set([make.instrument("wto-gats"), make.instrument("ilo-c189")])
    Figure.objects.create(
        practice=match, slug="b", value="105", counts="people hired", nature="target", position=2, low=105
    )
    Figure.objects.create(practice=match, slug="a", value="36", counts="months", nature="design", position=1)
    for kind, slug in [("part-of", "mpf"), ("edition-of", "match-pilot"), ("part-of", "secret")]:
        other = make.practice(slug=slug, title="Z", status="draft" if slug == "secret" else "published")
        PracticeRelation.objects.create(practice=match, other=other, kind=kind)
    Link.objects.create(practice=match, url="https://example.org/b", position=2)
    Link.objects.create(practice=match, url="https://example.org/match", title="MATCH", position=1)
    for position, slug, locator, shared_by in [
        (2, "table", "Practices 9", "international-organisation"),
        (1, "paper", "Annex 1, §5, IOM", "not-stated"),
    ]:
        Citation.objects.create(
            practice=match, document=make.document(slug), locator=locator, shared_by=shared_by, position=position
        )
    return match


def test_a_practice_with_everything_as_a_whole_file(client):
    filled_practice()
    make.searchable()
    response = client.get("/practices.csv?q=hiring")
    assert response.streaming
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="practices.csv"'
    assert body(response) == BOM + HEADER + FILLED


def test_a_practice_with_nothing_but_what_it_must_have_as_a_whole_file(client):
    make.practice(
        slug="upskilling",
        title="Upskilling activities",
        kind="policy",
        summary="Training.",
        updated_on=date(2026, 3, 1),
    )
    assert body(client.get("/practices.csv")) == BOM + HEADER + (
        "upskilling,Upskilling activities,,,policy,not-stated,Training.,,,,,,,,,,,,,,,,,not-stated,,,,,,,,,,"
        "paper (Annex 1),http://testserver/practices/upskilling/,2026-03-01\r\n"
    )


def test_an_empty_list_is_a_file_with_its_header(client):
    assert body(client.get("/practices.csv")) == BOM + HEADER


def test_the_export_holds_all_rows_whatever_the_page(client):
    for _ in range(3):
        make.practice()
    assert len(exported(client, "/practices/?page=2&per_page=1")) == 3


def test_texts_of_any_kind_come_back_as_they_were(client):
    title = 'Programme "Savoir, c’est pouvoir"; with, commas'
    summary = "First line,\nsecond line\n\nthird; مسارات الهجرة النظامية"
    make.practice(title=title, summary=summary)
    (row,) = exported(client, "/practices/")
    assert row["title"] == title
    assert row["summary"] == summary


@pytest.mark.parametrize("title", ["=1+1", "+41 22", "-5", "@import", "\t=1", "  =1", "\r=1"])
def test_no_cell_starts_as_a_formula(client, title):
    make.practice(title=title)
    (row,) = exported(client, "/practices/")
    assert row["title"] == "'" + title


def test_addresses_start_with_the_one_of_the_settings(client, settings):
    settings.SITE_URL = "https://pathways.example.org"
    make.practice(slug="palim")
    (row,) = exported(client, "/practices/")
    assert row["url"] == "https://pathways.example.org/practices/palim/"


def test_no_column_names_an_unpublished_practice(client):
    secret = make.practice(slug="secret", title="Secret", status="draft")
    public = make.practice(slug="public")
    PracticeRelation.objects.create(practice=public, other=secret, kind="part-of")
    PracticeRelation.objects.create(practice=secret, other=public, kind="part-of")
    make.response(secret, make.outcome())
    for address in ("/practices.csv", "/outcomes.csv", "/meetings.csv", "/countries.csv"):
        assert "secret" not in body(client.get(address)).lower()
