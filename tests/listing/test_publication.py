"""Only what is published is public: on every page, in every count, choice and format; and addresses stay."""

import re
from datetime import date

import pytest

from practices.models import PracticeRelation
from tests import factories as make
from tests.reading import body, count, exported, found, words

pytestmark = pytest.mark.django_db

MAKERS = {"practices": make.practice, "outcomes": make.outcome, "meetings": make.meeting}
UNPUBLISHED = ["draft", "in-review", "archived"]

KINDS = pytest.mark.parametrize("kind", MAKERS)
STATUSES = pytest.mark.parametrize("status", UNPUBLISHED)


@KINDS
@STATUSES
def test_a_record_that_was_never_published_is_not_found(client, kind, status):
    record = MAKERS[kind](slug="unseen", status=status)
    assert client.get(record.get_absolute_url()).status_code == 404


@KINDS
def test_a_record_that_does_not_exist_is_not_found(client, kind):
    assert client.get(f"/{kind}/no-such-record/").status_code == 404


@KINDS
@STATUSES
def test_an_unpublished_record_is_in_no_list_and_no_export(client, kind, status):
    MAKERS[kind](slug="public")
    MAKERS[kind](slug="unseen", status=status, published_on=date(2026, 1, 1))
    assert found(client, f"/{kind}/") == ["public"]


@pytest.fixture(params=UNPUBLISHED)
def unseen(request):
    """Public records and, tied to each of them in every way there is, records that are not public."""
    status = {"status": request.param}
    make.country("MA", "Morocco")
    make.theme("free-movement", "Free movement")
    paper = make.document("paper", "Paper")
    meeting = make.meeting(slug="meeting", title="Meeting", country=make.country("MA"))
    unseen_meeting = make.meeting(slug="unseen-meeting", title="Unseen meeting", parent=meeting, **status)
    unseen_meeting.country = make.country("MA")
    unseen_meeting.save()
    part = make.meeting(slug="part", title="Part", parent=unseen_meeting)
    paper.meeting_rows.create(meeting=meeting, relation="reports-on")
    paper.meeting_rows.create(meeting=unseen_meeting, relation="prepares")
    for one in (meeting, unseen_meeting):
        make.participation(one, country=make.country("MA"))
        make.participation(one, organisation=make.organisation("iom", "IOM"))
    unseen_session = make.session(unseen_meeting, "unseen-session", "Unseen session")
    outcome = make.outcome(slug="outcome", heading="Outcome", meeting=meeting, themes=["free-movement"])
    unseen_outcome = make.outcome(
        slug="unseen-outcome",
        heading="Unseen outcome",
        parent=outcome,
        meeting=meeting,
        themes=["free-movement"],
        **status,
    )
    make.outcome(slug="below", heading="Below", parent=unseen_outcome, meeting=unseen_meeting, session=unseen_session)
    roles = {
        "countries": [("MA", "host"), ("MA", "concerned")],
        "organisations": [("iom", "lead")],
        "themes": ["free-movement"],
    }
    practice = make.practice(slug="practice", title="Practice", **roles)
    unseen_practice = make.practice(slug="unseen-practice", title="Unseen practice", **roles, **status)
    for one, other in [(practice, unseen_practice), (unseen_practice, practice)]:
        for relation in ("part-of", "edition-of", "not-to-be-confused-with"):
            PracticeRelation.objects.create(practice=one, other=other, kind=relation)
    make.response(unseen_practice, outcome)
    make.response(practice, unseen_outcome)
    return part


PAGES = [
    "/",
    "/practices/",
    "/practices/practice/",
    "/practices.csv",
    "/outcomes/",
    "/outcomes/outcome/",
    "/outcomes/below/",
    "/outcomes.csv",
    "/recommendations/",
    "/meetings/",
    "/meetings/meeting/",
    "/meetings/part/",
    "/meetings.csv",
    "/meetings/meeting/participants.csv",
    "/countries/",
    "/countries/ma/",
    "/countries.csv",
    "/themes/",
    "/themes/free-movement/",
    "/organisations/",
    "/organisations/iom/",
    "/documents/",
    "/documents/paper/",
]


def test_nothing_public_names_what_is_not(client, unseen):
    for address in PAGES:
        response = client.get(address)
        assert response.status_code == 200, address
        assert "unseen" not in body(response).lower(), address


def test_no_count_includes_what_is_not_public(client, unseen):
    tiles = re.findall(r'href="([^"]+)"><span class="num">(\d+)</span>', body(client.get("/")))
    assert tiles == [
        ("/practices/", "1"),
        ("/recommendations/", "2"),
        ("/key-messages/", "0"),
        ("/outcomes/", "2"),
        ("/meetings/", "2"),
        ("/documents/", "1"),
    ]
    assert re.search(r"\b1 practice\b", words(body(client.get("/organisations/iom/"))))
    assert re.search(r"\b1 practice\b", words(body(client.get("/countries/ma/"))))
    (morocco,) = exported(client, "/countries/")
    assert (morocco["practices"], morocco["host"], morocco["concerned"], morocco["meetings"]) == ("1", "1", "1", "1")
    meeting = next(row for row in exported(client, "/meetings/") if row["id"] == "meeting")
    assert meeting["recommendations"] == "1"
    assert "Free movement 1 1 0 0 0 0" in words(body(client.get("/themes/")))
    assert "1 practice 2 outcomes" in words(body(client.get("/documents/")))


def test_an_answer_by_an_unpublished_practice_is_no_answer(client, unseen):
    assert found(client, "/outcomes/?answered=yes") == []


def test_an_unpublished_meeting_lends_its_series_to_nothing(client, unseen):
    unseen = unseen.parent
    unseen.series = make.series()
    unseen.save()
    assert found(client, "/outcomes/?series=gfmd") == []


@KINDS
def test_the_revision_of_a_record_is_not_public(client, kind):
    record = MAKERS[kind](slug="public")
    title = {"heading" if kind == "outcomes" else "title": "Unseen"}
    MAKERS[kind](slug="public", revises=record, status="draft", **title)
    assert found(client, f"/{kind}/") == ["public"]
    for address in (f"/{kind}/", f"/{kind}/public/"):
        assert "Unseen" not in body(client.get(address))


# What was public


@KINDS
def test_a_record_archived_after_publication_is_gone(client, kind):
    record = MAKERS[kind](status="archived", published_on=date(2026, 1, 1))
    response = client.get(record.get_absolute_url())
    assert response.status_code == 410
    assert "This record has been withdrawn Nothing replaced it." in words(body(response))


@KINDS
def test_a_withdrawn_record_says_what_replaced_it(client, kind):
    replacement = MAKERS[kind](slug="new")
    record = MAKERS[kind](slug="old", status="archived", published_on=date(2026, 1, 1), replaced_by=replacement)
    response = client.get(record.get_absolute_url())
    assert response.status_code == 410
    assert f'href="/{kind}/new/"' in body(response)


@KINDS
@STATUSES
def test_a_withdrawn_record_does_not_name_a_replacement_that_is_not_public(client, kind, status):
    replacement = MAKERS[kind](slug="unseen-replacement", status=status)
    record = MAKERS[kind](slug="old", status="archived", published_on=date(2026, 1, 1), replaced_by=replacement)
    assert "unseen" not in body(client.get(record.get_absolute_url()))


@KINDS
def test_a_former_address_leads_to_the_present_one(client, kind):
    MAKERS[kind](slug="now", former_slugs="first\nsecond")
    for former in ("first", "second"):
        response = client.get(f"/{kind}/{former}/")
        assert response.status_code == 301
        assert response.headers["Location"] == f"/{kind}/now/"
    assert client.get(f"/{kind}/sec/").status_code == 404


@KINDS
def test_the_former_address_of_what_is_not_public_leads_nowhere(client, kind):
    MAKERS[kind](slug="draft", status="draft", former_slugs="once")
    MAKERS[kind](slug="withdrawn", status="archived", published_on=date(2026, 1, 1), former_slugs="before")
    assert client.get(f"/{kind}/once/").status_code == 404
    assert client.get(f"/{kind}/before/").status_code == 410


def test_a_record_at_an_address_comes_before_one_that_once_had_it(client):
    make.practice(slug="palim", title="The present one")
    make.practice(slug="other", title="The former one", former_slugs="palim")
    assert "The present one" in body(client.get("/practices/palim/"))


def test_the_participants_of_a_meeting_are_as_public_as_it_is(client):
    make.meeting(slug="draft", status="draft")
    make.meeting(slug="withdrawn", status="archived", published_on=date(2026, 1, 1))
    make.meeting(slug="now", former_slugs="once")
    assert client.get("/meetings/draft/participants.csv").status_code == 404
    assert client.get("/meetings/withdrawn/participants.csv").status_code == 410
    response = client.get("/meetings/once/participants.csv")
    assert (response.status_code, response.headers["Location"]) == (301, "/meetings/now/participants.csv")


# Terms and documents


def test_an_organisation_or_document_that_only_unpublished_records_refer_to_is_not_public(client):
    draft = make.practice(status="draft", organisations=[("unseen-org", "lead")], cited=False)
    draft.citations.create(document=make.document("unseen-paper", "Unseen"), locator="1")
    make.participation(make.meeting(status="draft"), organisation=make.organisation("unseen-guest", "Guest"))
    for address in ("/organisations/unseen-org/", "/organisations/unseen-guest/", "/documents/unseen-paper/"):
        assert client.get(address).status_code == 404
    assert count(body(client.get("/organisations/"))) == 0
    assert "Unseen" not in body(client.get("/documents/"))


def test_a_document_about_a_published_meeting_is_public(client):
    make.document("paper", "Paper").meeting_rows.create(meeting=make.meeting(), relation="prepares")
    assert client.get("/documents/paper/").status_code == 200
