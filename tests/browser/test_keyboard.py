"""Every task by the keyboard alone, with scripts and without them: nothing here is ever pointed at."""

import re

import pytest
from playwright.sync_api import expect

from .conftest import NARROW, WIDE
from .test_reading import count, heading

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

with_and_without_scripts = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])


def reach(tab, target):
    """Press Tab, as often as one has the patience for, until ``target`` has the focus and is in sight."""
    expect(target).to_have_count(1)
    for _ in range(60):
        tab.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            expect(target).to_be_in_viewport()
            return
    pytest.fail(f"Tab does not lead to {target}")


def press(tab, target, key="Enter"):
    reach(tab, target)
    tab.keyboard.press(key)


@with_and_without_scripts
def test_filter_sort_take_away_and_download(visit, scripts):
    tab = visit(java_script_enabled=scripts)
    tab.goto("/practices/")
    everything = count(tab)

    press(tab, tab.locator("#facet-country > summary"))
    if scripts:
        reach(tab, tab.get_by_role("searchbox", name="Find in Country"))
        tab.keyboard.type("morocco")
    morocco = tab.locator("#country-MA")
    press(tab, morocco, "Space")
    expect(morocco).to_be_checked()
    if scripts:
        # The list is refreshed under the reader's hands: they stay where they are.
        expect(chip).to_be_visible()
        expect(morocco).to_be_focused()
        tab.keyboard.press("Space")
        expect(chip).to_have_count(0)
        expect(morocco).to_be_focused()
        tab.keyboard.press("Space")
        expect(chip).to_be_visible()
        # The facet is long, and open now: closed, it is out of the way.
        tab.keyboard.press("Shift+Tab")
        tab.keyboard.press("Shift+Tab")
        expect(facet).to_be_focused()
        tab.keyboard.press("Enter")
    else:
        XX
    press(tab, apply)
    expect(chip).to_be_visible()
    if scripts:
        expect(apply).to_be_focused()
    expect(tab).to_have_url(re.compile("country=MA"))
    chosen = count(tab)
    assert 0 < chosen < everything

    order = tab.get_by_label("Sort by")
    reach(tab, order)
    tab.keyboard.type("Newest")
    press(tab, tab.get_by_role("button", name="Sort"))
    expect(tab).to_have_url(re.compile("sort=newest"))
    expect(chip).to_be_visible()

    press(tab, tab.locator(".exports > summary"))
    with tab.expect_download() as download:
        press(tab, tab.locator(".exports").get_by_role("link", name=re.compile("CSV")))
    assert download.value.suggested_filename.endswith(".csv")

    press(tab, chip)
    expect(chip).to_have_count(0)
    assert count(tab) == everything


@with_and_without_scripts
def test_compare_from_the_boxes_of_a_list(visit, scripts):
    tab = visit(java_script_enabled=scripts)
    tab.goto("/practices/?country=MA")
    titles = tab.locator(".line-title a").all_inner_texts()[:2]
    assert len(titles) == 2
    boxes = tab.get_by_role("checkbox", name=re.compile("^Compare"))
    press(tab, tab.get_by_role("link", name="Skip to the results"))
    for box in (boxes.nth(0), boxes.nth(1)):
        press(tab, box, "Space")
        expect(box).to_be_checked()
    press(tab, tab.get_by_role("button", name="Compare the ticked practices"))
    expect(heading(tab, "Practices side by side")).to_be_visible()
    assert tab.get_by_role("columnheader").all_inner_texts() == titles


def test_suggestions_as_one_types(visit):
    tab = visit()
    tab.goto("/about/")
    box = tab.get_by_role("combobox", name="Search everything")
    options = tab.get_by_role("option")
    reach(tab, box)
    tab.keyboard.type("moroc")
    expect(options.first).to_be_visible()
    expect(box).to_have_attribute("aria-expanded", "true")

    tab.keyboard.press("ArrowDown")
    chosen = tab.get_by_role("option", selected=True)
    expect(chosen).to_have_count(1)
    expect(chosen).to_contain_text("Morocco")
    # The focus stays in the box, which tells a screen reader where the choice is.
    expect(box).to_be_focused()
    expect(box).to_have_attribute("aria-activedescendant", chosen.get_attribute("id"))

    tab.keyboard.press("Escape")
    expect(options.first).to_be_hidden()
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_value("moroc")

    tab.keyboard.type("c")
    expect(options.first).to_be_visible()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    expect(heading(tab, "Morocco")).to_be_visible()


def test_suggestions_are_left_for_the_search_itself(visit):
    tab = visit()
    tab.goto("/about/")
    reach(tab, tab.get_by_role("combobox", name="Search everything"))
    tab.keyboard.type("moroc")
    expect(tab.get_by_role("option").first).to_be_visible()
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("listbox")).to_be_hidden()
    expect(tab.locator(".site-search").get_by_role("button", name="Search")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab).to_have_url(re.compile(r"/search/\?q=moroc$"))


def test_search_and_open_what_is_found_without_scripts(visit):
    tab = visit(java_script_enabled=False)
    tab.goto("/about/")
    reach(tab, tab.get_by_role("searchbox", name="Search everything"))
    tab.keyboard.type("palim")
    tab.keyboard.press("Enter")
    expect(heading(tab, "Search")).to_be_visible()
    found = tab.locator("main .stack a").first
    title = found.inner_text()
    press(tab, found)
    expect(heading(tab, title)).to_be_visible()


@with_and_without_scripts
def test_filters_on_a_phone(visit, scripts):
    tab = visit(viewport=NARROW, java_script_enabled=scripts)
    tab.goto("/practices/")
    everything = count(tab)
    filters, apply = tab.locator("#filters"), tab.get_by_role("button", name="Apply")
    press(tab, tab.get_by_role("link", name="Filters"))
    expect(apply).to_be_visible()
    tab.keyboard.press("Tab")
    # The focus goes into what was opened, not on behind it.
    assert filters.evaluate("element => element.contains(document.activeElement)")
    press(tab, tab.locator("#facet-kind > summary"))
    press(tab, tab.locator("#kind-programme"), "Space")
    press(tab, apply)
    expect(tab.get_by_role("link", name="Filters (1)")).to_be_visible()
    expect(apply).to_be_hidden()
    assert 0 < count(tab) < everything

    press(tab, tab.get_by_role("link", name="Filters (1)"))
    press(tab, tab.get_by_role("link", name="Close the filters"))
    expect(apply).to_be_hidden()


@pytest.mark.parametrize(
    ("address", "name"), [("/compare/?practice=palim&practice=mentor&practice=promise", "Comparison")]
)
def test_wide_tables_scroll(visit, address, name):
    tab = visit(viewport=NARROW)
    tab.goto(address)
    region = tab.get_by_role("region", name=name)
    reach(tab, region)
    for _ in range(5):
        tab.keyboard.press("ArrowRight")
    tab.wait_for_function("region => region.scrollLeft > 0", arg=region.element_handle())


@with_and_without_scripts
@pytest.mark.parametrize(
    ("address", "link", "title"),
    [
        ("/corridors/", "a[href='/corridors/ma-be/']", "Morocco"),
        ("/coverage/", "main table a", None),
        ("/map/", "svg a", None),
    ],
)
def test_a_table_or_a_map_leads_on(visit, scripts, address, link, title):
    tab = visit(viewport=WIDE, java_script_enabled=scripts)
    tab.goto(address)
    press(tab, tab.locator(link).first)
    tab.wait_for_url(lambda url: not url.endswith(address))
    expect(tab.get_by_role("heading", level=1)).to_contain_text(title or re.compile(r"\w"))
