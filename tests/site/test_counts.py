"""The counts of the curated entries, wherever they stand, are those of the lists they lead to."""

import re
from html import unescape

import pytest

from pathways.listing.index import index_for
from pathways.listing.listing import Listing
from pathways.site import corridors, coverage
from pathways.vocabulary.models import Country, Theme
from practices.filters import PracticeFilter
from tests.listing.helpers import asked, every_list, one_query, params
from tests.reading import body, found

pytestmark = pytest.mark.usefixtures("curated")


@every_list
def test_the_counts_of_curated_entries_are_those_of_the_lists_they_lead_to(filter_class):
    whole = asked(filter_class)
    drawn = {facet.name: facet for facet in whole.facets}
    assert drawn
    for name, facet in drawn.items():
        for choice in facet.choices:
            listed = asked(filter_class, params(**{name: choice.value}))
            assert choice.count == len(Listing(listed)) == one_query(listed).count() > 0, (name, choice.value)
        # What is not drawn is a value that nothing has.
        rest = {value: value for value in whole.index.facets[name].labels.keys() - {c.value for c in facet.choices}}
        assert not rest or not whole.declared_facets()[name].filter(whole.records(), rest).exists()
    for kept, facet in list(drawn.items())[:4]:
        most = max(facet.choices, key=lambda choice: choice.count).value
        for other in asked(filter_class, params(**{kept: most})).facets:
            for choice in other.choices:
                listed = asked(filter_class, params(**{kept: most, other.name: choice.value}))
                assert choice.count == len(Listing(listed)), (kept, most, other.name, choice.value)


def test_each_cell_of_the_coverage_is_the_number_of_the_list_it_leads_to():
    regions, rows = coverage.themes_by_region()
    assert len(rows) == Theme.objects.count()
    for row in rows:
        assert row.total == one_query(asked(PracticeFilter, params(theme=row.theme.slug))).count()
        for cell in row.cells:
            listed = asked(PracticeFilter, params(theme=row.theme.slug, region=cell.region.code))
            assert cell.count == len(listed.matching) == one_query(listed).count(), (row.theme, cell.region)
    for region in coverage.regions_without_practices(regions):
        assert not one_query(asked(PracticeFilter, params(region=region.code))).exists()


def test_the_number_of_a_corridor_is_that_of_its_page_and_of_the_list():
    pairs = corridors.pairs()
    assert pairs
    by_code = {country.code: country for country in Country.objects.all()}
    for origin, destination in pairs:
        listed = asked(PracticeFilter, params(origin=origin, destination=destination))
        assert pairs[origin, destination] == len(listed.matching), (origin, destination)
    for origin, destination in sorted(pairs, key=lambda pair: (-pairs[pair], pair))[:20]:
        there, back, _undirected = corridors.between(by_code[origin], by_code[destination])
        assert len(there) == pairs[origin, destination]
        assert len(back) == pairs.get((destination, origin), 0)
    index = index_for(PracticeFilter)
    origins, destinations = index.facets["origin"].bitmaps, index.facets["destination"].bitmaps
    found = {
        (one, other): origins[one].intersection_cardinality(destinations[other])
        for one in origins
        for other in destinations
        if one != other
    }
    assert pairs == {pair: n for pair, n in found.items() if n}


@pytest.mark.parametrize(
    "query", ["", "country=MA&country=IT", "meeting=gfmd-2020-regional-consultations", "year_from=2018&sector=ict"]
)
def test_each_number_of_the_timeline_is_that_of_the_list_it_leads_to(client, query):
    page = body(client.get(f"/timeline/?{query}"))
    tables = page[page.index('class="timeline-tables"') :]
    numbers = numbers_to_lists(tables)
    assert numbers
    for address, number in numbers:
        assert len(found(client, address)) == number, address
    bars = re.findall(r'<a href="([^"]+)"><title>\d+: (\d+) practice', page)
    assert [(unescape(address), int(number)) for address, number in bars] == numbers_to_lists(
        tables[: tables.index("</table>")]
    )


@pytest.mark.parametrize("query", ["", "theme=skills-mobility-partnerships", "q=skills&kind=programme"])
def test_each_number_of_the_map_is_that_of_the_list_it_leads_to(client, query):
    page = body(client.get(f"/map/?{query}"))
    countries, pairs = (numbers_to_lists(table) for table in re.findall(r"<tbody>.*?</tbody>", page))
    assert countries
    for address, number in countries + pairs:
        assert len(found(client, address)) == number, address
    drawn = {unescape(address) for address in re.findall(r'<a class="map-[^"]*" href="([^"]+)">', page)}
    assert drawn == {address for address, _number in countries}
    assert len(pairs) == len(re.findall(r'<path class="arc arc-\d" d="[^"]+"><title>', page)) > 0


def test_on_the_map_of_chosen_countries_a_country_leads_to_its_brief(client):
    page = body(client.get("/map/?country=MA"))
    table = page[page.index("<tbody>") :]
    numbers = dict(re.findall(r'<a href="/countries/(\w\w)/">[^<]+</a></th><td class="num">(\d+)<', table))
    assert numbers["be"]
    for code, number in numbers.items():
        both = set(found(client, "/practices/?country=MA")).intersection(found(client, f"/practices/?country={code}"))
        assert len(both) == int(number), code


def test_each_number_of_the_sectors_is_that_of_the_list_it_leads_to(client):
    page = body(client.get("/sectors/"))
    numbers = numbers_to_lists(page)
    assert len(numbers) == len(asked(PracticeFilter).index.facets["sector"].bitmaps)
    for address, number in numbers:
        assert len(found(client, address)) == number, address


@pytest.mark.parametrize("slug", ["skills-recognition-and-certification", "social-protection-and-portability"])
def test_each_number_of_the_brief_on_a_theme_is_that_of_the_list_it_leads_to(client, slug):
    page = body(client.get(f"/themes/{slug}/"))
    numbers = numbers_to_lists(page)
    assert numbers
    for address, number in numbers:
        assert len(found(client, address)) == number, address
    (unanswered,) = (number for address, number in numbers if "answered=no" in address)
    assert page.count('class="unanswered"') == unanswered


def numbers_to_lists(page):
    """Return (address, number) for each number of a page that is a link to a list."""
    links = re.findall(r'<a href="(/(?:practices|outcomes)/\?[^"]+)">(?:<span class="num">)?(\d+)</', page)
    return [(unescape(address), int(number)) for address, number in links]
