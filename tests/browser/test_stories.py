"""What the secretariat does from beginning to end, each followed onto the public site and everything made from it."""

import io
import zipfile
from urllib.parse import urlencode

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from .conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PEOPLE = {"marisol": "Editor", "tendai": "Reviewer"}

# Lists as they are taken away, and what shows a practice without being its page.
LISTS = (
    "/practices/",
    "/practices.csv",
    "/practices.xlsx",
    "/practices.json",
    "/practices.jsonld",
    "/practices.ris",
    "/practices.bib",
    "/practices.atom",
    "/api/v1/practices/",
)

TITLE = "Pilot Linking ICT Talent, second phase"
DRAFTED = "Second phase of the pilot that trains graduates in Morocco for work in ICT, there and in Flanders."
MISTAKEN = "A programme of quite another name, which does something else and has got here by mistake."
RETURNED = "Say in which years."
MENDED = "Second phase, from 2023, of the pilot that trains graduates in Morocco for work in ICT, there and at home."


@pytest.fixture(scope="module")
def site(site):
    for name, group in PEOPLE.items():
        user = get_user_model().objects.create_user(name, password=PASSWORD, is_staff=True)
        user.groups.add(Group.objects.get(name=group))
    return site


# The desk


def add_row(tab, what):
    tab.get_by_role("button", name=f"Add another {what}").click()


def choose(tab, field, words):
    """Look ``words`` up in a field that finds things while one types, and take the first that has them."""
    tab.locator(f"#{field} + .select2 .select2-selection").click()
    tab.locator(".select2-container--open .select2-search__field").fill(words)
    tab.locator(".select2-results__option").filter(has_text=words).first.click()
    expect(tab.locator(f"#{field} option:checked")).to_contain_text(words)


def save(tab):
    # The page before may say of something else that it was done.
    with tab.expect_navigation():
        tab.get_by_role("button", name="Save and continue editing").first.click()
    expect(tab.locator(".messagelist .success")).to_be_visible()


def step(tab, name, note=""):
    # Each row of the record may have a field of this name.
    tab.locator("#step-note").fill(note)
    with tab.expect_navigation():
        tab.get_by_role("button", name=name, exact=True).click()
    expect(tab.locator(".messagelist .success")).to_be_visible()


def take_up(tab, work):
    """Open the one practice that waits in a kind of work, from the front page."""
    tab.goto("/admin/")
    task = tab.locator(".worklist").get_by_role("row", name=work).get_by_role("link").first
    expect(task).to_have_text("1")
    task.click()
    tab.locator("#result_list tbody th a").click()
    expect(tab.get_by_role("heading", name="What next")).to_be_visible()


def open_practice(tab, slug):
    tab.goto(f"/admin/practices/practice/?q={slug}")
    tab.locator("#result_list tbody th a").first.click()
    expect(tab.get_by_label("Address")).to_have_count(0)
    expect(tab.locator(".field-slug .readonly")).to_have_text(slug)


# The public


def redirected(tab, address):
    """Return the status at an address, and where it leads."""
    answer = tab.request.get(address, max_redirects=0)
    return answer.status, answer.headers.get("location")


def read(tab, address):
    """Return what stands at an address, as text; of a workbook, that of all its sheets."""
    answer = tab.request.get(address)
    assert answer.ok, (address, answer.status)
    if ".xlsx" not in address:
        return answer.text()
    with zipfile.ZipFile(io.BytesIO(answer.body())) as book:
        return "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))


def lists_with(tab, words, query):
    """Return the lists in which the words stand, of those that a query leaves."""
    return [address for address in LISTS if words in read(tab, f"{address}?{query}")]


def test_a_successor_is_written_returned_mended_and_published(visit, log_in):
    marisol, tendai, reader = log_in("marisol"), log_in("tendai"), visit()
    briefs = ("/countries/ma/", "/countries/be/", "/corridors/ma-be/", "/api/v1/corridors/ma-be/")
    marisol.goto("/admin/practices/practice/add/")
    marisol.get_by_label("Title:").fill(TITLE)
    marisol.get_by_label("Acronym").fill("PLIT")
    marisol.get_by_label("Summary").fill(DRAFTED)
    marisol.get_by_label("Kind:").select_option("programme")
    for number, (country, role, basis) in enumerate(
        (("Morocco", "origin", "stated"), ("Belgium", "destination", "role-inferred"))
    ):
        add_row(marisol, "Country")
        choose(marisol, f"id_country_rows-{number}-country", country)
        marisol.locator(f"#id_country_rows-{number}-role").select_option(role)
        marisol.locator(f"#id_country_rows-{number}-basis").select_option(basis)
    add_row(marisol, "Theme")
    choose(marisol, "id_theme_rows-0-theme", "Skills mobility partnerships")
    add_row(marisol, "Relation")
    choose(marisol, "id_relations-0-other", "PALIM")
    marisol.locator("#id_relations-0-kind").select_option("edition-of")
    save(marisol)
    # Without a source it is told what is missing, and stays a draft.
    expect(marisol.locator(".missing")).to_contain_text("Say in which document it is printed")
    marisol.get_by_role("button", name="Submit for review").click()
    expect(marisol.locator(".messagelist .error")).to_contain_text("Say in which document it is printed")
    add_row(marisol, "Source")
    choose(marisol, "id_citations-0-document", "Skilling")
    marisol.locator("#id_citations-0-locator").fill("Annex 1, §4")
    save(marisol)
    expect(marisol.locator(".missing")).to_have_count(0)
    slug = marisol.locator(".field-slug .readonly").inner_text()
    step(marisol, "Submit for review")

    take_up(tendai, "Waiting for my review")
    expect(tendai.get_by_label("Title:")).to_have_value(TITLE)
    step(tendai, "Return to the author", RETURNED)
    take_up(marisol, "Returned to me")
    expect(marisol.locator(".returned")).to_contain_text(RETURNED)
    marisol.get_by_label("Summary").fill(MENDED)
    marisol.get_by_label("Start year:").fill("2023")
    save(marisol)
    step(marisol, "Submit for review")

    page = f"/practices/{slug}/"
    assert reader.request.get(page).status == 404
    assert reader.request.get(f"/api/v1{page}").status == 404
    assert lists_with(reader, TITLE, "q=ICT") == []
    assert [brief for brief in briefs if TITLE in read(reader, brief)] == []

    take_up(tendai, "Waiting for my review")
    step(tendai, "Publish")
    reader.goto("/practices/?country=MA&q=ICT")
    reader.get_by_role("link", name=TITLE).first.click()
    expect(reader.locator("h1")).to_contain_text(TITLE)
    expect(reader.locator(".lead")).to_have_text(MENDED)
    expect(reader.locator("main")).to_contain_text("Annex 1, §4")
    assert lists_with(reader, TITLE, "q=ICT") == list(LISTS)
    assert [brief for brief in briefs if TITLE in read(reader, brief)] == list(briefs)
    shown = reader.request.get(f"/api/v1{page}").json()
    assert (shown["id"], shown["acronym"], shown["summary"], shown["start_year"]) == (slug, "PLIT", MENDED, 2023)
    # Its predecessor, whose own record nobody touched, knows it.
    reader.goto("/practices/palim/")
    expect(reader.get_by_role("link", name=TITLE)).to_be_visible()


def test_two_practices_are_made_one_and_every_old_address_leads_to_it(visit, log_in):
    kept, gone = "sri-lanka-training-centres-of-csos-agencies-and-recruiters", "slbfe-pre-departure-training"
    tendai, reader = log_in("tendai"), visit()
    one, other = (reader.request.get(f"/api/v1/practices/{slug}/").json() for slug in (kept, gone))
    open_practice(tendai, kept)
    tendai.get_by_role("link", name="Merge").click()
    choose(tendai, "id_gone", other["title"])
    tendai.get_by_role("button", name="Show what comes of it").click()
    expect(tendai.locator(".changes").first).to_contain_text("Sri Lanka · origin")
    tendai.get_by_label("Why").fill("Printed twice.")
    tendai.get_by_role("button", name="Merge them").click()
    expect(tendai.locator(".messagelist .success")).to_contain_text("is part of")
    tendai.get_by_role("link", name="History").click()
    expect(tendai.locator(".history")).to_contain_text("Printed twice.")
    expect(tendai.locator(".history")).to_contain_text(f"(in {gone}, which was merged)")

    both = reader.request.get(f"/api/v1/practices/{kept}/").json()
    for rows, told in (
        ("countries", lambda row: (row["country"]["code"], row["role"]["code"])),
        ("sources", lambda row: (row["document"]["id"], row["locator"])),
        ("links", lambda row: row["url"]),
        ("organisations", lambda row: (row["organisation"]["code"], row["role"]["code"])),
        ("responses", lambda row: row["outcome"]["id"]),
    ):
        assert {told(row) for row in both[rows]} == {told(row) for row in (*one[rows], *other[rows])}, rows
    assert other["title"] in both["other_names"]
    for page in ("", "history/", "suggest/", "cite.ris", "cite.bib"):
        address = f"/practices/{gone}/{page}"
        assert redirected(reader, address) == (301, f"/practices/{kept}/{page}"), address
    status, address = redirected(reader, f"/api/v1/practices/{gone}/")
    assert (status, address.endswith(f"/api/v1/practices/{kept}/")) == (301, True)
    reader.goto(f"/practices/{gone}/")
    expect(reader.locator("h1")).to_contain_text(both["title"])
    # No list has the one that went, and each finds the one that stays by the other's name.
    assert lists_with(reader, f"/practices/{gone}/", "country=LK") == []
    named = urlencode({"q": f'"{other["title"]}"'})
    assert lists_with(reader, f"/practices/{kept}/", named) == list(LISTS)
    assert both["title"] in read(reader, "/countries/lk/")


def test_an_earlier_version_comes_back_as_a_new_one(visit, log_in):
    marisol, tendai, reader = log_in("marisol"), log_in("tendai"), visit()
    page = "/practices/mentor/"
    old = reader.request.get(f"/api/v1{page}").json()["summary"]
    # Words that no format marks or writes otherwise.
    beginning, query = "City-to-city skills mobility partnership of Milan and Turin", "country=TN&per_page=200"
    assert old.startswith(beginning)
    open_practice(marisol, "mentor")
    marisol.get_by_role("button", name="Revise").click()
    marisol.get_by_label("Summary").fill(MISTAKEN)
    save(marisol)
    step(marisol, "Submit for review")
    take_up(tendai, "Waiting for my review")
    step(tendai, "Publish")
    assert lists_with(reader, MISTAKEN, query) == list(LISTS)

    marisol.goto(tendai.url)
    marisol.get_by_role("link", name="History").click()
    loaded = marisol.locator(".history > li").filter(has_text="Loaded from fixtures")
    loaded.get_by_role("button", name="Restore version").click()
    expect(marisol.get_by_label("Summary")).to_have_value(old)
    # What is public is restored in a revision: the mistake stays up until that is published.
    assert reader.request.get(f"/api/v1{page}").json()["summary"] == MISTAKEN
    step(marisol, "Submit for review")
    take_up(tendai, "Waiting for my review")
    step(tendai, "Publish")
    expect(tendai.locator(".messagelist .success")).to_contain_text("published")
    tendai.get_by_role("link", name="History").click()
    expect(tendai.locator(".history")).to_contain_text("as it was in version")

    reader.goto(page)
    expect(reader.locator(".lead")).to_have_text(old)
    assert reader.request.get(f"/api/v1{page}").json()["summary"] == old
    assert lists_with(reader, MISTAKEN, query) == []
    assert lists_with(reader, beginning, query) == list(LISTS)
    reader.get_by_role("link", name="Versions").click()
    expect(reader.locator(".versions > li")).to_have_count(3)
    expect(reader.locator(".versions > li").first.locator("del").filter(has_text="mistake")).to_be_visible()
    assert not [name for name in PEOPLE if name in reader.content()]
