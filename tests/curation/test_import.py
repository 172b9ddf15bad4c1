"""What an import makes of a file, told row by row before anything is written, and what it writes."""

import openpyxl
import pytest

from pathways.curation import workflow
from pathways.curation.changes import record
from pathways.curation.fixtures import load
from pathways.curation.importing import running
from pathways.curation.importing.template import write_template
from pathways.curation.models import Change, Status
from pathways.curation.snapshots import snapshot
from pathways.vocabulary.models import Country, Organisation
from practices.importing import PRACTICE_SHEETS
from practices.models import Practice
from tests import factories as make

from .helpers import unversioned, write_fixtures
from .import_helpers import begun, exported_rows, fill, outcomes, saved, table, told

pytestmark = pytest.mark.django_db

NEW = {"title": "Nurses for two shores", "kind": "programme", "summary": "Trains nurses for work at home and abroad."}


@pytest.fixture
def editor(django_user_model):
    return django_user_model.objects.create_superuser("editor")


@pytest.fixture
def base(tmp_path, editor):
    """A small knowledge base: PALIM, published; two countries, a theme, an organisation."""
    load(write_fixtures(tmp_path / "fixtures"))
    Country.objects.filter(code="MA").update(other_names="Maroc\nKingdom of Morocco")
    record(Change.Action.ADD, [make.theme(), make.organisation(acronym="IOM"), *Country.objects.all()], actor=editor)
    return Practice.objects.get()


def carried_out(run, editor, **options):
    return running.carry_out(PRACTICE_SHEETS, run, editor, **options)


# The site's own exports


@pytest.mark.parametrize("column", ["countries", "shared_by", "url", "updated_on"])
def test_derived_columns_change_nothing(base, client, column):
    rows = exported_rows(client)
    rows[0][column] = "something else"
    assert outcomes(begun(table(*rows))) == {"unchanged": 1}


# New records


def test_a_new_row_becomes_a_draft_with_all_it_says(base, editor):
    row = {
        **NEW,
        "acronym": "N2S",
        "other_names": "Two shores; Nurses",
        "lifecycle": "ongoing",
        "start_year": "2021",
        "origin": "Morocco; NO",
        "destination": "kingdom of morocco",
        "themes": "Free movement",
        "sectors": "ict",
        "organisations": "IOM (lead)",
        "sources": "Paper (Annex 1 (a; b), 3)",
        "links": "https://example.org/a",
        "relations": "part-of PALIM",
    }
    run = begun(table(row))
    assert told(run) == []
    change = carried_out(run, editor)
    made = Practice.objects.get(slug="nurses-for-two-shores")
    assert made.status == Status.DRAFT
    assert snapshot(made) == {
        "title": NEW["title"],
        "acronym": "N2S",
        "other_names": "Two shores\nNurses",
        "kind": "programme",
        "lifecycle": "ongoing",
        "summary": NEW["summary"],
        "start_year": 2021,
        "sectors": ["ict"],
        "theme_rows": [{"theme": "free-movement"}],
        "country_rows": [
            {"country": "MA", "role": "destination", "basis": "stated"},
            {"country": "MA", "role": "origin", "basis": "stated"},
            {"country": "NO", "role": "origin", "basis": "stated"},
        ],
        "organisation_rows": [{"organisation": "iom", "role": "lead", "basis": "stated"}],
        "links": [{"url": "https://example.org/a"}],
        "citations": [{"document": "paper", "locator": "Annex 1 (a; b), 3", "shared_by": "not-stated"}],
        "relations": [{"other": "palim", "kind": "part-of"}],
    }
    assert (change.action, change.actor, change.note) == ("import", editor, "practices.csv: 1 new, 0 changed")
    assert [version.key for version in change.versions.all()] == [made.slug]
    assert not unversioned()


def test_rows_may_refer_to_each_other_in_either_direction(base, editor):
    rows = [
        {**NEW, "title": "Part", "relations": "part-of the-whole"},
        {**NEW, "title": "The whole", "relations": "not-to-be-confused-with Part"},
    ]
    run = begun(table(*rows))
    assert told(run) == []
    carried_out(run, editor)
    assert Practice.objects.get(slug="part").relations.get().other.slug == "the-whole"


def test_what_an_import_made_is_published_by_someone_else(base, editor, settings):
    carried_out(begun(table(NEW)), editor)
    made = Practice.objects.get(slug="nurses-for-two-shores")
    assert workflow.alone(made, editor)


# What is wrong, and where


@pytest.mark.parametrize(
    ("column", "text", "says"),
    [
        ("origin", "Morroco", "There is no country “Morroco”. The nearest: Morocco (MA)."),
        ("origin", "MA; Atlantis; Norwey", "There is no country “Atlantis”."),
        ("themes", "Free movment", "The nearest: Free movement (free-movement)."),
        ("kind", "programm", "“programm” is none of: programme, policy"),
        ("start_year", "about 2019", "“about 2019” is not a whole number."),
        ("start_year", "2019-03-12", "“2019-03-12” is not a whole number."),
        ("none_named", "perhaps", "Write “yes” or “no”"),
        ("organisations", "IOM", "“IOM” has to be written as: organisation (role)."),
        ("regions", "015", "Use the sheet of the template"),
        ("figures", "30 experts (result)", "Use the sheet of the template"),
        ("title", "x" * 301, "300"),
        ("title", "", "blank"),
        ("links", "javascript:alert(1)", "URL"),
        ("inferred", "origin MA", "column “basis”"),
    ],
)
def test_a_cell_that_cannot_be_taken_is_refused_with_its_address(base, column, text, says):
    run = begun(table({**NEW, column: text}))
    assert outcomes(run) == {"refused": 1}
    columns = list({**NEW, column: text})
    place = f"{'ABCDE'[columns.index(column)]}2: "
    assert any(said.startswith(place) and says in said for said in told(run)), told(run)


def test_an_unusable_id_and_one_that_stands_twice_are_refused(base):
    run = begun(table({"id": "Two Words", **NEW}, {"id": "one", **NEW}, {"id": "one", **NEW, "title": "Other"}))
    assert told(run) == ["A2: An id has only letters, digits and hyphens: two-words.", "A4: Row 3 has the same id."]
    assert outcomes(run) == {"refused": 2, "new": 1}


def test_an_id_that_is_too_long_is_refused(base):
    run = begun(table({"id": "x" * 200, **NEW}))
    assert outcomes(run) == {"refused": 1}
    assert "at most 80 characters" in told(run)[0]


def test_the_rules_of_a_record_hold(base):
    run = begun(table({**NEW, "start_year": "2020", "end_year": "2019"}))
    assert told(run) == ["2: The end year comes before the start year."]


def test_with_a_refused_row_nothing_is_imported_unless_it_is_said_to_be_left_out(base, editor):
    run = begun(table(NEW, {**NEW, "title": "Another", "origin": "Atlantis"}))
    with pytest.raises(workflow.Refused, match="Some rows are refused"):
        carried_out(run, editor)
    assert Practice.objects.count() == 1
    carried_out(run, editor, leave_out_refused=True)
    assert Practice.objects.count() == 2


# Records that are there


def test_a_published_record_changes_in_a_revision(base, editor):
    run = begun(table({"id": "palim", "title": "PALIM", "origin": "MA; NO", "start_year": ""}))
    assert run.rows.get().differences == [["Start year", "2019", ""], ["Countries", "", "NO, origin, stated"]]
    carried_out(run, editor)
    public, revision = Practice.objects.get(slug="palim", revises=None), Practice.objects.get(revises__slug="palim")
    assert (public.start_year, public.country_rows.count()) == (2019, 1)
    assert (revision.start_year, revision.country_rows.count(), revision.status) == (None, 2, Status.DRAFT)
    # What the row does not say stays.
    assert snapshot(revision)["responses"] == snapshot(public)["responses"]


def test_a_draft_changes_where_it_is(base, editor):
    draft = make.practice(slug="draft", title="Draft", status=Status.DRAFT)
    carried_out(begun(table({"id": "draft", "acronym": "DFT"})), editor)
    draft.refresh_from_db()
    assert draft.acronym == "DFT"


def test_a_revision_that_was_begun_keeps_what_it_has(base, editor):
    revision = workflow.revise(base, editor)
    revision.acronym = "PLM"
    revision.save()
    record(Change.Action.EDIT, [revision], actor=editor)
    carried_out(begun(table({"id": "palim", "start_year": "2018"})), editor)
    revision.refresh_from_db()
    assert (revision.acronym, revision.start_year) == ("PLM", 2018)
    run = begun(table({"id": "palim", "acronym": "OTHER"}))
    assert told(run) == ["2: A revision of it has been begun and changes the same: acronym."]


@pytest.mark.parametrize(("status", "says"), [(Status.IN_REVIEW, "in review"), (Status.ARCHIVED, "archived")])
def test_what_is_in_review_or_archived_is_refused(base, status, says):
    make.practice(slug="other", title="Other", status=status)
    run = begun(table({"id": "other", "acronym": "OTH"}))
    assert outcomes(run) == {"refused": 1}
    assert says in told(run)[0]


def test_what_is_in_review_and_as_exported_is_no_matter(base, editor, client):
    revision = workflow.revise(base, editor)
    Practice.objects.filter(pk=revision.pk).update(status=Status.IN_REVIEW)
    assert outcomes(begun(table(*exported_rows(client)))) == {"unchanged": 1}


def test_a_former_address_finds_the_record(base):
    Practice.objects.filter(pk=base.pk).update(former_slugs="palim-pilot")
    assert begun(table({"id": "palim-pilot", "start_year": "2018"})).rows.get().target == base.pk


def test_what_changed_since_the_dry_run_stops_the_whole_import(base, editor):
    run = begun(table({**NEW, "id": "palim", "title": "PALIM II"}, {**NEW, "origin": "MA"}))
    assert outcomes(run) == {"changed": 1, "new": 1}
    base.acronym = "PLM"
    base.save()
    with pytest.raises(workflow.Refused, match="has changed since the file was checked"):
        carried_out(run, editor)
    assert not Practice.objects.filter(slug="nurses-for-two-shores").exists()
    run.refresh_from_db()
    assert run.state == "checked"


def test_a_second_confirmation_writes_nothing(base, editor):
    run = begun(table(NEW))
    carried_out(run, editor)
    with pytest.raises(workflow.Refused, match="imported already"):
        carried_out(run, editor)
    assert Practice.objects.count() == 2


# Likely duplicates


@pytest.mark.parametrize("names", [{"title": "Pálim"}, {"acronym": "palim"}, {"other_names": "x; Palim"}])
def test_a_name_in_common_is_asked_about(base, editor, names):
    run = begun(table({**NEW, **names}))
    row = run.rows.get()
    assert row.outcome == "asked"
    assert row.alike == [[base.pk, "PALIM (palim)"]]
    with pytest.raises(workflow.Refused, match="Decide first"):
        carried_out(run, editor)


@pytest.mark.parametrize(
    ("choice", "outcome"), [("new", "new"), ("skip", "skipped"), ("", "asked"), ("999999", "asked")]
)
def test_what_was_decided_holds(base, choice, outcome):
    run = begun(table({**NEW, "title": "Palim"}))
    running.decide(PRACTICE_SHEETS, run, {run.rows.get().pk: choice})
    assert outcomes(run) == {outcome: 1}


def test_a_new_record_of_the_same_name_gets_an_address_of_its_own(base, editor):
    run = begun(table({**NEW, "title": "Palim"}))
    running.decide(PRACTICE_SHEETS, run, {run.rows.get().pk: "new"})
    carried_out(run, editor)
    assert Practice.objects.filter(slug="palim-2").exists()


def test_a_row_that_is_the_record_changes_it(base):
    run = begun(table({**NEW, "title": "Palim"}))
    running.decide(PRACTICE_SHEETS, run, {run.rows.get().pk: str(base.pk)})
    row = run.rows.get()
    assert (row.outcome, row.target) == ("changed", base.pk)
    assert ["Title", "PALIM", "Palim"] in row.differences


def test_two_rows_that_change_the_same_record_are_refused(base):
    run = begun(table({**NEW, "id": "palim"}, {**NEW, "title": "Palim"}))
    running.decide(PRACTICE_SHEETS, run, {run.rows.get(outcome="asked").pk: str(base.pk)})
    assert told(run) == ["3: Row 2 changes the same record."]


@pytest.mark.parametrize("choice", ["²", "9" * 20, "-1", "None"])
def test_what_is_no_decision_decides_nothing(base, choice):
    run = begun(table({**NEW, "title": "Palim"}))
    running.decide(PRACTICE_SHEETS, run, {run.rows.get().pk: choice})
    assert outcomes(run) == {"asked": 1}


def test_the_same_title_twice_in_a_file_is_asked_about(base):
    assert outcomes(begun(table(NEW, NEW))) == {"new": 1, "asked": 1}


# The template


def template():
    return openpyxl.load_workbook(write_template(PRACTICE_SHEETS))


def test_the_template_imports_nothing_as_it_is(base):
    with pytest.raises(running.Unreadable, match="no rows to import"):
        begun(saved(template()), "template.xlsx")


def test_the_template_offers_the_vocabulary(base):
    book = template()
    rules = {str(rule.sqref): rule.formula1 for rule in book["Countries"].data_validations.dataValidation}
    columns = [cell.value for cell in book["Countries"][1]]
    assert columns == ["practice", "country", "role", "basis", "contribution", "remove"]
    countries = [cell.value for cell in next(c for c in book["Lists"].columns if c[0].value == "vocabulary.Country")]
    assert {"Morocco", "Norway"} <= set(countries)
    assert book["Lists"].sheet_state == "hidden"
    assert len(rules) == 4


def test_what_is_filled_in_is_imported_with_the_rows_of_all_sheets(base, editor):
    book = template()
    title = NEW["title"]
    fill(book["Practices"], **NEW, description="One.\n\nTwo.", title_supplied="yes", target_groups="")
    fill(book["Countries"], practice=title, country="Morocco", role="origin")
    fill(book["Countries"], practice=title, country="NO", role="carried out in", basis="role-inferred")
    fill(book["Figures"], practice=title, value="over 30", low=30, counts="nurses", nature="result")
    fill(book["Themes"], practice=title, theme="Free movement")
    fill(book["Citations"], practice=title, document="paper", locator="§ 3", shared_by="not-stated")
    fill(book["Responses"], practice=title, outcome="rec-1", reason="It trains.")
    fill(book["Relations"], practice=title, other="PALIM", kind="part of")
    run = begun(saved(book), "filled.xlsx")
    assert told(run) == []
    carried_out(run, editor)
    assert snapshot(Practice.objects.get(slug="nurses-for-two-shores")) == {
        "title": title,
        "title_supplied": True,
        "kind": "programme",
        "lifecycle": "not-stated",
        "summary": NEW["summary"],
        "description": "One.\n\nTwo.",
        "theme_rows": [{"theme": "free-movement"}],
        "country_rows": [
            {"country": "MA", "role": "origin", "basis": "stated"},
            {"country": "NO", "role": "host", "basis": "role-inferred"},
        ],
        "figures": [{"slug": "nurses", "value": "over 30", "low": "30", "counts": "nurses", "nature": "result"}],
        "citations": [{"document": "paper", "locator": "§ 3", "shared_by": "not-stated"}],
        "relations": [{"other": "palim", "kind": "part-of"}],
        "responses": [{"outcome": "rec-1", "reason": "It trains."}],
    }


def test_sheets_of_owned_rows_add_change_and_remove_those_of_a_record_that_is_there(base):
    book = template()
    fill(book["Countries"], practice="palim", country="MA", role="origin", contribution="pays")
    fill(book["Countries"], practice="palim", country="NO", role="donor")
    fill(book["Responses"], practice="palim", outcome="rec-1", reason="It recognises skills.", remove="yes")
    fill(book["Links"], practice="palim", url="https://example.org", remove="yes")
    run = begun(saved(book), "rows.xlsx")
    assert told(run) == ["Links 3: There is no such row to remove."]
    book["Links"].delete_rows(3)
    row = begun(saved(book), "rows.xlsx").rows.get()
    assert row.differences == [
        ["Countries", "MA, origin, stated", "MA, origin, stated, pays"],
        ["Countries", "", "NO, donor, stated"],
        ["Answers to recommendations", "rec-1, It recognises skills.", ""],
    ]


def test_rows_of_nobody_and_twice_the_same_are_refused_with_their_addresses(base):
    book = template()
    fill(book["Countries"], practice="nobody", country="MA", role="origin")
    for _time in range(2):
        fill(book["Countries"], practice="palim", country="NO", role="donor")
    assert told(begun(saved(book), "rows.xlsx")) == [
        "Countries 3: There is no record “nobody”, here or on the first sheet.",
        "Countries 5: The same row is there twice.",
    ]


# Many rows


def test_five_hundred_rows_of_which_twenty_are_faulty(base, editor):
    faults = [{"origin": "Marokko land"}, {"kind": "thing"}, {"start_year": "soon"}, {"title": ""}]
    rows = [{**NEW, "title": f"Practice {number}", "origin": "MA", "start_year": "2020"} for number in range(500)]
    for at in range(20):
        rows[at * 25].update(faults[at % 4])
    run = begun(table(*rows))
    assert outcomes(run) == {"new": 480, "refused": 20}
    assert {row.number for row in run.rows.filter(outcome="refused")} == {at * 25 + 2 for at in range(20)}
    before = Change.objects.count()
    carried_out(run, editor, leave_out_refused=True)
    assert Practice.objects.filter(status=Status.DRAFT).count() == 480
    assert Change.objects.count() == before + 1
    assert Organisation.objects.count() == 1
    assert not unversioned()
