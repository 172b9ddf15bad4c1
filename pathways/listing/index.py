"""The index of a list: for each value of each facet the ids of the published records that have it, as a bitmap.

Each process holds one for each list, at one version of the data. A request compares that with the current version; what
changed since is applied to a copy, which takes the old one's place. The index proposes ids; records are fetched through
the publication rule, so a stale index can leave something out but never show what is not public.
"""

import logging
import threading
from bisect import bisect_left, insort
from datetime import date
from itertools import islice
from time import monotonic

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, transaction
from django.db.models import Count, Sum
from pyroaring import BitMap

from pathways.curation.models import DataVersion, Version

logger = logging.getLogger(__name__)

# More changed records than this are not worth applying one by one.
MOST_APPLIED = 500
# So many records are held against the database at a time.
LOOKED_AT = 500

EMPTY = BitMap()


class FacetIndex:
    """One facet: its terms in the vocabulary's order, and the ids of the records that have each value."""

    def __init__(self, declared, everything):
        self.labels = {str(value): label for value, label in declared.terms.all()}
        # What pages make of the labels, by language.
        self.parts = {}
        self.lineage = declared.lineage() if declared.lineage else None
        self.bitmaps = gathered(declared.by_value(), everything, self.lineage)

    def any_of(self, values):
        """Return the ids of the records that have one of ``values``."""
        return BitMap.union(*(self.bitmaps.get(value, EMPTY) for value in values))

    def updated(self, declared, changed, everything):
        """Return a copy in which the records ``changed`` have the values they have now."""
        if declared.from_others:
            return FacetIndex(declared, everything)
        copy = object.__new__(FacetIndex)
        copy.labels = {str(value): label for value, label in declared.terms.all()}
        copy.parts = self.parts if copy.labels == self.labels else {}
        copy.lineage = self.lineage
        anew = gathered(declared.by_value(changed), everything, self.lineage)
        copy.bitmaps = {
            value: (self.bitmaps.get(value, EMPTY) - changed) | anew.get(value, EMPTY)
            for value in self.bitmaps.keys() | anew.keys()
        }
        return copy


def gathered(groups, everything, lineage):
    """Return the bitmaps of groups, each a value and record ids; a value is counted for those above it too."""
    bitmaps = {}
    for value, ids in groups:
        bitmaps[str(value)] = bitmaps.get(str(value), EMPTY) | (BitMap(ids) & everything)
    if lineage:
        for value, ids in list(bitmaps.items()):
            for above in lineage.get(value, ()):
                bitmaps[above] = bitmaps.get(above, EMPTY) | ids
    return bitmaps


class ListIndex:
    """The index of the list that ``filter_class`` declares, at one version of the data."""

    def __init__(self, filter_class, version):
        self.filter_class, self.version = filter_class, version
        orders = filter_class.orders()
        self.key_fields = tuple(
            dict.fromkeys(field.removeprefix("-") for fields in orders.values() for field in fields)
        )
        self.sorted_by = {name: Order(fields, self.key_fields) for name, fields in orders.items()}
        self.keys = dict(self.read_keys(filter_class.records()))
        self.everything = BitMap(self.keys)
        self.facets = {
            name: FacetIndex(declared, self.everything) for name, declared in filter_class.declared_facets().items()
        }
        self.years = {
            name: gathered(declared.by_value(), self.everything, None)
            for name, declared in filter_class.declared_years().items()
        }
        self.orders = self.in_order()
        self.ranks = {}
        # The counts of the whole list, and its facets as pages draw them, by language.
        self.whole_counts, self.whole_facets = None, {}
        self.look_at, self.looked_up_to = next_look(), 0

    def read_keys(self, records):
        for row in records.values_list("pk", *self.key_fields).iterator(chunk_size=10_000):
            yield row[0], row[1:]

    def in_order(self):
        """Return the ids in each order: sorted by its last part first, which orders with the same end do once."""
        done, keys = {(): list(self.keys)}, self.keys

        def by(parts):
            if parts not in done:
                place, down = parts[0]
                done[parts] = sorted(by(parts[1:]), key=lambda pk: key_part(keys[pk][place], down))
            return done[parts]

        return {name: list(by(order.parts)) for name, order in self.sorted_by.items()}

    def key_of(self, order):
        keys = self.keys
        return lambda pk: order.key(keys[pk])

    def updated(self, version, changed):
        """Return the index at ``version``, when of its records only those with the ids ``changed`` differ."""
        copy = object.__new__(ListIndex)
        copy.filter_class, copy.version = self.filter_class, version
        copy.sorted_by, copy.key_fields = self.sorted_by, self.key_fields
        copy.ranks, copy.whole_counts, copy.whole_facets = {}, None, {}
        copy.look_at, copy.looked_up_to = self.look_at, self.looked_up_to
        changed = BitMap(changed)
        anew = dict(self.read_keys(self.filter_class.records().filter(pk__in=list(changed))))
        copy.keys = {**self.keys, **anew}
        gone = changed - BitMap(anew)
        copy.everything = (self.everything - gone) | BitMap(anew)
        copy.orders = {}
        for name, order in self.sorted_by.items():
            ids = list(self.orders[name])
            for pk in changed & self.everything:
                # Found by the key under which it stands, which the old index knows.
                at = bisect_left(ids, order.key(self.keys[pk]), key=self.key_of(order))
                del ids[at]
            for pk in anew:
                insort(ids, pk, key=copy.key_of(order))
            copy.orders[name] = ids
        for pk in gone:
            copy.keys.pop(pk, None)
        copy.facets = {
            name: self.facets[name].updated(declared, changed, copy.everything)
            for name, declared in self.filter_class.declared_facets().items()
        }
        copy.years = {}
        for name, declared in self.filter_class.declared_years().items():
            found = gathered(declared.by_value(changed), copy.everything, None)
            copy.years[name] = {
                year: (self.years[name].get(year, EMPTY) - changed) | found.get(year, EMPTY)
                for year in self.years[name].keys() | found.keys()
            }
        return copy

    def agrees(self):
        """Whether the database says the same: how many records there are, and all that is known of the next few.

        Asked again and again, it looks at every record in turn.
        """
        records = self.filter_class.records()
        if any(len(ids) != len(self.everything) for ids in self.orders.values()):
            return False
        if records.order_by().aggregate(n=Count("pk"), s=Sum("pk")) != {
            "n": len(self.everything),
            "s": sum(self.everything) or None,
        }:
            return False
        some = self.everything[self.looked_up_to : self.looked_up_to + LOOKED_AT]
        self.looked_up_to = self.looked_up_to + len(some) if self.looked_up_to + len(some) < len(self.everything) else 0
        if dict(self.read_keys(records.filter(pk__in=list(some)))) != {pk: self.keys[pk] for pk in some}:
            return False
        declared = [(self.facets[name].bitmaps, one) for name, one in self.filter_class.declared_facets().items()]
        declared += [(self.years[name], one) for name, one in self.filter_class.declared_years().items()]
        for bitmaps, one in declared:
            lineage = one.lineage() if getattr(one, "lineage", None) else None
            known = {value: ids & some for value, ids in bitmaps.items() if ids & some}
            if {value: ids for value, ids in gathered(one.by_value(some), some, lineage).items() if ids} != known:
                return False
        return True

    def under(self, version):
        """Return the same index under another version."""
        same = object.__new__(ListIndex)
        vars(same).update(vars(self), version=version)
        return same

    # Answers

    def years_within(self, name, lookup, bound):
        """Return the ids of the records whose period does not end before, or start after, the year ``bound``."""
        years = self.years[name]
        if lookup == "gte":
            return BitMap.union(EMPTY, *(ids for year, ids in years.items() if int(year) >= bound))
        return BitMap.union(EMPTY, *(ids for year, ids in years.items() if int(year) <= bound))

    def page(self, name, matching, start, stop):
        """Return the ids of ``matching`` from ``start`` to ``stop`` in the order ``name``."""
        ids = self.orders[name]
        if len(matching) == len(ids):
            return ids[start:stop]
        if stop * len(ids) < len(matching) * len(matching):
            return scanned(ids, matching, start, stop)
        if name not in self.ranks:
            self.ranks[name] = {pk: rank for rank, pk in enumerate(ids)}
        return sorted(matching, key=self.ranks[name].__getitem__)[start:stop]

    def counts(self, selections, base):
        """Return for each facet the number of records each value would show.

        ``selections`` are the ids that each chosen facet leaves, by name, ``base`` those that all else leaves. A facet
        is counted over what all the others leave.
        """
        if not selections and len(base) == len(self.everything):
            if self.whole_counts is None:
                self.whole_counts = {name: sizes(facet, None) for name, facet in self.facets.items()}
            return self.whole_counts
        of_all = BitMap.intersection(base, *selections.values())
        counted = {}
        for name, facet in self.facets.items():
            others = of_all
            if name in selections:
                others = BitMap.intersection(base, *(ids for other, ids in selections.items() if other != name))
            counted[name] = sizes(facet, others)
        return counted


def sizes(facet, within):
    if within is None:
        return {value: len(ids) for value, ids in facet.bitmaps.items() if ids}
    return {value: count for value, ids in facet.bitmaps.items() if (count := ids.intersection_cardinality(within))}


def scanned(ids, matching, start, stop):
    return list(islice((pk for pk in ids if pk in matching), start, max(start, stop)))


class Order:
    """An order by some of ``fields``, those with a minus downwards, what is not known last, alike on every database."""

    def __init__(self, by, fields):
        self.parts = tuple((fields.index(field.removeprefix("-")), field.startswith("-")) for field in by)

    def key(self, values):
        return tuple(key_part(values[place], down) for place, down in self.parts)


def key_part(value, down):
    if value is None:
        return (1,)
    if down:
        return 0, -(value.toordinal() if isinstance(value, date) else value)
    return 0, value


# One index for each list and process.

lock = threading.Lock()
current = {}


def index_for(filter_class):
    """Return the index of a list at the current version of the data; bring it up to date first if need be.

    It may know of later changes, as another thread's request has seen them, or one that reads another database: it
    says all the same that it is at the version of this request, since that is what this request reads rows of.
    """
    stamp = DataVersion.current()
    version = stamp.epoch, stamp.number
    if within_transaction():
        return ListIndex(filter_class, version)
    index = current.get(filter_class)
    if not is_as_new(index, version):
        with lock:
            index = current.get(filter_class)
            if not is_as_new(index, version):
                index = current[filter_class] = brought_up_to_date(index, filter_class, version)
    if monotonic() >= index.look_at:
        index.look_at = next_look()
        if is_wrong(index):
            index = put_right(filter_class)
    return index if index.version == version else index.under(version)


def next_look():
    """Return when an index is to be held against the database again."""
    return monotonic() + settings.INDEX_CHECK_SECONDS


def is_wrong(index):
    """Whether an index says something else than the database at the same version of the data."""
    # A change may come in between: then nothing is known, and it is looked at another time.
    return version_now() == index.version and not index.agrees() and version_now() == index.version


def version_now():
    """Return the version of the data as it stands in the database, whatever this request holds."""
    stamp = next(DataVersion.rows(), None)
    return (stamp.epoch, stamp.number) if stamp else ("", 0)


def put_right(filter_class):
    """Return an index from nothing, and have whatever was made from the wrong one count as old, wherever it is kept.

    Someone wrote past the doors, or a part of the memory or of the database is not what it was.
    """
    logger.error("The index of %s did not say what the database says: it is built anew.", filter_class.__name__)
    renew_epoch()
    index = ListIndex(filter_class, version_now())
    with lock:
        current[filter_class] = index
    return index


def renew_epoch():
    """Begin a new epoch of the data; where nothing can be written, only this process knows better."""
    try:
        with transaction.atomic():
            DataVersion.advance(new_epoch=True)
    except DatabaseError as error:
        logger.error("What was kept elsewhere stays: %s", type(error).__name__)


def within_transaction():
    """Whether what is read now may never be committed, and so is nobody else's to see."""
    return transaction.get_connection().in_atomic_block


def is_as_new(index, version):
    """Whether ``index`` is at ``version`` or a later one, as another thread may have asked for in the meantime."""
    return index is not None and index.version[0] == version[0] and index.version[1] >= version[1]


def brought_up_to_date(index, filter_class, version):
    """Return an index at ``version`` or a little later: what is read after the version is applied again, not missed."""
    if index is not None and index.version[0] == version[0]:
        changed = changed_records(filter_class, index.version[1])
        if changed is not None:
            return index.updated(version, changed)
    return ListIndex(filter_class, version)


def changed_records(filter_class, since):
    """Return the ids of the list's own records that changed after ``since``, or None if more must be read anew."""
    model = filter_class._meta.model
    own = ContentType.objects.get_for_model(model).pk
    harmless = {ContentType.objects.get_for_model(other).pk for other in filter_class.unaffected_by()}
    touched = Version.objects.filter(change__data_version__gt=since).exclude(content_type__in=harmless)
    # A record that changed many times counts once.
    touched = touched.order_by().values_list("content_type", "object_id").distinct()[: MOST_APPLIED + 1]
    if len(touched) > MOST_APPLIED or any(content_type != own for content_type, _pk in touched):
        return None
    return {pk for _content_type, pk in touched}


def forget():
    """Drop every index of this process."""
    with lock:
        current.clear()
