"""The list of pages that the browser looks at is complete."""

from django.urls import get_resolver, resolve

from .pages import PAGES

NOT_PAGES = {"operations:healthz", "operations:readyz", "operations:metrics", "site:oai", "site:suggest"}
# Of the admin, or of one person: test_people looks at them.
NOT_PAGES |= {"suggestions:state", "accounts:second-factor", "accounts:enrol", "accounts:manage"}


def names(resolver, namespace=""):
    """Yield the name of each address that is a page: no file, nothing of the admin or the API, no nameless redirect."""
    for entry in resolver.url_patterns:
        if hasattr(entry, "url_patterns"):
            if entry.namespace != "admin":
                yield from names(entry, f"{entry.namespace}:" if entry.namespace else namespace)
        elif entry.name and "." not in str(entry.pattern) and not str(entry.pattern).startswith("api/v1/"):
            yield f"{namespace}{entry.name}"


def test_every_page_is_looked_at():
    """A page that is added later has to be added to the list, and so is held to what every page is held to."""
    seen = {resolve(address.partition("?")[0]).view_name for address, status in PAGES.values() if status != 404}
    assert set(names(get_resolver())) - seen == NOT_PAGES
