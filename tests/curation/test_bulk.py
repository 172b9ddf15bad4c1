"""The same done to many records: looked at first, one change, undone as a whole."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from pathways.curation import bulk, undoing, workflow
from pathways.curation.changes import record
from pathways.curation.models import Change, Status, Version
from pathways.curation.snapshots import snapshot
from practices.models import Practice
from tests import factories as make

from .desk import Person, published

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana():
    return Person("ana")


@pytest.fixture
def rui():
    return Person("rui", "Reviewer")


def chosen(person, operation, rows=(), **query):
    """Choose rows in the list, or all that a filter finds, and an operation."""
    data = {"action": operation, "_selected_action": [row.pk for row in rows], "select_across": "0"}
    if query:
        data |= {"_selected_action": [Practice.objects.first().pk], "select_across": "1"}
    address = reverse("admin:practices_practice_changelist")
    return person.client.post(f"{address}?{'&'.join(f'{k}={v}' for k, v in query.items())}", data)


def sent(page, **values):
    return (
        {name: page.context[name] for name in ("ids", "seen")} | {"operation": page.context["operation"].name} | values
    )


def carried_out(person, page, **values):
    """Look at what will change, and confirm it; return both pages."""
    address = reverse("admin:practices_practice_bulk")
    looked = person.client.post(address, sent(page, **values))
    return looked, person.client.post(address, sent(looked, confirm="1", **values), follow=True)


def test_a_theme_for_a_selection_is_one_change_with_a_version_of_each(ana):
    drafts = [ana.writes(title=f"P{n}") for n in range(3)]
    theme = make.theme("skills", "Skills")
    page = chosen(ana, "add-theme", drafts[:2])
    before = Change.objects.count()
    looked, done = carried_out(ana, page, term=theme.slug)
    assert "2 records will change" in looked.content.decode()
    assert "<ins>Skills</ins>" in looked.content.decode()
    assert "See or undo it" in done.content.decode()
    assert [[row["theme"] for row in snapshot(one)["theme_rows"]] for one in drafts] == [
        ["free-movement", "skills"],
        ["free-movement", "skills"],
        ["free-movement"],
    ]
    change = Change.objects.first()
    assert Change.objects.count() == before + 1
    assert (change.action, change.actor, change.note) == ("edit", ana.user, "Add a theme: Skills")
    assert change.versions.count() == 2


def test_looking_changes_nothing(ana):
    draft = ana.writes()
    before = snapshot(draft), Change.objects.count(), Version.objects.count()
    page = chosen(ana, "add-sector", [draft])
    sector = make.sector("ict")
    ana.client.post(reverse("admin:practices_practice_bulk"), sent(page, term=sector.slug))
    assert (snapshot(draft), Change.objects.count(), Version.objects.count()) == before


@pytest.mark.parametrize(
    ("operation", "given", "left"),
    [
        ("add-sector", {"term": "ict"}, {"sectors": ["ict"]}),
        ("remove-theme", {"term": "free-movement"}, {"theme_rows": None}),
        ("remove-country", {"term": "MA"}, {"country_rows": None}),
        (
            "add-country",
            {"term": "BE", "role": "donor"},
            {
                "country_rows": [
                    {"country": "BE", "role": "donor", "basis": "stated"},
                    {"country": "MA", "role": "origin", "basis": "stated"},
                ]
            },
        ),
    ],
)
def test_what_is_added_and_removed(ana, operation, given, left):
    make.sector("ict"), make.country("BE", "Belgium")
    draft = ana.writes()
    carried_out(ana, chosen(ana, operation, [draft]), **given)
    data = snapshot(draft)
    for name, rows in left.items():
        found = data.get(name)
        assert (sorted(found, key=str) if found else found) == rows
    before = Change.objects.count()
    looked, _done = carried_out(ana, chosen(ana, operation, [draft]), **given)
    assert "1 record is so already" in looked.content.decode()
    assert Change.objects.count() == before


def test_a_whole_filter(ana):
    for n in range(3):
        ana.writes(title=f"Wanted {n}")
    other = ana.writes(title="Other")
    theme = make.theme("skills", "Skills")
    looked, _done = carried_out(ana, chosen(ana, "add-theme", q="Wanted"), term=theme.slug)
    assert "3 records will change" in looked.content.decode()
    assert Practice.objects.filter(themes=theme).count() == 3
    assert not other.themes.filter(pk=theme.pk).exists()


def test_what_is_published_changes_in_revisions(ana, rui):
    public, begun = published(title="A"), published(title="B")
    workflow.revise(begun, rui.user)
    theme = make.theme("skills", "Skills")
    looked, _done = carried_out(ana, chosen(ana, "add-theme", [public, begun]), term=theme.slug)
    assert looked.content.decode().count("(in its revision)") == 2
    assert not public.themes.filter(pk=theme.pk).exists()
    assert Practice.objects.filter(revises__in=[public, begun], themes=theme).count() == 2
    edit, revise = Change.objects.all()[:2]
    assert (edit.action, edit.versions.count(), revise.action, revise.versions.count()) == ("edit", 2, "revise", 1)
    # The revisions of what is chosen are submitted and published with it.
    carried_out(ana, chosen(ana, "submit", [public, begun]))
    page = chosen(rui, "publish", [public, begun])
    assert "<ins>Skills</ins>" in page.content.decode()
    carried_out(rui, page)
    assert public.themes.filter(pk=theme.pk).exists()
    assert not Practice.objects.filter(revises__isnull=False).exists()


def test_steps_keep_their_rules_and_say_whom_they_refuse(ana, rui):
    good, short = ana.writes(title="Good"), ana.writes(title="Short", summary="Short.")
    page = chosen(ana, "submit", [good, short])
    text = page.content.decode()
    assert "20 to 80 words" in text
    assert "will be in review" in text
    ana.client.post(reverse("admin:practices_practice_bulk"), sent(page, confirm="1"))
    assert [Practice.objects.get(pk=one.pk).status for one in (good, short)] == ["in-review", "draft"]
    own = rui.writes(title="Own")
    workflow.take("submit", own, rui.user)
    page = chosen(rui, "publish", [good, own])
    assert "You alone wrote this" in page.content.decode()
    rui.client.post(reverse("admin:practices_practice_bulk"), sent(page, confirm="1"))
    assert [Practice.objects.get(pk=one.pk).status for one in (good, own)] == ["published", "in-review"]


def test_archiving_wants_a_reason_and_the_review_date_a_day(rui, ana):
    public = published()
    looked, _done = carried_out(rui, chosen(rui, "archive", [public]), note="")
    assert looked.context["form"].errors
    public.refresh_from_db()
    assert public.status == Status.PUBLISHED
    carried_out(rui, chosen(rui, "review-date", [public]), date="2027-01-31")
    public.refresh_from_db()
    assert str(public.review_due_on) == "2027-01-31"
    carried_out(rui, chosen(rui, "archive", [public]), note="Withdrawn.")
    public.refresh_from_db()
    assert public.status == Status.ARCHIVED
    draft = ana.writes()
    for operation in ("publish", "archive", "review-date"):
        page = ana.client.post(
            reverse("admin:practices_practice_bulk"), {"operation": operation, "ids": str(draft.pk), "confirm": "1"}
        )
        assert page.status_code == 403


def test_what_changed_since_it_was_looked_at_is_looked_at_again(ana, rui):
    draft = ana.writes()
    theme = make.theme("skills", "Skills")
    address = reverse("admin:practices_practice_bulk")
    looked = ana.client.post(address, sent(chosen(ana, "add-theme", [draft]), term=theme.slug))
    rui.save(draft, acronym="RUI")
    again = ana.client.post(address, sent(looked, confirm="1", term=theme.slug))
    assert "Look again" in again.content.decode()
    assert not draft.themes.filter(pk=theme.pk).exists()


@pytest.mark.parametrize("data", [{}, {"operation": "nonsense"}, {"operation": "add-theme", "ids": "x,,-1,999999"}])
def test_what_is_forged_changes_nothing(ana, data):
    ana.writes()
    before = Change.objects.count()
    page = ana.client.post(reverse("admin:practices_practice_bulk"), {**data, "term": "free-movement", "confirm": "1"})
    assert page.status_code in {200, 302, 403}
    assert Change.objects.count() == before
    assert ana.client.get(reverse("admin:practices_practice_bulk")).status_code == 405


def test_an_export_of_a_selection(ana):
    draft = ana.writes(title="Wanted")
    ana.writes(title="Other")
    answer = chosen(ana, "export-csv", [draft])
    text = b"".join(answer.streaming_content).decode()
    assert "Wanted" in text
    assert "Other" not in text
    assert chosen(ana, "export-xlsx", [draft])["Content-Disposition"].startswith("attachment")


# Undoing


def undo(person, change):
    return person.client.post(reverse("admin:curation_change_undo", args=[change.pk]), follow=True)


def states():
    rows = Practice.objects.order_by("slug", "revises_id")
    return [(row.slug, row.revises_id is None, row.status, row.updated_on, snapshot(row)) for row in rows]


def test_a_change_of_many_is_undone_as_a_whole(ana, rui):
    ana.writes(title="A", slug="a"), published(title="B", slug="b"), published(title="C", slug="c")
    workflow.revise(Practice.objects.get(slug="c"), ana.user)
    rows = list(Practice.objects.originals())
    before = states()
    theme = make.theme("skills", "Skills")
    carried_out(ana, chosen(ana, "add-theme", rows), term=theme.slug)
    assert states() != before
    answer = undo(ana, Change.objects.first())
    assert "was undone" in answer.content.decode()
    assert states() == before
    assert Change.objects.first().action == "undo"


def test_publications_are_undone_with_their_revisions(ana, rui):
    public, draft = published(title="A", slug="a"), ana.writes(title="B", slug="b")
    revision = workflow.revise(public, ana.user)
    ana.save(revision, title="Changed")
    for row in (revision, draft):
        workflow.take("submit", row, ana.user)
    before = states()
    carried_out(rui, chosen(rui, "publish", [public, draft]))
    assert Practice.objects.get(slug="a").title == "Changed"
    change = Change.objects.first()
    assert undo(ana, change).status_code == 403
    undo(rui, change)
    assert states() == before
    # And they can be published once more.
    carried_out(rui, chosen(rui, "publish", [public, draft]))
    assert Practice.objects.get(slug="a").title == "Changed"


def test_nothing_is_undone_when_one_has_changed_since(ana):
    drafts = [ana.writes(title=f"P{n}", slug=f"p{n}") for n in range(2)]
    theme = make.theme("skills", "Skills")
    carried_out(ana, chosen(ana, "add-theme", drafts), term=theme.slug)
    change = Change.objects.first()
    ana.save(drafts[0], acronym="X")
    before = states()
    answer = undo(ana, change)
    assert "Nothing was undone" in answer.content.decode()
    assert "p0" in answer.content.decode()
    assert states() == before


def test_who_may_undo(ana, rui):
    draft = ana.writes()
    ana.save(draft, acronym="X")
    change = Change.objects.first()
    other = Person("other")
    assert undo(other, change).status_code == 403
    assert "Undo it as a whole" not in other.read(change)
    assert "Undo it as a whole" in rui.read(change)
    assert ana.client.get(reverse("admin:curation_change_undo", args=[change.pk])).status_code == 405
    added = Change.objects.filter(action="add").first()
    assert undo(rui, added).status_code == 403


def test_an_operation_that_fails_half_way_leaves_nothing(ana, monkeypatch):
    drafts = [ana.writes(title=f"P{n}", slug=f"p{n}") for n in range(3)]
    theme, calls = make.theme("skills", "Skills"), []

    def fails(*args, **kwargs):
        calls.append(args)
        if len(calls) == 2:
            raise RuntimeError
        apply(*args, **kwargs)

    apply = bulk.apply
    before = states()
    monkeypatch.setattr(bulk, "apply", fails)
    with pytest.raises(RuntimeError):
        bulk.carry_out(bulk.OPERATIONS["add-theme"], drafts, ana.user, {"term": theme})
    assert states() == before
    assert record


def test_each_record_more_costs_few_questions(ana, rui):
    """Ten thousand of them take about half a minute: whoever asks more of each makes that minutes."""
    theme, sector = make.theme("skills", "Skills"), make.sector("care", "Care", "Q")

    def asked(operation, rows, person, **given):
        with CaptureQueriesContext(connection) as captured:
            report = bulk.carry_out(bulk.OPERATIONS[operation], rows, person.user, {"note": "", **given})
        with CaptureQueriesContext(connection) as undone:
            undoing.undo(report.change, rui.user)
        assert len(report.changed) == len(rows)
        return len(captured), len(undone)

    drafts = [ana.writes(title=f"D{n}") for n in range(12)]
    public = [published(title=f"P{n}") for n in range(12)]
    for operation, rows, person, given in (
        ("add-sector", drafts, ana, {"term": sector}),
        ("add-theme", drafts, ana, {"term": theme}),
        ("review-date", public, rui, {"date": datetime.date(2030, 1, 1)}),
        ("submit", drafts, ana, {}),
        ("add-sector", public, ana, {"term": sector}),
    ):
        few, many = asked(operation, rows[:2], person, **given), asked(operation, rows[2:], person, **given)
        more = [(large - small) / 8 for small, large in zip(few, many, strict=True)]
        assert more < [10, 10], operation
