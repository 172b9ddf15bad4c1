"""What the parameters of /meetings/ and /outcomes/ find, on the page and in the export alike."""

from datetime import date

import pytest

from meetings.models import Outcome
from tests import factories as make
from tests.reading import body, count, found, results, words

pytestmark = pytest.mark.django_db


# Meetings


def test_the_newest_meeting_comes_first_and_those_without_a_date_last(client):
    make.meeting(slug="none-b", title="Workshop")
    make.meeting(slug="none-a", title="Évaluation")
    make.meeting(slug="old", title="Z", starts_on=date(2017, 10, 12), date_precision="day")
    make.meeting(slug="same-b", title="B", starts_on=date(2020, 5, 1), date_precision="month")
    make.meeting(slug="same-a", title="A", starts_on=date(2020, 5, 1), date_precision="day")
    newest = ["same-a", "same-b", "old", "none-a", "none-b"]
    assert found(client, "/meetings/") == newest
    assert found(client, "/meetings/?sort=newest") == newest
    assert found(client, "/meetings/?sort=oldest") == ["old", "same-a", "same-b", "none-a", "none-b"]
    assert found(client, "/meetings/?sort=title") == ["same-a", "same-b", "none-a", "none-b", "old"]


def test_series_finds_its_meetings(client):
    make.meeting(slug="of-gfmd", series=make.series("gfmd"))
    make.meeting(slug="of-gcm", series=make.series("gcm", "GCM"))
    make.meeting(slug="of-none")
    assert found(client, "/meetings/?series=gfmd") == ["of-gfmd"]
    assert set(found(client, "/meetings/?series=gfmd&series=gcm")) == {"of-gfmd", "of-gcm"}


def test_kind_finds_meetings_of_that_kind(client):
    make.meeting(slug="summit", kind="summit")
    make.meeting(slug="workshop", kind="workshop")
    assert found(client, "/meetings/?kind=summit") == ["summit"]


def test_country_finds_the_meetings_that_it_attended_itself_or_by_a_person(client):
    as_state, by_person, in_session, elsewhere = (
        make.meeting(slug=slug) for slug in ("as-state", "by-person", "in-session", "elsewhere")
    )
    morocco = make.country("MA", "Morocco")
    make.participation(as_state, country=morocco)
    make.participation(as_state, country=morocco, role="co-chair")
    make.participation(by_person, person="A. Person", represents_country=morocco, role="moderator")
    make.participation(in_session, country=morocco, session=make.session(in_session), role="presenter")
    make.participation(elsewhere, country=make.country("TN", "Tunisia"))
    make.meeting(slug="held-there", country=morocco)
    assert set(found(client, "/meetings/?country=ma")) == {"as-state", "by-person", "in-session"}


def test_held_in_finds_the_meetings_held_there(client):
    make.meeting(slug="there", country=make.country("MA"))
    make.participation(make.meeting(slug="attended"), country=make.country("MA"))
    assert found(client, "/meetings/?held_in=ma") == ["there"]


def test_organisation_finds_the_meetings_that_it_attended_itself_or_by_a_person(client):
    itself, by_person, without = (make.meeting(slug=slug) for slug in ("itself", "by-person", "without"))
    make.participation(itself, organisation=make.organisation("ilo"))
    make.participation(by_person, person="A. Person", represents_organisation=make.organisation("ilo"))
    make.participation(without, organisation=make.organisation("iom"))
    assert set(found(client, "/meetings/?organisation=ilo")) == {"itself", "by-person"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("year_from=2017", ["over-new-year", "day"]),
        ("year_from=2018", ["over-new-year"]),
        ("year_from=2019", []),
        ("year_to=2016", []),
        ("year_to=2017", ["over-new-year", "day"]),
        ("year_from=2018&year_to=2018", ["over-new-year"]),
    ],
)
def test_years_find_meetings_that_overlap_and_leave_out_those_without_a_date(client, query, expected):
    make.meeting(slug="day", starts_on=date(2017, 10, 12), ends_on=date(2017, 10, 13), date_precision="day")
    make.meeting(slug="over-new-year", starts_on=date(2017, 12, 1), ends_on=date(2018, 1, 31), date_precision="month")
    make.meeting(slug="no-date")
    assert found(client, f"/meetings/?{query}") == expected
    page = results(body(client.get(f"/meetings/?{query}")))
    assert "1 meeting more matches but has no date, and is left out." in page


def test_words_are_found_in_the_titles_places_and_summaries_of_meetings(client):
    make.meeting(slug="title", title="Première réunion")
    make.meeting(slug="place", place="Puerto Vallarta")
    make.meeting(slug="summary", summary="On skills of nurses.")
    make.searchable()
    assert found(client, "/meetings/?q=reunion") == ["title"]
    assert found(client, "/meetings/?q=puerto") == ["place"]
    assert found(client, "/meetings/?q=nurses+skills") == ["summary"]


# Outcomes


def test_outcomes_stand_in_the_order_of_their_documents(client):
    summary, table = make.document("summary", "Summary"), make.document("table", "[Regular pathways, table]")
    make.outcome(slug="b", heading="Z", document=table, position=2)
    make.outcome(slug="a", heading="Y", document=table, position=10)
    make.outcome(slug="c", heading="Évaluation", document=summary, position=1)
    make.outcome(slug="d", heading="X", document=summary, position=1)
    assert found(client, "/outcomes/") == ["b", "a", "c", "d"]
    assert found(client, "/outcomes/?sort=document") == ["b", "a", "c", "d"]
    assert found(client, "/outcomes/?sort=title") == ["c", "d", "a", "b"]


def test_kind_finds_outcomes_of_that_kind(client):
    for kind in Outcome.Kind.values:
        make.outcome(slug=kind, kind=kind)
    for kind in Outcome.Kind.values:
        assert found(client, f"/outcomes/?kind={kind}") == [kind]
    assert set(found(client, "/outcomes/?kind=finding&kind=challenge")) == {"finding", "challenge"}


@pytest.mark.parametrize(("path", "kind"), [("/recommendations/", "recommendation"), ("/key-messages/", "key-message")])
def test_recommendations_and_key_messages_are_the_list_of_outcomes_with_their_kind_chosen(client, path, kind):
    for other in Outcome.Kind.values:
        make.outcome(slug=other, kind=other, themes=["free-movement"])
    make.outcome(slug="other-theme", kind=kind)
    for query in ("theme=free-movement", "theme=free-movement&kind=finding", "theme=free-movement&kind=no-such"):
        page = body(client.get(f"{path}?{query}"))
        assert count(page) == 1
        assert f'href="/outcomes/{kind}/"' in results(page)
    # Its export is the one of outcomes, with the kind chosen.
    assert f"theme=free-movement&amp;kind={kind}" in page
    assert found(client, f"/outcomes/?theme=free-movement&kind={kind}") == [kind]


def test_meeting_series_and_document_find_what_came_from_them(client):
    meeting = make.meeting(slug="workshop", series=make.series("gfmd"))
    other = make.meeting(slug="session", series=make.series("gcm", "GCM"))
    make.outcome(slug="of-workshop", meeting=meeting, document=make.document("note", "Note"))
    make.outcome(slug="of-session", meeting=other)
    make.outcome(slug="of-no-meeting")
    assert found(client, "/outcomes/?meeting=workshop") == ["of-workshop"]
    assert found(client, "/outcomes/?series=gfmd") == ["of-workshop"]
    assert found(client, "/outcomes/?document=note") == ["of-workshop"]
    assert set(found(client, "/outcomes/?document=paper")) == {"of-session", "of-no-meeting"}


def test_theme_instrument_and_objective_find_the_outcomes_that_have_them(client):
    make.outcome(slug="theme", themes=["return-and-reintegration", "free-movement"])
    make.outcome(slug="instrument").instruments.add(make.instrument("ilo-c189"))
    make.outcome(slug="objective").gcm_objectives.add(make.objective(5))
    make.outcome(slug="none")
    assert found(client, "/outcomes/?theme=free-movement") == ["theme"]
    assert found(client, "/outcomes/?instrument=ilo-c189") == ["instrument"]
    assert found(client, "/outcomes/?instrument=ILO-C189") == ["instrument"]
    assert found(client, "/outcomes/?gcm=5") == ["objective"]


def test_answered_tells_what_practices_answer_from_what_they_do_not(client):
    make.response(make.practice(), make.outcome(slug="answered", kind="key-message"))
    make.outcome(slug="open")
    make.outcome(slug="finding", kind="finding")
    assert found(client, "/outcomes/?answered=yes") == ["answered"]
    assert found(client, "/outcomes/?answered=no") == ["open"]
    assert set(found(client, "/outcomes/?answered=yes&answered=no")) == {"answered", "open"}


def test_a_recommendation_is_answered_when_one_of_its_sub_items_is(client):
    whole = make.outcome(slug="whole")
    make.response(make.practice(), make.outcome(slug="a", parent=whole))
    make.outcome(slug="b", parent=whole)
    assert set(found(client, "/outcomes/?answered=yes")) == {"whole", "a"}
    assert found(client, "/outcomes/?answered=no") == ["b"]


def test_a_sub_item_is_not_answered_because_the_whole_is(client):
    whole = make.outcome(slug="whole")
    make.outcome(slug="part", parent=whole)
    make.response(make.practice(), whole)
    assert found(client, "/outcomes/?answered=yes") == ["whole"]


def test_words_are_found_in_headings_and_texts_of_outcomes(client):
    make.outcome(slug="heading", heading="Coopération régionale")
    make.outcome(slug="text", text="Open more pathways for nurses.")
    make.searchable()
    assert found(client, "/outcomes/?q=cooperation") == ["heading"]
    assert found(client, "/outcomes/?q=pathways+nurses") == ["text"]
    assert found(client, "/outcomes/?q=nurses+cooperation") == []


def test_relevance_puts_outcomes_with_the_words_in_the_heading_first(client):
    make.outcome(slug="text", text="Skills of migrants.", position=1)
    make.outcome(slug="heading", heading="Skills", position=2)
    make.searchable()
    assert found(client, "/outcomes/?q=skills") == ["heading", "text"]
    assert found(client, "/outcomes/?q=skills&sort=document") == ["text", "heading"]


def test_terms_that_exist_but_are_not_used_find_nothing(client):
    make.country("TV", "Tuvalu")
    make.theme("free-movement", "Free movement")
    make.objective(23)
    make.series("gfmd")
    make.meeting(slug="empty")
    for query in ("theme=free-movement", "gcm=23", "series=gfmd", "meeting=empty", "kind=finding"):
        assert found(client, f"/outcomes/?{query}") == []
    for query in ("country=TV", "held_in=TV", "kind=conference"):
        assert found(client, f"/meetings/?{query}") == []
    assert "Nothing matches this choice." in words(body(client.get("/meetings/?country=TV")))


def test_values_of_what_is_not_public_do_not_exist(client):
    unseen = make.meeting(slug="unseen", status="draft")
    make.document("unseen-paper", "Unseen").meeting_rows.create(meeting=unseen, relation="prepares")
    make.participation(unseen, organisation=make.organisation("unseen-org", "Unseen"))
    make.outcome(status="draft", document=make.document("other")).instruments.add(make.instrument("unseen-law"))
    for address in (
        "/outcomes{}?meeting=unseen",
        "/outcomes{}?document=unseen-paper",
        "/outcomes{}?instrument=unseen-law",
        "/meetings{}?organisation=unseen-org",
    ):
        assert client.get(address.format("/")).status_code == 400
        assert client.get(address.format(".csv")).status_code == 400


def test_no_facet_offers_what_only_unpublished_records_have(client):
    make.outcome(slug="public", themes=["free-movement"])
    draft = make.outcome(status="draft", themes=["unseen-theme"])
    draft.gcm_objectives.add(make.objective(22))
    meeting = make.meeting(status="draft", country=make.country("TN"), series=make.series("unseen-series", "Unseen"))
    make.participation(meeting, country=make.country("EG"))
    page = body(client.get("/outcomes/"))
    assert 'value="free-movement"' in page
    for value in ("unseen-theme", "22"):
        assert f'value="{value}"' not in page
    page = body(client.get("/meetings/"))
    for value in ("TN", "EG", "unseen-series"):
        assert f'value="{value}"' not in page
