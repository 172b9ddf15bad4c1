"""How tests read pages and exports, as a visitor or a script would."""

import csv
import io
import re
from html.parser import HTMLParser

BOM = "\ufeff"


def body(response):
    """Return the text of a response, streamed or not."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode()


def rows(response):
    """Return the rows of a CSV response as mappings."""
    assert response.status_code == 200
    text = body(response)
    assert text.startswith(BOM)
    return list(csv.DictReader(io.StringIO(text.removeprefix(BOM), newline="")))


def exported(client, address):
    """Return the rows of the export of a list, given the address of its page."""
    path, _question, query = address.partition("?")
    return rows(client.get(f"{path.rstrip('/')}.csv?{query}"))


def results(page):
    """Return the part of a list's page that holds its results."""
    return page[page.index('id="results"') : page.index("</main>")]


def count(page):
    """Return the number of results that a list's page gives."""
    return int(re.search(r'class="count"[^>]*>\s*(\d+)', page)[1])


def found(client, address):
    """Return the ids that a list finds, in order: the same on its page and in its export, and as many as it says."""
    path, _question, query = address.partition("?")
    response = client.get(f"{path}?{query}&per_page=200")
    assert response.status_code == 200, response.content
    page = body(response)
    # A record's own link comes first on its line.
    shown = list(dict.fromkeys(re.findall(rf'href="{path}([\w-]+)/"', results(page))))
    key = "code" if path == "/countries/" else "id"
    ids = [row[key].lower() if key == "code" else row[key] for row in exported(client, address)]
    assert shown == ids
    assert count(page) == len(ids)
    return ids


VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


class Reader(HTMLParser):
    """Gathers the tags of a page, and its text as a screen reader has it: without what is hidden from it."""

    def __init__(self):
        super().__init__()
        self.tags, self.texts, self.open = [], [], []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        if tag not in VOID:
            hidden = attributes.get("aria-hidden") == "true" or tag in {"script", "style"}
            self.open.append((tag, hidden))

    def handle_endtag(self, tag):
        # What is not closed in the order in which it was opened is malformed.
        assert self.open.pop()[0] == tag, (tag, self.getpos())

    def is_harmless(self):
        return not any(
            tag in {"style", "iframe", "object", "embed", "base"}
            # A block of data is no script: no browser runs it.
            or (
                tag == "script"
                and attributes != {"type": "application/ld+json"}
                and not (attributes.get("src") or "").startswith("/static/")
            )
            or (tag == "img" and not (attributes.get("src") or "").startswith("/"))
            or any(name == "style" or name.startswith("on") for name in attributes)
            or (attributes.get("href") or "").strip().lower().startswith(("javascript:", "data:"))
            for tag, attributes in self.tags
        )

    def handle_data(self, data):
        if not any(hidden for _tag, hidden in self.open):
            self.texts.append(data)


def read(page):
    """Return a reader that has read a whole page; fails where its elements are not nested as they should be."""
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert not reader.open, reader.open
    return reader


def words(page):
    """Return the text of a page without its markup, every blank as one space."""
    reader = Reader()
    # Parts of pages are read too, and need not be closed.
    reader.handle_endtag = lambda tag: reader.open and reader.open[-1][0] == tag and reader.open.pop()
    reader.feed(page)
    text = " ".join(" ".join(reader.texts).split())
    return text.replace(" ,", ",").replace(" .", ".").replace("( ", "(").replace(" )", ")")


def says(page, *phrases):
    """Whether a page says all of ``phrases``, in this order, in small letters or capitals."""
    text, at = words(page).casefold(), 0
    for phrase in phrases:
        at = text.find(phrase.casefold(), at)
        if at < 0:
            return False
        at += len(phrase)
    return True


def is_harmless(page):
    """Whether a whole page is sound, and has no script or style within it, and no handler of an event."""
    return read(page).is_harmless()


class AdminForm(HTMLParser):
    """The form of an admin page as a browser would send it back, nothing changed.

    ``names`` has all its fields, also what a browser would leave out: boxes without a tick, choices without one made.
    """

    def __init__(self, html):
        super().__init__()
        self.data, self.names, self.inside, self.select, self.text = {}, set(), False, None, None
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        field = dict(attributes)
        name = field.get("name")
        if tag == "form":
            self.inside = field.get("id", "").endswith("_form")
        if not self.inside:
            return
        if name and tag in {"select", "textarea", "input"} and field.get("type") != "submit":
            self.names.add(name)
        if tag == "select":
            self.select = name
        elif tag == "option" and "selected" in field:
            self.data.setdefault(self.select, []).append(field["value"])
        elif tag == "textarea":
            self.text, self.data[name] = name, ""
        elif (
            tag == "input"
            and name
            and field["type"] != "submit"
            and (field["type"] != "checkbox" or "checked" in field)
        ):
            self.data.setdefault(name, []).append(field.get("value", "on" if field["type"] == "checkbox" else ""))

    def handle_data(self, text):
        if self.text:
            self.data[self.text] += text

    def handle_endtag(self, tag):
        if tag == "textarea" and self.text:
            # A page's text starts on the line after the tag; browsers send two characters for a new line.
            self.data[self.text] = self.data[self.text].removeprefix("\n").replace("\n", "\r\n")
            self.text = None
        elif tag == "form":
            self.inside = False

    def add(self, rows, **values):
        """Add a row, as the page's script does: a copy of the empty one behind the last."""
        number = int(self.data[f"{rows}-TOTAL_FORMS"][0])
        self.data[f"{rows}-TOTAL_FORMS"] = [str(number + 1)]
        for name in list(self.data):
            if name.startswith(f"{rows}-__prefix__-"):
                self.data[name.replace("__prefix__", str(number))] = self.data[name]
        self.data.update({f"{rows}-{number}-{name}": value for name, value in values.items()})
