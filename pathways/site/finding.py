"""Search across everything: groups of what was found, suggestions, and what to do when there is nothing."""

from dataclasses import dataclass
from difflib import get_close_matches

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from meetings.models import Document, Meeting, Outcome
from pathways.listing.models import SearchEntry
from pathways.listing.search import SPAN, find, sources, suggested
from pathways.listing.words import plain, shorter
from pathways.vocabulary.models import Country, Organisation, Theme
from practices.models import Practice

IN_A_GROUP = 5
# Of a kind that has no list to lead to, all are shown up to so many.
IN_A_GROUP_WITHOUT_LIST = 50
MOST_NAMES = 20_000
SUGGESTIONS = 8
# So many are looked at for suggestions; some of them may not be public.
MOST_SUGGESTED = 100


@dataclass
class Group:
    """What was found of one kind: its heading, how many, the first few, and where the rest is."""

    heading: str
    count: int
    rows: list
    url: str


KINDS = (
    (Practice, _("Practices"), "practices:list"),
    (Outcome, _("Outcomes"), "outcomes:list"),
    (Meeting, _("Meetings"), "meetings:list"),
    (Country, _("Countries"), "site:countries"),
    (Theme, _("Themes"), None),
    (Organisation, _("Organisations"), None),
    (Document, _("Documents"), None),
)
HEADINGS = {model: heading for model, heading, _list in KINDS}


def visible(model):
    """Return the rows of ``model`` that the public may see; countries and themes all are."""
    return model.objects.all() if model in {Country, Theme} else model.objects.published()


def groups(question):
    """Return a Group for each kind in which something was found, the kinds in their order."""
    found = []
    for model, heading, list_name in KINDS:
        matches = find(model, question)
        public = set(visible(model).filter(pk__in=list(matches.ids)).values_list("pk", flat=True))
        if not public:
            continue
        most = IN_A_GROUP if list_name else IN_A_GROUP_WITHOUT_LIST
        first = [pk for pk in matches.ranked if pk in public][:most]
        rows = model.objects.in_bulk(first)
        url = f"{reverse(list_name)}?{urlencode({'q': question})}" if list_name else ""
        found.append(Group(heading, len(public), [rows[pk] for pk in first], url))
    return found


def without_a_word(question):
    """Return (word, the question without it, number found) for each word that it could do without, the most first."""
    found = []
    for word, rest in shorter(question):
        count = sum(visible(model).filter(pk__in=list(find(model, rest).ids)).count() for model, *_other in KINDS)
        if count:
            found.append((word, rest, count))
    return sorted(found, key=lambda one: -one[2])


def suggestions(question):
    """Return (label, kind, address) of the few things that what was typed so far may mean."""
    wanted = suggested(question, MOST_SUGGESTED)
    rows = {}
    for source in {source.number: source for source, _pk in wanted}.values():
        pks = [pk for other, pk in wanted if other is source]
        rows.update({(source.number, pk): row for pk, row in visible(source.model).in_bulk(pks).items()})
    found = [(source, rows.get((source.number, pk))) for source, pk in wanted]
    return [
        (str(row), str(HEADINGS[source.model]), row.get_absolute_url()) for source, row in found if row is not None
    ][:SUGGESTIONS]


def nearest(question):
    """Return the rows whose names look most like a question that found nothing."""
    names = {}
    for key, whole in SearchEntry.objects.order_by("-pk").values_list("pk", "names")[:MOST_NAMES]:
        for name in whole.strip("|").split("|"):
            names.setdefault(name, key)
    close = get_close_matches(plain(question), names, n=IN_A_GROUP, cutoff=0.6)
    numbered = {source.number: source for source in sources.values()}
    rows = []
    for name in close:
        source, pk = numbered[names[name] // SPAN], names[name] % SPAN
        row = visible(source.model).filter(pk=pk).first()
        if row is not None and row not in rows:
            rows.append(row)
    return rows
