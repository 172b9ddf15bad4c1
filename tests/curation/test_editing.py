"""The form of a record: its order, its preview, and what the public page will be."""

import re

import pytest
from django.urls import reverse

from meetings.models import Meeting, Outcome
from pathways.curation import workflow
from pathways.curation.changes import record
from pathways.curation.models import Change, Status
from practices.models import Practice
from tests import factories as make
from tests.reading import AdminForm

from .desk import Person, published

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana():
    return Person("ana")


def admin_address(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def main_of(html):
    return html.partition("<main")[2].partition("</main>")[0]


def test_the_preview_is_the_public_page_as_it_will_be(ana, client):
    rui = Person("rui", "Reviewer")
    draft = ana.writes(title="New practice", slug="new")
    outcome = make.outcome(heading="Recognise skills")
    make.response(draft, outcome)
    ana.save(draft)
    changes = Change.objects.count()
    preview = ana.open(draft, "preview")
    assert preview.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in preview.headers["Cache-Control"]
    assert "default-src 'none'" in preview.headers["Content-Security-Policy"]
    draft.refresh_from_db()
    assert (draft.status, draft.published_on, Change.objects.count()) == (Status.DRAFT, None, changes)
    assert client.get("/practices/new/").status_code == 404
    workflow.take("submit", draft, ana.user)
    workflow.take("publish", draft, rui.user)

    def steady(html):
        # Which version of the data it is cited from, and when it was verified, is not known before.
        return re.sub(r"Last verified[^<]*|version [0-9a-f]*\.\d+", "", main_of(html))

    assert steady(client.get("/practices/new/").content.decode()) == steady(preview.content.decode())


def test_the_preview_of_a_revision_holds_what_refers_to_its_record(ana, client):
    public = published(title="Old", slug="old")
    part = published(title="A part of it")
    part.relations.create(other=public, kind="part-of")
    revision = workflow.revise(public, ana.user)
    ana.save(revision, title="Renamed")
    text = ana.read(revision, "preview")
    assert "Renamed" in text
    assert "A part of it" in text
    assert "Renamed" not in client.get("/practices/old/").content.decode()


@pytest.mark.parametrize("status", ["draft", "published", "archived"])
def test_every_kind_of_record_has_a_preview(ana, status):
    for row in (make.meeting(status=status), make.outcome(status=status), make.practice(status=status)):
        assert ana.open(row, "preview").status_code == 200


def test_the_preview_is_for_staff_only(ana, client, django_user_model):
    draft = ana.writes()
    address = ana.address(draft, "preview")
    assert client.get(address).status_code == 302
    client.force_login(django_user_model.objects.create_user("visitor", is_staff=True))
    assert client.get(address).status_code == 403


@pytest.mark.parametrize(("start", "end"), [("202", "2022"), ("2019", "20221"), ("1899", ""), ("", "2101")])
def test_a_year_that_is_a_slip_of_the_pen_is_told_beside_its_field(ana, start, end):
    draft = ana.writes()
    page = ana.send(draft, ana.form(draft), start_year=start, end_year=end)
    assert page.status_code == 200
    assert set(page.context["adminform"].errors) <= {"start_year", "end_year"} != set()
    ana.save(draft, start_year="1900", end_year="2100")


def test_the_form_stands_in_the_order_of_the_public_page(ana):
    text = ana.read(ana.writes())
    places = [
        text.index(f'id="{one}"')
        for one in (
            "id_title",
            "id_summary",
            "country_rows-group",
            "id_none_named",
            "region_rows-group",
            "organisation_rows-group",
            "id_kind",
            "theme_rows-group",
            "id_sectors",
            "figures-group",
            "id_description",
            "responses-group",
            "relations-group",
            "citations-group",
            "links-group",
        )
    ]
    assert places == sorted(places)


@pytest.mark.parametrize("model", [Practice, Meeting, Outcome])
def test_a_form_holds_each_field_once(ana, model):
    text = ana.read(model, "add")
    names = re.findall(r'<(?:input|select|textarea)[^>]* name="([a-z_]+)"', text)
    assert "csrfmiddlewaretoken" in names
    assert (
        not {name for name in names if names.count(name) > 1}
        - {"csrfmiddlewaretoken", "inferred", "_save"}
        - {name for name in names if name.startswith("_")}
    )


def test_the_checklist_of_a_revision_knows_what_refers_to_its_record(ana):
    public = published(countries=[])
    published().relations.create(other=public, kind="part-of")
    meeting = make.meeting()
    make.document("report").meeting_rows.create(meeting=meeting, relation="reports-on")
    for row in (public, meeting):
        assert not workflow.missing(row)
        assert not workflow.missing(workflow.revise(row, ana.user))


def element(html, id_):
    """Return the start tag of the element with this id; there is one such element."""
    (tag,) = re.findall(rf'<[a-z]+ [^>]*\bid="{id_}"[^>]*>', html)
    return tag


def listed(html):
    """Return what the list at the top says is missing: the id that it links to, and the message."""
    return re.findall(r'<li><a href="#([\w-]+)">([^<]+)</a></li>', html.partition('class="missing"')[2])


def test_what_is_missing_is_said_beside_the_field_as_well(ana):
    practice = make.practice(status=Status.DRAFT, summary="Short & bad.", cited=False)
    meeting = make.meeting(status=Status.DRAFT, summary="")
    outcome = make.outcome(status=Status.DRAFT, locator="")
    expected = {
        practice: ["id_summary", "missing-country_rows", "missing-theme_rows", "missing-citations"],
        meeting: ["id_summary"],
        outcome: ["missing-theme_rows", "id_locator"],
    }
    for row, anchors in expected.items():
        text = ana.read(row)
        assert [anchor for anchor, _message in listed(text)] == anchors
        for anchor, message in listed(text):
            field = anchor.removeprefix("missing-")
            if field == anchor:
                assert f'aria-describedby="{anchor}_helptext"' in element(text, anchor)
                beside = text.partition(element(text, f"{anchor}_helptext"))[2].partition("</div>")[0]
            else:
                assert text.index(f'aria-describedby="{anchor}"') < text.index(element(text, f"{field}-group"))
                beside = text.partition(element(text, anchor))[2].partition("</p>")[0]
            assert message in beside, (row, anchor)


def test_what_is_missing_stays_beside_the_field_when_the_form_comes_back_with_errors(ana):
    practice = make.practice(status=Status.DRAFT, summary="Short.", themes=["free-movement"])
    answer = ana.send(practice, ana.form(practice), title="", summary="Still short.")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Please correct the error below" in text
    assert [anchor for anchor, _message in listed(text)] == ["id_summary", "missing-country_rows"]
    assert "20 to 80 words" in text.partition(element(text, "id_summary_helptext"))[2].partition("</div>")[0]


def test_a_broken_link_is_told_of_at_the_head_of_the_links(ana, monkeypatch):
    draft = ana.writes()
    draft.links.create(url="https://gone.example/?a=1&b=<i>", title="Gone")
    monkeypatch.setattr("practices.models.broken_among", list)
    text = ana.read(draft)
    ((anchor, message),) = listed(text)
    assert anchor == "missing-links"
    assert text.count(message) == 2
    assert "https://gone.example/?a=1&amp;b=&lt;i&gt;" in message


def test_a_complete_record_and_an_empty_form_say_nothing_of_what_is_missing(ana):
    for text in (ana.read(ana.writes()), ana.read(Practice, "add")):
        assert 'class="missing"' not in text
        assert 'id="missing-' not in text
        assert 'class="lacks"' not in text


def test_what_may_not_be_edited_is_listed_without_a_link_to_a_field(ana):
    text = ana.read(make.meeting(status=Status.IN_REVIEW, summary=""))
    assert "Say what it was" in text
    assert "#id_summary" not in text


@pytest.mark.parametrize(
    "typed",
    ["'", "\0", "²", "-1", "9" * 30, "a" * 5000],
    ids=["quotation mark", "NUL", "no decimal", "below none", "beyond all", "long"],
)
def test_what_no_row_goes_by_is_no_choice_and_no_failure(admin_client, typed):
    theme = make.theme()
    objective = make.objective()
    meeting = make.meeting(status=Status.DRAFT)
    make.participation(meeting, country=make.country())
    practice = make.practice(status=Status.DRAFT, countries=[("MA", "origin")])
    outcome = make.outcome(status=Status.DRAFT)
    for row, name in (
        (practice, "country_rows-0-country"),
        (practice, "sectors"),
        (practice, "replaced_by"),
        (practice, "citations-0-document"),
        (meeting, "country"),
        (meeting, "participations-0-country"),
        (outcome, "meeting"),
        (theme, "gcm_objectives"),
        (make.country(), "region"),
    ):
        address = admin_address(row)
        form = AdminForm(admin_client.get(address).content.decode())
        assert name in form.names
        page = admin_client.post(address, {**form.data, name: typed})
        assert page.status_code == 200, name
        assert page.context["errors"], name
    # What there is can still be chosen.
    form = AdminForm(admin_client.get(admin_address(theme)).content.decode())
    assert admin_client.post(admin_address(theme), {**form.data, "gcm_objectives": objective.pk}).status_code == 302
    assert theme.gcm_objectives.get() == objective


def test_a_form_that_says_it_has_thousands_of_rows_is_not_shown_with_them(ana):
    draft = ana.writes()
    form = ana.form(draft)
    page = ana.send(draft, form, **{"links-TOTAL_FORMS": "9" * 9, "title": ""})
    rows = [one for one in page.context["inline_admin_formsets"] if one.formset.prefix == "links"]
    assert [len(one.formset.forms) for one in rows] == [0]
    form.add("links", label="Site", url="https://example.org/")
    form.add("links", label="Other", url="https://example.org/other/")
    ana.save(draft, form)
    assert draft.links.count() == 2


def test_a_meeting_that_half_the_world_took_part_in_is_saved(ana):
    meeting = make.meeting(status=Status.DRAFT)
    for number in range(150):
        make.participation(meeting, person=f"Person {number}")
    record(Change.Action.ADD, [meeting], actor=ana.user)
    form = ana.form(meeting)
    assert len(form.data) > 1000
    form.add("participations", person="The last to come", role="participant")
    ana.save(meeting, form)
    assert meeting.participations.count() == 151


@pytest.mark.parametrize("count", ["0", "-1"])
def test_a_form_that_says_its_rows_are_new_writes_none_twice(ana, count):
    draft = ana.writes()
    form = ana.form(draft)
    assert form.data["country_rows-INITIAL_FORMS"] == ["1"]
    page = ana.send(draft, form, **{"country_rows-INITIAL_FORMS": count})
    assert "There is such a row already" in page.content.decode()
    assert draft.country_rows.count() == 1


def test_a_document_sent_twice_gets_its_new_row_once(admin_client):
    document, meeting = make.document(), make.meeting()
    form = AdminForm(admin_client.get(admin_address(document)).content.decode())
    form.add("meeting_rows", meeting=meeting.pk, relation="reports-on")
    assert admin_client.post(admin_address(document), form.data).status_code == 302
    assert "There is such a row already" in admin_client.post(admin_address(document), form.data).content.decode()
    assert document.meeting_rows.count() == 1


@pytest.mark.parametrize(
    ("how", "then"),
    [("replaced", ["b"]), ("removed and added", ["a", "b"]), ("moved on", ["a", "c", "b"]), ("swapped", None)],
)
def test_a_row_becomes_what_another_was(ana, how, then):
    draft = ana.writes(themes=["a", "b"])
    form = ana.form(draft)
    (first,), (second,) = form.data["theme_rows-0-theme"], form.data["theme_rows-1-theme"]
    match how:
        case "replaced":
            form.data |= {"theme_rows-0-theme": second, "theme_rows-1-DELETE": "on"}
        case "removed and added":
            form.data["theme_rows-1-DELETE"] = "on"
            form.add("theme_rows", theme=second)
        case "moved on":
            form.data["theme_rows-1-theme"] = make.theme("c").pk
            form.add("theme_rows", theme=second)
        case "swapped":
            form.data |= {"theme_rows-0-theme": second, "theme_rows-1-theme": first}
    page = ana.send(draft, form)
    if then is None:
        assert "There is such a row already" in page.content.decode()
    else:
        assert page.status_code == 302
    assert [row.theme.slug for row in draft.theme_rows.all()] == (then or ["a", "b"])
