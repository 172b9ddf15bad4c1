"""A reader's browser: Debian's Chromium, before a server with the curated entries, and what it complains of.

The tests stay on one worker and in one group: the server's threads need rows that are really committed, so each module
loads them once and leaves the database empty. Nothing here asks the database while the browser runs.
"""

import os
import shutil

import pytest
from django.core.management import call_command
from playwright.sync_api import expect, sync_playwright

from pathways.curation.fixtures import load
from tests.conftest import unavailable

# A machine that runs other tests beside these is slow.
expect.set_options(timeout=20_000)

# Of every account that these tests make.
PASSWORD = "a long enough passphrase"
WIDE, NARROW = {"width": 1280, "height": 720}, {"width": 375, "height": 667}

# Whatever the policy of the site blocks is an error on the console, also where the browser keeps quiet about it.
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`blocked by ${event.violatedDirective}: ${event.blockedURI} ${event.sample}`));
"""


@pytest.fixture(scope="session")
def chromium():
    """Return the path of the browser."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        unavailable("Chromium")
    return path


@pytest.fixture(scope="module")
def transactional_db(groups, django_db_blocker, fixtures_dir):
    """The database of pytest-django's live server: it would be emptied after each test; here after each module."""
    with django_db_blocker.unblock():
        load(fixtures_dir)
        yield
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(scope="module")
def site(chromium, django_db_setup, live_server, transactional_db):
    """Return the address of a running site. The database is named first: the server looks where it is."""
    return live_server.url


@pytest.fixture(scope="module")
def browser(site, chromium):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, site):
    """Return a function that opens a tab; whatever the tab complains of fails the test."""
    contexts, complaints = [], []

    def open_tab(viewport=WIDE, **options):
        context = browser.new_context(base_url=site, viewport=viewport, **options)
        contexts.append(context)
        context.add_init_script(REPORT_VIOLATIONS)
        tab = context.new_page()
        tab.on("console", lambda message: complaints.extend(said(message)))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("response", lambda answer: complaints.extend(missed(answer)))
        return tab

    yield open_tab
    for context in contexts:
        context.close()
    assert not complaints


@pytest.fixture
def log_in(visit):
    """Return a function that logs someone of the staff in and returns their tab."""

    def logged_in(name):
        tab = visit()
        tab.goto("/admin/")
        tab.get_by_label("Username").fill(name)
        tab.get_by_label("Password").fill(PASSWORD)
        tab.get_by_role("button", name="Log in").click()
        expect(tab.get_by_role("heading", name="What waits")).to_be_visible()
        return tab

    return logged_in


def said(message):
    """Return an error or a warning on the console; what could not be loaded is judged by its status."""
    complains = message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource")
    return [message.text] if complains else []


def missed(answer):
    """Return what a page needs and does not get; pages themselves may be missing, or say what was wrong, on purpose."""
    kind = answer.request.resource_type
    meant = kind == "document" or (kind == "xhr" and answer.status == 400)
    return [f"{answer.status} {answer.url}"] if answer.status >= 400 and not meant else []
