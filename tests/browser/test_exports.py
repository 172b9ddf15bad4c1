"""Taking a list away in a browser: the menu of formats, by keyboard, and what it says while a file is being made."""

import io

import openpyxl
import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SMALL = {"width": 360, "height": 640}


def test_the_menu_opens_and_closes_by_keyboard_and_fits_a_phone(visit):
    tab = visit(viewport=SMALL)
    tab.goto("/practices/?country=MA")
    menu = tab.locator(".menu > summary")
    menu.focus()
    tab.keyboard.press("Enter")
    formats = tab.locator(".menu a")
    expect(formats.first).to_be_visible()
    for link in formats.all():
        box = link.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= SMALL["width"]
        assert box["height"] >= 18
    assert tab.evaluate("document.documentElement.scrollWidth") <= SMALL["width"]
    tab.keyboard.press("Tab")
    expect(formats.first).to_be_focused()
    tab.keyboard.press("Escape")
    expect(formats.first).to_be_hidden()
    expect(menu).to_be_focused()


def test_while_a_workbook_is_made_the_page_says_so(visit):
    tab = visit()
    tab.goto("/practices/?country=MA")
    waiting = []
    tab.route("**/practices.xlsx*", lambda route: waiting.append(route))  # noqa: PLW0108 -- a method has no room for marks
    tab.locator(".menu > summary").click()
    status = tab.locator(".menu [role=status]")
    expect(status).to_be_empty()
    with tab.expect_download() as download:
        tab.get_by_role("link", name="Excel").click()
        expect(status).to_have_text("The Excel file is being made.")
        waiting[0].continue_()
    expect(status).to_have_text("The Excel file is ready.")
    assert download.value.suggested_filename == "practices.xlsx"
    with open(download.value.path(), "rb") as file:
        assert "Rows" in openpyxl.load_workbook(io.BytesIO(file.read())).sheetnames


def test_a_workbook_that_does_not_arrive_leaves_a_plain_link(visit):
    tab = visit()
    tab.goto("/practices/?country=MA")
    tab.route("**/practices.xlsx*", lambda route: route.abort())
    tab.locator(".menu > summary").click()
    link = tab.get_by_role("link", name="Excel")
    link.click()
    expect(tab.locator(".menu [role=status]")).to_contain_text("did not arrive")
    assert link.get_attribute("data-making") is None
    assert link.get_attribute("aria-disabled") is None


def test_without_javascript_the_menu_and_its_links_work(visit):
    tab = visit(java_script_enabled=False)
    tab.goto("/practices/?country=MA")
    tab.locator(".menu > summary").click()
    with tab.expect_download() as download:
        tab.get_by_role("link", name="Excel").click()
    assert download.value.suggested_filename == "practices.xlsx"
