"""A whole record as plain data, and back."""

import json

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meetings.models import AgendaPoint, Attendance, Meeting, Outcome, Participation, Session
from pathways.curation.snapshots import apply, differences, snapshot
from practices.models import Basis, Citation, Figure, Practice, PracticeCountry, PracticeRelation, PracticeTheme, Role
from tests import factories

pytestmark = pytest.mark.django_db

WORKSHOP = {
    "title": "Workshop",
    "kind": "workshop",
    "standing": "reported",
    "date_precision": "none",
}


def rule_broken_by(row, data):
    """Return the messages of the ValidationError that applying ``data`` raises, by field or in one text."""
    with pytest.raises(ValidationError) as caught, transaction.atomic():
        apply(row, data)
    error = caught.value
    return error.message_dict if hasattr(error, "error_dict") else " ".join(error.messages)


def with_values(row, **values):
    """Return the snapshot of ``row`` with some values changed."""
    return {**snapshot(row), **values}


# What a snapshot holds


def test_a_snapshot_is_the_same_text_on_every_database():
    factories.country("MA", "Morocco")
    factories.country("DE", "Germany")
    practice = factories.practice(
        title="Förderung – “PALIM”",
        countries=[("MA", Role.DESTINATION), ("DE", Role.ORIGIN)],
        themes=["visas", "skills"],
        start_year=2019,
        inferred=["start_year", "end_year"],
    )
    practice.gcm_objectives.set([factories.objective(18), factories.objective(5)])
    practice.sectors.set([factories.sector("ict"), factories.sector("care", "Care", "Q")])
    Figure.objects.create(
        practice=practice, slug="experts", value="0–2,000", low=0, high="2000.50", counts="experts", nature="result"
    )
    assert (
        json.dumps(snapshot(practice), ensure_ascii=False, indent=1)
        == """\
{
 "title": "Förderung – “PALIM”",
 "kind": "programme",
 "lifecycle": "not-stated",
 "summary": "A programme that trains people before they leave.",
 "start_year": 2019,
 "inferred": [
  "end_year",
  "start_year"
 ],
 "sectors": [
  "care",
  "ict"
 ],
 "gcm_objectives": [
  5,
  18
 ],
 "theme_rows": [
  {
   "theme": "visas"
  },
  {
   "theme": "skills"
  }
 ],
 "country_rows": [
  {
   "country": "DE",
   "role": "origin",
   "basis": "stated"
  },
  {
   "country": "MA",
   "role": "destination",
   "basis": "stated"
  }
 ],
 "figures": [
  {
   "slug": "experts",
   "value": "0–2,000",
   "low": "0",
   "high": "2000.5",
   "counts": "experts",
   "nature": "result"
  }
 ],
 "citations": [
  {
   "document": "paper",
   "locator": "Annex 1",
   "shared_by": "not-stated"
  }
 ]
}"""
    )


def test_what_stands_beside_the_content_is_not_in_it():
    practice = factories.practice(former_slugs="old")
    names = {"slug", "status", "published_on", "updated_on", "former_slugs", "revises", "title_key"}
    assert not names & snapshot(practice).keys()


def test_a_reference_within_a_record_is_relative_to_it_and_one_from_outside_is_whole():
    meeting = factories.meeting(slug="lisbon")
    session = Session.objects.create(meeting=meeting, slug="s1", title="One", kind="session")
    AgendaPoint.objects.create(meeting=meeting, slug="a1", session=session, kind="objective", text="Agree")
    outcome = factories.outcome(meeting=meeting, session=session)
    assert snapshot(meeting)["agenda_points"] == [
        {"slug": "a1", "session": "s1", "kind": "objective", "text": "Agree"},
    ]
    assert snapshot(outcome)["session"] == ["lisbon", "s1"]


@pytest.mark.parametrize("text", ["09:05", "09:05:30"])
def test_a_time_is_kept_to_the_second_and_written_as_people_do(text):
    meeting = factories.meeting()
    sessions = [{"slug": "s1", "title": "One", "kind": "session", "starts_at": text}]
    apply(meeting, with_values(meeting, sessions=sessions))
    assert snapshot(meeting)["sessions"] == sessions


def test_snapshots_of_two_records_with_the_same_content_are_equal():
    one, other = factories.meeting(title="Same"), factories.meeting(title="Same")
    for meeting in (one, other):
        session = Session.objects.create(meeting=meeting, slug="s1", title="One", kind="session")
        Participation.objects.create(meeting=meeting, session=session, country=factories.country(), role="chair")
    assert snapshot(one) == snapshot(other)


def test_the_number_zero_is_kept():
    meeting = factories.meeting()
    Attendance.objects.create(meeting=meeting, slug="states", number=0, what="states", as_given="none")
    assert snapshot(meeting)["attendance"][0]["number"] == 0
    practice = factories.practice()
    Figure.objects.create(practice=practice, slug="none", value="0", low=0, high=0, counts="fees", nature="design")
    apply(practice, snapshot(practice))
    figure = practice.figures.get()
    assert (figure.low, figure.high) == (0, 0)


def test_differences_name_the_fields_that_differ():
    assert differences({"title": "A", "kind": "x", "gone": 1}, {"title": "B", "kind": "x", "new": 0}) == [
        "gone",
        "new",
        "title",
    ]


# Applying


def test_applying_keeps_the_ids_of_rows_with_the_same_natural_key():
    practice = factories.practice(countries=[("MA", Role.ORIGIN), ("DE", Role.DESTINATION)])
    ids = {row.country.code: row.pk for row in practice.country_rows.all()}
    data = snapshot(practice)
    for row in data["country_rows"]:
        row["contribution"] = f"advocated, {row['country']}"
    apply(practice, data)
    rows = PracticeCountry.objects.filter(practice=practice)
    assert {row.country.code: row.pk for row in rows} == ids
    assert {row.contribution for row in rows} == {"advocated, MA", "advocated, DE"}


def test_what_the_data_does_not_hold_becomes_empty():
    practice = factories.practice(
        acronym="PALIM",
        start_year=2019,
        title_supplied=True,
        inferred=["start_year"],
        countries=[("MA", Role.ORIGIN)],
        themes=["skills"],
    )
    practice.sectors.add(factories.sector())
    apply(practice, {"title": "PALIM", "kind": "tool", "lifecycle": "not-stated", "summary": "A tool."})
    practice.refresh_from_db()
    assert (practice.acronym, practice.start_year, practice.title_supplied, practice.inferred) == ("", None, False, [])
    assert not practice.sectors.exists()
    assert not PracticeCountry.objects.filter(practice=practice).exists()
    assert not PracticeTheme.objects.filter(practice=practice).exists()
    assert not Citation.objects.filter(practice=practice).exists()


def test_a_snapshot_makes_an_equal_record_elsewhere():
    practice = factories.practice(countries=[("MA", Role.ORIGIN)], themes=["skills", "visas"], start_year=2019)
    practice.sectors.add(factories.sector())
    copy = Practice(slug="copy")
    apply(copy, snapshot(practice))
    assert snapshot(copy) == snapshot(practice)


@pytest.mark.parametrize(
    "values",
    [
        {"summary": "Another."},
        {"sectors": []},
        {"sectors": ["care", "ict"], "acronym": "A"},
        {"theme_rows": [{"theme": "visas"}, {"theme": "skills"}]},
        {"theme_rows": [{"theme": "visas"}]},
        {"country_rows": [{"country": "MA", "role": "host", "basis": "stated"}]},
        {"figures": []},
    ],
    ids=str,
)
def test_what_differs_from_the_content_at_hand_is_written_and_nothing_else(values):
    factories.sector("care", "Care", "Q")
    practice = factories.practice(countries=[("MA", "origin"), ("MA", "host")], themes=["skills", "visas"])
    practice.sectors.set([factories.sector("ict")])
    Figure.objects.create(practice=practice, slug="n", value="3", counts="courses", nature="result")
    before, data = snapshot(practice), with_values(practice, **values)
    data = {name: value for name, value in data.items() if value != []}
    ids = {row.pk for name in ("citations", "country_rows") for row in getattr(practice, name).all()}
    apply(practice, data, before=before)
    assert snapshot(practice) == data
    assert {row.pk for row in practice.citations.all()} <= ids
    assert {row.pk for row in practice.country_rows.all()} <= ids
    assert sorted(row.position for row in practice.theme_rows.all()) == [*range(1, len(data["theme_rows"]) + 1)]


def test_sessions_that_refer_to_each_other_are_written_with_what_refers_to_them():
    meeting = factories.meeting()
    day = meeting.sessions.create(slug="day-1", title="Day 1", kind="session", position=1)
    panel = meeting.sessions.create(slug="panel", title="Panel", kind="panel", position=2, parent=day)
    meeting.participations.create(country=factories.country(), session=panel, role="chair")
    before = snapshot(meeting)
    rows = [{**row, "title": "Renamed"} if row["slug"] == "panel" else row for row in before["sessions"]]
    apply(meeting, {**before, "sessions": rows}, before=before)
    assert snapshot(meeting) == {**before, "sessions": rows}


def test_applying_leaves_address_status_and_dates_alone():
    practice = factories.practice(slug="palim")
    before = Practice.objects.values("slug", "status", "published_on", "first_slug").get(pk=practice.pk)
    apply(practice, with_values(practice, title="Another"))
    assert Practice.objects.values("slug", "status", "published_on", "first_slug").get(pk=practice.pk) == before


def test_a_derived_column_follows_what_is_applied():
    practice = factories.practice(title="Alpha")
    apply(practice, with_values(practice, title="Élan"))
    practice.refresh_from_db()
    assert practice.title_key == "elan"


def test_line_ends_are_kept_the_way_files_have_them():
    practice = factories.practice(description="One.\r\n\r\nTwo.")
    Citation.objects.filter(practice=practice).delete()
    Citation.objects.create(practice=practice, document=factories.document(), locator="1", note="a\r\nb")
    assert snapshot(practice)["description"] == "One.\n\nTwo."
    assert snapshot(practice)["citations"][0]["note"] == "a\nb"


def test_rows_may_change_places():
    practice = factories.practice(themes=["skills", "visas"])
    ids = {row.theme.slug: row.pk for row in practice.theme_rows.all()}
    apply(practice, with_values(practice, theme_rows=[{"theme": "visas"}, {"theme": "skills"}]))
    assert [(row.theme.slug, row.pk) for row in PracticeTheme.objects.filter(practice=practice)] == [
        ("visas", ids["visas"]),
        ("skills", ids["skills"]),
    ]


def test_two_rows_may_exchange_all_but_their_keys():
    practice = factories.practice()
    for slug, value in [("a", "1"), ("b", "2")]:
        Figure.objects.create(practice=practice, slug=slug, value=value, counts="people", nature="result")
    data = snapshot(practice)
    first, second = data["figures"]
    first["slug"], second["slug"] = second["slug"], first["slug"]
    apply(practice, data)
    assert dict(Figure.objects.filter(practice=practice).values_list("slug", "value")) == {"a": "2", "b": "1"}


def test_a_session_may_be_part_of_a_later_one():
    meeting = Meeting(slug="lisbon")
    sessions = [
        {"slug": "panel", "title": "Panel", "kind": "panel", "parent": "plenary"},
        {"slug": "plenary", "title": "Plenary", "kind": "plenary"},
    ]
    apply(meeting, {**WORKSHOP, "sessions": sessions})
    assert Session.objects.get(meeting=meeting, slug="panel").parent == Session.objects.get(slug="plenary")
    assert snapshot(meeting)["sessions"] == sessions


def test_rows_of_one_meeting_refer_to_its_own_sessions_though_another_has_the_same():
    sessions = [{"slug": "s1", "title": "One", "kind": "session"}]
    points = [{"slug": "a1", "session": "s1", "kind": "objective", "text": "Agree"}]
    for slug in ("lisbon", "geneva"):
        apply(Meeting(slug=slug), {**WORKSHOP, "sessions": sessions, "agenda_points": points})
    for point in AgendaPoint.objects.all():
        assert point.session.meeting == point.meeting


def test_a_session_that_goes_takes_no_row_with_it_that_stays():
    meeting = factories.meeting()
    session = Session.objects.create(meeting=meeting, slug="s1", title="One", kind="session")
    part = Session.objects.create(meeting=meeting, slug="s1a", title="Part", kind="panel", parent=session)
    point = AgendaPoint.objects.create(meeting=meeting, slug="a1", session=session, kind="objective", text="Agree")
    outcome = factories.outcome(meeting=meeting, session=part)
    apply(
        meeting,
        with_values(
            meeting,
            sessions=[{"slug": "s1a", "title": "Part", "kind": "panel"}],
            agenda_points=[{"slug": "a1", "kind": "objective", "text": "Agree"}],
        ),
    )
    assert list(Session.objects.filter(meeting=meeting)) == [part]
    assert AgendaPoint.objects.get(meeting=meeting).pk == point.pk
    assert Outcome.objects.get(pk=outcome.pk).session == part


def test_a_session_goes_with_its_participations_though_the_meeting_has_the_same():
    meeting, country = factories.meeting(), factories.country()
    session = Session.objects.create(meeting=meeting, slug="s1", title="One", kind="session")
    chair = Participation.objects.create(meeting=meeting, country=country, role="chair")
    Participation.objects.create(meeting=meeting, session=session, country=country, role="chair")
    apply(meeting, with_values(meeting, sessions=[], participations=[{"country": "MA", "role": "chair"}]))
    assert list(Participation.objects.filter(meeting=meeting)) == [chair]


def test_a_participation_in_a_session_that_goes_is_refused():
    meeting, country = factories.meeting(), factories.country()
    session = Session.objects.create(meeting=meeting, slug="s1", title="One", kind="session")
    for where in (None, session):
        Participation.objects.create(meeting=meeting, session=where, country=country, role="chair")
    message = rule_broken_by(meeting, with_values(meeting, sessions=[]))
    assert message == "participations s1 / MA / chair: session: there is no session “s1”"


def test_a_row_that_another_record_refers_to_cannot_go():
    meeting = factories.meeting()
    session = Session.objects.create(meeting=meeting, slug="s1", title="One", kind="session")
    outcome = factories.outcome(meeting=meeting, session=session, slug="rec-1")
    message = rule_broken_by(meeting, with_values(meeting, sessions=[]))
    assert "sessions s1" in message
    assert str(outcome) in message
    assert Session.objects.filter(pk=session.pk).exists()


def test_a_former_address_is_as_good_as_the_one_a_record_has_now():
    other = factories.practice(slug="new", former_slugs="old")
    practice = factories.practice()
    apply(practice, with_values(practice, relations=[{"other": "new", "kind": "part-of"}]))
    relation = PracticeRelation.objects.get(practice=practice)
    apply(practice, with_values(practice, relations=[{"other": "old", "kind": "part-of"}]))
    assert PracticeRelation.objects.get(practice=practice) == relation
    assert relation.other == other


# Rules


def test_an_unknown_field_is_named():
    assert rule_broken_by(factories.practice(), {"titel": "Palim"}) == {"titel": ["there is no such field"]}


def test_a_reference_to_nothing_names_the_field_and_the_key():
    practice = factories.practice()
    assert rule_broken_by(practice, with_values(practice, sectors=["mining"])) == {
        "sectors": ["there is no sector “mining”"]
    }


@pytest.mark.parametrize("key", [["ZZ", "x"], {"code": "ZZ"}, [["ZZ"]], False, 7])
def test_a_reference_of_the_wrong_kind_is_a_reference_to_nothing(key):
    meeting = factories.meeting()
    assert "there is no country" in rule_broken_by(meeting, with_values(meeting, country=key))["country"][0]


def test_a_reference_to_a_session_of_another_meeting_is_refused():
    other = factories.meeting()
    Session.objects.create(meeting=other, slug="s1", title="One", kind="session")
    meeting = factories.meeting()
    points = [{"slug": "a1", "session": "s1", "kind": "objective", "text": "Agree"}]
    message = rule_broken_by(meeting, with_values(meeting, agenda_points=points))
    assert message == "agenda_points a1: session: there is no session “s1”"


def test_a_session_that_is_part_of_nothing_known_is_refused():
    meeting = factories.meeting()
    sessions = [{"slug": "s1", "title": "One", "kind": "session", "parent": "s9"}]
    message = rule_broken_by(meeting, with_values(meeting, sessions=sessions))
    assert message == "sessions s1: parent: there is no session “s9”"


def test_a_row_with_a_broken_rule_is_named_with_its_field():
    practice = factories.practice(countries=[("MA", Role.ORIGIN)])
    data = with_values(practice, country_rows=[{"country": "MA", "role": "visitor", "basis": "stated"}])
    message = rule_broken_by(practice, data)
    assert message.startswith("country_rows MA / visitor: role: ")
    assert "visitor" in message


def test_a_key_that_stands_twice_is_refused():
    practice = factories.practice()
    row = {"country": "MA", "role": "origin", "basis": "stated"}
    factories.country("MA")
    message = rule_broken_by(practice, with_values(practice, country_rows=[row, {**row, "contribution": "more"}]))
    assert message == {"country_rows": ["“MA / origin” stands here twice"]}


def test_a_value_that_stands_twice_in_a_list_is_refused():
    practice = factories.practice()
    factories.sector("ict")
    assert rule_broken_by(practice, with_values(practice, sectors=["ict", "ict"])) == {
        "sectors": ["“ict” stands here twice"]
    }


def test_a_wrong_choice_names_the_field():
    practice = factories.practice()
    assert "fair" in rule_broken_by(practice, with_values(practice, kind="fair"))["kind"][0]


def test_a_missing_value_names_the_field():
    practice = factories.practice()
    data = snapshot(practice)
    del data["summary"]
    assert rule_broken_by(practice, data) == {"summary": ["This field cannot be blank."]}


def test_a_broken_rule_of_the_record_says_what_the_rule_is():
    practice = factories.practice()
    message = rule_broken_by(practice, with_values(practice, start_year=2020, end_year=2019))
    assert message == "The end year comes before the start year."


def test_a_broken_rule_of_a_row_says_what_the_rule_is():
    practice = factories.practice()
    factories.organisation("iom")
    rows = [{"organisation": "iom", "role": "lead", "basis": Basis.COUNTRY_INFERRED}]
    message = rule_broken_by(practice, with_values(practice, organisation_rows=rows))
    assert message == "organisation_rows iom / lead: Of an organisation only the role can be inferred."


# Whatever a practice holds

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)
words = texts.filter(str.strip)
slugs = st.from_regex(r"[a-z][a-z0-9-]{0,10}", fullmatch=True)
years = st.integers(0, 32767)
numbers = st.decimals(0, 10**12, places=2)


def some(values):
    return st.lists(st.sampled_from(values), unique=True).map(sorted)


def rows(key, **fields):
    """Lists of rows with distinct keys."""
    return st.lists(st.fixed_dictionaries(fields), max_size=3, unique_by=lambda row: tuple(row[part] for part in key))


def figure(row):
    low, high = sorted(row.pop("range"))
    return {**row, "low": str(low), "high": str(high)}


role_rows = {
    "role": st.sampled_from(Role.values),
    "basis": st.sampled_from([Basis.STATED.value, Basis.ROLE_INFERRED.value]),
    "contribution": texts,
}
practices = st.fixed_dictionaries(
    {
        "title": words,
        "title_supplied": st.booleans(),
        "acronym": texts.map(lambda text: text[:40]),
        "other_names": texts,
        "kind": st.sampled_from(Practice.Kind.values),
        "lifecycle": st.sampled_from(Practice.Lifecycle.values),
        "summary": words,
        "description": texts,
        "sectors": some(["care", "ict"]),
        "gcm_objectives": some([5, 18]),
        "inferred": some(Practice.Inferrable.values),
        "theme_rows": rows(["theme"], theme=st.sampled_from(["skills", "visas"])),
        "country_rows": rows(["country", "role"], country=st.sampled_from(["DE", "MA"]), **role_rows),
        "figures": rows(
            ["slug"],
            slug=slugs,
            value=words,
            range=st.tuples(numbers, numbers),
            counts=words,
            nature=st.sampled_from(Figure.Nature.values),
            period=texts,
        ).map(lambda all_: [figure(row) for row in all_]),
        "links": rows(["url"], url=slugs.map("https://example.org/{}".format), title=texts),
        "citations": rows(["locator"], document=st.just("paper"), locator=words, note=texts),
        "relations": rows(["kind"], other=st.just("other"), kind=st.sampled_from(PracticeRelation.Kind.values)),
        "responses": rows(["outcome"], outcome=st.just("rec-1"), reason=words),
    },
    optional={"start_year": years},
)


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(data=practices)
def test_applying_its_own_snapshot_changes_nothing_of_a_practice(data):
    with transaction.atomic():
        for code in ("DE", "MA"):
            factories.country(code, code)
        for slug in ("skills", "visas"):
            factories.theme(slug, slug)
        factories.sector("ict"), factories.sector("care", "Care", "Q")
        factories.objective(5), factories.objective(18)
        factories.practice(slug="other")
        factories.outcome(slug="rec-1")
        practice = Practice(slug="palim")
        apply(practice, data)
        kept, ids = snapshot(practice), row_ids(practice)
        apply(practice, kept)
        assert (snapshot(practice), row_ids(practice)) == (kept, ids)
        copy = Practice(slug="copy")
        apply(copy, kept)
        assert snapshot(copy) == kept
        transaction.set_rollback(True)


def row_ids(practice):
    return {name: set(getattr(practice, name).values_list("pk", flat=True)) for name in practice.owned}
