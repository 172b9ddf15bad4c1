"""Citations on the clipboard: one key for each, on records and lists."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PAGES = [
    "/practices/palim/",
    "/outcomes/budapest-process-legal-pathways-r-2/",
    "/meetings/budapest-process-legal-pathways-meeting-1/",
    "/practices/?country=MA",
]


@pytest.mark.parametrize("address", PAGES)
def test_every_citation_is_copied_with_one_key(visit, site, address):
    tab = visit(permissions=["clipboard-read", "clipboard-write"])
    tab.goto(address)
    for style, start in (("apa", "Pathways. ("), ("chicago", "Pathways. “"), ("ris", "TY  - "), ("bib", "@misc{")):
        button = tab.locator(f"#copy-{style}")
        button.focus()
        tab.keyboard.press("Enter")
        expect(tab.locator(".copied")).to_have_text(button.get_attribute("data-copied"))
        text = tab.evaluate("navigator.clipboard.readText()")
        assert text.startswith(start)
        assert f"{site}{address}" in text


def test_what_cannot_be_copied_is_said_to_be_so(visit):
    tab = visit(permissions=["clipboard-read", "clipboard-write"])
    tab.goto("/practices/palim/")
    tab.route("**/cite.ris", lambda route: route.abort())
    tab.locator("#copy-ris").focus()
    tab.keyboard.press("Enter")
    expect(tab.locator(".copied")).to_contain_text("could not be copied")


def test_without_scripts_the_text_is_there_and_no_button_that_does_nothing(visit):
    tab = visit(java_script_enabled=False)
    tab.goto("/practices/palim/")
    expect(tab.locator("#cite-apa")).to_contain_text("/practices/palim/")
    expect(tab.locator(".cite button:visible")).to_have_count(0)
    expect(tab.locator(".cite").get_by_role("link", name="RIS")).to_be_visible()
