"""What can be found is what stands there now, whichever door it came through, and only what the public may see."""

import pytest
from django.core.management import call_command
from django.template import Context, Template
from django.urls import reverse

from meetings.models import Document, Meeting
from pathways.curation.changes import rebuild as rebuild_after_loaddata
from pathways.curation.changes import record
from pathways.curation.fixtures import load
from pathways.curation.models import Change, DataVersion, Record
from pathways.listing import search
from pathways.listing.models import SearchEntry
from pathways.vocabulary.models import Country, Organisation, Theme
from practices.models import Practice
from tests import factories as make
from tests.curation.helpers import write_fixtures
from tests.reading import AdminForm

pytestmark = pytest.mark.django_db


def found(model, question):
    """Return the keys of what a question finds, the best first."""
    keys = dict(model.objects.values_list("pk", model.key_field))
    return [keys.get(pk) for pk in search.find(model, question).ranked]


def entries():
    return list(SearchEntry.objects.order_by("pk").values())


def public(client, question):
    """Return what the public is shown of a question: the page of the search, its suggestions, and the list."""
    page = client.get("/search/", {"q": question})
    suggestions = client.get("/search/suggest/", {"q": question}).json()["suggestions"]
    listed = client.get("/practices/", {"q": question})
    return sum(group.count for group in page.context["groups"]), suggestions, len(listed.context["listing"])


@pytest.fixture
def files(tmp_path):
    return write_fixtures(tmp_path / "fixtures")


@pytest.fixture
def base(files):
    """A small knowledge base: PALIM in Morocco, by Enabel, on free movement, drawn from a paper on a workshop."""
    load(files)
    practice = Practice.objects.get()
    practice.theme_rows.create(theme=make.theme("free-movement", "Free movement"), position=1)
    practice.organisation_rows.create(organisation=make.organisation("enabel", "Enabel"), role="lead")
    rows = [practice, Theme.objects.get(), Organisation.objects.get()]
    record(Change.Action.LOAD, rows)
    return practice


@pytest.fixture
def save(admin_client):
    """Return a function that saves a row with some values changed: terms in the admin, records as their steps do."""

    def save(row, **values):
        if isinstance(row, Record):
            row.refresh_from_db()
            for name, value in values.items():
                setattr(row, name, value)
            row.save()
            record(Change.Action.EDIT, [row])
            return
        address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
        form = AdminForm(admin_client.get(address).content.decode())
        response = admin_client.post(address, {**form.data, **values})
        assert response.status_code == 302, response.context["errors"]

    return save


# Through the doors


def test_a_load_of_fixtures_is_found_at_once(base):
    assert found(Practice, "developers") == ["palim"]
    assert found(Country, "morocco") == ["MA"]
    assert found(Meeting, "workshop") == []


def test_a_practice_is_found_by_its_new_title_at_once_and_no_more_by_the_old_one(base, save):
    save(base, title="Fresh start", slug="palim")
    assert found(Practice, "fresh start") == ["palim"]
    assert found(Practice, "palim") == []


@pytest.mark.parametrize(
    ("model", "values", "question"),
    [
        (Organisation, {"other_names": "Belgian agency"}, "belgian agency"),
        (Organisation, {"acronym": "BTC"}, "btc"),
        (Country, {"other_names": "Al-Maghrib"}, "al-maghrib"),
        (Theme, {"name": "Unhindered travel"}, "unhindered"),
    ],
)
def test_a_practice_is_found_by_what_its_terms_are_called_now(base, save, model, values, question):
    assert found(Practice, question) == []
    row = model.objects.filter(code="MA").get() if model is Country else model.objects.get()
    save(row, **values)
    assert found(Practice, question) == ["palim"]
    assert found(model, question) == [row.natural_key()[0]]
    save(row, **dict.fromkeys(values, row.name if "name" in values else ""))
    assert found(Practice, question) == []


def test_a_document_is_found_by_its_meetings_as_they_are_called_now(base, save):
    meeting = Meeting.objects.get()
    save(meeting, status="published")
    assert found(Document, "workshop") == ["paper"]
    save(meeting, title="Gathering")
    assert found(Document, "gathering") == ["paper"]
    assert found(Document, "workshop") == []
    save(meeting, status="archived")
    assert found(Document, "gathering") == []


def test_what_is_archived_is_not_found_until_it_is_published_again(base, save, client):
    assert public(client, "palim")[0::2] == (1, 1)
    save(base, status="archived")
    assert public(client, "palim") == (0, [], 0)
    save(base, status="published")
    assert public(client, "palim")[0::2] == (1, 1)


@pytest.mark.parametrize("status", ["draft", "review"])
def test_what_was_never_published_is_neither_found_nor_suggested_nor_counted(base, client, status):
    hidden = make.practice(title="Hidden", summary="Secret.", status=status)
    record(Change.Action.ADD, [hidden])
    assert public(client, "hidden") == (0, [], 0)
    search.rebuild()
    assert public(client, "hidden") == (0, [], 0)
    assert not client.get("/search/", {"q": "hiden"}).context["nearest"]


def test_a_revision_is_not_found(base, client):
    revision = Practice.objects.create(slug="palim", title="Revised", kind="tool", summary="x", revises=base)
    record(Change.Action.EDIT, [revision])
    assert public(client, "revised") == (0, [], 0)


def test_an_organisation_that_only_a_draft_refers_to_is_not_shown(base, client):
    make.practice(organisations=[("shadow", "lead")], status="draft")
    record(Change.Action.ADD, [Organisation.objects.get(slug="shadow")])
    assert public(client, "shadow") == (0, [], 0)


def test_a_term_that_was_removed_is_not_found(base, admin_client):
    theme = make.theme("digital-tools", "Digital tools")
    record(Change.Action.ADD, [theme])
    assert found(Theme, "digital") == ["digital-tools"]
    admin_client.post(reverse("admin:vocabulary_theme_delete", args=[theme.pk]), {"post": "yes"})
    assert not Theme.objects.filter(slug="digital-tools").exists()
    assert search.find(Theme, "digital").ranked == []
    assert not SearchEntry.objects.filter(pk=search.sources[Theme].key(theme.pk)).exists()


def test_a_change_that_fails_leaves_the_index_as_it_was(base, monkeypatch):
    def fails(*args, **kwargs):
        raise RuntimeError

    before = entries()
    monkeypatch.setattr(search.Source, "entry", fails)
    base.title = "Half"
    base.save()
    with pytest.raises(RuntimeError):
        record(Change.Action.EDIT, [base])
    assert entries() == before


# Rebuilding


def test_edits_leave_the_entries_that_a_rebuild_writes(base, save):
    save(Meeting.objects.get(), status="published", title="Gathering")
    save(Document.objects.get(), title="Renamed paper")
    save(Country.objects.get(code="MA"), name="Kingdom of Morocco")
    save(Organisation.objects.get(), name="Enabel agency")
    save(base, summary="Other words.")
    before = entries()
    search.rebuild()
    assert entries() == before


def test_the_command_writes_every_entry_anew_and_says_how_many(base, capsys):
    before, version = entries(), DataVersion.current().number
    SearchEntry.objects.filter(pk=before[0]["id"]).update(a="stale")
    SearchEntry.objects.filter(pk=before[1]["id"]).delete()
    SearchEntry.objects.create(pk=1, names="|left|", a="left")
    call_command("rebuild_search")
    assert capsys.readouterr().out == f"{len(before)} search entries\n"
    assert entries() == before
    assert DataVersion.current().number == version + 1


def test_plain_loaddata_ends_in_the_entries_of_a_load(base, files, settings):
    settings.FIXTURE_DIRS = [files]
    before = entries()
    SearchEntry.objects.all().delete()
    # Nothing differs from the newest versions, and still what is computed is computed anew.
    rebuild_after_loaddata()
    assert entries() == before
    Practice.objects.filter(pk=base.pk).update(title="Past the doors")
    call_command("loaddata", "vocabulary", "meetings", "outcomes", "practices", verbosity=0)
    assert found(Practice, "palim") == ["palim"]
    after = entries()
    search.rebuild()
    assert entries() == after


# The order of importance


@pytest.fixture
def weighted():
    make.country("AA", "Zephyr")
    make.practice(slug="rest", title="One", description="Zephyr.")
    make.practice(slug="what", title="Two", summary="Zephyr.")
    make.practice(slug="where", title="Three", countries=[("AA", "host")])
    make.practice(slug="title", title="A long title with a zephyr among many other words")
    make.practice(slug="acronym", title="Four", acronym="ZEPHYR", summary="Other words, many of them.")
    make.searchable()


def test_names_count_before_countries_before_summaries_before_the_rest(weighted):
    assert found(Practice, "zephyr") == ["acronym", "title", "where", "what", "rest"]


def test_a_whole_name_comes_first_and_its_plural_next():
    make.practice(slug="passports", title="Skills passports")
    make.practice(slug="more", title="A skills passport, and the skills passport of skills passports")
    make.searchable()
    assert found(Practice, "skills passport") == ["passports", "more"]
    make.practice(slug="one", title="Skills passport")
    make.searchable()
    assert found(Practice, "skills passport") == ["one", "passports", "more"]


# Marks


def marked(text, question):
    return Template("{% load highlight %}{{ text|highlight:question }}").render(
        Context({"text": text, "question": question})
    )


@pytest.mark.parametrize(
    ("text", "question", "html"),
    [
        ("Skills of migrants", "migrant", "Skills of <mark>migrants</mark>"),
        ("A migrant", "migrants", "A <mark>migrant</mark>"),
        ("Policies", "policy", "<mark>Policies</mark>"),
        ("Türkiye and Côte", "turkiye cote", "<mark>Türkiye</mark> and <mark>Côte</mark>"),
        ("Labor organization", "labour organisations", "<mark>Labor</mark> <mark>organization</mark>"),
        ("Qualifications", "qualif*", "<mark>Qualifications</mark>"),
        ("of the skills", "the skills", "of the <mark>skills</mark>"),
        ("ICT and ice", "ic", "ICT and ice"),
        ("students", "-students", "students"),
        ("<b>&\"'", "", "&lt;b&gt;&amp;&quot;&#x27;"),
        ("<b>bold</b> & more", "bold b", "&lt;<mark>b</mark>&gt;<mark>bold</mark>&lt;/<mark>b</mark>&gt; &amp; more"),
        ("<script>alert(1)</script>", "script", "&lt;<mark>script</mark>&gt;alert(1)&lt;/<mark>script</mark>&gt;"),
        ("a &lt; b", "lt", "a &amp;<mark>lt</mark>; b"),
        ("plain", '"><img src=x>', "plain"),
    ],
)
def test_words_and_other_forms_of_them_are_marked_and_everything_is_escaped(text, question, html):
    assert marked(text, question) == html
