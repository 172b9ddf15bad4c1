"""Every format of every list holds what the page shows: as many records, the same ones, in the same order.

Each format is read with a program that people use for it; one that nobody reads here fails the first test.
"""

import csv
import io
import json
from datetime import date, timedelta
from shutil import rmtree

import feedparser
import openpyxl
import pytest
import rdflib
import rispy
from django.conf import settings as django_settings
from django.db import transaction
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from pybtex.database import parse_string

from meetings.exports import MEETINGS, OUTCOMES, PARTICIPANTS
from meetings.filters import MeetingFilter, OutcomeFilter
from meetings.models import Meeting
from pathways.listing import cards, index
from pathways.site.exports import COUNTRIES
from pathways.site.filters import CountryFilter
from pathways.vocabulary.models import Country
from practices.exports import PRACTICES
from practices.filters import PracticeFilter
from tests import factories as make
from tests.reading import BOM, found

from .helpers import asked, every_list, params
from .test_index import choices, for_random_data, populate, vocabulary, worlds  # noqa: F401 (a fixture)

EXPORTS = {PracticeFilter: PRACTICES, OutcomeFilter: OUTCOMES, MeetingFilter: MEETINGS, CountryFilter: COUNTRIES}
SCHEMA = rdflib.Namespace("https://schema.org/")


# The addresses of the records in a file, as a program that reads the format finds them


def in_csv(content):
    text = content.decode()
    assert text.startswith(BOM)
    return [row["url"] for row in csv.DictReader(io.StringIO(text.removeprefix(BOM), newline=""), strict=True)]


def in_xlsx(content):
    header, *rows = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True)
    return [row[header.index("url")] for row in rows]


def in_json(content):
    data = json.loads(content)
    assert data["about"]["rows"] == len(data["results"])
    return [record["url"] for record in data["results"]]


def in_jsonld(content):
    parts = [part["@id"] for part in json.loads(content)["hasPart"]]
    graph = rdflib.Graph().parse(data=content, format="json-ld")
    assert {str(part) for part in graph.objects(None, SCHEMA.hasPart)} == set(parts)
    return parts


def in_ris(content):
    return [entry["urls"][0] for entry in rispy.loads(content.decode())]


def in_bibtex(content):
    return [entry.fields["url"] for entry in parse_string(content.decode(), "bibtex").entries.values()]


def in_atom(content):
    feed = feedparser.parse(content)
    assert not feed.bozo
    days = [entry.updated for entry in feed.entries]
    assert days == sorted(days, reverse=True)
    return [entry.link for entry in feed.entries]


def in_icalendar(content):
    return [str(event["url"]) for event in Calendar.from_ical(content).walk("VEVENT")]


READERS = {
    "csv": in_csv,
    "xlsx": in_xlsx,
    "json": in_json,
    "jsonld": in_jsonld,
    "ris": in_ris,
    "bib": in_bibtex,
    "atom": in_atom,
    "ics": in_icalendar,
}


def test_every_format_that_is_offered_is_read_here():
    for exported in (*EXPORTS.values(), PARTICIPANTS):
        assert exported.formats.keys() <= READERS.keys(), exported.name


@pytest.mark.usefixtures("vocabulary", "kept_index")
@every_list
# A failure is told as it is found: making it smaller would take minutes.
@settings(for_random_data, max_examples=12, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(world=worlds, data=st.data())
def test_the_page_and_every_format_hold_the_same_records_in_the_same_order(client, filter_class, world, data):
    forget()
    with transaction.atomic():
        populate(world)
        spread_days(filter_class._meta.model)
        make.searchable()
        query = data.draw(queries(filter_class))
        exported = EXPORTS[filter_class]
        start = f"http://testserver/{exported.name}/"
        # The same on the page as in its CSV, and as many as the page says.
        addresses = [f"{start}{one}/" for one in found(client, f"/{exported.name}/?{query}")]
        assert len(addresses) == len(set(addresses))
        for extension in exported.formats:
            response = client.get(f"/{exported.name}.{extension}?{query}")
            assert response.status_code == 200, extension
            read = READERS[extension](b"".join(response.streaming_content))
            if extension == "atom":
                # It has an order of its own, which its reader holds it to.
                assert sorted(read) == sorted(addresses), extension
            elif extension == "ics":
                dated = Meeting.objects.filter(starts_on__isnull=False).values_list("slug", flat=True)
                dated = {f"{start}{slug}/" for slug in dated}
                assert read == [one for one in addresses if one in dated], extension
            else:
                assert read == addresses, extension
        transaction.set_rollback(True)


def forget():
    """Drop what is kept of the example before: it was undone, under the same version of the data."""
    index.forget()
    cards.forget()
    rmtree(django_settings.CACHE_DIR, ignore_errors=True)


def queries(filter_class):
    """Return a strategy for the query of a list: facets, years, words and an order."""
    labels = {name: one.labels for name, one in asked(filter_class).index.facets.items()}
    orders = st.sampled_from(list(filter_class.base_filters["sort"].orders))
    words = st.sampled_from([{}, {}, {"q": "alpha"}, {"q": "z*"}])
    parts = st.tuples(choices(filter_class, labels), orders, words)
    return parts.map(lambda drawn: params(**drawn[0][0], **drawn[0][1], sort=drawn[1], **drawn[2]).urlencode())


def spread_days(model):
    """Let records have changed on different days, as feeds have them in the order of."""
    if model is not Country:
        for number, pk in enumerate(model.objects.published().order_by("slug").values_list("pk", flat=True)):
            model.objects.filter(pk=pk).update(updated_on=date(2026, 2, 1) + timedelta(days=number * 7 % 3))


def test_every_format_of_the_participants_has_the_same_rows(client, db):
    meeting = make.meeting(slug="lisbon", title="=Lisbon")
    make.participation(meeting, country=make.country())
    make.participation(meeting, organisation=make.organisation())
    make.participation(meeting, person="Ana “A” O'Neill", represents_country=make.country(), role="chair")
    session = make.session(meeting)
    make.participation(meeting, country=make.country("TN", "Tunisia"), session=session)
    names = ["Morocco", "International Organization for Migration", "Ana “A” O'Neill", "Tunisia"]
    read = {
        "csv": lambda content: [
            row["name"] for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        ],
        "xlsx": lambda content: [
            row[2] for row in openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(2, values_only=True)
        ],
        "json": lambda content: [
            row["person"] or (row["country"] or row["organisation"])["label"] for row in json.loads(content)["results"]
        ],
    }
    for extension in PARTICIPANTS.formats:
        response = client.get(f"/meetings/lisbon/participants.{extension}")
        assert read[extension](b"".join(response.streaming_content)) == names, extension
