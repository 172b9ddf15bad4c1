"""What the site exports imports again, and only what was changed in it is a change."""

import pytest
from django.urls import reverse

from meetings.importing import MEETING_SHEETS, OUTCOME_SHEETS
from pathways.curation.changes import record
from pathways.curation.importing import running
from pathways.curation.importing.template import write_template
from pathways.curation.models import Change
from pathways.curation.snapshots import content_fields
from practices.importing import PRACTICE_SHEETS
from practices.models import Practice

from .import_helpers import begun, exported, exported_rows, outcomes, table

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(django_user_model):
    return django_user_model.objects.create_superuser("editor")


@pytest.mark.parametrize("extension", ["csv", "xlsx"])
@pytest.mark.parametrize("sheets", [PRACTICE_SHEETS, OUTCOME_SHEETS, MEETING_SHEETS], ids=lambda sheets: sheets.sheet)
def test_what_the_site_exports_imports_again_without_a_change(curated, client, sheets, extension):
    name = f"{sheets.sheet.lower()}.{extension}"
    run = begun(b"".join(client.get(f"/{name}").streaming_content), name, sheets=sheets)
    others = [(row.key, row.problems, row.differences) for row in run.rows.exclude(outcome="unchanged")]
    assert others == []
    assert outcomes(run) == {"unchanged": sheets.model.objects.published().count()}
    assert not run.notices


@pytest.mark.parametrize("sheets", [PRACTICE_SHEETS, OUTCOME_SHEETS, MEETING_SHEETS], ids=lambda sheets: sheets.sheet)
def test_all_records_with_all_they_own_import_again_without_a_change(curated, admin_client, sheets):
    model = sheets.model._meta
    response = admin_client.get(reverse(f"admin:{model.app_label}_{model.model_name}_import_records"))
    run = begun(b"".join(response.streaming_content), "records.xlsx", sheets=sheets)
    others = [(row.key, row.problems, row.differences) for row in run.rows.exclude(outcome="unchanged")]
    assert others == []
    assert outcomes(run) == {"unchanged": sheets.model.objects.published().count()}
    assert sum(len(rows) for row in run.rows.all() for rows in row.written["rows"].values()) > 50


@pytest.mark.parametrize("sheets", [PRACTICE_SHEETS, OUTCOME_SHEETS, MEETING_SHEETS], ids=lambda sheets: sheets.sheet)
def test_the_columns_and_sheets_are_those_of_the_records(sheets):
    plain, many = content_fields(sheets.model)
    filled = {column.fills() for column in sheets.columns} | set(sheets.sheets.values())
    assert {field.name for field in (*plain, *many)} | set(sheets.model.owned) == filled
    known = {column.name for column in sheets.exported}
    assert set(sheets.example) == {sheets.sheet, *sheets.sheets}
    assert "id" in known
    assert write_template(sheets).read(2) == b"PK"


def test_one_cell_changed_in_an_export_is_one_change(curated, client, editor):
    rows = exported_rows(client)
    row = next(row for row in rows if row["id"] == "palim")
    row["summary"] = "=cmd|'/C calc'!A0 is a summary that begins as a formula does."
    row["start_year"] = "2018"
    run = begun(table(*rows))
    assert outcomes(run) == {"changed": 1, "unchanged": len(rows) - 1}
    assert [one[0] for one in run.rows.get(outcome="changed").differences] == ["Summary", "Start year"]
    running.carry_out(PRACTICE_SHEETS, run, editor)
    revision = Practice.objects.get(revises__slug="palim")
    assert revision.start_year == 2018
    assert revision.summary.startswith("=cmd")
    # The guard that an export puts before it comes off again.
    public = Practice.objects.get(slug="palim", revises=None)
    public.summary = revision.summary
    public.save()
    record(Change.Action.EDIT, [public])
    assert exported_rows(client)[[one["id"] for one in rows].index("palim")]["summary"].startswith("'=cmd")
    assert "changed" not in outcomes(begun(exported(client)))
