"""The index against the database: ids, counts, orders and pages for random data, and what keeps it fresh."""

import threading
from collections import Counter
from datetime import date
from functools import cmp_to_key

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from meetings.filters import MeetingFilter, OutcomeFilter
from meetings.models import Meeting, Outcome
from pathways.curation.changes import curated_models, record
from pathways.curation.models import Change, DataVersion
from pathways.listing import index as indexes
from pathways.listing.index import ListIndex, changed_records, index_for
from pathways.listing.listing import Listing
from pathways.listing.search import Matches
from pathways.site.filters import CountryFilter
from pathways.vocabulary.models import Country, Region, Theme
from practices.filters import PracticeFilter
from practices.models import Citation, Practice
from tests import factories as make

from .helpers import asked, every_list, one_query, params

ADD, EDIT, REMOVE, ARCHIVE = Change.Action.ADD, Change.Action.EDIT, Change.Action.REMOVE, Change.Action.ARCHIVE

for_random_data = settings(deadline=None, max_examples=15, suppress_health_check=list(HealthCheck))


# Random data

COUNTRIES = {"MA": "015", "TN": "015", "NG": "202", "BE": "150", "XK": None}
REGIONS = {"001": None, "002": "001", "015": "002", "202": "002", "150": "001", "ecowas": None}
THEMES = ("visas", "skills", "unused")
SECTORS = {"information": None, "ict": "information", "software": "information", "care": None}
ORGANISATIONS = ("iom", "ilo")
STATUSES = ("published", "published", "published", "draft", "archived")
TITLES = ("Alpha", "alpha", "Élan", "elan", "Öko", "Zebra")


def some(*values, most=2):
    return st.lists(st.sampled_from(values), max_size=most, unique=True)


def maybe(*values):
    return st.sampled_from((None, *values))


countries = some(*((code, role) for code in COUNTRIES for role in ("origin", "destination", "host", "concerned")))
meetings = st.fixed_dictionaries(
    {
        "title": st.sampled_from(TITLES),
        "status": st.sampled_from(STATUSES),
        "kind": st.sampled_from(["summit", "workshop"]),
        "series": maybe("gfmd", "gcm"),
        "held_in": maybe(*COUNTRIES),
        "starts": maybe(2017, 2018, 2020),
        "lasts": maybe(0, 1),
        "states": some(*COUNTRIES),
        "persons": st.lists(st.tuples(maybe(*COUNTRIES), maybe(*ORGANISATIONS)), max_size=1),
        "organisations": some(*ORGANISATIONS, most=1),
        "papers": some(0, 1),
    }
)
outcomes = st.fixed_dictionaries(
    {
        "title": st.sampled_from(TITLES),
        "status": st.sampled_from(STATUSES),
        "kind": st.sampled_from(["recommendation", "key-message", "finding"]),
        "position": st.integers(1, 3),
        "parent": maybe(0, 1),
        "meeting": maybe(0, 1),
        "paper": st.sampled_from([0, 1]),
        "themes": some(*THEMES[:2]),
        "instruments": some("ilo-c097", "ilo-c189"),
        "objectives": some(5, 18),
    }
)
practices = st.fixed_dictionaries(
    {
        "title": st.sampled_from(TITLES),
        "status": st.sampled_from(STATUSES),
        "kind": st.sampled_from(["programme", "policy"]),
        "lifecycle": st.sampled_from(["ongoing", "not-stated"]),
        "years": st.sampled_from([(None, None), (2015, None), (2015, 2018), (2018, 2018), (None, 2018), (2020, None)]),
        "countries": countries,
        "regions": some(*REGIONS, most=1),
        "themes": some(*THEMES[:2]),
        "sectors": some(*SECTORS),
        "levels": some("low", "high"),
        "groups": some("youth"),
        "objectives": some(5, 18),
        "targets": some("8.8", "10.7"),
        "organisations": some(*ORGANISATIONS),
        "citations": some(*((paper, by) for paper in (0, 1) for by in ("national-government", "not-stated"))),
        "answers": some(0, 1, 2),
        "is_revised": st.booleans(),
    }
)
worlds = st.fixed_dictionaries(
    {
        "meetings": st.lists(meetings, min_size=2, max_size=2),
        "outcomes": st.lists(outcomes, min_size=2, max_size=3),
        "practices": st.lists(practices, max_size=4),
    }
)


@pytest.fixture
def vocabulary(db):
    """The terms that random data refers to, known to history."""
    for code, parent in REGIONS.items():
        kind = "sub-region" if parent else "group" if code == "ecowas" else "world"
        make.region(code, code, kind=kind, parent=Region.objects.filter(code=parent).first())
    for code, region in COUNTRIES.items():
        make.country(code, code, region=Region.objects.filter(code=region).first())
    for slug, parent in SECTORS.items():
        make.sector(slug, slug, parent=make.sector(parent) if parent else None)
    for slug in THEMES:
        make.theme(slug, slug)
    for slug in ORGANISATIONS:
        make.organisation(slug, slug)
    papers()
    all_recorded()


def papers():
    return [make.document(f"paper-{number}", title) for number, title in enumerate(("Zeta", "Eta"))]


def a_meeting(data):
    starts = data["starts"] and date(data["starts"], 12, 31)
    made = make.meeting(
        **{name: data[name] for name in ("title", "status", "kind")},
        **dates(data["status"]),
        series=data["series"] and make.series(data["series"], data["series"]),
        country=data["held_in"] and make.country(data["held_in"]),
        starts_on=starts,
        # A meeting over New Year is of two years.
        ends_on=(starts and data["lasts"] is not None and date(data["starts"] + data["lasts"], 12, 31)) or None,
        date_precision="day" if starts else "none",
    )
    for code in data["states"]:
        make.participation(made, country=make.country(code))
    for code, slug in data["persons"]:
        country, organisation = code and make.country(code), slug and make.organisation(slug)
        make.participation(made, person="Somebody", represents_country=country, represents_organisation=organisation)
    for slug in data["organisations"]:
        make.participation(made, organisation=make.organisation(slug))
    for number in data["papers"]:
        papers()[number].meeting_rows.create(meeting=made, relation="prepares")
    return made


def dates(status):
    return {"published_on": date(2026, 1, 1), "updated_on": date(2026, 1, 1)} if status == "archived" else {}


def nth(rows, number):
    return None if number is None or number >= len(rows) else rows[number]


def an_outcome(data, held, others):
    made = make.outcome(
        heading=data["title"],
        **{name: data[name] for name in ("status", "kind", "position", "themes")},
        **dates(data["status"]),
        parent=nth(others, data["parent"]),
        meeting=nth(held, data["meeting"]),
        document=papers()[data["paper"]],
    )
    made.instruments.set(make.instrument(slug, slug) for slug in data["instruments"])
    made.gcm_objectives.set(make.objective(number) for number in data["objectives"])
    return made


def a_practice(data, concluded, **fields):
    made = make.practice(
        **{name: data[name] for name in ("title", "status", "kind", "lifecycle", "countries", "themes")},
        **dates(data["status"]),
        regions=[(code, "partner") for code in data["regions"]],
        organisations=[(slug, "lead") for slug in data["organisations"]],
        start_year=data["years"][0],
        end_year=data["years"][1],
        cited=False,
        **fields,
    )
    made.sectors.set(make.sector(slug) for slug in data["sectors"])
    made.skill_levels.set(make.skill_level(slug, slug) for slug in data["levels"])
    made.target_groups.set(make.target_group(slug) for slug in data["groups"])
    made.gcm_objectives.set(make.objective(number) for number in data["objectives"])
    made.sdg_targets.set(make.sdg_target(code) for code in data["targets"])
    for paper, shared_by in data["citations"]:
        Citation.objects.create(practice=made, document=papers()[paper], locator=shared_by, shared_by=shared_by)
    for number in data["answers"]:
        outcome = nth(concluded, number)
        if outcome and outcome.kind != "finding":
            make.response(made, outcome)
    return made


def populate(world):
    held, concluded = [], []
    for data in world["meetings"]:
        held.append(a_meeting(data))
    for data in world["outcomes"]:
        concluded.append(an_outcome(data, held, concluded))
    for data in world["practices"]:
        made = a_practice(data, concluded)
        if data["is_revised"] and made.status == "published":
            # A revision says other things, which nobody sees yet.
            other = {**data, "status": "draft", "countries": [("MA", "origin")], "themes": list(THEMES[:2])}
            a_practice(other, concluded, slug=made.slug, revises=made)
    return held, concluded


# What the list should hold, by plain queries and plain Python


def ids(queryset):
    return set(queryset.values_list("pk", flat=True))


class Plain:
    """A list by the database alone: the ids that each value of each facet leaves, and the records in order."""

    def __init__(self, filter_class, labels):
        self.filter_class = filter_class
        self.everything = ids(filter_class.records())
        self.having = {
            name: {value: ids(declared.filter(filter_class.records(), {value: value})) for value in labels[name]}
            for name, declared in filter_class.declared_facets().items()
        }

    def within_years(self, chosen):
        found = filter_class_records = self.filter_class.records()
        for name, declared in self.filter_class.declared_years().items():
            found = declared.filter(found, chosen.get(name))
        return self.everything if found is filter_class_records else ids(found)

    def matching(self, chosen, without=None):
        found = self.within_years(chosen)
        for name in self.having.keys() & chosen.keys() - {without}:
            found = found & set().union(*(self.having[name][value] for value in chosen[name]))
        return found

    def without_year(self, chosen):
        if not chosen.keys() & self.filter_class.declared_years().keys():
            return set()
        blank = {PracticeFilter: {"start_year": None, "end_year": None}, MeetingFilter: {"starts_on": None}}
        undated = ids(self.filter_class.records().filter(**blank[self.filter_class]))
        return self.matching({name: values for name, values in chosen.items() if name in self.having}) & undated

    def ordered(self, fields):
        names = [field.lstrip("-") for field in fields]
        rows = list(self.filter_class.records().values("pk", *names))

        def compare(one, other):
            for field, name in zip(fields, names, strict=True):
                a, b = one[name], other[name]
                if a == b:
                    continue
                if a is None or b is None:
                    return 1 if a is None else -1
                return (1 if a > b else -1) * (-1 if field.startswith("-") else 1)
            raise AssertionError("Two records stand at the same place.")

        return [row["pk"] for row in sorted(rows, key=cmp_to_key(compare))]


def choices(filter_class, labels):
    """Return a strategy for what is asked of a list: up to three facets, two values of each, and years."""
    facets = st.lists(st.sampled_from([name for name in labels if labels[name]]), max_size=3, unique=True)
    chosen = facets.flatmap(
        lambda names: st.fixed_dictionaries(
            {name: st.lists(st.sampled_from(list(labels[name])), min_size=1, max_size=2, unique=True) for name in names}
        )
    )
    years = st.integers(2014, 2021)
    ends = st.fixed_dictionaries({}, optional=dict.fromkeys(filter_class.declared_years(), years))
    # A last year before the first one is an error, and no list.
    return st.tuples(chosen, ends.filter(lambda given: given.get("year_from", 0) <= given.get("year_to", 9999)))


@pytest.mark.usefixtures("vocabulary")
@every_list
@for_random_data
@given(world=worlds, data=st.data())
def test_ids_counts_and_what_is_left_out_are_those_of_the_database(filter_class, world, data):
    with transaction.atomic():
        populate(world)
        labels = {name: facet.labels for name, facet in asked(filter_class).index.facets.items()}
        plain = Plain(filter_class, labels)
        for facets, years in (
            ({}, {}),
            data.draw(choices(filter_class, labels)),
            data.draw(choices(filter_class, labels)),
        ):
            chosen = {**facets, **years}
            listed = asked(filter_class, params(**chosen))
            assert not listed.problems
            assert set(listed.matching) == plain.matching(chosen) == ids(one_query(listed))
            assert len(Listing(listed)) == one_query(listed).count()
            assert listed.left_out == len(plain.without_year(chosen))
            counted = {drawn.name: {one.value: one.count for one in drawn.choices} for drawn in listed.facets}
            for name, values in plain.having.items():
                others = plain.matching(chosen, without=name)
                expected = {value: len(others & having) for value, having in values.items()}
                kept = {value: n for value, n in expected.items() if n or value in chosen.get(name, ())}
                assert counted.get(name, {}) == kept, name
        transaction.set_rollback(True)


@pytest.mark.usefixtures("vocabulary")
@every_list
@for_random_data
@given(world=worlds, data=st.data())
def test_orders_and_pages_are_those_of_a_plain_sort(filter_class, world, data):
    with transaction.atomic():
        populate(world)
        whole = asked(filter_class)
        labels = {name: facet.labels for name, facet in whole.index.facets.items()}
        facets, years = data.draw(choices(filter_class, labels))
        ranked = (
            data.draw(st.lists(st.sampled_from(sorted(whole.index.everything)), unique=True)) if whole.matching else []
        )
        more = set(data.draw(st.lists(st.sampled_from(sorted(whole.index.everything))))) if whole.matching else set()
        plain = Plain(filter_class, labels)
        for name, fields in filter_class.orders().items():
            order = plain.ordered(fields)
            listed = asked(filter_class, params(**facets, **years, sort=name))
            assert_pages(listed, [pk for pk in order if pk in listed.matching])
        # By relevance: first what search ranks, then the rest of what it found in the first order.
        listed = asked(filter_class, params(**facets, **years))
        listed.words = Matches(BitMap(ranked) | BitMap(more), ranked)
        rest = [pk for pk in plain.ordered(next(iter(filter_class.orders().values()))) if pk in more - set(ranked)]
        if "relevance" in filter_class.base_filters["sort"].extra["choices"][1]:
            assert_pages(listed, [pk for pk in [*ranked, *rest] if pk in plain.matching({**facets, **years})])
        transaction.set_rollback(True)


def assert_pages(listed, order):
    assert [row.pk for row in Listing(listed)] == order
    for start in range(len(order) + 2):
        for stop in range(start, len(order) + 2):
            assert listed.page(start, stop) == order[start:stop], (start, stop)


@given(data=st.data(), order=st.lists(st.integers(1, 60), unique=True, min_size=1, max_size=40))
def test_a_page_is_a_slice_of_the_whole_order_however_it_is_found(data, order):
    index = object.__new__(ListIndex)
    index.orders, index.ranks = {"any": order}, {}
    matching = BitMap(data.draw(st.lists(st.sampled_from(order), unique=True)))
    whole = [pk for pk in order if pk in matching]
    for start in range(len(order) + 2):
        for stop in range(len(order) + 2):
            assert index.page("any", matching, start, stop) == whole[start:stop]
            assert indexes.scanned(order, matching, start, stop) == whole[start:stop]


# An index that is brought up to date is one that was built from nothing


def contents(index):
    """Return what an index holds, without the values that nothing has."""

    def kept(bitmaps):
        return {value: set(ids) for value, ids in bitmaps.items() if ids}

    return {
        "version": index.version,
        "everything": set(index.everything),
        "keys": index.keys,
        "orders": index.orders,
        "labels": {name: facet.labels for name, facet in index.facets.items()},
        "lineage": {name: facet.lineage for name, facet in index.facets.items()},
        "facets": {name: kept(facet.bitmaps) for name, facet in index.facets.items()},
        "years": {name: kept(years) for name, years in index.years.items()},
    }


def version():
    stamp = DataVersion.current()
    return stamp.epoch, stamp.number


def all_recorded():
    """Let history know of what factories made."""
    record(Change.Action.LOAD, [row for model in curated_models() for row in model._base_manager.all()])


def brought_up_to_date(index):
    """Return ``index`` at the version of now, changed records applied; fails if it would be built from nothing."""
    changed = changed_records(index.filter_class, index.version[1])
    assert changed is not None
    return index.updated(version(), changed)


def edit_practice(row, data):
    """Give a practice another title, status, years, countries, themes and the like."""
    for name in ("title", "status", "kind", "lifecycle"):
        setattr(row, name, data[name])
    row.start_year, row.end_year = data["years"]
    row.published_on = row.updated_on = date(2026, 1, 1)
    row.save()
    row.country_rows.all().delete()
    for code, role in data["countries"]:
        row.country_rows.create(country=make.country(code), role=role)
    row.theme_rows.all().delete()
    for slug in data["themes"]:
        row.theme_rows.create(theme=make.theme(slug))
    row.sectors.set(make.sector(slug) for slug in data["sectors"])
    row.citations.all().delete()
    for paper, shared_by in data["citations"]:
        row.citations.create(document=papers()[paper], locator=shared_by, shared_by=shared_by)


def edit_outcome(row, data):
    row.heading, row.parent, row.published_on, row.updated_on = (
        data["title"],
        Outcome.objects.exclude(pk=row.pk).order_by("pk").first() if data["parent"] is not None else None,
        date(2026, 1, 1),
        date(2026, 1, 1),
    )
    for name in ("status", "kind", "position"):
        setattr(row, name, data[name])
    row.document = papers()[data["paper"]]
    row.save()
    row.theme_rows.all().delete()
    for slug in data["themes"]:
        row.theme_rows.create(theme=make.theme(slug))


def edit_meeting(row, data):
    row.title, row.kind, row.status = data["title"], data["kind"], data["status"]
    row.starts_on, row.ends_on = data["starts"] and date(data["starts"], 1, 1), None
    row.date_precision = "day" if row.starts_on else "none"
    row.published_on = row.updated_on = date(2026, 1, 1)
    row.save()
    row.participations.all().delete()
    for code in data["states"]:
        make.participation(row, country=make.country(code))


def edit_country(row, data):
    row.name, row.region = data["name"], data["region"] and make.region(data["region"])
    row.save()


named = st.fixed_dictionaries({"name": st.sampled_from(TITLES), "region": maybe(*REGIONS)})
# For each list: its records, what is made or edited, how that is edited, and how more are made.
EDITED = {
    PracticeFilter: (Practice, practices, edit_practice, lambda data: a_practice(data, list(Outcome.objects.all()))),
    OutcomeFilter: (Outcome, outcomes, edit_outcome, lambda data: an_outcome(data, list(Meeting.objects.all()), [])),
    MeetingFilter: (Meeting, meetings, edit_meeting, lambda data: a_meeting({**data, "papers": []})),
    CountryFilter: (Country, named, edit_country, lambda data: make.country("ZA", data["name"])),
}


def change_something(data, filter_class, model, values, edit, add):
    """Edit, publish, archive, add or remove a record, and record that as a door does."""
    rows = list(model._base_manager.order_by("pk"))
    what = data.draw(st.sampled_from(["edit", "edit", "edit", "add", "remove", "two"])) if rows else "add"
    if what == "add":
        record(ADD, [add(data.draw(values))])
    elif what == "remove":
        removable = [row for row in rows if is_removable(row)]
        if removable:
            row = data.draw(st.sampled_from(removable))
            record(REMOVE, removed=[row])
            row.delete()
    else:
        for row in rows[:2] if what == "two" else [data.draw(st.sampled_from(rows))]:
            if getattr(row, "revises_id", None) is None:
                edit(row, data.draw(values))
        record(EDIT, rows[:2] if what == "two" else rows)


def is_removable(row):
    if isinstance(row, Country):
        return False
    if isinstance(row, Outcome):
        return not row.responses.exists() and not Outcome.objects.filter(parent=row).exists()
    if isinstance(row, Meeting):
        return not row.document_rows.exists() and not Outcome.objects.filter(meeting=row).exists()
    return row.status == "draft"


@pytest.mark.usefixtures("vocabulary")
@every_list
@for_random_data
@given(world=worlds, data=st.data())
def test_an_index_brought_up_to_date_is_one_built_from_nothing(filter_class, world, data):
    with transaction.atomic():
        populate(world)
        record(Change.Action.LOAD, filter_class._meta.model._base_manager.all())
        index = ListIndex(filter_class, version())
        for _step in range(data.draw(st.integers(1, 3))):
            for _change in range(data.draw(st.integers(1, 2))):
                change_something(data, filter_class, *EDITED[filter_class])
            before = contents(index)
            newer = brought_up_to_date(index)
            assert contents(index) == before
            assert contents(newer) == contents(ListIndex(filter_class, version()))
            index = newer
        transaction.set_rollback(True)


@pytest.fixture
def answered_by_a_part(db):
    """A recommendation that is answered by one of its parts alone, and that part."""
    whole = make.outcome()
    part = make.outcome(parent=whole)
    make.response(make.practice(), part)
    all_recorded()
    return whole, part


def test_a_part_that_is_withdrawn_answers_for_the_whole_no_more(answered_by_a_part):
    whole, part = answered_by_a_part
    index = ListIndex(OutcomeFilter, version())
    assert set(index.facets["answered"].any_of(["yes"])) == {whole.pk, part.pk}
    part.status = "archived"
    part.save()
    record(ARCHIVE, [part])
    newer = brought_up_to_date(index)
    assert set(newer.facets["answered"].any_of(["no"])) == {whole.pk}
    assert not newer.facets["answered"].any_of(["yes"])


AFFECTED = {
    PracticeFilter: {"practice": "applied", "outcome": "nothing"},
    OutcomeFilter: {"outcome": "applied"},
    MeetingFilter: {"meeting": "applied", "outcome": "nothing"},
    CountryFilter: {"country": "applied"},
}


@pytest.mark.django_db
@every_list
@pytest.mark.parametrize(
    "kind", ["practice", "outcome", "meeting", "country", "region", "theme", "sector", "document", "organisation"]
)
def test_a_change_is_applied_or_leads_to_an_index_from_nothing(filter_class, kind):
    rows = {
        "practice": make.practice(countries=[("MA", "origin")]),
        "outcome": make.outcome(),
        "meeting": make.meeting(),
        **{
            name: getattr(make, name)() for name in ("country", "region", "theme", "sector", "document", "organisation")
        },
    }
    all_recorded()
    since = version()[1]
    row = rows[kind]
    name = next(name for name in ("heading", "title", "name") if hasattr(row, name))
    setattr(row, name, "Another")
    row.save()
    assert record(EDIT, [row])
    expected = {"applied": {row.pk}, "nothing": set(), None: None}[AFFECTED[filter_class].get(kind)]
    assert changed_records(filter_class, since) == expected
    assert changed_records(filter_class, version()[1]) == set()


@pytest.mark.django_db
def test_a_record_that_changed_many_times_hides_no_other_change(monkeypatch):
    monkeypatch.setattr(indexes, "MOST_APPLIED", 3)
    rows = [make.practice() for _ in range(4)]
    theme = make.theme()
    all_recorded()
    index = ListIndex(PracticeFilter, version())

    def change(row, title):
        if isinstance(row, Theme):
            row.name = title
        else:
            row.title = title
        row.save()
        record(EDIT, [row])

    change(rows[0], "First")
    for number in range(6):
        change(rows[1], f"Time {number}")
    assert changed_records(PracticeFilter, index.version[1]) == {rows[0].pk, rows[1].pk}
    assert contents(brought_up_to_date(index)) == contents(ListIndex(PracticeFilter, version()))
    change(rows[2], "Third")
    assert len(changed_records(PracticeFilter, index.version[1])) == 3
    before_theme = version()[1]
    change(rows[3], "Fourth")
    assert changed_records(PracticeFilter, index.version[1]) is None
    change(theme, "Other")
    for number in range(6):
        change(rows[1], f"Again {number}")
    assert changed_records(PracticeFilter, before_theme) is None


# Fresh in every process and thread


def in_another_thread(ask):
    """Return what ``ask`` returns on a connection of its own."""
    answers = []

    def run():
        try:
            answers.append(ask())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    return answers[0]


def titles(filter_class=PracticeFilter):
    return [row.title for row in Listing(asked(filter_class))]


@pytest.fixture
def builds(monkeypatch):
    """Count the indexes that are built from nothing, by list."""
    counted = Counter()

    class Counted(ListIndex):
        def __init__(self, filter_class, version):
            counted[filter_class] += 1
            super().__init__(filter_class, version)

    monkeypatch.setattr(indexes, "ListIndex", Counted)
    return counted


@pytest.mark.django_db(transaction=True)
def test_a_change_is_in_the_next_answer_of_every_thread(builds):
    practice = make.practice(title="Before", countries=[("MA", "origin")])
    all_recorded()
    assert titles() == in_another_thread(titles) == ["Before"]
    assert builds[PracticeFilter] == 1

    def change():
        practice.title = "After"
        practice.save()
        record(EDIT, [practice])
        record(ADD, [make.practice(title="Added", countries=[("MA", "origin")])])

    in_another_thread(change)
    assert titles() == in_another_thread(titles) == ["Added", "After"]
    record(REMOVE, removed=[practice])
    practice.delete()
    assert in_another_thread(titles) == titles() == ["Added"]
    assert builds[PracticeFilter] == 1, "what changed is applied"
    theme = make.theme("new", "New")
    record(ADD, [theme])
    assert asked(PracticeFilter, "theme=new").problems == []
    assert builds[PracticeFilter] == 2


@pytest.mark.django_db(transaction=True)
def test_a_new_epoch_leads_to_an_index_from_nothing(builds):
    practice = make.practice(title="Before")
    all_recorded()
    assert titles() == ["Before"]
    # Past the doors, as a restore does.
    Practice.objects.filter(pk=practice.pk).update(title_key="z", title="Restored")
    make.practice(title="Also restored")
    assert index_for(PracticeFilter) is index_for(PracticeFilter)
    assert len(asked(PracticeFilter).matching) == 1
    with transaction.atomic():
        DataVersion.advance(new_epoch=True)
    assert titles() == ["Also restored", "Restored"]
    assert builds[PracticeFilter] == 2


@pytest.mark.django_db(transaction=True)
def test_what_is_not_committed_is_in_no_index_that_others_see():
    make.practice(title="Public")
    all_recorded()
    kept = index_for(PracticeFilter)
    with transaction.atomic():
        record(ADD, [make.practice(title="Uncommitted")])
        assert titles() == ["Public", "Uncommitted"]
        assert indexes.current == {PracticeFilter: kept}
        if connection.vendor == "postgresql":
            # In SQLite's memory others wait for the writer.
            assert in_another_thread(titles) == ["Public"]
        transaction.set_rollback(True)
    assert titles() == ["Public"]
    assert index_for(PracticeFilter) is kept


@pytest.mark.django_db(transaction=True)
def test_threads_that_ask_at_once_share_one_index(builds):
    for _ in range(3):
        make.practice()
    all_recorded()
    together = threading.Barrier(4)
    found = []

    def ask():
        together.wait(10)
        found.append(index_for(PracticeFilter))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 4
    assert {id(one) for one in found} == {id(indexes.current[PracticeFilter])}
    assert builds[PracticeFilter] == 1


@pytest.mark.django_db(transaction=True)
def test_who_asked_before_a_change_does_not_undo_what_who_asked_after_it_brought(monkeypatch):
    practice = make.practice()
    all_recorded()
    before = DataVersion.current()
    practice.title = "Other"
    practice.save()
    record(EDIT, [practice])
    newer = index_for(PracticeFilter)
    monkeypatch.setattr(DataVersion, "current", lambda: before)
    index = index_for(PracticeFilter)
    assert indexes.current[PracticeFilter] is newer
    assert index.facets is newer.facets
    assert index.version == (before.epoch, before.number), "what is made of it is kept under the version that was read"


@pytest.mark.django_db(transaction=True)
def test_an_index_can_be_forgotten(builds):
    make.practice(title="One")
    assert titles() == ["One"]
    make.practice(title="Two")
    assert len(asked(PracticeFilter).matching) == 1, "factories write past the doors"
    indexes.forget()
    assert titles() == ["One", "Two"]
    assert builds[PracticeFilter] == 2
