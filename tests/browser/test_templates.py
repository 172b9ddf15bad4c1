"""The list of pages that the browser looks at is complete."""

from pathlib import Path

from django.conf import settings

from .pages import PAGES, withdraw


def test_every_template_of_a_page_is_among_the_pages(curated, client):
    """A page that is added later is looked at, too; only the one that a broken server sends is not."""
    folder = Path(settings.BASE_DIR) / "templates"
    of_pages = {
        str(path.relative_to(folder))
        for path in folder.rglob("*.html")
        if not path.name.startswith("_") and path.parent.name != "includes"
    }
    withdraw()
    drawn = {template.name for address, _ in PAGES.values() for template in client.get(address).templates}
    assert of_pages - drawn == {"500.html"}
