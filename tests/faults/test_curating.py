"""What a curator typed is never lost: the form comes back with it, or a page that sends it again."""

import re
from html.parser import HTMLParser

import pytest

from tests.reading import AdminForm

from .running import PASSWORD, Curator

# A text that says at once where any of it was lost or read as HTML.
TYPED = '\n  First line, "quoted" & <b>bold</b>.\n\nفقرة ثانية </textarea><script>alert(1)</script>\n'


class Resent(HTMLParser):
    """The form of the page that holds what was sent, as a browser would send it again: (name, value) in their order."""

    def __init__(self, html):
        super().__init__()
        self.address, self.fields, self.writing = None, [], None
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form":
            self.address = given["action"]
        elif tag == "input" and given.get("type") == "hidden":
            self.fields.append((given["name"], given["value"]))
        elif tag == "textarea":
            self.writing, self.text = given["name"], ""

    def handle_data(self, data):
        if self.writing:
            self.text += data

    def handle_endtag(self, tag):
        if tag == "textarea":
            # Of what stands in it, HTML does not count a new line at its beginning.
            self.fields.append((self.writing, self.text.removeprefix("\n")))
            self.writing = None


@pytest.fixture
def address(database):
    return f"/admin/practices/practice/{database.told['draft']}/change/"


@pytest.fixture
def form(site, curator, address):
    """The form of a draft with what was typed into it."""
    data = AdminForm(curator.get(address).text).data
    data["description"] = TYPED
    data["summary"] = "A tool that tells people what their diploma is worth abroad, and <em>how</em>."
    return data


def saved_description(curator, address):
    return AdminForm(curator.get(address).text).data["description"]


def as_lines(text):
    return text.replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("read_only", "Nothing can be changed at the moment."),
        ("writing_held_up", "The database takes too long to answer."),
    ],
)
def test_what_was_typed_while_nothing_can_be_written_comes_back_in_its_form(
    fault, curator, address, form, name, reason
):
    form["description"] = TYPED + name
    before = saved_description(curator, address)
    with fault(name):
        answer = curator.post(address, form)
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert reason in answer.text
        assert "What you typed is all here" in answer.text
    again = AdminForm(answer.text)
    changed = {name for name in form if as_lines(str(again.data.get(name))) != as_lines(str(form[name]))}
    assert changed == {"csrfmiddlewaretoken"}
    assert saved_description(curator, address) == before
    answer = curator.post(address, again.data)
    assert answer.status == 302
    assert as_lines(saved_description(curator, address)) == (TYPED + name).strip()


def test_what_was_typed_while_the_database_is_gone_is_sent_again_from_the_page_that_says_so(
    site, fault, curator, address, form
):
    form["description"] = TYPED + "gone"
    logged = len(site.logged)
    with fault("gone"):
        answer = curator.post(address, form)
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["Cache-Control"] == "no-store"
        assert "<h1>It was not saved</h1>" in answer.text
        assert "<script>" not in answer.text
        # Sent again too early, it comes back once more.
        first = Resent(answer.text)
        assert first.address == address
        answer = curator.post(first.address, first.fields)
        assert answer.status == 503
    again = Resent(answer.text)
    assert again.address == address
    sent = [(name, as_lines(value)) for name, value in again.fields if name != "csrfmiddlewaretoken"]
    typed = [
        (name, as_lines(value))
        for name, values in form.items()
        for value in (values if isinstance(values, list) else [values])
        if name != "csrfmiddlewaretoken"
    ]
    assert sorted(sent) == sorted(typed)
    assert curator.post(again.address, again.fields).status == 302
    assert as_lines(saved_description(curator, address)) == (TYPED + "gone").strip()
    assert "First line" not in site.logged[logged:]


def test_nobody_is_given_back_what_is_not_theirs_to_repeat(site, fault, curator, address, form):
    """What another site had them send, and passwords; but what a reader suggests."""
    visitor = Curator(site, "")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', visitor.get("/admin/login/").text)[1]
    with fault("gone"):
        without_token = curator.post(address, {**form, "csrfmiddlewaretoken": "x" * 64})
        curator.sends_from = "cross-site"
        from_elsewhere = curator.post(address, form)
        login = visitor.post(
            "/admin/login/", {"csrfmiddlewaretoken": token, "username": "editor", "password": PASSWORD}
        )
        suggestion = visitor.post("/suggest/", {"title": "A practice", "text": TYPED})
    for answer in (without_token, from_elsewhere, login, suggestion):
        assert answer.status == 503
        assert "It was not saved" in answer.text
    for answer in (without_token, from_elsewhere):
        assert "First line" not in answer.text
        assert "<form" not in answer.text
    assert PASSWORD not in login.text
    assert "editor" not in login.text
    again = Resent(suggestion.text)
    assert again.address == "/suggest/"
    assert as_lines(dict(again.fields)["text"]) == TYPED
    assert dict(again.fields)["title"] == "A practice"


def test_what_was_typed_by_someone_whose_login_has_ended_is_sent_again_after_another(site, curator, address, form):
    form["description"] = f"{TYPED}logged out"
    session = curator.cookies.pop("sessionid")
    answer = curator.post(address, form)
    assert answer.status == 403
    assert "You are not logged in any more." in answer.text
    # Another login brings another token, which the page does not know of.
    curator.cookies |= {"sessionid": session, "csrftoken": "a" * 32}
    again = Resent(answer.text)
    answer = curator.post(again.address, again.fields)
    assert answer.status == 403
    assert "You have logged in since this page was opened." in answer.text
    again = Resent(answer.text)
    assert curator.post(again.address, again.fields).status == 302
    assert as_lines(saved_description(curator, address)) == f"{TYPED}logged out".strip()


def test_whoever_has_no_cookie_left_is_told_to_log_in(site, curator, address, form):
    form["description"] = f"{TYPED}closed the browser"
    curator.cookies.clear()
    answer = curator.post(address, form)
    assert answer.status == 403
    assert "You are not logged in any more." in answer.text
    assert "closed the browser" in answer.text


def test_what_another_site_sends_without_a_token_is_refused_as_ever(site, curator, address, form):
    curator.sends_from = "cross-site"
    answer = curator.post(address, {**form, "csrfmiddlewaretoken": "x" * 64})
    assert answer.status == 403
    assert "First line" not in answer.text
