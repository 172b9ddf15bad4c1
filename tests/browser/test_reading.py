"""What a reader does: follow links, filter, download; on a phone, with the keyboard alone, without scripts."""

import csv
import io
import re

import pytest
from playwright.sync_api import expect

from .conftest import NARROW

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PALIM = "Pilot Project Addressing Labour Shortages Through Innovative Labour Migration Models"


def count(tab):
    """Return the number of results that the page gives."""
    return int(re.search(r"\d+", tab.locator(".count").inner_text())[0])


def heading(tab, name):
    return tab.get_by_role("heading", level=1, name=name)


def tick(tab, facet, value):
    """Tick a box of a facet, opening it first; with scripts, the list is then refreshed in place."""
    box = tab.locator(f"#{facet}-{value}")
    if not box.is_visible():
        tab.locator(f"#facet-{facet} > summary").click()
    box.check()
    tab.wait_for_load_state("networkidle")


def test_from_home_to_the_source_of_a_practice(visit):
    tab = visit()
    tab.goto("/")
    tab.get_by_role("link", name="Morocco", exact=True).click()
    expect(heading(tab, "Morocco")).to_be_visible()
    tab.get_by_role("link", name=PALIM).first.click()
    expect(heading(tab, PALIM)).to_be_visible()
    facts = tab.get_by_role("table", name="Facts")
    expect(facts.get_by_role("row", name=re.compile("Origin"))).to_contain_text("Morocco")
    expect(facts.get_by_role("row", name=re.compile("Destination"))).to_contain_text("Belgium")
    source = tab.locator(".sources a").first
    title = source.inner_text()
    source.click()
    expect(heading(tab, title)).to_be_visible()
    expect(tab.get_by_role("link", name=PALIM)).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_filter_take_one_choice_away_and_download_the_rest(visit, scripts):
    tab = visit(java_script_enabled=scripts)
    tab.goto("/practices/")
    everything = count(tab)
    tick(tab, "country", "MA")
    tick(tab, "kind", "programme")
    tab.get_by_role("button", name="Apply").click()
    chips = tab.get_by_role("list", name="Chosen")
    expect(chips.get_by_role("link", name=re.compile("Country: Morocco"))).to_be_visible()
    expect(chips.get_by_role("link", name=re.compile("Kind: Programme or project"))).to_be_visible()
    both = count(tab)
    assert 0 < both < everything

    chips.get_by_role("link", name=re.compile("Kind: Programme")).click()
    expect(tab.get_by_role("link", name=re.compile("Kind: Programme"))).to_have_count(0)
    remaining = count(tab)
    assert both < remaining < everything

    tab.locator(".exports > summary").click()
    with tab.expect_download() as download:
        tab.get_by_role("link", name=re.compile("CSV")).click()
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(io.StringIO(file.read(), newline="")))
    assert len(rows) == remaining
    assert all("Morocco" in row["countries"].split("; ") for row in rows)
    assert [row["title"] for row in rows] == tab.locator(".line-title a").all_inner_texts()


def test_sort_keeps_the_choices(visit):
    tab = visit()
    tab.goto("/practices/?country=MA")
    tab.get_by_label("Sort by").select_option(label="Newest first")
    tab.get_by_role("button", name="Sort").click()
    expect(tab).to_have_url(re.compile("sort=newest"))
    expect(tab.get_by_role("link", name=re.compile("Country: Morocco"))).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_filters_on_a_phone_open_and_close_by_links(visit, scripts):
    tab = visit(viewport=NARROW, java_script_enabled=scripts)
    tab.goto("/practices/")
    everything, apply = count(tab), tab.get_by_role("button", name="Apply")
    expect(apply).to_be_hidden()
    tab.get_by_role("link", name="Filters").click()
    expect(apply).to_be_visible()
    tab.get_by_role("link", name="Close the filters").click()
    expect(apply).to_be_hidden()
    tab.get_by_role("link", name="Filters").click()
    tick(tab, "origin", "MA")
    tick(tab, "kind", "programme")
    expect(apply).to_be_in_viewport()
    apply.click()
    expect(tab.get_by_role("link", name="Filters (2)")).to_be_visible()
    expect(apply).to_be_hidden()
    assert 0 < count(tab) < everything


@pytest.mark.parametrize("scripts", [True, False])
def test_a_wrong_year_is_said_beside_the_filters(visit, scripts):
    tab = visit(java_script_enabled=scripts)
    tab.goto("/practices/")
    tab.get_by_label("from", exact=True).fill("soon")
    tab.get_by_role("button", name="Apply").click()
    expect(tab.get_by_role("alert")).to_contain_text("year_from=soon")
    expect(tab.get_by_label("from", exact=True)).to_have_value("soon")


def test_keyboard_alone_skips_and_searches(visit):
    tab = visit()
    tab.goto("/about/")
    tab.keyboard.press("Tab")
    skip = tab.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    tab.keyboard.press("Enter")
    expect(tab.locator("main")).to_be_focused()

    tab.reload()
    search = tab.locator("#site-q")
    for _ in range(5):
        tab.keyboard.press("Tab")
        if search.evaluate("field => field === document.activeElement"):
            break
    expect(search).to_be_focused()
    tab.keyboard.type("palim")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("link", name=PALIM)).to_be_visible()


def test_what_the_keyboard_reaches_is_seen(visit):
    """Nothing that has the focus is hidden below the bar that stays in sight, and a line is drawn around it."""
    tab = visit(viewport={"width": 1280, "height": 480})
    tab.goto("/practices/?country=MA&theme=skills-development-and-training&kind=programme")
    hidden, seen = [], []
    for _ in range(100):
        tab.keyboard.press("Tab")
        focus = tab.evaluate(
            """() => {
              const element = document.activeElement, box = element.getBoundingClientRect();
              const on_top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
              const shows = element.contains(on_top) || on_top?.contains(element) || on_top?.control === element;
              return [element.outerHTML.slice(0, 90), shows, getComputedStyle(element).outlineStyle];
            }"""
        )
        # After the last link the focus leaves the page.
        if focus[0].startswith("<body"):
            break
        seen.append(focus[0])
        if not focus[1] or focus[2] == "none":
            hidden.append(focus)
    assert len(seen) > 40
    assert not hidden


def test_without_scripts_everything_is_there(visit):
    tab = visit(java_script_enabled=False)
    tab.goto("/practices/palim/")
    expect(heading(tab, PALIM)).to_be_visible()
    expect(tab.get_by_role("table", name="Facts")).to_contain_text("Belgium")
    expect(tab.locator(".sources li")).to_have_count(5)
    tab.get_by_role("link", name="Practices", exact=True).first.click()
    tick(tab, "origin", "MA")
    tab.get_by_role("button", name="Apply").click()
    expect(tab.get_by_role("link", name=PALIM)).to_be_visible()
