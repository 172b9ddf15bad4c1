"""What people do around the records: a suggestion becomes a practice, and a second factor is set up and given."""

import base64
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth import get_user_model
from django_otp.oath import totp
from playwright.sync_api import expect

from .conftest import PASSWORD
from .test_pages import ALL_RULES

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SUMMARY = "A programme that trains nurses in Morocco for hospitals in Belgium, and for hospitals at home."
TITLE = "Nurses for Two Shores"


@pytest.fixture(scope="module")
def site(site):
    # Groups are made by a migration, and the database was emptied since: accounts that need none.
    for name in ("editor", "reviewer", "careful", "clumsy"):
        get_user_model().objects.create_superuser(name, password=PASSWORD)
    return site


def sound(tab):
    """Hold the page as it stands against axe's rules; the admin's own colours against those of level AA."""
    expect(tab.locator("h1").first).to_be_visible()
    tab.wait_for_load_state()
    # Axe writes a style of its own into a page that imports one style sheet from another, as the admin's do.
    rules = ALL_RULES if "/admin/" not in tab.url else {"resultTypes": ["violations"], "preload": False}
    found = Axe().run(tab, options=rules)
    assert not found.violations_count, f"{tab.url}\n{found.generate_report()}"


def log_in(tab, name, password=PASSWORD):
    tab.goto("/admin/")
    tab.get_by_label("Username").fill(name)
    tab.get_by_label("Password").fill(password)
    with tab.expect_navigation():
        tab.get_by_role("button", name="Log in").click()


def step(tab, name):
    tab.get_by_role("button", name=name, exact=True).click()
    expect(tab.locator(".messagelist .success")).to_be_visible()


def test_a_suggestion_becomes_a_practice(visit):
    reader = visit()
    reader.goto("/practices/")
    reader.get_by_role("link", name="Suggest a practice").click()
    # Sent too early and too empty: told so, and nothing typed is lost.
    reader.get_by_label("Name of the practice").fill(TITLE)
    reader.get_by_role("button", name="Send to the secretariat").click()
    expect(reader.get_by_role("alert")).to_be_visible()
    expect(reader.get_by_label("Name of the practice")).to_have_value(TITLE)
    sound(reader)
    reader.get_by_label("What it is").fill(SUMMARY)
    reader.get_by_label("Countries").fill("Morocco: origin\nBelgium: destination")
    reader.get_by_label("Skills recognition and certification").check()
    reader.get_by_label("Where it is printed").fill("Annual report 2021, page 12")
    # Longer than a robot would.
    reader.wait_for_timeout(3500)
    reader.get_by_role("button", name="Send to the secretariat").click()
    expect(reader.get_by_text("It waits for the secretariat.")).to_be_visible()
    sound(reader)
    private = reader.url

    editor = visit()
    log_in(editor, "editor")
    editor.goto("/admin/suggestions/suggestion/")
    editor.get_by_role("link", name=TITLE).click()
    sound(editor)
    editor.get_by_role("button", name="Make a draft of it").click()
    expect(editor.locator("#id_title")).to_have_value(TITLE)
    cite(editor, "Skilling", "Annex 1")
    step(editor, "Submit for review")

    reviewer = visit()
    log_in(reviewer, "reviewer")
    reviewer.goto(editor.url)
    step(reviewer, "Publish")

    reader.goto(private)
    reader.get_by_role("link", name=TITLE).click()
    expect(reader.locator("h1")).to_have_text(TITLE)
    expect(reader.locator(".lead")).to_have_text(SUMMARY)
    for address in ("/practices.csv?country=MA", "/practices.atom", "/api/v1/practices/?q=nurses"):
        # Kept for a version of the data: the new one has it.
        assert TITLE in reader.request.get(address).text(), address


def cite(tab, document, place):
    """Add a source to the record that is open, and save it."""
    tab.locator("#citations-group .add-row a, #citations-group .add-row button").first.click()
    tab.locator("#citations-0 .select2-selection").first.click()
    tab.locator(".select2-search__field").last.fill(document)
    tab.locator(".select2-results__option").filter(has_text=document).first.click()
    tab.locator("#id_citations-0-locator").fill(place)
    tab.get_by_role("button", name="Save and continue editing").first.click()
    expect(tab.locator(".messagelist .success")).to_be_visible()


def code(secret):
    return f"{totp(base64.b32decode(secret.replace(' ', ''))):06d}"


def test_a_second_factor_is_set_up_and_asked_for(visit):
    tab = visit()
    log_in(tab, "careful")
    tab.get_by_role("link", name="Second factor").click()
    sound(tab)
    tab.get_by_role("link", name="Set one up").click()
    picture = tab.locator(".second-factor img")
    expect(picture).to_be_visible()
    tab.wait_for_load_state()
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    sound(tab)
    tab.get_by_label("Code").fill(code(tab.locator(".second-factor code").inner_text()))
    tab.get_by_role("button", name="Take it into use").click()
    shown = tab.locator(".recovery-codes code")
    expect(shown).to_have_count(10)
    codes = shown.all_inner_texts()
    sound(tab)
    tab.get_by_role("link", name="I have kept them").click()
    expect(tab).to_have_url(re.compile(r"/admin/"))

    elsewhere = visit()
    log_in(elsewhere, "careful")
    expect(elsewhere.get_by_label("Code")).to_be_focused()
    sound(elsewhere)
    elsewhere.keyboard.type(codes[0])
    elsewhere.keyboard.press("Enter")
    expect(elsewhere.get_by_text("Codes left: 9")).to_be_visible()


def test_who_is_locked_out_is_told_what_to_do(visit):
    tab = visit()
    for _time in range(5):
        log_in(tab, "clumsy", "wrong")
    expect(tab.locator("h1")).to_have_text("Too many attempts")
    sound(tab)
