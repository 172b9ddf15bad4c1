"""What the secretariat does: one corrects a practice and another publishes it, under the site's strict policy."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from .conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

CHANGED = " Corrected in the admin."


@pytest.fixture(scope="module")
def site(site):
    for name, group in (("ana", "Editor"), ("rui", "Reviewer")):
        user = get_user_model().objects.create_user(name, password=PASSWORD, is_staff=True)
        user.groups.add(Group.objects.get_or_create(name=group)[0])
    return site


def open_practice(tab, words):
    tab.goto(f"/admin/practices/practice/?q={words}")
    tab.locator("#result_list tbody th a").first.click()


def work_of(tab, name):
    """Return the count and link of a kind of work with practices on the front page."""
    tab.goto("/admin/")
    return tab.locator(".worklist").get_by_role("row", name=name).get_by_role("link").first


def test_a_correction_is_written_by_one_and_published_by_another(log_in):
    ana, rui = log_in("ana"), log_in("rui")
    open_practice(ana, "PALIM")
    ana.get_by_role("button", name="Revise").click()
    summary = ana.get_by_label("Summary")
    before = summary.input_value()
    # The words are counted as they are typed.
    count = ana.locator(".word-count")
    expect(count).to_have_text(f"{len(before.split())} words")
    summary.fill(before + CHANGED)
    expect(count).to_have_text(f"{len((before + CHANGED).split())} words")
    summary.fill(before[: len(before) // 2] + CHANGED)
    ana.get_by_role("button", name="Save and continue editing").first.click()
    expect(ana.locator(".messagelist .success")).to_contain_text("was changed successfully")
    with ana.expect_popup() as opened:
        ana.get_by_role("link", name="Preview").click()
    expect(opened.value.locator(".lead")).to_contain_text(CHANGED.strip())
    ana.get_by_role("button", name="Submit for review").click()
    # The public sees the old one until the reviewer has published it.
    ana.goto("/practices/palim/")
    expect(ana.locator(".lead")).not_to_contain_text(CHANGED.strip())
    work = work_of(rui, "Waiting for my review")
    expect(work).to_have_text("1")
    work.click()
    rui.locator("#result_list tbody th a").click()
    rui.get_by_role("button", name="Publish").click()
    ana.goto("/practices/palim/")
    expect(ana.locator(".lead")).to_contain_text(CHANGED.strip())
    ana.get_by_role("link", name="Versions").click()
    expect(ana.locator("ins", has_text="Corrected").first).to_be_visible()


def test_two_editors_at_one_record_keep_what_both_typed(log_in):
    ana, rui = log_in("ana"), log_in("rui")
    open_practice(ana, "mentor 2")
    ana.get_by_role("button", name="Revise").click()
    expect(ana.get_by_label("Summary")).to_be_visible()
    rui.goto(ana.url)
    expect(rui.locator(".others-here")).to_contain_text("ana")
    summary = rui.get_by_label("Summary").input_value()
    rui.get_by_label("Summary").fill(f"{summary} Rui adds this.")
    rui.get_by_role("button", name="Save and continue editing").first.click()
    expect(rui.locator(".messagelist .success")).to_be_visible()
    ana.get_by_label("Summary").fill(f"Ana begins so. {summary}")
    ana.get_by_label("Acronym").fill("TWO")
    ana.get_by_role("button", name="Save", exact=True).first.click()
    expect(ana.get_by_role("alert")).to_contain_text("rui has saved this record")
    ana.get_by_label("Keep both").check()
    ana.get_by_role("button", name="Save both").click()
    expect(ana.get_by_label("Summary")).to_have_value(f"Ana begins so. {summary} Rui adds this.")
    expect(ana.get_by_label("Acronym")).to_have_value("TWO")


def test_likely_duplicates_are_shown_while_a_title_is_typed(log_in):
    tab = log_in("ana")
    tab.goto("/admin/practices/practice/add/")
    tab.get_by_label("Title:").press_sequentially("Mentor")
    expect(tab.locator(".duplicates")).to_contain_text("Is it one of these?")
    expect(tab.locator(".duplicates li").first).to_contain_text("MENTOR", ignore_case=True)


def test_an_organisation_is_made_without_leaving_the_form(log_in):
    tab = log_in("ana")
    tab.goto("/admin/practices/practice/add/")
    tab.get_by_role("button", name="Add another Organisation").click()
    with tab.expect_popup() as opened:
        tab.locator("#add_id_organisation_rows-0-organisation").click()
    popup = opened.value
    popup.get_by_label("Name:").fill("Agency of Works")
    popup.get_by_label("Kind").select_option("network")
    popup.get_by_role("button", name="Save").first.click()
    expect(tab.locator("#id_organisation_rows-0-organisation option:checked")).to_have_text("Agency of Works")


def test_the_desk_is_sound_for_those_who_hear_it_and_fits_a_tablet(visit, log_in):
    tab = log_in("rui")
    tab.set_viewport_size({"width": 820, "height": 1180})
    open_practice(tab, "African Union")
    record = tab.url
    tab.get_by_role("button", name="Revise").click()
    expect(tab.get_by_label("Summary")).to_be_visible()
    form = tab.url
    # A draft that lacks all it can lack says so in its head, beside its fields and over its rows.
    tab.goto("/admin/practices/practice/add/")
    tab.get_by_label("Title:").fill("Hardly begun")
    tab.get_by_label("Summary").fill("Too short.")
    tab.get_by_label("Kind:").select_option("tool")
    tab.get_by_role("button", name="Save and continue editing").first.click()
    expect(tab.locator(".missing li")).to_have_count(4)
    expect(tab.locator(".lacks")).to_have_count(4)
    incomplete = tab.url
    found = {}
    for address in (
        "/admin/",
        "/admin/practices/practice/",
        form,
        incomplete,
        record,
        record.replace("change/", "history/"),
        record.replace("change/", "merge/"),
        record.replace("change/", "merge/?gone=1"),
        "/admin/curation/change/",
    ):
        tab.goto(address)
        found[address] = wrong_with(tab)
    tab.goto("/admin/practices/practice/?q=African")
    tab.locator("#action-toggle").check()
    tab.locator("select[name=action]").select_option("add-theme")
    tab.get_by_role("button", name="Go").click()
    tab.get_by_label("Theme").select_option(index=1)
    tab.get_by_role("button", name="Show what will change").click()
    found["bulk"] = wrong_with(tab)
    assert not {address: wrong for address, wrong in found.items() if wrong}


def wrong_with(tab):
    """Return what axe finds wrong with a page, and whether the page is wider than the window."""
    # Axe writes a style of its own into a page that imports one style sheet from another, as those of the admin do.
    answer = Axe().run(
        tab, options={"preload": False, "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
    )
    wrong = [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in answer.response["violations"]]
    if tab.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        wrong.append("too wide")
    return wrong
