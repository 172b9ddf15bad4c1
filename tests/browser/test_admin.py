"""What the secretariat does: log in and correct a practice, under the site's strict policy."""

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PASSWORD = "a long enough passphrase"


@pytest.fixture(scope="module")
def site(site):
    get_user_model().objects.create_superuser("editor", password=PASSWORD)
    return site


def test_log_in_and_correct_a_practice(visit):
    tab = visit()
    tab.goto("/admin/")
    tab.get_by_label("Username").fill("editor")
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Log in").click()
    tab.get_by_role("link", name="Practices", exact=True).click()
    tab.locator("#searchbar").fill("PALIM")
    tab.get_by_role("button", name="Search").click()
    tab.locator("#result_list tbody th a").click()
    summary = tab.get_by_label("Summary")
    summary.fill(f"{summary.input_value()} Corrected in the admin.")
    tab.get_by_role("button", name="Save", exact=True).first.click()
    expect(tab.locator(".messagelist .success")).to_contain_text("was changed successfully")
    tab.goto("/practices/palim/")
    expect(tab.locator(".lead")).to_contain_text("Corrected in the admin.")
