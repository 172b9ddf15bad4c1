"""A request's list: which records match, in which order. Page, export, feed and API read the same one."""

from collections.abc import Sequence
from functools import cached_property

CHUNK = 500


class Listing(Sequence):
    """The records that a filter matches, as a sequence: it can be counted, sliced and walked through.

    Only ids are held; records are fetched as they are asked for, through the publication rule once more, with
    ``related`` prefetched.
    """

    def __init__(self, filterset, related=()):
        self.filter = filterset
        self.related = related

    @property
    def problems(self):
        return self.filter.problems

    @cached_property
    def ids(self):
        return list(self.filter.ordered().values_list("pk", flat=True))

    def fetch(self, ids):
        """Return the published ones of ``ids``, in their order."""
        found = self.filter.queryset.prefetch_related(*self.related).in_bulk(ids)
        return [found[pk] for pk in ids if pk in found]

    def __len__(self):
        return len(self.ids)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return self.fetch(self.ids[index])
        return self.fetch([self.ids[index]])[0]

    def __iter__(self):
        for start in range(0, len(self.ids), CHUNK):
            yield from self[start : start + CHUNK]
