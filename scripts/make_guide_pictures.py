#!/usr/bin/env python3
"""Make docs/pictures/, the pictures of docs/curating.md, from the running site.

    .venv/bin/python scripts/make_guide_pictures.py

It takes about a minute and wants Chromium. A fresh database with the curated entries, three accounts and a few invented
drafts is made for the run, served on a free port of 127.0.0.1, and thrown away after it. Look at the pictures before
you keep them; the guide says what each of them shows. At the end it says on how many A4 pages the guide is printed,
which are to be four at most.
"""

import base64
import csv
import io
import logging
import os
import re
import secrets
import shutil
import sys
import threading
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from markdown_it import MarkdownIt
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
GUIDE = ROOT / "docs/curating.md"
PICTURES = ROOT / "docs/pictures"
WIDTH = 1000
MOST_BYTES, MOST_PAGES = 80_000, 4
# What stands around a part of a page that is taken.
MARGIN = 12
PASSWORD = secrets.token_urlsafe(20)
# Accounts by their names, with the names of people and of their groups: nobody in particular.
PEOPLE = {
    "nadia": ("Nadia", "Ilić", "Editor"),
    "samuel": ("Samuel", "Okoye", "Editor"),
    "ruth": ("Ruth", "Lindqvist", "Reviewer"),
}
DRAFT = {
    "title": "Nurses for Two Shores",
    "kind": "programme",
    "summary": (
        "Example for the guide: a programme that trains nurses in Morocco, half of them for hospitals at home and "
        "half for hospitals in Belgium, with language courses and help on arrival."
    ),
    "country_rows": [
        {"country": "MA", "role": "origin", "basis": "stated"},
        {"country": "BE", "role": "destination", "basis": "stated", "contribution": "pays for the language courses"},
    ],
    "theme_rows": [{"theme": "skills-mobility-partnerships"}],
}
SPAIN = {"country": "ES", "role": "transit", "basis": "role-inferred"}
SUBMITTED = {
    **DRAFT,
    "title": "Welders Without Detours",
    "summary": "Example for the guide: welders are trained in Georgia to the standard that employers in Germany ask.",
    "country_rows": [
        {"country": "GE", "role": "origin", "basis": "stated"},
        {"country": "DE", "role": "destination", "basis": "stated"},
    ],
}
SUGGESTED = {
    "title": "Orchard Seasons",
    "kind": "programme",
    "summary": "Example for the guide: seasonal work on orchards, with courses in the winter.",
}
PRINT = """
@page { size: A4; margin: 15mm 18mm }
body { font: 10pt/1.3 sans-serif; margin: 0 } h1 { font-size: 17pt } h2 { font-size: 12.5pt; margin: 9pt 0 3pt }
p, ul, ol { margin: 3pt 0 } ul, ol { padding-left: 14pt } h2 { break-after: avoid }
img { zoom: .54; border: 1px solid #999; box-sizing: border-box }
"""


def main():
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        sys.exit("Chromium is missing. On Debian: apt install chromium; elsewhere, set CHROMIUM to its path.")
    with TemporaryDirectory() as folder:
        prepare(Path(folder))
        draft, submitted, revision = begin_work()
        PICTURES.mkdir(parents=True, exist_ok=True)
        with served() as site, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            people = {name: logged_in(browser, site, name) for name in PEOPLE}
            picture_worklist(people["ruth"])
            picture_entering(people["nadia"], draft)
            picture_steps(people["ruth"], submitted)
            picture_comparison(people["nadia"], people["samuel"], revision)
            picture_history(people["nadia"], draft)
            picture_import(people["nadia"])
            pages = pages_of_guide(browser)
    too_large = [path.name for path in PICTURES.glob("*.png") if path.stat().st_size > MOST_BYTES]
    print(f"{len(list(PICTURES.glob('*.png')))} pictures; the guide is {pages} pages.")
    if too_large:
        sys.exit(f"Over {MOST_BYTES // 1000} KB: {', '.join(sorted(too_large))}.")
    if pages > MOST_PAGES:
        sys.exit(f"The guide has to fit {MOST_PAGES} pages.")


# The site


def prepare(folder):
    """Make a database in ``folder`` with the curated entries and the accounts."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "pathways.settings",
        "LOCAL": "true",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DATABASE_URL": f"sqlite:///{folder / 'guide.sqlite3'}",
    }
    # What would make the pictures look, or the site behave, otherwise.
    for name in ("DEBUG", "SITE_NAME", "SITE_URL", "FOUR_EYES", "REQUIRE_SECOND_FACTOR", "EMAIL_URL"):
        os.environ.pop(name, None)
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    from django.contrib.auth.models import Group, User
    from django.core.management import call_command

    # It prints the password of an account that nobody will use.
    call_command("prepare", stdout=io.StringIO())
    for name, (first, last, group) in PEOPLE.items():
        user = User.objects.create_user(name, password=PASSWORD, first_name=first, last_name=last, is_staff=True)
        user.groups.add(Group.objects.get(name=group))


def begin_work():
    """Leave some work lying; return the ids of a draft, of what waits for a review, and of a revision."""
    from django.contrib.auth.models import User
    from django.utils import timezone

    from pathways.curation import workflow
    from pathways.suggestions.models import Suggestion
    from practices.models import Citation, Practice

    nadia, ruth = User.objects.get(username="nadia"), User.objects.get(username="ruth")
    document, place = Citation.objects.values_list("document__slug", "locator")[0]
    source = {"document": document, "locator": place}
    draft = written("nurses-for-two-shores", DRAFT, nadia)
    summary = DRAFT["summary"].replace("hospitals in Belgium", "care homes in Flanders")
    corrected = {**DRAFT, "summary": summary}
    written("nurses-for-two-shores", corrected, nadia)
    written("nurses-for-two-shores", {**corrected, "country_rows": [*DRAFT["country_rows"], SPAIN]}, nadia)
    submitted = written("welders-without-detours", {**SUBMITTED, "citations": [source]}, nadia)
    workflow.take("submit", submitted, nadia)
    returned = written("cooks-abroad", {**SUBMITTED, "title": "Cooks Abroad", "citations": [source]}, nadia)
    workflow.take("submit", returned, nadia)
    workflow.take("return", returned, ruth, "Which paragraph of the report is this from?")
    Practice.objects.filter(slug__in=["palim", "thamm"]).update(review_due_on=timezone.localdate() + timedelta(days=30))
    revision = workflow.revise(Practice.objects.get(slug="palim"), nadia)
    Suggestion.objects.create(
        kind=Suggestion.Kind.PRACTICE,
        title=SUGGESTED["title"],
        content=SUGGESTED,
        form_id=secrets.token_hex(10),
        key_hash=secrets.token_hex(20),
    )
    return draft.pk, submitted.pk, revision.pk


def written(slug, content, user):
    """Write a draft with ``content``, as a person would who saves the form; return it."""
    from pathways.curation.changes import record
    from pathways.curation.models import Change
    from pathways.curation.snapshots import apply
    from practices.models import Practice

    practice = Practice.objects.filter(slug=slug).first()
    action = Change.Action.EDIT if practice else Change.Action.ADD
    practice = practice or Practice(slug=slug, status="draft")
    apply(practice, content)
    record(action, [practice], actor=user)
    return practice


@contextmanager
def served():
    """Serve the site from a thread, on a port that is free, and give its address."""
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

    from pathways.wsgi import application

    logging.getLogger("django.server").setLevel(logging.ERROR)
    # What a page answers to two people who save at once is a 409, and wanted here.
    logging.getLogger("django.request").setLevel(logging.ERROR)
    server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
    server.set_app(application)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def logged_in(browser, site, name):
    """Return a tab in which someone is logged in."""
    context = browser.new_context(base_url=site, viewport={"width": WIDTH, "height": 900}, locale="en-GB")
    context.add_init_script("localStorage.setItem('django.admin.navSidebarIsOpen', 'false')")
    tab = context.new_page()
    tab.goto("/admin/")
    tab.get_by_label("Username").fill(name)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Log in").click()
    expect(tab.get_by_role("button", name="Log out")).to_be_visible()
    return tab


# The pictures


def take(tab, name, first, last=None):
    """Take the part of a page from the element ``first`` to ``last`` as the picture ``name``."""
    tab.mouse.move(0, 0)
    boxes = [element.bounding_box() for element in (first, last or first)]
    scrolled = tab.evaluate("window.scrollY")
    x, y = (min(box[side] for box in boxes) for side in "xy")
    right = max(box["x"] + box["width"] for box in boxes)
    bottom = max(box["y"] + box["height"] for box in boxes)
    clip = {
        "x": max(0, x - MARGIN),
        "y": max(0, y + scrolled - MARGIN),
        "width": min(WIDTH, right + MARGIN) - max(0, x - MARGIN),
        "height": bottom - y + 2 * MARGIN,
    }
    tab.screenshot(path=PICTURES / f"{name}.png", full_page=True, clip=clip)


def picture_worklist(tab):
    tab.goto("/admin/")
    take(tab, "worklist", tab.locator(".worklist").first, tab.locator(".worklist").last)


def picture_entering(tab, draft):
    tab.goto(f"/admin/practices/practice/{draft}/change/")
    take(tab, "countries", tab.locator("#country_rows-group"))
    # As far as someone has typed it who has not seen that the practice is there.
    tab.locator("#id_title").fill("PALIM II")
    expect(tab.locator(".duplicates li").first).to_be_visible()
    take(tab, "entering", tab.locator(".missing"), tab.locator(".field-summary"))


def picture_steps(tab, submitted):
    tab.goto(f"/admin/practices/practice/{submitted}/change/")
    tab.get_by_label("Note", exact=True).last.fill("Does the source name the employers?")
    take(tab, "steps", tab.locator(".steps h2"), tab.locator(".steps .help"))


def picture_comparison(first, second, revision):
    address = f"/admin/practices/practice/{revision}/change/"
    first.goto(address)
    second.goto(address)
    for tab, old, new in (
        (second, "launched in", "begun in"),
        (first, "workers in", "specialists in"),
    ):
        text = tab.locator("#id_summary").input_value()
        tab.locator("#id_summary").fill(text.replace(old, new))
    second.get_by_role("button", name="Save and continue editing").first.click()
    expect(second.locator(".messagelist .success")).to_be_visible()
    first.get_by_role("button", name="Save and continue editing").first.click()
    expect(first.get_by_role("button", name="Save both")).to_be_visible()
    first.get_by_label("Keep both, as written here:").check()
    take(first, "comparison", first.locator("fieldset.comparison").first, first.locator(".submit-row"))


def picture_history(tab, draft):
    tab.goto(f"/admin/practices/practice/{draft}/history/")
    take(tab, "history", tab.locator("h1, #content > h2").first, tab.locator("ol.history > li").nth(1))


def picture_import(tab):
    tab.goto("/admin/practices/practice/import/")
    tab.get_by_label("File").set_input_files(
        {"name": "practices.csv", "mimeType": "text/csv", "buffer": spreadsheet().encode()}
    )
    tab.get_by_role("button", name="Check the file").click()
    expect(tab.get_by_text("Nothing is changed yet.")).to_be_visible(timeout=60_000)
    tab.get_by_role("link", name="Refused").click()
    take(tab, "import", tab.locator("ul.outcomes"), tab.get_by_role("button", name="Import 6 records"))


def spreadsheet():
    """Return rows as people send them: some new, some with a slip."""
    names = ("title", "kind", "summary", "origin", "start_year")
    rows = [
        (f"Example course {number}", "programme", "Trains people for work at home and abroad.", "Morocco", "2020")
        for number in range(1, 7)
    ]
    rows.append(("Example course 7", "programme", "Trains people for work at home and abroad.", "Marocco", "2020"))
    rows.append(("Example course 8", "programme", "Trains people for work at home and abroad.", "Tunisia", "soon"))
    text = io.StringIO()
    csv.writer(text).writerows([names, *rows])
    return text.getvalue()


# The guide


def pages_of_guide(browser):
    """Return on how many A4 pages the guide is printed, with its pictures."""
    html = MarkdownIt("commonmark").render(GUIDE.read_text(encoding="utf-8"))
    html = re.sub(r'src="([^"]+)"', lambda found: f'src="{inlined(GUIDE.parent / found[1])}"', html)
    tab = browser.new_page()
    tab.set_content(f"<!doctype html><style>{PRINT}</style>{html}")
    printed = tab.pdf(prefer_css_page_size=True)
    return len(re.findall(rb"/Type\s*/Page\b", printed))


def inlined(picture):
    return f"data:image/png;base64,{base64.b64encode(picture.read_bytes()).decode()}"


if __name__ == "__main__":
    main()
