"""The form of a record: its order, its preview, and what the public page will be."""

import re

import pytest

from meetings.models import Meeting, Outcome
from pathways.curation import workflow
from pathways.curation.models import Change, Status
from practices.models import Practice
from tests import factories as make

from .desk import Person, published

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana():
    return Person("ana")


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
