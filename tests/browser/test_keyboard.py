"""Every task by the keyboard alone, with scripts and without them: nothing here is ever pointed at."""

import re

import pytest
from playwright.sync_api import expect

from .conftest import NARROW, WIDE
from .test_reading import PALIM, count, heading

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


def chip(tab, name):
    """Return the link that takes a choice away."""
    return tab.get_by_role("list", name="Chosen").get_by_role("link", name=name)


@with_and_without_scripts
def test_filter_sort_download_and_take_away(visit, scripts):
    tab = visit(java_script_enabled=scripts)
    tab.goto("/practices/")
    everything, programmes = count(tab), chip(tab, "Kind: Programme")
    press(tab, tab.locator("#facet-kind > summary"))
    press(tab, tab.locator("#kind-programme"), "Space")
    press(tab, tab.get_by_role("button", name="Apply"))
    expect(programmes).to_be_visible()
    assert 0 < count(tab) < everything

    reach(tab, tab.get_by_label("Sort by"))
    tab.keyboard.type("Newest")
    press(tab, tab.get_by_role("button", name="Sort"))
    expect(tab).to_have_url(re.compile("kind=programme.*sort=newest"))

    press(tab, tab.locator(".exports > summary"))
    with tab.expect_download() as download:
        press(tab, tab.locator(".exports").get_by_role("link", name=re.compile("CSV")))
    assert download.value.suggested_filename.endswith(".csv")

    press(tab, programmes)
    expect(programmes).to_have_count(0)
    assert count(tab) == everything


def test_the_focus_stays_where_it_is_when_the_list_is_refreshed(visit):
    tab = visit()
    tab.goto("/practices/")
    facet, morocco = tab.locator("#facet-country > summary"), chip(tab, "Country: Morocco")
    press(tab, facet)
    reach(tab, tab.get_by_role("searchbox", name="Find in Country"))
    tab.keyboard.type("morocco")
    box = tab.locator("#country-MA")
    press(tab, box, "Space")
    expect(morocco).to_be_visible()
    expect(box).to_be_focused()
    tab.wait_for_load_state("networkidle")
    # Without a choice the facet comes back closed, and is opened again.
    tab.keyboard.press("Space")
    expect(morocco).to_have_count(0)
    expect(box).to_be_focused()

    tab.reload()
    for button in (tab.get_by_role("button", name="Apply"), tab.get_by_role("button", name="Sort")):
        reach(tab, button)
        with tab.expect_response(re.compile(r"/practices/\?")):
            tab.keyboard.press("Enter")
        tab.wait_for_load_state("networkidle")
        expect(button).to_be_focused()


def test_what_is_being_typed_outlives_a_refresh(visit):
    tab = visit()
    tab.goto("/practices/")
    year_from, year_to = tab.get_by_label("from", exact=True), tab.get_by_label("to", exact=True)
    reach(tab, year_from)
    tab.keyboard.type("2010")
    with tab.expect_response(re.compile("year_from=2010")):
        tab.keyboard.press("Tab")
        tab.keyboard.type("20")
    tab.wait_for_load_state("networkidle")
    expect(year_to).to_be_focused()
    expect(year_to).to_have_value("20")
    tab.keyboard.type("15")
    tab.keyboard.press("Tab")
    expect(tab).to_have_url(re.compile(r"/practices/\?year_from=2010&year_to=2015&sort=title$"))
    expect(tab.locator("#facet-country > summary")).to_be_focused()


@with_and_without_scripts
def test_what_cannot_be_understood_is_said(visit, scripts):
    tab = visit(java_script_enabled=scripts)
    tab.goto("/practices/")
    reach(tab, tab.get_by_label("from", exact=True))
    tab.keyboard.type("soon")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("alert")).to_contain_text("year_from=soon")
    expect(tab.get_by_label("from", exact=True)).to_have_value("soon")


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
    columns = tab.get_by_role("columnheader")
    expect(columns).to_have_count(2)
    expect(columns).to_contain_text(titles)


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
    press(tab, tab.get_by_role("link", name=PALIM))
    expect(heading(tab, PALIM)).to_be_visible()


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
    if scripts:
        # What had the focus has gone from sight: the list takes it.
        expect(tab.locator("#results")).to_be_focused()
        tab.keyboard.press("Shift+Tab")
        expect(tab.get_by_role("link", name="Filters (1)")).to_be_focused()
        tab.keyboard.press("Enter")
    else:
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
