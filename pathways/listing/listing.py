"""A request's list: which records match, in which order. Page, export, feed and API read the same one."""

from collections.abc import Sequence

CHUNK = 500


class Listing(Sequence):
    """The records that a filter matches, as a sequence: it can be counted, sliced and walked through.

    The index proposes ids; records are fetched as they are asked for, through the publication rule, with ``related``
    prefetched.
    """

    def __init__(self, filterset, related=()):
        self.filter = filterset
        self.related = related

    @property
    def problems(self):
        return self.filter.problems

    def fetch(self, ids):
        """Return the published ones of ``ids``, in their order."""
        found = self.filter.queryset.prefetch_related(*self.related).in_bulk(ids)
        return [found[pk] for pk in ids if pk in found]

    def __len__(self):
        return len(self.filter.matching)

    def __getitem__(self, index):
        if not isinstance(index, slice):
            at = range(len(self))[index]
            return self[at : at + 1][0]
        start, stop, _step = index.indices(len(self))
        return self.fetch(self.filter.page(start, stop))

    def __iter__(self):
        ids = self.filter.page(0, len(self))
        for start in range(0, len(ids), CHUNK):
            yield from self.fetch(ids[start : start + CHUNK])
