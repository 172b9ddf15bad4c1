"""Suggesting a practice and reporting an error: what readers send, what robots do not, and what curators make of it."""

import re
import time
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Permission
from django.core import signing
from django.test import Client
from django.urls import reverse

from pathways.curation.changes import record
from pathways.curation.models import Change, DataVersion, Status
from pathways.suggestions import deciding, forms, limits
from pathways.suggestions.models import Sending, Suggestion
from pathways.suggestions.worklist import suggestions
from practices.models import Practice
from tests import factories as make
from tests.accounts.helpers import person
from tests.reading import body

pytestmark = pytest.mark.django_db

SUMMARY = "A programme that trains nurses in Morocco for hospitals in Belgium, and at home."
WANTED = {
    "title": "Nurses for Two Shores",
    "kind": "programme",
    "summary": SUMMARY,
    "countries": "Morocco: origin\r\nBelgium (destination)\r\nAtlantis: donor\r\nTürkiye",
    "source": "Annual report 2021, page 12",
    "link": "example.org/nurses",
    "more": "=SUM(1)<script>alert(1)</script>",
    "contact": "someone@example.org",
}
ERROR = {"wrong": "It began in 2017.", "right": "It began in 2018.", "source": "Report, page 3"}


@pytest.fixture(autouse=True)
def vocabulary():
    make.country("MA", "Morocco")
    make.country("BE", "Belgium")
    make.country("TR", "Türkiye", other_names="Turkey")
    make.theme("free-movement")
    make.theme("return", "Return")


def mark(age=60, **changed):
    """Return the signed number of a form that was made so many seconds ago."""
    return signing.dumps({"id": make_id(), "at": int(time.time()) - age, **changed}, salt=forms.SALT)


def make_id():
    return f"form-{next(make.counter)}"


def send(client, address="/suggest/", data=None, **headers):
    """Send a form as a person does, a minute after it was opened."""
    data = {"mark": mark(), "website": "", **(WANTED if data is None else data)}
    return client.post(address, data, **headers)


@pytest.fixture
def sent(client):
    """A practice that was suggested: what is kept, and its private address."""
    answer = send(client, data={**WANTED, "themes": ["return", "free-movement"]})
    return SimpleNamespace(row=Suggestion.objects.get(), address=answer.headers["Location"])


@pytest.fixture
def published():
    """A published practice, with its history."""
    practice = make.practice(
        slug="palim", title="PALIM", summary=SUMMARY, countries=[("MA", "origin")], themes=["free-movement"]
    )
    record(Change.Action.ADD, [practice])
    return practice


# Sending


def test_a_suggestion_gets_a_private_address_that_shows_its_state(client, sent):
    assert re.fullmatch(r"/suggestions/[0-9a-f]{40}/", sent.address)
    page = client.get(sent.address)
    text = page.content.decode()
    assert "It waits for the secretariat." in text
    assert "Nurses for Two Shores" in text
    assert "<script>alert" not in text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert "ETag" not in page.headers
    # Who reads the database does not learn the address.
    key = sent.address.split("/")[2]
    assert key not in str(Suggestion.objects.values().get())


@pytest.mark.parametrize("key", ["0" * 40, "1", "x"])
def test_nobody_comes_to_it_by_guessing(client, sent, key):
    assert client.get(f"/suggestions/{key}/").status_code == 404
    assert client.get(f"/suggestions/{sent.row.pk}/").status_code == 404


def test_neither_form_nor_sending_sets_a_cookie(published):
    client = Client(enforce_csrf_checks=True)
    assert not client.get("/suggest/").cookies
    for answer in (send(client), send(client, "/practices/palim/suggest/", ERROR)):
        assert answer.status_code == 302
        assert not answer.cookies
    # The pages of records stay as they are kept.
    assert "ETag" in client.get("/practices/palim/").headers
    assert "/practices/palim/suggest/" in client.get("/practices/palim/").content.decode()


def test_the_form_as_it_is_opened_is_taken_a_while_later(client, monkeypatch):
    page = client.get("/suggest/")
    assert page.headers["Cache-Control"] == "no-store"
    value = re.search(r'name="mark" value="([^"]+)"', page.content.decode())[1]
    now = forms.time.time()
    monkeypatch.setattr(forms, "time", SimpleNamespace(time=lambda: now + 30))
    assert client.post("/suggest/", {**WANTED, "mark": value, "website": ""}).status_code == 302


def test_a_double_click_is_one_suggestion(client):
    data = {**WANTED, "mark": mark()}
    first, second = send(client, data=data), send(client, data=data)
    assert first.headers["Location"] == second.headers["Location"]
    assert Suggestion.objects.count() == 1


@pytest.mark.parametrize("what", ["practice", "outcome", "meeting"])
def test_an_error_can_be_reported_on_every_kind_of_record(client, what):
    one = getattr(make, what)()
    address = f"{one.get_absolute_url()}suggest/"
    assert client.get(address).status_code == 200
    assert send(client, address, ERROR).status_code == 302
    suggestion = Suggestion.objects.get()
    assert (suggestion.kind, suggestion.subject, suggestion.content) == ("error", one, ERROR)


def test_only_on_what_is_public(client):
    for status in (Status.DRAFT, Status.IN_REVIEW, Status.ARCHIVED):
        one = make.practice(status=status)
        assert client.get(f"/practices/{one.slug}/suggest/").status_code == 404
        assert send(client, f"/practices/{one.slug}/suggest/", ERROR).status_code == 404
    assert client.get("/practices/nowhere/suggest/").status_code == 404
    make.practice(slug="new", former_slugs="old\nolder")
    assert client.get("/practices/old/suggest/").headers["Location"] == "/practices/new/suggest/"
    merged = make.practice(slug="older", status=Status.ARCHIVED, replaced_by=Practice.objects.get(slug="new"))
    assert client.get("/practices/older/suggest/").headers["Location"] == "/practices/new/suggest/"
    send(client, f"/practices/{merged.slug}/suggest/", ERROR)
    assert Suggestion.objects.get().subject == merged.replaced_by


# Bad input


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"title": ""}, "This field is required"),
        ({"title": "x" * 301}, "at most 300"),
        ({"summary": "x" * 2001}, "at most 2000"),
        ({"kind": "nonsense"}, "Select a valid choice"),
        ({"themes": ["nonsense"]}, "Select a valid choice"),
        ({"link": "javascript:alert(1)"}, "Enter a valid URL"),
        ({"link": "../../x"}, "Enter a valid URL"),
        ({"title": "a\x00b"}, "Null characters"),
        ({"website": "https://spam.example"}, "people do not see"),
        ({"mark": ""}, "was not whole"),
        ({"mark": "nonsense"}, "was not whole"),
        ({"mark": signing.dumps({"id": "1", "at": 0}, salt="another")}, "was not whole"),
    ],
)
def test_what_is_not_right_is_said_and_kept_in_the_form(client, changed, said):
    answer = send(client, data={**WANTED, **changed})
    text = answer.content.decode()
    assert answer.status_code == 400
    assert said in text
    assert SUMMARY in text or "summary" in changed
    assert not Suggestion.objects.exists()


def test_who_is_quicker_than_people_waits(client):
    quick = mark(age=0)
    answer = send(client, data={**WANTED, "mark": quick})
    assert "quicker than people" in answer.content.decode()
    # The same form is taken a moment later.
    assert quick in answer.content.decode()
    assert not Suggestion.objects.exists()


def test_a_form_that_lay_too_long_comes_back_with_a_new_number_and_what_was_typed(client, monkeypatch):
    with monkeypatch.context() as patched:
        now = signing.time.time()
        patched.setattr(signing, "time", SimpleNamespace(time=lambda: now - forms.SLOWEST - 60))
        old = mark()
    answer = send(client, data={**WANTED, "mark": old})
    text = answer.content.decode()
    assert answer.status_code == 400
    assert "lain too long" in text
    assert old not in text
    assert SUMMARY in text


def test_what_is_too_long_is_not_read(client):
    assert send(client, data={**WANTED, "more": "x" * 200_000}).status_code == 413
    assert not Suggestion.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_ORIGIN": "https://elsewhere.example"},
        {"HTTP_ORIGIN": "null"},
        {"HTTP_SEC_FETCH_SITE": "cross-site"},
        {"HTTP_SEC_FETCH_SITE": "same-site"},
    ],
)
def test_what_another_site_sends_is_refused(client, headers):
    assert send(client, **headers).status_code == 403
    assert not Suggestion.objects.exists()


def test_what_a_browser_sends_from_here_is_taken(client):
    assert send(client, HTTP_ORIGIN="http://testserver", HTTP_SEC_FETCH_SITE="same-origin").status_code == 302


def test_one_address_sends_so_much_and_no_more(client):
    for _time in range(5):
        assert send(client, REMOTE_ADDR="198.51.100.7").status_code == 302
    answer = send(client, REMOTE_ADDR="198.51.100.7")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 3601
    assert SUMMARY in answer.content.decode()
    assert send(client, REMOTE_ADDR="198.51.100.8").status_code == 302
    assert Suggestion.objects.count() == 6


def test_a_whole_network_of_version_6_counts_as_one_address(client):
    for number in range(5):
        send(client, REMOTE_ADDR=f"2001:db8:1:2::{number}")
    assert send(client, REMOTE_ADDR="2001:db8:1:2:ffff::1").status_code == 429
    assert send(client, REMOTE_ADDR="2001:db8:1:3::1").status_code == 302


def test_all_together_send_so_much_and_no_more(client, monkeypatch):
    monkeypatch.setattr(limits, "MOST_ALTOGETHER", 3)
    for number in range(3):
        assert send(client, REMOTE_ADDR=f"198.51.100.{number}").status_code == 302
    assert send(client, REMOTE_ADDR="198.51.100.99").status_code == 429


def test_who_sent_is_not_known_and_forgotten_within_a_day(client):
    send(client, REMOTE_ADDR="198.51.100.7")
    assert "198.51.100" not in str(list(Sending.objects.values())) + str(list(Suggestion.objects.values()))
    Sending.objects.update(at=deciding.timezone.now() - limits.KEPT * 1.01)
    send(client, REMOTE_ADDR="198.51.100.8")
    assert Sending.objects.count() == 1


def test_what_is_wrong_does_not_count(client):
    for _time in range(10):
        send(client, data={**WANTED, "title": ""})
    assert send(client).status_code == 302


# Nothing of it is public


def test_nothing_of_it_is_public_before(client, sent):
    version = DataVersion.current().number
    for address in ("/", "/practices/", "/practices.csv", "/practices.json", "/search/?q=nurses", "/sitemap.xml"):
        assert "Two Shores" not in body(client.get(address)), address
    assert client.get("/practices/nurses-for-two-shores/").status_code == 404
    assert DataVersion.current().number == version
    assert not Practice.objects.exists()


# Deciding


def decide(client, suggestion, action, reason=""):
    address = reverse("admin:suggestions_suggestion_decide", args=[suggestion.pk])
    return client.post(address, {"action": action, "reason": reason}, follow=True)


DECIDE = [("reader", False), ("viewer", False), ("Editor", True), ("Reviewer", True)]
DECIDE += [("Administrator", True), ("superuser", True)]


@pytest.mark.parametrize("kind", ["practice", "error"])
@pytest.mark.parametrize("action", ["take-up", "decline", "nonsense"])
@pytest.mark.parametrize(("role", "may"), DECIDE)
def test_who_decides(client, published, role, may, action, kind):
    address, data = ("/suggest/", WANTED) if kind == "practice" else ("/practices/palim/suggest/", ERROR)
    send(client, address, data)
    suggestion = Suggestion.objects.get()
    user = person("Editor" if role == "viewer" else role)
    if role == "viewer":
        user.groups.clear()
        user.user_permissions.set(Permission.objects.filter(codename__in=["view_suggestion", "view_practice"]))
    client.force_login(user)
    page = client.get(reverse("admin:suggestions_suggestion_change", args=[suggestion.pk]))
    assert ('value="take-up"' in page.content.decode()) is may
    before = Change.objects.count()
    decide(client, suggestion, action, "No source names it.")
    suggestion.refresh_from_db()
    done = may and action != "nonsense"
    assert suggestion.is_waiting is not done
    assert (Change.objects.count() > before) is (done and action == "take-up")
    assert (suggestion.decided_by == user) is done


def test_a_suggestion_becomes_a_draft_and_then_a_practice_on_the_public_site(client, client_of, sent):
    editor = client_of(person("Editor"))
    page = decide(editor, sent.row, "take-up").content.decode()
    practice = Practice.objects.get()
    assert page.count("a suggestion</a>") == 1
    assert (practice.slug, practice.status, practice.summary) == ("nurses-for-two-shores", "draft", SUMMARY)
    assert [row.theme.slug for row in practice.theme_rows.all()] == ["free-movement", "return"]
    assert sorted(practice.country_rows.values_list("country__code", "role", "basis")) == [
        ("BE", "destination", "stated"),
        ("MA", "origin", "stated"),
        ("TR", "partner", "role-inferred"),
    ]
    assert [link.url for link in practice.links.all()] == ["https://example.org/nurses"]
    assert Change.objects.get().note == f"from suggestion {sent.row.pk}"
    assert "the secretariat works on it" in client.get(sent.address).content.decode()
    assert "Two Shores" not in body(client.get("/practices/"))
    # The curator adds where it is printed; someone else publishes it.
    make.practice(cited=False)
    practice.citations.create(document=make.document(), locator="page 12")
    step = reverse("admin:practices_practice_step", args=[practice.pk])
    editor.post(step, {"action": "submit"})
    client_of(person("Reviewer")).post(step, {"action": "publish"})
    page = client.get(sent.address).content.decode()
    assert "taken up and published" in page
    assert "/practices/nurses-for-two-shores/" in page
    assert "Two Shores" in body(client.get("/practices.csv"))


def test_an_error_opens_a_revision_and_is_told_of_when_that_is_published(client, client_of, published):
    address = send(client, "/practices/palim/suggest/", ERROR).headers["Location"]
    editor = client_of(person("Editor"))
    decide(editor, Suggestion.objects.get(), "take-up")
    revision = Practice.objects.get(revises=published)
    assert "the secretariat works on it" in client.get(address).content.decode()
    revision.citations.create(document=make.document("other"), locator="page 3")
    record(Change.Action.EDIT, [revision], actor=person("Editor", "other"))
    step = reverse("admin:practices_practice_step", args=[revision.pk])
    editor.post(step, {"action": "submit"})
    client_of(person("Reviewer")).post(step, {"action": "publish"})
    assert not Practice.objects.filter(revises=published).exists()
    assert "taken up and published" in client.get(address).content.decode()


def test_who_sent_it_reads_why_it_was_declined(client, client_of, sent):
    editor = client_of(person("Editor"))
    assert "Give a reason" in decide(editor, sent.row, "decline", "  ").content.decode()
    decide(editor, sent.row, "decline", "No source <b>names</b> it.")
    text = client.get(sent.address).content.decode()
    assert "It was declined." in text
    assert "No source &lt;b&gt;names&lt;/b&gt; it." in text


def test_what_someone_decided_on_first_is_not_decided_on_again(client_of, sent):
    decide(client_of(person("Editor")), sent.row, "decline", "No source.")
    reviewer = client_of(person("Reviewer"))
    page = decide(reviewer, sent.row, "take-up")
    assert page.status_code == 200
    with pytest.raises(deciding.Refused, match="Someone else has decided"):
        deciding.take_up(sent.row, person("Editor", "other"))
    assert not Practice.objects.exists()


def test_a_draft_takes_an_address_that_is_free(client, client_of, sent):
    make.practice(slug="nurses-for-two-shores")
    make.practice(former_slugs="nurses-for-two-shores-2")
    decide(client_of(person("Editor")), sent.row, "take-up")
    assert Practice.objects.filter(slug="nurses-for-two-shores-3", status=Status.DRAFT).exists()


@pytest.mark.parametrize("title", ["!!!", "实践", "x" * 300])
def test_whatever_it_is_called_it_can_be_taken_up(client, client_of, title):
    send(client, data={**WANTED, "title": title})
    decide(client_of(person("Editor")), Suggestion.objects.get(), "take-up")
    assert Practice.objects.get().title == title


def test_what_was_sent_is_not_changed_in_the_admin(client_of, sent):
    client = client_of(person("superuser"))
    page = reverse("admin:suggestions_suggestion_change", args=[sent.row.pk])
    assert b'name="_save"' not in client.get(page).content
    assert client.post(page, {"title": "Mine"}).status_code == 403
    assert client.get(reverse("admin:suggestions_suggestion_add")).status_code == 403
    address = reverse("admin:suggestions_suggestion_decide", args=[sent.row.pk])
    assert client.get(address).status_code == 405
    assert client_of(person("Editor"), enforce_csrf_checks=True).post(address, {"action": "take-up"}).status_code == 403


def test_the_worklist_counts_what_waits(sent, client_of):
    (task,) = suggestions(SimpleNamespace(user=person("Editor")))
    assert task.count == 1
    listed = client_of(person("Reviewer")).get(task.address)
    assert [one.pk for one in listed.context["cl"].result_list] == [sent.row.pk]
    deciding.decline(sent.row, person("Editor", "other"), "No.")
    assert suggestions(SimpleNamespace(user=person("Editor", "third")))[0].count == 0
    assert suggestions(SimpleNamespace(user=person("reader"))) == []
