"""Through whichever door something is written, every record equals its newest version, and one change tells of it."""

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from meetings.models import Document, Meeting, Outcome, Recommendation, Session
from pathways.curation.changes import curated_models, record
from pathways.curation.fixtures import dump, load
from pathways.curation.models import Change, DataVersion, Version
from pathways.curation.snapshots import snapshot
from pathways.vocabulary.models import Country, Organisation, Sector, Theme
from practices.models import Practice
from tests import factories
from tests.reading import AdminForm

from .helpers import PRACTICES, VOCABULARY, unversioned, write_fixtures

pytestmark = pytest.mark.django_db

NEW_PRACTICE = {"title": "MeNTOR", "slug": "mentor", "kind": "programme", "summary": "Trains.", "status": "draft"}
COMPLETE = {"summary": "It trains people for work abroad.", "none_named": "on"}


@pytest.fixture
def files(tmp_path):
    return write_fixtures(tmp_path / "fixtures")


@pytest.fixture
def admin_user(django_user_model):
    """Without a password, which would take long to hash."""
    return django_user_model.objects.create_superuser("editor")


@pytest.fixture
def admin(admin_client, files):
    """The admin of a small knowledge base."""
    load(files)
    return Admin(admin_client)


class Admin:
    def __init__(self, client):
        self.client = client

    def form(self, row):
        """Open the page of a row, or that on which a row of the model is added."""
        return AdminForm(self.client.get(self.address(row)).content.decode())

    def save(self, row, form=None, **values):
        """Send the form back with some values changed; return the errors that the page then shows."""
        form = form or self.form(row)
        response = self.client.post(self.address(row), {**form.data, **values})
        if response.status_code == 302:
            return None
        return response.context["errors"]

    def step(self, row, action):
        """Take a step with a record; return the page that follows."""
        return self.client.post(self.address(row, "step"), {"action": action, "note": "A note."}, follow=True)

    def revise(self, row):
        """Begin the revision of a published record, which is edited in its place."""
        self.step(row, "revise")
        return type(row)._base_manager.get(revises=row)

    def publish(self, row):
        self.step(row, "submit")
        self.step(row, "publish")

    def delete(self, row):
        return self.client.post(self.address(row, "delete"), {"post": "yes"})

    def address(self, row, page="change"):
        name = f"admin:{row._meta.app_label}_{row._meta.model_name}"
        return reverse(f"{name}_add") if isinstance(row, type) else reverse(f"{name}_{page}", args=[row.pk])


def newest_change():
    return Change.objects.first()


def assert_one_change(action, actor, *keys):
    """One change was made since the load or the begin of a revision, by ``actor``, and it touched just ``keys``."""
    change = Change.objects.exclude(action__in=[Change.Action.LOAD, Change.Action.REVISE]).get()
    assert (change.action, change.actor) == (action, actor)
    assert sorted(change.versions.values_list("key", flat=True)) == sorted(keys)
    assert not unversioned()


# The admin: records


def test_a_practice_added_with_its_rows_is_one_change(admin, admin_user):
    form = admin.form(Practice)
    form.add("country_rows", country=Country.objects.get(code="MA").pk, role="origin")
    form.add("citations", document=Document.objects.get().pk, locator="Annex 1")
    form.add("figures", slug="experts", value="30", low="30", counts="experts", nature="result")
    form.add("responses", outcome=Outcome.objects.get().pk, reason="It trains.")
    assert not admin.save(Practice, form, **NEW_PRACTICE, sectors=[Sector.objects.get().pk], inferred=["sectors"])
    assert_one_change("add", admin_user, "mentor")
    assert snapshot(Practice.objects.get(slug="mentor")) == {
        "title": "MeNTOR",
        "kind": "programme",
        "lifecycle": "not-stated",
        "summary": "Trains.",
        "inferred": ["sectors"],
        "sectors": ["ict"],
        "country_rows": [{"country": "MA", "role": "origin", "basis": "stated"}],
        "figures": [{"slug": "experts", "value": "30", "low": "30", "counts": "experts", "nature": "result"}],
        "citations": [{"document": "paper", "locator": "Annex 1", "shared_by": "not-stated"}],
        "responses": [{"outcome": "rec-1", "reason": "It trains."}],
    }


def test_a_practice_edited_with_its_rows_is_one_change(admin, admin_user):
    practice = admin.revise(Practice.objects.get())
    form = admin.form(practice)
    form.add("country_rows", country=Country.objects.get(code="NO").pk, role="donor")
    form.data["country_rows-0-DELETE"] = "on"
    assert not admin.save(practice, form, title="PALIM 2", sectors=[])
    assert_one_change("edit", admin_user, "palim")
    data = snapshot(practice)
    assert data["title"] == "PALIM 2"
    assert "sectors" not in data
    assert data["country_rows"] == [{"country": "NO", "role": "donor", "basis": "stated"}]


def test_saving_what_nobody_changed_is_no_change(admin):
    practice = admin.revise(Practice.objects.get())
    practice.description = "One.\n\nTwo.\n- a\n- b"
    practice.save()
    record(Change.Action.EDIT, [practice])
    outcome = admin.revise(Outcome.objects.get())
    before = newest_change()
    for row in (practice, Meeting.objects.get(), outcome, Document.objects.get()):
        assert not admin.save(row)
    assert newest_change() == before
    assert not unversioned()


def test_rows_may_change_places(admin):
    practice = admin.revise(Practice.objects.get())
    for position, slug in enumerate(("skills", "visas"), start=1):
        practice.theme_rows.create(theme=factories.theme(slug), position=position)
    form = admin.form(practice)
    first, second = "theme_rows-0-position", "theme_rows-1-position"
    form.data[first], form.data[second] = form.data[second], form.data[first]
    assert not admin.save(practice, form)
    assert snapshot(practice)["theme_rows"] == [{"theme": "visas"}, {"theme": "skills"}]


def test_rows_without_a_position_stand_last_in_the_order_in_which_they_were_typed(admin):
    practice = admin.revise(Practice.objects.get())
    for slugs in (("visas", "skills"), ("rights",)):
        form = admin.form(practice)
        for slug in slugs:
            form.add("theme_rows", theme=factories.theme(slug).pk)
        assert not admin.save(practice, form)
    assert [row["theme"] for row in snapshot(practice)["theme_rows"]] == ["visas", "skills", "rights"]
    assert list(practice.theme_rows.values_list("position", flat=True)) == [1, 2, 3]


def test_publishing_a_draft_sets_its_days_and_advances_the_data_version(admin, settings):
    settings.FOUR_EYES = False
    form = admin.form(Practice)
    form.add("citations", document=Document.objects.get().pk, locator="Annex 1")
    form.add("theme_rows", theme=factories.theme("skills").pk)
    assert not admin.save(Practice, form, **NEW_PRACTICE | COMPLETE)
    practice = Practice.objects.get(slug="mentor")
    record(Change.Action.LOAD, [Theme.objects.get()])
    before = DataVersion.current().number
    admin.publish(practice)
    practice.refresh_from_db()
    assert practice.published_on == practice.updated_on == practice.reviewed_on == timezone.localdate()
    assert DataVersion.current().number == newest_change().data_version == before + 1
    assert not unversioned()


def test_the_status_is_not_for_the_form_to_set(admin):
    assert not admin.save(Practice, **NEW_PRACTICE | {"status": "published"})
    practice = Practice.objects.get(slug="mentor")
    assert not admin.save(practice, status="published", published_on="2020-01-01")
    practice.refresh_from_db()
    assert (practice.status, practice.published_on) == ("draft", None)


def test_a_draft_does_not_advance_the_data_version(admin):
    before = DataVersion.current().number
    assert not admin.save(Practice, **NEW_PRACTICE)
    assert not admin.save(Practice.objects.get(slug="mentor"), title="Other")
    assert DataVersion.current().number == newest_change().data_version == before


@pytest.mark.parametrize("edit", [{"title": "PALIM 2"}, {"citations-0-note": "A note."}])
def test_a_revision_that_is_published_says_that_the_public_saw_it_today(admin, settings, edit):
    settings.FOUR_EYES = False
    practice = Practice.objects.get()
    revision = admin.revise(practice)
    form = admin.form(revision)
    form.add("theme_rows", theme=factories.theme("skills").pk)
    record(Change.Action.LOAD, [Theme.objects.get()])
    assert not admin.save(revision, form, **edit)
    practice.refresh_from_db()
    assert str(practice.updated_on) == "2026-01-03"
    admin.publish(revision)
    practice.refresh_from_db()
    assert practice.updated_on == timezone.localdate()
    assert str(practice.published_on) == "2026-01-02"
    assert not unversioned()


def test_a_meeting_edited_with_its_sessions_is_one_change(admin, admin_user):
    meeting = Meeting.objects.get()
    session = Session.objects.get()
    form = admin.form(meeting)
    form.data["sessions-0-title"] = "First session"
    form.add("sessions", slug="s1a", title="Part", kind="panel", parent=session.pk, position=2)
    form.add("agenda_points", slug="a1", kind="objective", text="Agree", session=session.pk)
    form.add("participations", country=Country.objects.get(code="MA").pk, role="chair")
    form.add("attendance", slug="states", number="28", what="states", as_given="28 countries")
    assert not admin.save(meeting, form, starts_on="2020-01-02", date_precision="day")
    assert_one_change("edit", admin_user, "lisbon")
    data = snapshot(meeting)
    assert [(row["slug"], row["title"]) for row in data["sessions"]] == [("s1", "First session"), ("s1a", "Part")]
    assert data["sessions"][1]["parent"] == data["agenda_points"][0]["session"] == "s1"
    assert data["participations"] == [{"country": "MA", "role": "chair"}]


def test_a_session_that_an_outcome_refers_to_is_not_deleted_with_its_row(admin):
    meeting = Meeting.objects.get()
    assert admin.save(meeting, **{"sessions-0-DELETE": "on"})
    assert Session.objects.filter(slug="s1").exists()
    assert not unversioned()


def test_an_outcome_edited_is_one_change(admin, admin_user):
    outcome = admin.revise(Outcome.objects.get())
    form = admin.form(outcome)
    form.add("theme_rows", theme=factories.theme("skills").pk, position=1)
    record(Change.Action.LOAD, [Theme.objects.get()])
    assert not admin.save(outcome, form, heading="Recognise")
    assert_one_change("edit", admin_user, "rec-1")
    assert snapshot(outcome)["theme_rows"] == [{"theme": "skills"}]


def test_a_recommendation_edited_under_its_own_name_is_an_outcome_edited(admin, admin_user):
    recommendation = admin.revise(Recommendation.objects.get())
    assert not admin.save(recommendation, heading="Recognise")
    assert_one_change("edit", admin_user, "rec-1")
    assert Outcome.objects.get(revises__slug="rec-1").heading == "Recognise"


def test_an_address_that_is_taken_is_told(admin):
    errors = admin.save(Practice, **{**NEW_PRACTICE, "slug": "palim"})
    assert "Another record has this address." in str(errors)
    assert Practice.objects.count() == 1


def test_a_broken_rule_is_told(admin):
    practice = admin.revise(Practice.objects.get())
    assert "The end year comes before the start year." in str(admin.save(practice, end_year="2018"))
    assert not unversioned()


@pytest.mark.parametrize("model", curated_models())
def test_an_address_or_code_is_set_once(admin, model):
    if row := model.objects.first():
        assert model.key_field not in admin.form(row).data
    assert model.key_field in admin.form(model).data


@pytest.mark.parametrize("model", [Practice, Meeting, Outcome])
def test_a_record_is_never_deleted(admin, model):
    row = model.objects.get()
    assert admin.delete(row).status_code == 403
    assert model.objects.filter(pk=row.pk).exists()


def test_a_revision_is_not_listed_among_the_records(admin):
    practice = Practice.objects.get()
    revision = Practice.objects.create(slug="palim", title="Revised", kind="tool", revises=practice)
    listed = admin.client.get(reverse("admin:practices_practice_changelist")).context["cl"].queryset
    assert list(listed) == [practice]
    # It has a page of its own, which the record leads to.
    assert admin.address(revision) in admin.client.get(admin.address(practice)).content.decode()


# The admin: terms and documents


def test_a_country_edited_is_one_change(admin, admin_user):
    assert not admin.save(Country.objects.get(code="MA"), name="Kingdom of Morocco")
    assert_one_change("edit", admin_user, "MA")
    assert Country.objects.get(code="MA").name_key == "kingdom of morocco"


def test_a_term_added_is_one_change(admin, admin_user):
    before = DataVersion.current().number
    assert not admin.save(Organisation, name="IOM", slug="iom", kind="intergovernmental")
    assert_one_change("add", admin_user, "iom")
    assert DataVersion.current().number == before + 1


def test_a_document_edited_with_its_meetings_is_one_change(admin, admin_user):
    document = Document.objects.get()
    form = admin.form(document)
    form.add("meeting_rows", meeting=Meeting.objects.get().pk, relation="prepares")
    assert not admin.save(document, form, standing="draft summary")
    assert_one_change("edit", admin_user, "paper")
    assert [row["relation"] for row in snapshot(document)["meeting_rows"]] == ["prepares", "reports-on"]


def test_deleting_a_term_that_nothing_refers_to_is_one_change(admin, admin_user):
    admin.delete(Country.objects.get(code="NO"))
    assert not Country.objects.filter(code="NO").exists()
    assert_one_change("remove", admin_user, "NO")
    version = Version.objects.first()
    assert (version.status, version.snapshot) == ("removed", {"name": "Norway"})


@pytest.mark.parametrize(("model", "key"), [(Country, {"code": "MA"}), (Sector, {"slug": "ict"}), (Document, {})])
def test_a_term_that_something_refers_to_is_not_deleted(admin, model, key):
    before = newest_change()
    row = model.objects.get(**key)
    assert admin.delete(row).status_code == 200
    delete_chosen(admin, [row])
    assert model.objects.filter(pk=row.pk).exists()
    assert newest_change() == before


def test_deleting_several_terms_is_one_change(admin, admin_user):
    rows = [factories.organisation(slug) for slug in ("a", "b")]
    record(Change.Action.LOAD, rows)
    delete_chosen(admin, rows)
    assert not Organisation.objects.exists()
    assert_one_change("remove", admin_user, "a", "b")


def delete_chosen(admin, rows):
    chosen = {"action": "delete_selected", "_selected_action": [row.pk for row in rows], "post": "yes"}
    return admin.client.post(reverse(f"admin:{rows[0]._meta.app_label}_{rows[0]._meta.model_name}_changelist"), chosen)


def test_an_edit_that_fails_leaves_neither_record_nor_change(admin, monkeypatch):
    def fails(*args, **kwargs):
        raise RuntimeError

    revision = admin.revise(Practice.objects.get())
    monkeypatch.setattr("pathways.curation.admin.record", fails)
    before = newest_change()
    with pytest.raises(RuntimeError):
        admin.save(revision, title="Half")
    revision.refresh_from_db()
    assert revision.title == "PALIM"
    assert newest_change() == before


# The history in the admin


def test_the_admin_shows_what_a_change_touched_and_nobody_edits_it(admin, admin_user):
    admin.save(admin.revise(Practice.objects.get()), title="PALIM 2")
    change = newest_change()
    page = admin.client.get(admin.address(change)).content.decode()
    assert "practice palim" in page
    assert admin_user.username in page
    assert admin.client.post(admin.address(change), {"note": "x"}).status_code == 403
    assert admin.delete(change).status_code == 403
    assert admin.client.get(reverse("admin:curation_change_add")).status_code == 403
    assert admin.client.get(reverse("admin:curation_change_changelist")).status_code == 200


# Loading


def test_an_edit_after_a_load_and_a_load_after_an_edit_keep_every_version(admin, files):
    practice = Practice.objects.get()
    practice.title = "Ours"
    practice.save()
    record(Change.Action.EDIT, [practice])
    admin.save(admin.revise(practice), title="Ours again")
    load(write_fixtures(files, vocabulary=VOCABULARY.replace("name: ICT", "name: Computing")))
    assert not unversioned()
    load(files, overwrite=["practices.practice palim"])
    assert not unversioned()
    load(write_fixtures(files, practices=""), prune=True)
    assert not unversioned()


def test_what_staff_curate_comes_back_from_the_files(admin, files):
    form = admin.form(Practice)
    form.add("citations", document=Document.objects.get().pk, locator="Annex 1", note="Printed\r\ntwice.")
    admin.save(Practice, form, **NEW_PRACTICE, description="One.\r\n\r\nTwo.")
    dump(files)
    report = load(files)
    assert report.adopted == ["practices.practice mentor"]
    assert len(report.unchanged) == 7
    assert not unversioned()


# Django's loaddata, past the doors


def test_plain_loaddata_ends_in_derived_columns_versions_and_a_new_epoch(files, settings):
    load(files)
    before = DataVersion.current()
    settings.FIXTURE_DIRS = [files]
    write_fixtures(files, practices=PRACTICES.replace("title: PALIM", "title: Élan"))
    call_command("loaddata", "vocabulary", "meetings", "outcomes", "practices", verbosity=0)
    practice = Practice.objects.get()
    assert (practice.title, practice.title_key) == ("Élan", "elan")
    assert not unversioned()
    after = DataVersion.current()
    assert after.epoch != before.epoch
    assert after.number > before.number
    change = newest_change()
    assert (change.action, change.note) == ("load", "rebuilt after loaddata")
    assert [version.key for version in change.versions.all()] == ["palim"]


def test_plain_loaddata_into_an_empty_database_ends_in_the_state_of_a_load(files, settings):
    settings.FIXTURE_DIRS = [files]
    call_command("loaddata", "vocabulary", "meetings", "outcomes", "practices", verbosity=0)
    assert Country.objects.get(code="NO").name_key == "norway"
    assert not unversioned()
    assert len(load(files).unchanged) == 7


def test_plain_loaddata_that_fails_leaves_nothing(files, settings):
    settings.FIXTURE_DIRS = [files]
    write_fixtures(files, practices=PRACTICES.replace("country: [MA]", "country: [ZZ]"))
    with pytest.raises(Exception, match=r"practices\.yaml"):
        call_command("loaddata", "vocabulary", "meetings", "outcomes", "practices", verbosity=0)
    assert not Country.objects.exists()
    assert not Change.objects.exists()


# prepare


def test_prepare_fills_an_empty_database_and_makes_an_account(files, settings, django_user_model, capsys):
    settings.LOCAL, settings.FIXTURE_DIRS = True, [files]
    call_command("prepare")
    told = capsys.readouterr().out
    password = told.partition("with the password ")[2].partition(" ")[0]
    admin = django_user_model.objects.get()
    assert admin.username == "admin"
    assert admin.is_superuser
    assert admin.is_staff
    assert admin.check_password(password)
    assert len(password) >= 16
    assert "7 records and terms" in told
    assert not unversioned()


def test_prepare_does_nothing_the_second_time(files, settings, django_user_model, capsys):
    settings.LOCAL, settings.FIXTURE_DIRS = True, [files]
    call_command("prepare")
    before = django_user_model.objects.values_list("pk", "password").get(), Change.objects.count()
    capsys.readouterr()
    call_command("prepare")
    assert capsys.readouterr().out == ""
    assert (django_user_model.objects.values_list("pk", "password").get(), Change.objects.count()) == before


def test_prepare_never_touches_what_people_have_edited(files, settings, admin_user):
    settings.LOCAL, settings.FIXTURE_DIRS = True, [files]
    country = factories.country("MA", "Ours")
    record(Change.Action.ADD, [country])
    call_command("prepare")
    assert list(Country.objects.values_list("code", "name")) == [("MA", "Ours")]
    assert not Practice.objects.exists()


def test_prepare_says_what_is_wrong_with_a_fixture(files, settings):
    settings.LOCAL, settings.FIXTURE_DIRS = True, [write_fixtures(files, practices="x")]
    with pytest.raises(CommandError, match=r"practices\.yaml: wants a list of records\nNothing was loaded\."):
        call_command("prepare")


def test_prepare_is_for_a_local_run_only(settings):
    settings.LOCAL = False
    with pytest.raises(CommandError, match="set LOCAL=true"):
        call_command("prepare")
