"""Loading fixtures: idempotent, all or nothing, and never over what people have edited."""

import datetime
import json
import threading
import time

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from meetings.models import Document, DocumentMeeting, Meeting, Outcome, Session
from pathways.curation.changes import record
from pathways.curation.fixtures import Dumper, FixtureError, Loader, dump, in_order, load
from pathways.curation.models import Change, DataVersion, Version
from pathways.curation.snapshots import snapshot, snapshots
from pathways.vocabulary.models import Country, Sector
from practices.models import Practice, PracticeRelation
from tests import factories

from .helpers import MEETINGS, OUTCOMES, PRACTICES, VOCABULARY, unversioned, write_fixtures

pytestmark = pytest.mark.django_db


@pytest.fixture
def files(tmp_path):
    return write_fixtures(tmp_path / "fixtures")


def edit(practice, **fields):
    """Edit a practice as staff do."""
    for name, value in fields.items():
        setattr(practice, name, value)
    practice.save()
    record(Change.Action.EDIT, [practice])


def everything():
    """Return what the database holds of content and history, to be compared."""
    return {
        "rows": [json.dumps(data) for model in (Country, Sector, Practice) for _row, data in snapshots(model.objects)],
        "ids": list(Practice.objects.values_list("pk", "status")),
        "changes": Change.objects.count(),
        "versions": Version.objects.count(),
        "data version": str(DataVersion.current()),
    }


def written(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def practice_entry(slug, **fields):
    fields = {
        "slug": slug,
        "title": slug,
        "kind": "tool",
        "lifecycle": "not-stated",
        "summary": "A tool.",
        **fields,
    }
    return yaml.safe_dump([{"model": "practices.practice", "fields": fields}], sort_keys=False)


def figure(slug, position):
    return {
        "practice": ["palim"],
        "slug": slug,
        "value": "1",
        "counts": "people",
        "nature": "result",
        "position": position,
    }


def relation_entry(slug, other):
    fields = {"practice": [slug], "other": [other], "kind": "not-to-be-confused-with"}
    return yaml.safe_dump([{"model": "practices.practicerelation", "fields": fields}], sort_keys=False)


# Into an empty database


def test_a_record_is_loaded_with_its_rows_status_and_dates(files):
    load(files)
    practice = Practice.objects.published().get(slug="palim")
    assert (practice.published_on, practice.updated_on) == (datetime.date(2026, 1, 2), datetime.date(2026, 1, 3))
    assert snapshot(practice) == {
        "title": "PALIM",
        "kind": "programme",
        "lifecycle": "completed",
        "summary": "A pilot that trains ICT developers.",
        "start_year": 2019,
        "sectors": ["ict"],
        "country_rows": [{"country": "MA", "role": "origin", "basis": "stated"}],
        "citations": [{"document": "paper", "locator": "Annex 1", "shared_by": "not-stated"}],
        "responses": [{"outcome": "rec-1", "reason": "It recognises skills."}],
    }


def test_a_record_without_a_status_is_a_draft(files):
    load(files)
    assert Meeting.objects.get().status == "draft"


def test_an_outcome_may_refer_to_a_session_that_comes_with_it(files):
    load(files)
    assert Outcome.objects.get().session == Session.objects.get(slug="s1")


def test_rows_stand_by_position_and_else_by_key_in_whatever_order_a_file_has_them(tmp_path):
    rows = [
        {"model": "practices.figure", "fields": figure("b", position=1)},
        {"model": "practices.figure", "fields": figure("a", position=2)},
        {"model": "practices.practicecountry", "fields": {"practice": ["palim"], "country": ["MA"], "role": "lead"}},
        {"model": "practices.practicecountry", "fields": {"practice": ["palim"], "country": ["NO"], "role": "donor"}},
    ]
    text = practice_entry("palim") + yaml.safe_dump(rows[::-1], sort_keys=False)
    files = write_fixtures(tmp_path / "fixtures", practices=text)
    load(files)
    data = snapshot(Practice.objects.get())
    assert [row["slug"] for row in data["figures"]] == ["b", "a"]
    assert [row["country"] for row in data["country_rows"]] == ["MA", "NO"]
    assert not load(files).changed


def test_every_record_equals_its_newest_version_after_a_load(files):
    load(files)
    assert not unversioned()
    assert set(Change.objects.values_list("action", flat=True)) == {"load"}


def test_what_a_load_added_is_told(files):
    report = load(files)
    assert "practices.practice palim" in report.added
    assert len(report.added) == 7


def test_a_second_load_changes_nothing_and_makes_no_change(files):
    load(files)
    before = everything()
    report = load(files)
    assert len(report.unchanged) == 7
    assert everything() == before


# Dates, statuses and addresses that go round


def test_status_dates_and_addresses_go_round(tmp_path):
    former = {"first_slug": "pilot", "former_slugs": "pilot\npalim-1"}
    dates = {"reviewed_on": "2026-02-03", "review_due_on": "2027-02-03"}
    published = {"status": "published", "published_on": "2025-12-31", "updated_on": "2026-01-31"}
    text = (
        practice_entry("a-new", **published, **former, **dates)
        + practice_entry("an-old", status="archived", replaced_by=["a-new"])
        + practice_entry("in-review", status="in-review")
    )
    files = write_fixtures(tmp_path / "fixtures", practices=text)
    load(files)
    dump(files)
    entries = {entry["fields"]["slug"]: entry["fields"] for entry in written(files / "practices.yaml")}
    assert {**published, **former, **dates}.items() <= entries["a-new"].items()
    assert (entries["an-old"]["status"], entries["an-old"]["replaced_by"]) == ("archived", ["a-new"])
    assert entries["in-review"]["status"] == "in-review"
    assert "published_on" not in entries["in-review"]
    assert not load(files).changed


def test_a_record_may_stand_before_the_one_that_replaces_it(tmp_path):
    text = practice_entry("old", status="archived", replaced_by=["new"]) + practice_entry("new")
    load(write_fixtures(tmp_path / "fixtures", practices=text))
    assert Practice.objects.get(slug="old").replaced_by.slug == "new"


def test_a_replacement_is_taken_back_when_the_file_no_longer_has_it(tmp_path):
    new = practice_entry("new")
    load(write_fixtures(tmp_path / "fixtures", practices=new + practice_entry("old", replaced_by=["new"])))
    report = load(write_fixtures(tmp_path / "fixtures", practices=new + practice_entry("old")))
    assert report.changed == ["practices.practice old: replaced_by"]
    assert Practice.objects.get(slug="old").replaced_by is None


def test_records_that_refer_to_each_other_are_loaded_and_written(tmp_path):
    text = practice_entry("a") + relation_entry("a", "b") + practice_entry("b") + relation_entry("b", "a")
    files = write_fixtures(tmp_path / "fixtures", practices=text)
    load(files)
    assert set(PracticeRelation.objects.values_list("practice__slug", "other__slug")) == {("a", "b"), ("b", "a")}
    dump(files)
    assert not load(files).changed


def test_in_a_file_a_record_stands_after_those_it_refers_to(tmp_path):
    text = practice_entry("b") + practice_entry("c") + relation_entry("c", "b") + practice_entry("a")
    load(write_fixtures(tmp_path / "fixtures", practices=text + relation_entry("a", "c")))
    assert [row.slug for row, _data in in_order(snapshots(Practice.objects.all()))] == ["b", "c", "a"]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")))
def test_any_text_is_read_as_it_was_written(text):
    file = yaml.dump([{"text": text}], Dumper=Dumper, allow_unicode=True, width=110)
    assert yaml.load(file, Loader=Loader) == [{"text": text}]  # noqa: S506 -- a subclass of the safe loader


@pytest.mark.parametrize("text", ["NO", "8.10", "10:15", "015", "2026-01-02", "1e3", "~", "=", "0x1F", "1_000", "019"])
def test_a_text_that_yaml_would_take_for_something_else_is_quoted(text):
    file = yaml.dump({"text": text}, Dumper=Dumper)
    assert yaml.safe_load(file) == {"text": text}


# When the files have changed


def test_an_untouched_record_takes_the_state_of_the_file(files):
    load(files)
    before = Practice.objects.get(slug="palim").pk
    text = PRACTICES.replace("title: PALIM", "title: PALIM 2").replace("role: origin", "role: partner")
    report = load(write_fixtures(files, practices=text))
    assert report.changed == ["practices.practice palim: country_rows, title"]
    practice = Practice.objects.get(slug="palim")
    assert (practice.pk, practice.title, practice.title_key) == (before, "PALIM 2", "palim 2")
    assert [row.role for row in practice.country_rows.all()] == ["partner"]
    assert not unversioned()


def test_an_untouched_record_loses_the_rows_that_the_file_no_longer_lists(files):
    load(files)
    root = PRACTICES[: PRACTICES.index("- model: practices.practicecountry")]
    load(write_fixtures(files, practices=root.replace("    sectors:\n      - [ict]\n", "")))
    practice = Practice.objects.get(slug="palim")
    assert not practice.country_rows.exists()
    assert not practice.citations.exists()
    assert not practice.responses.exists()
    assert not practice.sectors.exists()


def test_an_untouched_term_takes_the_state_of_the_file(files):
    load(files)
    report = load(write_fixtures(files, vocabulary=VOCABULARY.replace("name: ICT", "name: Computing")))
    assert report.changed == ["vocabulary.sector ict: name"]
    assert Sector.objects.get(slug="ict").name_key == "computing"


def test_a_session_may_go_when_the_outcome_that_refers_to_it_leaves_it_in_the_same_load(files):
    load(files)
    start = MEETINGS.index("- model: meetings.session")
    meetings = MEETINGS[:start] + MEETINGS[MEETINGS.index("- model: meetings.document\n") :]
    load(write_fixtures(files, meetings=meetings, outcomes=OUTCOMES.replace("    session: [lisbon, s1]\n", "")))
    assert not Session.objects.exists()
    assert Outcome.objects.get().session is None


def test_a_record_brings_its_own_dates_with_a_load(files):
    load(files)
    text = PRACTICES.replace("title: PALIM", "title: PALIM 2").replace("2026-01-03", "2026-01-04")
    load(write_fixtures(files, practices=text))
    assert Practice.objects.get(slug="palim").updated_on == datetime.date(2026, 1, 4)


# What people have edited


def test_an_edited_record_is_left_alone_and_reported_by_field(files):
    load(files)
    edit(Practice.objects.get(slug="palim"), title="Ours", acronym="P")
    report = load(files)
    assert report.left == ["practices.practice palim: acronym, title, updated_on"]
    assert Practice.objects.get(slug="palim").title == "Ours"


def test_an_edited_record_takes_the_state_of_the_file_when_it_is_named(files):
    load(files)
    edit(Practice.objects.get(slug="palim"), title="Ours")
    report = load(files, overwrite=["practices.practice palim"])
    assert report.changed == ["practices.practice palim: title, updated_on"]
    assert Practice.objects.get(slug="palim").title == "PALIM"
    assert load(files).unchanged.count("practices.practice palim") == 1


def test_a_name_to_overwrite_that_the_files_do_not_have_is_refused(files):
    with pytest.raises(FixtureError, match=r"the files have no practices\.practice palm"):
        load(files, overwrite=["practices.practice palm"])


def test_an_edited_record_that_equals_the_file_is_adopted_and_untouched_from_then_on(files):
    load(files)
    palim = Practice.objects.get(slug="palim")
    edit(palim, title="Ours")
    edit(palim, title="PALIM")
    Practice.objects.filter(pk=palim.pk).update(updated_on="2026-01-03")
    record(Change.Action.EDIT, [palim])
    before = DataVersion.current().number
    assert load(files).adopted == ["practices.practice palim"]
    assert DataVersion.current().number == before
    report = load(write_fixtures(files, practices=PRACTICES.replace("title: PALIM", "title: PALIM 2")))
    assert report.changed == ["practices.practice palim: title"]


def test_a_record_that_staff_made_under_the_same_address_is_left_alone(files):
    practice = factories.practice(slug="palim", title="Ours", status="draft")
    record(Change.Action.ADD, [practice])
    report = load(files)
    assert [line for line in report.left if line.startswith("practices.practice palim: ")]
    assert Practice.objects.get(slug="palim").title == "Ours"


def test_a_record_that_staff_made_is_never_missing(files):
    load(files)
    record(Change.Action.ADD, [factories.practice(slug="ours")])
    report = load(files, prune=True)
    assert not report.missing
    assert not report.pruned
    assert Practice.objects.get(slug="ours").status == "published"


def wait_until_another_waits():
    give_up = time.monotonic() + 20
    with connection.cursor() as cursor:
        while time.monotonic() < give_up:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time by itself")
@pytest.mark.django_db(transaction=True)
def test_an_edit_that_is_being_saved_while_a_load_starts_is_left_alone(files):
    load(files)
    written = threading.Event()

    def edits():
        with transaction.atomic():
            edit(Practice.objects.get(slug="palim"), title="Ours")
            written.set()
            wait_until_another_waits()
        connection.close()

    editor = threading.Thread(target=edits)
    editor.start()
    written.wait(20)
    report = load(write_fixtures(files, practices=PRACTICES.replace("title: PALIM", "title: Theirs")))
    editor.join(20)
    assert report.left == ["practices.practice palim: title, updated_on"]
    assert Practice.objects.get(slug="palim").title == "Ours"


# What the files no longer hold


def test_what_the_files_no_longer_hold_is_reported_and_left(files):
    load(files)
    report = load(write_fixtures(files, practices="", outcomes=OUTCOMES))
    assert report.missing == ["practices.practice palim"]
    assert Practice.objects.get(slug="palim").status == "published"


def test_pruning_archives_a_record_that_the_files_no_longer_hold(files):
    load(files)
    before = DataVersion.current().number
    report = load(write_fixtures(files, practices=""), prune=True)
    assert report.pruned == ["practices.practice palim"]
    assert Practice.objects.get(slug="palim").status == "archived"
    assert Change.objects.first().action == "archive"
    assert DataVersion.current().number == before + 1
    assert not unversioned()


def test_pruning_removes_a_term_that_nothing_refers_to(files):
    load(files)
    text = VOCABULARY.replace("- model: vocabulary.country\n  fields:\n    code: 'NO'\n    name: Norway\n", "")
    report = load(write_fixtures(files, vocabulary=text), prune=True)
    assert report.pruned == ["vocabulary.country NO"]
    assert not Country.objects.filter(code="NO").exists()
    assert Version.objects.first().status == "removed"


def test_pruning_removes_terms_that_only_refer_to_each_other(files):
    parent = "- model: vocabulary.sector\n  fields: {slug: care, name: Care, isic: Q}\n"
    child = VOCABULARY + "- model: vocabulary.sector\n  fields: {slug: web, name: Web, isic: R, parent: [care]}\n"
    load(write_fixtures(files, vocabulary=parent + child))
    report = load(write_fixtures(files), prune=True)
    assert report.pruned == ["vocabulary.sector web", "vocabulary.sector care"]


def test_pruning_removes_a_document_with_the_rows_it_owns(files):
    load(files)
    start = MEETINGS.index("- model: meetings.document\n")
    cited = MEETINGS[:start] + MEETINGS[start:].replace("paper", "other")
    report = load(
        write_fixtures(
            files,
            meetings=cited,
            outcomes=OUTCOMES.replace("paper", "other"),
            practices=PRACTICES.replace("paper", "other"),
        ),
        prune=True,
    )
    assert report.pruned == ["meetings.document paper"]
    assert not Document.objects.filter(slug="paper").exists()
    assert [row.document.slug for row in DocumentMeeting.objects.all()] == ["other"]


def test_pruning_keeps_a_term_that_something_refers_to(files):
    load(files)
    text = VOCABULARY[: VOCABULARY.index("- model: vocabulary.sector")]
    report = load(write_fixtures(files, vocabulary=text, practices=""), prune=True)
    assert report.missing == ["vocabulary.sector ict (referred to by 1)"]
    assert report.pruned == ["practices.practice palim"]
    assert Sector.objects.filter(slug="ict").exists()


def test_pruning_keeps_what_people_have_edited(files):
    load(files)
    edit(Practice.objects.get(slug="palim"), title="Ours")
    report = load(write_fixtures(files, practices=""), prune=True)
    assert report.missing == ["practices.practice palim (edited)"]
    assert Practice.objects.get(slug="palim").status == "published"


def test_an_archived_record_is_not_reported_again(files):
    load(files)
    files = write_fixtures(files, practices="")
    load(files, prune=True)
    report = load(files, prune=True)
    assert not report.missing
    assert not report.pruned


# A dry run


@pytest.mark.parametrize("prune", [False, True])
def test_a_dry_run_says_what_would_be_done_and_writes_nothing(files, prune):
    load(files)
    edit(Practice.objects.get(slug="palim"), title="Ours")
    before = everything()
    text = VOCABULARY.replace("name: ICT", "name: Computing").replace("'NO'", "'SE'")
    report = load(
        write_fixtures(files, vocabulary=text, practices=PRACTICES + practice_entry("new")), dry_run=True, prune=prune
    )
    assert report.added == ["vocabulary.country SE", "practices.practice new"]
    assert report.changed == ["vocabulary.sector ict: name"]
    assert report.left == ["practices.practice palim: title, updated_on"]
    assert (report.pruned if prune else report.missing) == ["vocabulary.country NO"]
    assert everything() == before


# Former addresses


def test_a_file_may_name_a_record_by_its_former_address(files):
    load(files)
    meeting = Meeting.objects.get()
    meeting.slug, meeting.former_slugs = "lisbon-2020", "lisbon"
    meeting.save()
    record(Change.Action.EDIT, [meeting])
    before = everything()
    report = load(files)
    assert report.left == ["meetings.meeting lisbon: former_slugs, slug"]
    assert not report.added
    assert not report.missing
    assert not report.changed
    assert everything() == before


def test_a_new_record_may_refer_to_others_by_their_former_address(files):
    load(files)
    edit(Practice.objects.get(slug="palim"), slug="palim-2019", former_slugs="palim")
    text = PRACTICES + practice_entry("new") + relation_entry("new", "palim")
    files = write_fixtures(files, practices=text)
    load(files)
    assert PracticeRelation.objects.get().other.slug == "palim-2019"
    assert "practices.practice new" in load(files).unchanged


def test_a_record_that_stands_under_an_address_is_meant_before_one_that_once_did(tmp_path):
    factories.practice(slug="renamed", former_slugs="a")
    files = write_fixtures(tmp_path / "fixtures", practices=practice_entry("b") + relation_entry("b", "a"))
    there = factories.practice(slug="a")
    load(files)
    assert PracticeRelation.objects.get().other == there


# Fixtures that break a rule

END_BEFORE_START = PRACTICES.replace("start_year: 2019", "start_year: 2019\n    end_year: 2018")
COUNTRY_INFERRED = PRACTICES + (
    "- model: practices.practiceorganisation\n"
    "  fields: {practice: [palim], organisation: [iom], role: lead, basis: country-inferred}\n"
)
IOM = VOCABULARY + "- model: vocabulary.organisation\n  fields: {slug: iom, name: IOM, kind: intergovernmental}\n"

BROKEN = {
    "unknown country": (
        {"practices": PRACTICES.replace("country: [MA]", "country: [ZZ]")},
        "practices.yaml: practices.practice palim: country_rows ZZ / origin: country: there is no country “ZZ”",
    ),
    "unknown sector": (
        {"practices": PRACTICES.replace("- [ict]", "- [mining]")},
        "practices.yaml: practices.practice palim: sectors: there is no sector “mining”",
    ),
    "Norway unquoted in a reference": (
        {"practices": PRACTICES.replace("country: [MA]", "country: [NO]")},
        (
            "practices.yaml: practices.practice palim: practices.practicecountry: country: "
            "False is not a text: put it in quotes"
        ),
    ),
    "Norway unquoted as a code": (
        {"vocabulary": VOCABULARY.replace("'NO'", "NO")},
        "vocabulary.yaml: entry 2: vocabulary.country: code: False is not a text: put it in quotes",
    ),
    "number unquoted": (
        {"outcomes": OUTCOMES.replace("'1'", "8.10")},
        "outcomes.yaml: meetings.outcome rec-1: number: 8.1 is not a text: put it in quotes",
    ),
    "time unquoted": (
        {"meetings": MEETINGS.replace("    title: Session 1", "    title: Session 1\n    starts_at: 10:15")},
        "meetings.yaml: meetings.meeting lisbon: meetings.session: starts_at: 615 is not what this field holds",
    ),
    "truth for a number": (
        {"practices": PRACTICES.replace("start_year: 2019", "start_year: yes")},
        "practices.yaml: practices.practice palim: start_year: True is not what this field holds",
    ),
    "impossible date": (
        {"outcomes": OUTCOMES.replace("'2026-01-02'", "2026-02-30", 1)},
        (
            "outcomes.yaml: meetings.outcome rec-1: published_on: “2026-02-30” value has the correct format "
            "(YYYY-MM-DD) but it is an invalid date."
        ),
    ),
    "reference that is not a natural key": (
        {"practices": PRACTICES.replace("document: [paper]", "document: 1")},
        (
            "practices.yaml: practices.practice palim: practices.citation: document: "
            "1 is not a natural key, which stands in brackets"
        ),
    ),
    "list of references that is none": (
        {"practices": PRACTICES.replace("\n      - [ict]", " ict")},
        "practices.yaml: practices.practice palim: sectors: 'i' is not a natural key, which stands in brackets",
    ),
    "wrong choice": (
        {"practices": PRACTICES.replace("kind: programme", "kind: project")},
        "practices.yaml: practices.practice palim: kind: Value 'project' is not a valid choice.",
    ),
    "wrong status": (
        {"practices": PRACTICES.replace("status: published", "status: public")},
        "practices.yaml: practices.practice palim: status: Value 'public' is not a valid choice.",
    ),
    "published without a date": (
        {"practices": PRACTICES.replace("    published_on: '2026-01-02'\n", "")},
        "practices.yaml: practices.practice palim: A published record says since when, and when it last changed.",
    ),
    "replacement that is not there": (
        {"practices": PRACTICES.replace("title: PALIM", "title: PALIM\n    replaced_by: [gone]")},
        "practices.yaml: practices.practice palim: replaced_by: there is no practice “gone”",
    ),
    "same record twice": (
        {"practices": PRACTICES + practice_entry("palim")},
        "practices.yaml: practices.practice palim: stands here twice",
    ),
    "same row twice": (
        {"practices": PRACTICES + PRACTICES[PRACTICES.index("- model: practices.response") :]},
        "practices.yaml: practices.practice palim: responses: “rec-1” stands here twice",
    ),
    "same value twice": (
        {"practices": PRACTICES.replace("- [ict]", "- [ict]\n      - [ict]")},
        "practices.yaml: practices.practice palim: sectors: “ict” stands here twice",
    ),
    "same key twice": (
        {"practices": PRACTICES.replace("title: PALIM", "title: PALIM\n    title: PALIM 2")},
        "practices.yaml: “title” stands here twice",
    ),
    "record in the wrong file": (
        {"outcomes": OUTCOMES + practice_entry("new")},
        "outcomes.yaml: practices.practice new: belongs in practices.yaml",
    ),
    "row behind the wrong record": (
        {
            "practices": practice_entry("other")
            + PRACTICES.replace("practice: [palim]\n    country", "practice: [other]\n    country")
        },
        (
            "practices.yaml: entry 3: practices.practicecountry stands behind practices.practice palim, "
            "which does not own it"
        ),
    ),
    "row of another kind of record": (
        {"practices": PRACTICES + "- model: meetings.session\n  fields: {meeting: [lisbon], slug: s2}\n"},
        "practices.yaml: entry 5: meetings.session stands behind practices.practice palim, which does not own it",
    ),
    "row behind nothing": (
        {"practices": PRACTICES[PRACTICES.index("- model: practices.practicecountry") :]},
        "practices.yaml: entry 1: practices.practicecountry stands behind no record",
    ),
    "position that is no number": (
        {"practices": PRACTICES.replace("position: 1", "position: first")},
        "practices.yaml: practices.practice palim: practices.citation: position: 'first' is not a number",
    ),
    "session of another meeting": (
        {
            "meetings": MEETINGS.replace(
                "- model: meetings.document\n",
                "- model: meetings.agendapoint\n"
                "  fields: {meeting: [lisbon], slug: a1, session: [geneva, s1], kind: objective, text: Agree}\n"
                "- model: meetings.document\n",
            )
        },
        (
            "meetings.yaml: meetings.meeting lisbon: meetings.agendapoint: session: "
            "refers to geneva, not to a row of its own"
        ),
    ),
    "unknown model": (
        {"practices": PRACTICES + "- model: practices.project\n  fields: {slug: a}\n"},
        "practices.yaml: entry 5: there is no model practices.project",
    ),
    "model that is not curated": (
        {"practices": PRACTICES + "- model: auth.user\n  fields: {username: admin}\n"},
        "practices.yaml: entry 5: auth.user is not curated in fixtures",
    ),
    "proxy of a model": (
        {"outcomes": OUTCOMES.replace("meetings.outcome", "meetings.recommendation")},
        "outcomes.yaml: entry 1: meetings.recommendation is not curated in fixtures",
    ),
    "unknown field": (
        {"practices": PRACTICES.replace("start_year: 2019", "started: 2019")},
        "practices.yaml: practices.practice palim: practices.practice has no field started",
    ),
    "unknown field of a row": (
        {"practices": PRACTICES.replace("basis: stated", "base: stated")},
        "practices.yaml: practices.practice palim: practices.practicecountry has no field base",
    ),
    "primary key": (
        {"practices": PRACTICES.replace("practices.practice\n", "practices.practice\n  pk: 1\n", 1)},
        "practices.yaml: entry 1: has a primary key; records are known by their natural keys",
    ),
    "no address": (
        {"practices": PRACTICES.replace("    slug: palim\n", "")},
        "practices.yaml: entry 1: practices.practice without slug",
    ),
    "missing value": (
        {"practices": PRACTICES.replace("    summary: A pilot that trains ICT developers.\n", "")},
        "practices.yaml: practices.practice palim: summary: This field cannot be blank.",
    ),
    "end before start": (
        {"practices": END_BEFORE_START},
        "practices.yaml: practices.practice palim: The end year comes before the start year.",
    ),
    "rule of a row": (
        {"vocabulary": IOM, "practices": COUNTRY_INFERRED},
        (
            "practices.yaml: practices.practice palim: organisation_rows iom / lead: "
            "Of an organisation only the role can be inferred."
        ),
    ),
    "answer to a finding": (
        {"outcomes": OUTCOMES.replace("kind: recommendation", "kind: finding")},
        (
            "practices.yaml: practices.practice palim: responses rec-1: outcome: "
            "Only recommendations and key messages are answered."
        ),
    ),
    "broken YAML": ({"practices": "- model: [practices.practice\n"}, "practices.yaml: "),
    "no list": ({"practices": "model: practices.practice\n"}, "practices.yaml: wants a list of records"),
    "no record": ({"practices": "- practices.practice\n"}, "practices.yaml: entry 1: wants a model and its fields"),
    "model that is no text": (
        {"practices": "- {model: 5, fields: {slug: a}}\n"},
        "practices.yaml: entry 1: wants a model and its fields",
    ),
    "key that is a list": ({"practices": "- {[a, b]: 1}\n"}, "practices.yaml: "),
    "too big a number": (
        {"practices": PRACTICES.replace("start_year: 2019", "start_year: 99999999999999999999")},
        "practices.yaml: practices.practice palim: start_year: Ensure this value is less than or equal to",
    ),
    "zero byte": (
        {"practices": PRACTICES.replace("title: PALIM", 'title: "PA\\0LIM"')},
        "practices.yaml: practices.practice palim: title: Null characters are not allowed.",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_fixture_that_breaks_a_rule_is_named_with_the_record_and_the_rule(tmp_path, case):
    texts, message = BROKEN[case]
    before = everything()
    with pytest.raises(FixtureError) as caught:
        load(write_fixtures(tmp_path / "fixtures", **texts))
    assert message in " ".join(str(caught.value).split())
    assert everything() == before


def test_a_file_that_is_not_utf_8_is_named(files):
    (files / "practices.yaml").write_bytes(PRACTICES.replace("PALIM", "Förderung").encode("latin-1"))
    with pytest.raises(FixtureError, match=r"practices\.yaml: .*utf-8"):
        load(files)


def test_a_folder_without_fixtures_is_named(tmp_path):
    with pytest.raises(FixtureError, match="nowhere holds no fixtures"):
        load(tmp_path / "nowhere")


def test_a_broken_fixture_over_a_loaded_database_changes_nothing(files):
    load(files)
    before = everything()
    text = VOCABULARY.replace("name: ICT", "name: Computing")
    with pytest.raises(FixtureError):
        load(write_fixtures(files, vocabulary=text, practices=END_BEFORE_START))
    assert everything() == before


# The commands


def test_the_command_names_what_broke_and_that_nothing_was_loaded(tmp_path):
    files = write_fixtures(tmp_path / "fixtures", practices=END_BEFORE_START)
    with pytest.raises(CommandError) as caught:
        call_command("load_fixtures", str(files))
    assert str(caught.value) == (
        "practices.yaml: practices.practice palim: The end year comes before the start year.\nNothing was loaded."
    )


def test_the_command_lists_what_was_changed_left_and_missing(files, capsys):
    load(files)
    edit(Practice.objects.get(slug="palim"), title="Ours")
    text = VOCABULARY.replace("name: ICT", "name: Computing").replace("'NO'", "'SE'")
    call_command("load_fixtures", str(write_fixtures(files, vocabulary=text)), "--prune", "--dry-run")
    assert (
        capsys.readouterr().out
        == """\
1 changed
  vocabulary.sector ict: name
1 left alone, edited here
  practices.practice palim: title, updated_on
1 archived or removed
  vocabulary.country NO
1 added
  vocabulary.country SE
4 unchanged
A dry run: nothing was written.
"""
    )
    call_command("load_fixtures", str(files), "--overwrite", "practices.practice palim", "--prune")
    assert "1 left alone" not in capsys.readouterr().out
    assert Practice.objects.get(slug="palim").title == "PALIM"


def test_dumping_into_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CommandError, match="nowhere is not a directory"):
        call_command("dump_fixtures", str(tmp_path / "nowhere"))


def test_the_command_counts_what_it_dumped(files, tmp_path, capsys):
    load(files)
    call_command("dump_fixtures", str(tmp_path))
    assert "vocabulary.yaml: 3 records and terms\n" in capsys.readouterr().out
    assert (tmp_path / "practices.yaml").read_text() == PRACTICES
