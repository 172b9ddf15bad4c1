"""What is public, under which address, and what the database itself holds to."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from meetings.models import Document, DocumentMeeting, Outcome, Recommendation, Session
from pathways.curation.models import DataVersion, lines
from pathways.vocabulary.models import Country, Organisation, Sector
from practices.models import Practice, PracticeCountry, Role
from tests import factories

pytestmark = pytest.mark.django_db

UNPUBLISHED = ["draft", "in-review", "archived"]
RECORDS = [factories.practice, factories.meeting, factories.outcome]


def refused_by_the_database(change):
    with pytest.raises(IntegrityError), transaction.atomic():
        change()
    return True


def revision_of(record, **fields):
    return type(record).objects.create(
        **{"slug": record.slug, "title": "Revised", "kind": record.kind, "revises": record, **fields}
    )


# The one rule


@pytest.mark.parametrize("make", RECORDS)
def test_only_published_records_are_public(make):
    public = make()
    for status in UNPUBLISHED:
        assert not make(status=status).is_public
    assert public.is_public
    assert list(type(public).objects.published()) == [public]


def test_a_proxy_shows_the_published_records_of_its_kind():
    recommendation = factories.outcome(kind=Outcome.Kind.RECOMMENDATION)
    factories.outcome(kind=Outcome.Kind.FINDING)
    factories.outcome(kind=Outcome.Kind.RECOMMENDATION, status="draft")
    assert [outcome.pk for outcome in Recommendation.objects.published()] == [recommendation.pk]


@pytest.mark.parametrize("status", UNPUBLISHED)
def test_a_term_is_public_when_something_published_refers_to_it(status):
    factories.practice(status=status, countries=[("MA", Role.ORIGIN)]).sectors.add(factories.sector("ict"))
    assert not Country.objects.published().exists()
    assert not Sector.objects.published().exists()
    factories.practice(countries=[("MA", Role.ORIGIN)]).sectors.add(factories.sector("ict"))
    assert [country.code for country in Country.objects.published()] == ["MA"]
    assert [sector.slug for sector in Sector.objects.published()] == ["ict"]


def test_a_term_that_only_a_revision_refers_to_is_not_public():
    revision = revision_of(factories.practice())
    PracticeCountry.objects.create(practice=revision, country=factories.country("MA"), role=Role.ORIGIN)
    revision.sectors.add(factories.sector("ict"))
    assert not Country.objects.published().exists()
    assert not Sector.objects.published().exists()


def test_an_organisation_is_public_when_a_published_meeting_names_whom_it_sent():
    meeting = factories.meeting()
    organisation = factories.organisation("iom")
    assert not Organisation.objects.published().exists()
    meeting.participations.create(person="Ana Silva", represents_organisation=organisation, role="moderator")
    assert list(Organisation.objects.published()) == [organisation]


def test_a_document_is_public_when_something_published_cites_it_or_it_is_about_a_published_meeting():
    cited, reporting, idle = (factories.document(slug) for slug in ("cited", "reporting", "idle"))
    factories.outcome(document=cited)
    DocumentMeeting.objects.create(document=reporting, meeting=factories.meeting(), relation="reports-on")
    DocumentMeeting.objects.create(document=idle, meeting=factories.meeting(status="draft"), relation="prepares")
    assert set(Document.objects.published()) == {cited, reporting}


# Dates


def test_a_record_that_becomes_public_says_since_when():
    practice = factories.practice(status="draft")
    assert practice.published_on is None
    practice.status = "published"
    practice.save()
    assert practice.published_on == practice.updated_on == timezone.localdate()


def test_a_record_that_was_public_before_keeps_its_first_day():
    practice = factories.practice(published_on="2020-01-02", updated_on="2020-01-02")
    for status in ("archived", "published"):
        practice.status = status
        practice.save()
    practice.refresh_from_db()
    assert practice.published_on == datetime.date(2020, 1, 2)


@pytest.mark.parametrize("name", ["published_on", "updated_on"])
@pytest.mark.parametrize("make", RECORDS)
def test_the_database_refuses_a_published_record_without_its_dates(make, name):
    record = make()
    assert refused_by_the_database(lambda: type(record).objects.filter(pk=record.pk).update(**{name: None}))


# Revisions


def test_a_revision_stands_beside_its_record_under_the_same_address():
    practice = factories.practice(slug="palim")
    revision = revision_of(practice)
    assert practice.revision == revision
    assert not revision.is_public
    assert list(Practice.objects.originals()) == list(Practice.objects.published()) == [practice]
    assert Practice.objects.get_by_natural_key("palim") == practice


def test_a_record_has_one_revision():
    practice = factories.practice()
    revision_of(practice)
    assert refused_by_the_database(lambda: revision_of(practice))


@pytest.mark.parametrize("make", RECORDS)
def test_the_database_refuses_a_published_revision(make):
    record, other = make(), make(status="draft")
    type(record).objects.filter(pk=other.pk).update(revises=record)
    assert refused_by_the_database(
        lambda: (
            type(record)
            .objects.filter(pk=other.pk)
            .update(status="published", published_on="2026-01-01", updated_on="2026-01-01")
        )
    )


@pytest.mark.parametrize("make", RECORDS)
def test_the_database_refuses_two_records_under_one_address(make):
    record = make()
    assert refused_by_the_database(lambda: make(slug=record.slug, status="draft"))


def test_an_address_that_is_taken_is_told_before_the_database_refuses_it():
    factories.practice(slug="palim")
    again = Practice(slug="palim", title="Another", kind="tool", summary="A tool.")
    for left_out in (set(), {"revises"}):
        with pytest.raises(ValidationError) as caught:
            again.full_clean(exclude=left_out)
        assert caught.value.messages == ["Another record has this address."]


# Addresses it once had


def test_a_former_address_leads_to_the_record():
    practice = factories.practice(slug="palim", former_slugs="pilot\npalim-1")
    assert Practice.objects.get_by_natural_key("pilot") == practice
    assert Practice.objects.get_by_natural_key("palim-1") == practice


@pytest.mark.parametrize("slug", ["pal", "palim", "1", "pilot\npalim-1", ""])
def test_a_part_of_a_former_address_leads_nowhere(slug):
    factories.practice(slug="now", former_slugs="pilot\npalim-1")
    with pytest.raises(Practice.DoesNotExist):
        Practice.objects.get_by_natural_key(slug)


def test_the_record_that_stands_under_an_address_wins_over_one_that_once_did():
    factories.practice(slug="new", former_slugs="palim")
    palim = factories.practice(slug="palim")
    assert Practice.objects.get_by_natural_key("palim") == palim


def test_a_former_address_of_a_revision_leads_nowhere():
    revision_of(factories.practice(slug="palim"), former_slugs="ghost")
    with pytest.raises(Practice.DoesNotExist):
        Practice.objects.get_by_natural_key("ghost")


def test_the_natural_key_of_a_session_goes_through_the_former_address_of_its_meeting():
    meeting = factories.meeting(slug="lisbon", former_slugs="lisboa")
    session = Session.objects.create(meeting=meeting, slug="s1", title="One", kind="session")
    assert Session.objects.get_by_natural_key("lisboa", "s1") == session


def test_lines_are_what_stands_on_them():
    assert lines(" a \n\n b c\n") == ["a", "b c"]


# What else the database holds to


def test_the_database_refuses_a_period_that_ends_before_it_starts():
    assert refused_by_the_database(lambda: factories.practice(start_year=2020, end_year=2019))


@pytest.mark.parametrize("years", [{"start_year": 202}, {"start_year": 2019, "end_year": 20221}])
def test_the_database_refuses_a_year_that_is_a_slip_of_the_pen(years):
    assert refused_by_the_database(lambda: factories.practice(**years))


def test_the_database_refuses_a_date_without_its_precision():
    assert refused_by_the_database(lambda: factories.meeting(starts_on="2020-01-01"))
    assert refused_by_the_database(lambda: factories.meeting(date_precision="day"))


def test_the_database_refuses_a_meeting_that_ends_before_it_starts():
    assert refused_by_the_database(
        lambda: factories.meeting(starts_on="2020-01-02", ends_on="2020-01-01", date_precision="day")
    )


def test_the_database_refuses_one_country_in_one_role_twice():
    assert refused_by_the_database(lambda: factories.practice(countries=[("MA", Role.ORIGIN), ("MA", Role.ORIGIN)]))


@pytest.mark.parametrize("who", [{}, {"person": "Ana"}])
def test_a_participation_has_one_who(who):
    meeting = factories.meeting()
    country = factories.country() if who else None
    assert refused_by_the_database(lambda: meeting.participations.create(country=country, role="chair", **who))


def test_the_database_refuses_the_same_participation_twice_though_its_session_is_empty():
    meeting, country = factories.meeting(), factories.country()
    meeting.participations.create(country=country, role="chair")
    assert refused_by_the_database(lambda: meeting.participations.create(country=country, role="chair"))
    session = meeting.sessions.create(slug="s1", title="One", kind="session")
    assert meeting.participations.create(country=country, role="chair", session=session).pk


def test_the_database_refuses_an_outcome_with_a_session_and_no_meeting():
    session = factories.meeting().sessions.create(slug="s1", title="One", kind="session")
    assert refused_by_the_database(lambda: factories.outcome(session=session))


def test_the_data_version_is_one_row():
    DataVersion.advance()
    assert refused_by_the_database(lambda: DataVersion.objects.create(pk=2, epoch="other"))


def test_a_meeting_of_an_outcome_is_not_deleted_under_it():
    meeting = factories.meeting()
    factories.outcome(meeting=meeting)
    with pytest.raises(ProtectedError):
        meeting.delete()


def test_a_former_address_is_never_given_to_another_record():
    moved = factories.practice(slug="new", first_slug="old", former_slugs="old\nolder")
    for slug in ("old", "older"):
        with pytest.raises(ValidationError, match="once had this address"):
            Practice(slug=slug, title="Another", kind="tool", summary="Another one.").full_clean()
    moved.full_clean()
    Practice(slug="olde", title="Another", kind="tool", summary="Another one.").full_clean()
