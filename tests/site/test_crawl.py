"""Every page of the curated knowledge base, found by following every link from the start."""

from collections import Counter, deque
from urllib.parse import parse_qsl, urlsplit

import pytest

from meetings.models import Document, Meeting, Outcome
from pathways.vocabulary.models import Country, Organisation, Theme
from practices.models import Practice
from tests.reading import body, read

from .test_sitemap import changes_by_address

# Of addresses that differ only in the values of their parameters, so many are followed.
ALIKE = 1


@pytest.fixture
def crawled(client, curated, settings, tmp_path):
    """Read every address that can be reached from the start; return the readers of the pages by address."""
    # Where the site keeps what it makes.
    settings.VAR_DIR = tmp_path
    seen, waiting, alike, pages = {"/"}, deque(["/"]), Counter(), {}
    while waiting:
        address = waiting.popleft()
        response = client.get(address)
        assert response.status_code == 200, address
        path = urlsplit(address).path
        is_page = response.headers["Content-Type"] == "text/html; charset=utf-8"
        # What ends in a dot and a format is a file, and so is what the API answers; nothing else is.
        assert is_page == ("." not in path and not path.startswith("/api/v1/")), address
        assert "default-src 'none'" in response.headers["Content-Security-Policy"], address
        if not is_page:
            assert b"".join(response), address
            continue
        pages[address] = read(body(response))
        for tag, attributes in pages[address].tags:
            target = attributes.get("href", "") if tag == "a" else ""
            if not target or target.startswith(("#", "http://", "https://", "mailto:")):
                continue
            target = target.partition("#")[0]
            target = path + target if target.startswith("?") else target
            assert target.startswith("/"), (address, target)
            split = urlsplit(target)
            pattern = (split.path, *sorted({name for name, _value in parse_qsl(split.query)}))
            if target in seen or (split.query and alike[pattern] >= ALIKE):
                continue
            seen.add(target)
            alike[pattern] += 1
            waiting.append(target)
    return pages


def test_every_link_leads_to_a_sound_page_and_every_record_is_reached(client, crawled):
    for address, page in crawled.items():
        tags = [tag for tag, _attributes in page.tags]
        names = Counter(tags)
        # Shapes of a drawing have titles too: a page's stands in its head.
        assert names["h1"] == names["main"] == tags[: tags.index("body")].count("title") == 1, address
        ids = Counter(attributes["id"] for _tag, attributes in page.tags if "id" in attributes)
        assert not [name for name, times in ids.items() if times > 1], address
        assert page.is_harmless(), address
    for model in (Practice, Outcome, Meeting, Organisation, Document):
        for record in model.objects.published():
            assert record.get_absolute_url() in crawled
    for model in (Country, Theme):
        for term in model.objects.all():
            assert term.get_absolute_url() in crawled
    # They, and nothing else, are in the sitemap, with the day they changed; but what was searched for and compared,
    # former versions, and the forms of suggestions.
    dated = changes_by_address(client)
    left_out = ("/search/", "/compare/", "/history/", "/suggest/")
    pages = {f"http://testserver{one}" for one in crawled if "?" not in one and not one.endswith(left_out)}
    assert dated.keys() == pages
    assert all(dated.values())
