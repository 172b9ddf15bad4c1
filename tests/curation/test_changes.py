"""One write, one change: what it touched is versioned, and the data version counts what the public can see."""

import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from pathways.curation.changes import curated_models, newest_versions, rebuild, record, referred_models
from pathways.curation.models import Change, DataVersion, Version
from pathways.curation.snapshots import snapshot, snapshots
from pathways.vocabulary.models import Country
from practices.models import Citation, Figure, Practice, Role
from tests import factories

from .helpers import unversioned

pytestmark = pytest.mark.django_db

ADD, EDIT, LOAD, REMOVE = Change.Action.ADD, Change.Action.EDIT, Change.Action.LOAD, Change.Action.REMOVE


def versioned(row):
    """Let history know of a row that a factory made, and of the terms it needs."""
    record(LOAD, [row for model in curated_models() for row in model._base_manager.all()])
    return row


# A change and its versions


def test_a_change_says_who_did_what_and_why(django_user_model):
    user = django_user_model.objects.create_user("editor")
    change = record(ADD, [factories.practice(slug="palim")], actor=user, note="From the annex.")
    change.refresh_from_db()
    assert (change.action, change.actor, change.note) == ("add", user, "From the annex.")
    assert abs(timezone.now() - change.at).total_seconds() < 60


def test_a_version_holds_the_record_as_the_change_left_it():
    practice = factories.practice(slug="palim", countries=[("MA", Role.ORIGIN)])
    version = record(ADD, [practice]).versions.get()
    assert version.subject == practice
    assert (version.key, version.status) == ("palim", "published")
    assert version.snapshot == snapshot(practice)
    assert version.beside["slug"] == "palim"


def test_one_change_has_a_version_for_each_record_it_touched():
    rows = [factories.practice(cited=False), factories.meeting(), factories.country()]
    change = record(EDIT, rows)
    assert change.versions.count() == 3
    assert not unversioned()


def test_a_record_touched_twice_in_one_change_has_one_version():
    practice = factories.practice()
    assert record(EDIT, [practice, Practice.objects.get(pk=practice.pk)]).versions.count() == 1


def test_what_nobody_changed_is_no_change():
    practice = versioned(factories.practice())
    assert record(EDIT, [practice]) is None
    assert record(EDIT, []) is None
    assert Change.objects.count() == 1


def test_only_what_differs_has_a_version():
    same, edited = factories.practice(), factories.practice()
    versioned(same)
    edited.title = "Other"
    edited.save()
    assert record(EDIT, [same, edited]).versions.get().subject == edited


def test_a_change_of_an_owned_row_is_one_of_its_record():
    practice = versioned(factories.practice())
    Figure.objects.create(practice=practice, slug="a", value="1", counts="people", nature="result")
    assert record(EDIT, [practice]).versions.get().snapshot["figures"][0]["value"] == "1"


def test_a_change_of_the_status_alone_is_one():
    practice = versioned(factories.practice())
    Practice.objects.filter(pk=practice.pk).update(status="archived")
    assert record(EDIT, [practice]).versions.get().status == "archived"


def test_what_is_removed_leaves_its_last_state():
    country = versioned(factories.country("MA", "Morocco"))
    version = record(REMOVE, removed=[country]).versions.get()
    country.delete()
    version.refresh_from_db()
    assert (version.key, version.status, version.snapshot) == ("MA", "removed", {"name": "Morocco"})


def test_the_newest_version_of_each_record_is_the_last_one_written():
    one, other = factories.practice(title="One"), factories.practice(title="Other")
    versioned(one)
    one.title = "One again"
    one.save()
    record(EDIT, [one])
    newest = newest_versions(Practice)
    assert (newest[one.pk].snapshot["title"], newest[one.pk].change.action) == ("One again", "edit")
    assert (newest[other.pk].snapshot["title"], newest[other.pk].change.action) == ("Other", "load")
    assert set(newest_versions(Practice, [one.pk])) == {one.pk}


def test_versions_of_two_kinds_of_record_with_one_id_are_told_apart():
    practice = factories.practice(pk=7001, cited=False)
    versioned(factories.meeting(pk=7001))
    assert newest_versions(Practice)[7001].subject == practice


def test_history_stays_when_an_account_goes(django_user_model):
    user = django_user_model.objects.create_user("editor")
    change = record(ADD, [factories.practice()], actor=user)
    user.delete()
    change.refresh_from_db()
    assert change.actor is None
    assert change.versions.exists()


def test_a_change_that_fails_leaves_nothing(monkeypatch):
    def fails(*args, **kwargs):
        raise RuntimeError

    practice = versioned(factories.practice())
    practice.title = "Other"
    practice.save()
    before = str(DataVersion.current()), Change.objects.count()
    monkeypatch.setattr(Version.objects, "bulk_create", fails)
    with pytest.raises(RuntimeError):
        record(EDIT, [practice])
    assert (str(DataVersion.current()), Change.objects.count()) == before


def test_the_queries_of_a_change_do_not_grow_with_its_records(django_assert_max_num_queries):
    def made(number):
        return [factories.practice(countries=[("MA", Role.ORIGIN)], themes=["skills"]) for _ in range(number)]

    few, many = made(2), made(12)
    for practice in (*few, *many):
        practice.sectors.add(factories.sector())
    DataVersion.advance()
    with django_assert_max_num_queries(60) as used:
        record(LOAD, few)
    with django_assert_max_num_queries(len(used)):
        record(LOAD, many)


# What the public sees

DRAFT, REVIEW, PUBLISHED, ARCHIVED = "draft", "in-review", "published", "archived"


@pytest.mark.parametrize(
    ("before", "after", "seen"),
    [
        (DRAFT, DRAFT, False),
        (DRAFT, REVIEW, False),
        (DRAFT, ARCHIVED, False),
        (ARCHIVED, DRAFT, False),
        (DRAFT, PUBLISHED, True),
        (PUBLISHED, PUBLISHED, True),
        (PUBLISHED, DRAFT, True),
        (PUBLISHED, ARCHIVED, True),
        (ARCHIVED, PUBLISHED, True),
    ],
)
def test_the_data_version_counts_what_the_public_sees(before, after, seen):
    practice = versioned(factories.practice(status=before))
    number = DataVersion.current().number
    practice.title, practice.status = "Other", after
    practice.save()
    change = record(EDIT, [practice])
    assert DataVersion.current().number == change.data_version == number + seen


@pytest.mark.parametrize(("status", "seen"), [(DRAFT, False), (PUBLISHED, True)])
def test_a_new_record_counts_when_it_is_public(status, seen):
    number = DataVersion.current().number
    record(ADD, [factories.practice(status=status)])
    assert DataVersion.current().number == number + seen


def test_a_revision_is_not_seen():
    practice = versioned(factories.practice())
    number = DataVersion.current().number
    record(ADD, [Practice.objects.create(slug=practice.slug, title="Revised", kind="tool", revises=practice)])
    assert DataVersion.current().number == number


def test_a_change_of_the_vocabulary_is_seen():
    country = versioned(factories.country())
    number = DataVersion.current().number
    country.name = "Kingdom of Morocco"
    country.save()
    record(EDIT, [country])
    record(REMOVE, removed=[country])
    assert DataVersion.current().number == number + 2


def test_a_load_of_what_is_there_already_is_not_seen():
    practice = versioned(factories.practice())
    number = DataVersion.current().number
    assert record(LOAD, [practice], even_if_equal=True).versions.count() == 1
    assert DataVersion.current().number == number


OLD = {"published_on": "2020-01-01", "updated_on": "2020-01-01"}


def updated_on(practice):
    return str(Practice.objects.values_list("updated_on", flat=True).get(pk=practice.pk))


@pytest.mark.parametrize("change", [{"title": "Other"}, {"description": "More."}])
def test_a_published_record_says_when_the_public_saw_it_change(change):
    practice = versioned(factories.practice(**OLD))
    Practice.objects.filter(pk=practice.pk).update(**change)
    version = record(EDIT, [practice]).versions.get()
    assert updated_on(practice) == version.beside["updated_on"] == str(timezone.localdate())
    assert not unversioned()


def test_a_published_record_says_when_one_of_its_rows_changed():
    practice = versioned(factories.practice(**OLD))
    Citation.objects.filter(practice=practice).update(note="A note.")
    record(EDIT, [practice])
    assert updated_on(practice) == str(timezone.localdate())


@pytest.mark.parametrize(("status", "change"), [(PUBLISHED, {"review_due_on": "2030-01-01"}), (DRAFT, {"title": "B"})])
def test_what_the_public_does_not_see_leaves_that_day_alone(status, change):
    practice = versioned(factories.practice(status=status, **OLD))
    Practice.objects.filter(pk=practice.pk).update(**change)
    assert record(EDIT, [practice])
    assert updated_on(practice) == "2020-01-01"


def test_a_record_that_becomes_public_again_says_when():
    practice = versioned(factories.practice(status=ARCHIVED, **OLD))
    Practice.objects.filter(pk=practice.pk).update(status=PUBLISHED)
    record(EDIT, [practice])
    assert updated_on(practice) == str(timezone.localdate())


def test_a_load_brings_its_own_day():
    practice = versioned(factories.practice(**OLD))
    Practice.objects.filter(pk=practice.pk).update(title="Other")
    record(LOAD, [practice])
    assert updated_on(practice) == "2020-01-01"


# The data version


def test_before_the_first_change_the_data_version_is_nought():
    assert str(DataVersion.current()) == ".0"
    assert not DataVersion.objects.exists()


def test_the_data_version_grows_within_its_epoch():
    assert [DataVersion.advance(), DataVersion.advance()] == [1, 2]
    epoch = DataVersion.current().epoch
    assert len(epoch) == 16
    assert DataVersion.advance(new_epoch=True) == 3
    assert DataVersion.current().epoch != epoch


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time by itself")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("changes_before", [0, 1])
def test_numbers_are_committed_in_their_order(changes_before):
    with transaction.atomic():
        for _ in range(changes_before):
            DataVersion.advance()
    numbers, started = [], threading.Event()

    def second():
        started.set()
        with transaction.atomic():
            number = DataVersion.advance()
        numbers.append(number)
        connection.close()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        first = DataVersion.advance()
        thread.start()
        started.wait(5)
        thread.join(0.3)
        assert not numbers, "the second waits until the first is committed"
        numbers.append(first)
    thread.join(5)
    assert numbers == [first, first + 1]


# Rebuilding


def test_a_rebuild_brings_derived_columns_versions_and_the_epoch_into_line():
    practice, country = factories.practice(title="Alpha"), factories.country("MA", "Morocco")
    versioned(practice)
    before = DataVersion.current()
    Practice.objects.filter(pk=practice.pk).update(title="Élan")
    Country.objects.filter(pk=country.pk).update(name="Côte")
    change = rebuild()
    assert set(change.versions.values_list("key", flat=True)) == {practice.slug, "MA"}
    assert Practice.objects.get(pk=practice.pk).title_key == "elan"
    assert Country.objects.get(code="MA").name_key == "cote"
    assert not unversioned()
    assert DataVersion.current().epoch != before.epoch
    assert DataVersion.current().number > before.number


def test_a_rebuild_of_what_is_in_line_makes_no_change_and_a_new_epoch():
    versioned(factories.practice())
    before = DataVersion.current()
    assert rebuild() is None
    assert DataVersion.current().epoch != before.epoch


# The order of models


def test_each_model_comes_after_those_it_refers_to():
    done = set()
    for model in curated_models():
        assert referred_models(model) & set(curated_models()) <= done | {model}, model
        done.add(model)
    assert Practice in done


def test_snapshots_of_many_records_are_those_of_each():
    practices = [factories.practice(countries=[("MA", Role.ORIGIN)], themes=["skills"]) for _ in range(3)]
    assert [data for _row, data in snapshots(Practice.objects.order_by("pk"))] == [snapshot(one) for one in practices]
