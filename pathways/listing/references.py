"""How a record, or a list, is cited: one Reference, from which every citation format and the feeds are written."""

import re
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

# So many of the places where a record is printed stand in the text of a citation; the files have all of them.
MOST_PLACES = 3
# What no line of a file may hold: control characters, and what some readers take for the end of a line.
BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
INNER_QUOTES = str.maketrans("“”", "‘’")


@dataclass(frozen=True)
class Place:
    """Where something is printed: the title of the document, the place in it, and who shared it there, if stated."""

    document: str
    locator: str = ""
    shared_by: str = ""


@dataclass(frozen=True)
class Reference:
    """What is cited: a record or a list as it stood on a day, and all that is said of it.

    ``key`` is unique and stays when the address changes. ``kind`` says in words what it is, ``places`` where it is
    printed, or documented if it ``is_event``. ``version`` is that of the data and ``version_on`` its day.
    """

    key: str
    kind: str
    title: str
    address: str
    publisher: str
    updated_on: date
    version: str
    version_on: date
    accessed_on: date
    published_on: date | None = None
    abstract: str = ""
    places: tuple[Place, ...] = ()
    keywords: tuple[str, ...] = ()
    is_list: bool = False
    is_event: bool = False

    @property
    def shared_by(self):
        """Who shared it, each named once."""
        return list(dict.fromkeys(place.shared_by for place in self.places if place.shared_by))

    @property
    def notes(self):
        """Who shared it, where it is printed and the version of the data, each as a sentence."""
        said = []
        if self.shared_by:
            said.append(_("Shared by: %s.") % "; ".join(self.shared_by))
        if self.places:
            said.append((_("Documented in: %s.") if self.is_event else _("Printed in: %s.")) % in_words(self.places))
        return [*said, _("Data version %(version)s of %(day)s.") % self.of_version("j F Y")]

    @property
    def printed(self):
        """Where it is printed or documented, in short."""
        if not self.places:
            return ""
        more = len(self.places) - MOST_PLACES
        shown = (_("documented in %s") if self.is_event else _("printed in %s")) % in_words(self.places[:MOST_PLACES])
        return _("%(places)s; and %(more)d more") % {"places": shown, "more": more} if more > 0 else shown

    def of_version(self, day_format):
        return {"version": self.version, "day": date_format(self.version_on, day_format)}


def in_words(places):
    """Return places as text, each document named once: “Paper”, Annex 1; footnote 25."""
    by_document = {}
    for place in places:
        by_document.setdefault(place.document, []).append(place.locator)
    return "; ".join(
        ", ".join(filter(None, [f"“{document.translate(INNER_QUOTES)}”", "; ".join(locators)]))
        for document, locators in by_document.items()
    )


def apa(reference):
    """Return the citation in the style of the APA, seventh edition."""
    said = [
        reference.kind,
        reference.printed,
        _("data version %(version)s of %(day)s") % reference.of_version("F j, Y"),
    ]
    return " ".join(
        [
            sentence(reference.publisher),
            f"({date_format(reference.updated_on, 'Y, F j')}).",
            f"{one_line(reference.title)} [{one_line('; '.join(filter(None, said)))}].",
            _("Retrieved %(day)s, from %(address)s")
            % {"day": date_format(reference.accessed_on, "F j, Y"), "address": reference.address},
        ]
    )


def chicago(reference):
    """Return the citation in the style of Chicago, as an entry of a bibliography."""
    what = f"{reference.kind} {reference.printed}" if reference.printed else reference.kind
    return " ".join(
        [
            sentence(reference.publisher),
            f"“{sentence(one_line(reference.title).translate(INNER_QUOTES))}”",
            sentence(one_line(what)),
            _("Last modified %s.") % date_format(reference.updated_on, "F j, Y"),
            _("Data version %(version)s of %(day)s.") % reference.of_version("F j, Y"),
            _("Accessed %s.") % date_format(reference.accessed_on, "F j, Y"),
            f"{reference.address}.",
        ]
    )


def sentence(text):
    """Return ``text`` with a full stop, unless it ends with one."""
    return text if text.endswith((".", "?", "!", "…")) else f"{text}."


def one_line(text):
    """Return ``text`` without line ends and control characters."""
    return BREAKS.sub(" ", text).strip()
