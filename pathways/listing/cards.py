"""What a list shows of each record: cards, kept until the record, or something beside the list's records, changes."""

import threading
from collections.abc import Sequence

from django.template.loader import get_template
from django.utils.translation import get_language

from pathways.counters import cache_asked

from .index import changed_records, within_transaction

# So many are kept for each list, language and process; a card is about a kilobyte.
MOST_KEPT = 2000

lock = threading.Lock()
# By template and language: the version of the data, and the cards by id.
kept = {}


class Cards(Sequence):
    """The records of a Listing as the cards of a page, by a template that is given ``record``.

    Which records are public is asked each time; only how they look is remembered.
    """

    def __init__(self, listing, template_name):
        self.listing, self.template_name = listing, template_name

    def __len__(self):
        return len(self.listing)

    def __getitem__(self, index):
        start, stop, _step = index.indices(len(self))
        ids = self.listing.filter.page(start, stop)
        public = set(self.listing.filter.queryset.filter(pk__in=ids).order_by().values_list("pk", flat=True))
        known = kept_at(self.listing.filter.index, self.template_name)
        # Another thread may drop what is kept; what was found stays.
        found = {pk: card for pk in public if (card := known.get(pk)) is not None}
        cache_asked("cards", hits=len(found), misses=len(public) - len(found))
        template = get_template(self.template_name)
        for record in self.listing.fetch([pk for pk in ids if pk in public and pk not in found]):
            known[record.pk] = found[record.pk] = template.render({"record": record})
        return [found[pk] for pk in ids if pk in found]


def kept_at(index, template_name):
    """Return the cards that are kept of the data as ``index`` knows them, by id: the caller adds to them."""
    if within_transaction():
        return {}
    key = template_name, get_language()
    with lock:
        at, cards = kept.get(key, (None, {}))
        if at != index.version or len(cards) > MOST_KEPT:
            cards = still_right(cards, at, index) if len(cards) <= MOST_KEPT else {}
            kept[key] = index.version, cards
        return cards


def still_right(cards, at, index):
    """Return those of ``cards``, made at the version ``at``, whose records have not changed since."""
    if not cards or at[0] != index.version[0] or at[1] > index.version[1]:
        return {}
    changed = changed_records(index.filter_class, at[1])
    return {} if changed is None else {pk: card for pk, card in cards.items() if pk not in changed}


def forget():
    """Drop every card of this process."""
    with lock:
        kept.clear()
