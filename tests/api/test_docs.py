"""The documentation of the API: an ordinary page, which tells all that the description tells."""

import re

from pathways.api.urls import LISTS
from tests.reading import body, is_harmless, read, says


def test_the_page_names_every_address_with_its_parameters_and_an_answer(client, curated):
    page = body(client.get("/api/docs/"))
    assert is_harmless(page)
    described = client.get("/api/v1/schema").json()
    for path, methods in described["paths"].items():
        assert f"GET {path}<" in page
        for parameter in methods["get"].get("parameters", []):
            assert f"<code>{parameter['name']}</code>" in page
    for name in described["components"]["schemas"]:
        assert name.endswith("Code") or f'id="record-{name}"' in page
    assert says(page, "which counts towards no limit", "RFC 9457")


def test_every_example_can_be_followed_and_every_place_on_the_page_exists(client, curated):
    page = body(client.get("/api/docs/"))
    reader = read(page)
    ids = {attributes["id"] for _tag, attributes in reader.tags if "id" in attributes}
    targets = [attributes["href"] for tag, attributes in reader.tags if tag == "a"]
    assert {target[1:] for target in targets if target.startswith("#")} <= ids
    examples = [target for target in targets if target.startswith("/api/v1/") and "schema" not in target]
    assert len(examples) > 2 * len(LISTS)
    for example in examples:
        assert client.get(example.replace("&amp;", "&")).status_code == 200, example


def test_the_limit_is_the_one_that_holds(client, curated, settings):
    assert says(body(client.get("/api/docs/")), "Limit", "There is none.")
    settings.API_LIMIT = (600, 60)
    assert says(body(client.get("/api/docs/")), "600 requests in 60 seconds from one address")


def test_pages_lead_to_it(client, curated):
    for address in ("/", "/about/"):
        assert re.search(r'<a href="/api/docs/"', body(client.get(address)))
