"""Every page: quiet, accessible, no wider than the screen, and fit for paper."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from .conftest import NARROW, WIDE
from .pages import PAGES, withdraw

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.xdist_group("browser")]

# Beside what axe looks for by itself: the size of targets in WCAG 2.2, and contrast of text at level AAA.
ALL_RULES = {
    "resultTypes": ["violations"],
    "rules": {"target-size": {"enabled": True}, "color-contrast-enhanced": {"enabled": True}},
}
COLOUR_RULES = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "rule", "values": ["color-contrast", "color-contrast-enhanced", "link-in-text-block"]},
}


@pytest.fixture(scope="module")
def site(site):
    withdraw()
    return site


PRINTED = [
    "/practices/palim/",
    "/practices/?country=MA",
    "/countries/",
    "/themes/skills-development-and-training/",
    "/timeline/",
    "/coverage/",
    "/compare/?practice=palim&practice=mentor&practice=promise",
]


def every_page(test):
    return pytest.mark.parametrize(("address", "status"), PAGES.values(), ids=PAGES)(test)


@every_page
def test_page_is_quiet_and_fits_a_small_phone(visit, address, status):
    """320 pixels are also what is left of 1,280 at four times the size."""
    tab = visit()
    assert tab.goto(address).status == status
    assert tab.locator("h1").count() == 1
    assert tab.title().strip(" –")
    tab.set_viewport_size({"width": 320, "height": 640})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 320


@every_page
def test_axe_finds_nothing(visit, address, status):
    tab = visit()
    tab.goto(address)
    found = []
    for width in (WIDE["width"], NARROW["width"]):
        # As tall as the page, so that what stays in sight stands on nothing that could be scrolled away from it.
        tab.set_viewport_size({"width": width, "height": 600})
        tab.set_viewport_size({"width": width, "height": tab.evaluate("document.documentElement.scrollHeight") + 1})
        # A scheme changes colours and nothing else.
        for scheme, rules in (("light", ALL_RULES), ("dark", COLOUR_RULES)):
            tab.emulate_media(color_scheme=scheme)
            results = Axe().run(tab, options=rules)
            if results.violations_count:
                found.append(f"{width} pixels, {scheme}: {results.generate_report()}")
    assert not found, "\n".join(found)


def test_the_heat_scale_is_printed(visit):
    tab = visit()
    tab.goto("/coverage/")
    tab.emulate_media(media="print")
    shades = {
        tab.locator(f".heat td.heat-{step}").first.evaluate("cell => getComputedStyle(cell).backgroundColor")
        for step in (1, 2, 4)
    }
    assert len(shades) == 3, shades


@pytest.mark.parametrize("address", PRINTED)
def test_printed_page_fits_the_paper_and_has_no_controls(visit, address):
    # A4 less its margins, in pixels.
    tab = visit(viewport={"width": 643, "height": 970}, color_scheme="dark")
    tab.goto(address)
    tab.emulate_media(media="print")
    assert not tab.locator("nav:visible, input:visible, button:visible, aside:visible, .exports:visible").count()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 643
    assert tab.locator("h1").evaluate("heading => getComputedStyle(heading).color") == "rgb(0, 0, 0)"


def test_printed_practice_writes_out_the_addresses_of_its_sources(visit, site):
    tab = visit()
    tab.goto("/practices/palim/")
    written = tab.locator(".sources .address").first
    assert not written.is_visible()
    tab.emulate_media(media="print")
    assert written.is_visible()
    assert written.text_content() == f"{site}/documents/gfmd-2020-skilling-migrants-background-paper/"


def test_printed_brief_has_its_date_and_writes_out_its_addresses(visit, site):
    tab = visit()
    tab.goto("/countries/ma/")
    tab.emulate_media(media="print")
    paper = tab.locator("main").inner_text()
    assert "Brief of " in paper
    assert f"{site}/countries/ma/" in paper
    assert "/practices/palim/" in paper
