"""The front page of the admin: each count is that of the list it leads to."""

import datetime

import pytest
from django.utils import timezone

from meetings.models import Meeting, Outcome
from pathways.curation import workflow, worklist
from pathways.curation.models import Status
from practices.models import Practice
from tests import factories as make

from .desk import Person, complete, published

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana():
    return Person("ana")


@pytest.fixture
def rui():
    return Person("rui", "Reviewer")


def counts(person):
    """Return the counts on the front page by the name of the work and the kind of record."""
    page = person.client.get("/admin/").context
    return {(work.name, task.label): (task.count, task.address) for work, tasks in page["works"] for task in tasks}


def listed(person, address):
    return list(person.client.get(address).context["cl"].queryset)


def test_what_waits_is_counted_as_it_is_listed(ana, rui):
    draft = ana.writes(title="Draft")
    submitted = ana.writes(title="Submitted")
    workflow.take("submit", submitted, ana.user)
    returned = ana.writes(title="Returned")
    workflow.take("submit", returned, ana.user)
    workflow.take("return", returned, rui.user, "Which ministry?")
    own = rui.writes(title="Nobody else's")
    workflow.take("submit", own, rui.user)
    public = published(title="Public", review_due_on=timezone.localdate() - datetime.timedelta(days=1))
    revision = workflow.revise(public, ana.user)
    published(title="Later", review_due_on=timezone.localdate() + datetime.timedelta(days=400))
    published(title="Incomplete", summary="Short.")

    def shown(person, work):
        count, address = counts(person)[work, "Practices"]
        rows = listed(person, address)
        assert count == len(rows)
        return {row.pk for row in rows}

    assert shown(ana, "mine") == {draft.pk, returned.pk, revision.pk}
    assert shown(ana, "returned") == {returned.pk}
    assert ("review", "Practices") not in counts(ana)
    assert shown(rui, "review") == {submitted.pk}
    assert shown(rui, "mine") == set()
    assert shown(ana, "due") == {public.pk}
    assert {Practice.objects.get(pk=pk).title for pk in shown(ana, "incomplete")} == {"Incomplete"}


def test_with_one_pair_of_eyes_what_one_wrote_waits_for_their_own_review(rui, settings):
    workflow.take("submit", rui.writes(), rui.user)
    assert counts(rui)["review", "Practices"][0] == 0
    settings.FOUR_EYES = False
    assert counts(rui)["review", "Practices"][0] == 1


def test_a_revision_that_was_published_is_no_ones_work_any_more(ana, rui):
    public = published()
    revision = workflow.revise(public, ana.user)
    workflow.take("submit", revision, ana.user)
    assert counts(rui)["review", "Practices"][0] == 1
    workflow.take("publish", revision, rui.user)
    again = workflow.revise(public, rui.user)
    assert counts(ana)["mine", "Practices"][0] == 0
    assert [row.pk for row in listed(rui, counts(rui)["mine", "Practices"][1])] == [again.pk]


def test_what_lists_call_incomplete_is_what_the_checklist_calls_so():
    document = make.document("report")
    with_parts = complete(countries=[])
    part = complete()
    part.relations.create(other=with_parts, kind="part-of")
    practices = [
        complete(),
        with_parts,
        complete(countries=[]),
        complete(countries=[], none_named=True),
        complete(countries=[], regions=[("015", "origin")]),
        complete(themes=[]),
        complete(cited=False),
        *(complete(summary=" ".join(["word"] * number)) for number in (4, 5, 80, 81)),
        complete(summary="\n five words  stand\there now "),
        complete(summary="", status=Status.DRAFT),
    ]
    meetings = [make.meeting(), make.meeting(summary="A meeting."), make.meeting()]
    document.meeting_rows.create(meeting=meetings[2], relation="reports-on")
    outcomes = [make.outcome(), make.outcome(themes=["skills"]), make.outcome(themes=["skills"], locator=" ")]
    for rows in (practices, meetings, outcomes):
        public = [row for row in rows if row.is_public]
        rows += [workflow.revise(row, None) for row in public]
        model = type(rows[0])
        found = set(model.objects.incomplete().values_list("pk", flat=True))
        assert found == {row.pk for row in model.objects.all() if workflow.missing(row)}
        assert found
        assert found != set(model.objects.values_list("pk", flat=True))


def test_lists_show_and_filter_by_what_staff_ask(ana):
    today = timezone.localdate()
    red = published(title="Red", review_due_on=today - datetime.timedelta(days=1))
    amber = published(title="Amber", review_due_on=today + datetime.timedelta(days=5), countries=[("BE", "lead")])
    green = published(title="Green", review_due_on=today + datetime.timedelta(days=300), themes=[])
    ana.writes(title="Written by Ana")
    text = ana.read(Practice, "changelist")
    for words in ("overdue", "due soon", "verified", "no date set", "incomplete", "Published", "Draft", "ana", "MA"):
        assert words in text, words

    def found(**query):
        return {row.title for row in ana.open(Practice, "changelist", **query).context["cl"].queryset}

    assert found(fresh="red") == {red.title}
    assert found(fresh="amber") == {amber.title}
    assert found(fresh="green") == {green.title}
    assert found(complete="no") == {green.title}
    assert found(country="BE") == {amber.title}
    assert found(editor=str(ana.user.pk)) == {"Written by Ana"}
    assert found(editor="x", fresh="y", work="z") == {"Red", "Amber", "Green", "Written by Ana"}
    assert found(status__exact="draft") == {"Written by Ana"}


@pytest.mark.parametrize("words", ["élan", "ELAN", "pilot", "Vieux nom", "printed thus"])
def test_a_record_is_found_by_any_name(ana, words):
    practice = published(title="Élan", acronym="PILOT", other_names="Vieux nom")
    practice.citations.update(printed_as="As printed thus")
    published(title="Other")
    assert [row.pk for row in ana.open(Practice, "changelist", q=words).context["cl"].queryset] == [practice.pk]


def test_a_long_list_asks_no_more_than_a_short_one(ana, django_assert_max_num_queries):
    for number in range(2):
        published(title=f"P{number}")
    ana.open(Practice, "changelist")
    for number in range(30):
        person = Person(f"editor-{number}")
        person.writes(title=f"Q{number}", countries=[("BE", "lead"), ("FR", "donor")])
    with django_assert_max_num_queries(30):
        ana.open(Practice, "changelist")


@pytest.mark.parametrize("model", [Practice, Outcome, Meeting])
def test_every_list_opens(ana, model):
    make.outcome(), make.meeting(), published()
    assert ana.open(model, "changelist").status_code == 200
    for work in worklist.WORKS:
        assert ana.open(model, "changelist", work=work).status_code == 200


def test_organisations_that_editors_add_wait_for_an_administrator(ana):
    from pathways.vocabulary.models import Organisation

    address = "/admin/vocabulary/organisation/add/?_popup=1"
    sent = {"name": "New body", "slug": "new-body", "kind": "network", "_popup": "1", "needs_look": ""}
    assert ana.client.post(address, sent).status_code == 200
    assert Organisation.objects.get(slug="new-body").needs_look
    administrator = Person("adm", "Administrator")
    (task,) = [
        one for one in administrator.client.get("/admin/").context["others"] if "Organisations" in str(one.label)
    ]
    assert task.count == len(listed(administrator, task.address)) == 1
    assert not [one for one in ana.client.get("/admin/").context["others"] if "Organisations" in str(one.label)]


def test_someone_without_records_sees_no_worklist(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("viewer", is_staff=True))
    assert client.get("/admin/").context["works"] == []
