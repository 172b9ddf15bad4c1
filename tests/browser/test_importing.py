"""What the secretariat does with a spreadsheet: sees what its rows would do, and has them imported."""

import csv
import io

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth import get_user_model
from playwright.sync_api import expect

from .conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

FAULTS = ({"origin": "Marocco"}, {"kind": "thing"}, {"start_year": "soon"}, {"title": ""})


@pytest.fixture(scope="module")
def site(site):
    get_user_model().objects.create_superuser("importer", password=PASSWORD)
    return site


@pytest.fixture
def desk(log_in):
    """A tab in which someone of the secretariat is logged in."""
    return log_in("importer")


def file_of(rows, name="rows.csv"):
    """Return rows as a file that a browser sends."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ["title", "kind", "summary", "origin", "start_year"], restval="")
    writer.writeheader()
    writer.writerows(rows)
    return {"name": name, "mimeType": "text/csv", "buffer": text.getvalue().encode()}


def five_hundred_rows():
    rows = [
        {
            "title": f"Imported practice {number}",
            "kind": "programme",
            "summary": "Trains nurses for work at home and abroad.",
            "origin": "Morocco",
            "start_year": "2020",
        }
        for number in range(500)
    ]
    for at in range(20):
        rows[at * 25].update(FAULTS[at % 4])
    return rows


def assert_usable_by_all(tab):
    """Nothing on the page keeps people with disabilities out."""
    assert [found["id"] for found in Axe().run(tab).response["violations"]] == []


def test_an_import_of_five_hundred_rows_of_which_twenty_are_faulty(desk):
    tab = desk
    tab.goto("/admin/practices/practice/")
    tab.get_by_role("link", name="Import from a spreadsheet").click()
    with tab.expect_download() as download:
        tab.get_by_role("link", name="Download the template workbook").click()
    assert download.value.suggested_filename == "practices-template.xlsx"
    tab.get_by_label("File").set_input_files(file_of(five_hundred_rows()))
    tab.get_by_role("button", name="Check the file").click()
    # The page goes on by itself until all rows are checked.
    expect(tab.get_by_text("The file has 500 rows. Nothing is changed yet.")).to_be_visible(timeout=120_000)
    expect(tab.get_by_role("link", name="Refused: 20")).to_have_attribute("aria-current", "true")
    expect(tab.get_by_role("link", name="New: 480")).to_be_visible()
    expect(tab.locator(".importing tbody tr")).to_have_count(20)
    expect(tab.locator(".importing tbody tr").first).to_contain_text(
        "D2 There is no country “Marocco”. The nearest: Morocco (MA)"
    )
    assert_usable_by_all(tab)
    # Refused rows are left out only on purpose.
    tab.get_by_role("button", name="Import 480 records").click()
    expect(tab.get_by_text("This was imported.")).to_have_count(0)
    tab.get_by_label("Leave out the 20 rows that are refused").check()
    tab.get_by_role("button", name="Import 480 records").click()
    expect(tab.get_by_text("This was imported.")).to_be_visible(timeout=120_000)
    assert_usable_by_all(tab)
    tab.get_by_role("link", name="What it changed").click()
    expect(tab.get_by_text("rows.csv: 480 new, 0 changed")).to_be_visible()
    # Drafts are nobody's business but the secretariat's.
    tab.goto("/practices/?q=%22imported+practice%22")
    expect(tab.get_by_role("link", name="Imported practice 7", exact=True)).to_have_count(0)


def test_without_a_mouse_and_without_javascript(visit, desk):
    cookies = desk.context.cookies()
    tab = visit(java_script_enabled=False)
    tab.context.add_cookies(cookies)
    tab.goto("/admin/practices/practice/import/")
    tab.get_by_label("File").set_input_files(
        file_of([{"title": "Palim", "kind": "tool", "summary": "A tool for all."}])
    )
    tab.get_by_role("button", name="Check the file").press("Enter")
    tab.get_by_role("button", name="Check the next rows").press("Enter")
    tab.get_by_label("Leave this row out").press("Space")
    tab.get_by_role("button", name="Keep these decisions").press("Enter")
    expect(tab.get_by_text("There is nothing to import")).to_be_visible()
    tab.get_by_role("button", name="Give up this import").press("Enter")
    expect(tab.get_by_text("Nothing was changed.").first).to_be_visible()
