"""Full-text search on SQLite (FTS5) and PostgreSQL (tsvector): the same words, weights and order of importance.

Each app says what its records are found by: a Source. Entries are written in the transaction of the change they follow
from, through the signal that every door sends.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from django.conf import settings
from django.db import DatabaseError, connection, connections, models, router, transaction
from django.db.models import Count, F, Sum
from pyroaring import BitMap

from pathways.curation.models import Owned, Record
from pathways.curation.snapshots import batches
from pathways.outages import Outage, outage_of

from .index import renew_epoch, version_now, within_transaction
from .models import SearchEntry
from .words import Part, Query, parse, plain

# So far apart stand the keys of two kinds.
SPAN = 1 << 40
# The importance of weights A to D.
WEIGHTS = (10.0, 5.0, 2.0, 1.0)
# So many matches are put in order of relevance; the rest follow in the order of the list.
MOST_RANKED = 1000
# Of more matches than this only those that have the words in their names are weighed, if they are a page or two.
MANY = 10_000
FEW = 200
# So many entries are held against their rows at a time.
LOOKED_AT = 100

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """What the rows of a model are found by.

    ``number`` tells its entries from those of other models and never changes; ``texts`` returns for a row its whole
    names, what it is best known by first, and lists of texts of weight A to D; ``related`` is what to
    prefetch for that.
    """

    number: int
    model: type[models.Model]
    texts: Callable
    related: tuple[str, ...] = ()

    def key(self, pk):
        return self.number * SPAN + pk

    @property
    def keys(self):
        return self.number * SPAN, (self.number + 1) * SPAN - 1

    def indexed(self):
        """Return the rows that have an entry: records once published, terms always."""
        return self.model.objects.published() if issubclass(self.model, Record) else self.model.objects.all()

    def entry(self, row):
        names, *weighted = self.texts(row)
        a, b, c, d = (plain(*texts) for texts in weighted)
        whole = "".join(f"|{plain(name)}" for name in names if name)
        return SearchEntry(id=self.key(row.pk), names=f"{whole}|", a=a, b=b, c=c, d=d)


sources = {}


def register(source):
    sources[source.model] = source


# Writing


@transaction.atomic
def index_rows(model, pks):
    """Write the entries of rows anew; those that are not public any more lose theirs."""
    source = sources[model]
    for some in batches(sorted(pks)):
        rows = source.indexed().filter(pk__in=some).prefetch_related(*source.related)
        entries = [source.entry(row) for row in rows]
        gone = {source.key(pk) for pk in some} - {entry.pk for entry in entries}
        SearchEntry.objects.filter(pk__in=gone).delete()
        SearchEntry.objects.bulk_create(
            entries, update_conflicts=True, unique_fields=["id"], update_fields=["names", "a", "b", "c", "d"]
        )


def follow(sender, rows, removed, **kwargs):
    """Keep the index in step with a change: the rows it touched, and those that are found by them."""
    changed = by_model(rows)
    for model, pks in list(changed.items()):
        for other, found in referring(model, pks):
            changed.setdefault(other, set()).update(found)
    for model, pks in changed.items():
        if model in sources:
            index_rows(model, pks)
    # They still stand in the database, but nothing refers to them any more.
    for model, pks in by_model(removed).items():
        if model in sources:
            SearchEntry.objects.filter(pk__in=[sources[model].key(pk) for pk in pks]).delete()


def by_model(rows):
    found = {}
    for row in rows:
        found.setdefault(row._meta.concrete_model, set()).add(row.pk)
    return found


def referring(model, pks):
    """Yield (model, ids) of the rows with entries that refer to rows of ``model``, themselves or by rows they own."""
    for relation in model._meta.related_objects:
        other, path = relation.related_model, relation.field.name
        owner = other
        if issubclass(other, Owned):
            owner = other._meta.get_field(other.owner).related_model
        if owner in sources and owner is not model:
            name = "pk" if owner is other else other.owner
            for some in batches(pks):
                yield owner, set(other._base_manager.filter(**{f"{path}__in": some}).values_list(name, flat=True))


@transaction.atomic
def rebuild(**kwargs):
    """Write every entry anew; return how many there are."""
    SearchEntry.objects.all().delete()
    for source in sources.values():
        index_rows(source.model, source.indexed().values_list("pk", flat=True))
    return SearchEntry.objects.count()


# Noticing that it is wrong

FIELDS = ("names", "a", "b", "c", "d")
# By the number of a source: when its entries are to be held against its rows again, and from which on.
looks = {}
mending = threading.Lock()


def look(source):
    """Hold some entries of a source against the rows they are of, if it is time, and mend the index if they differ."""
    due, start = looks.setdefault(source.number, (monotonic() + settings.INDEX_CHECK_SECONDS, 0))
    if monotonic() < due or within_transaction():
        return
    version = version_now()
    rows = list(source.indexed().order_by("pk").prefetch_related(*source.related)[start : start + LOOKED_AT])
    is_wrong = not (same_number(source) and all_found(source, rows))
    follows = start + LOOKED_AT if len(rows) == LOOKED_AT else 0
    looks[source.number] = monotonic() + settings.INDEX_CHECK_SECONDS, follows
    if is_wrong and version_now() == version:
        try:
            mend(source)
        except DatabaseError as error:
            # It is answered from what there is, and looked at again.
            logger.error("The search index of %s stays as it is: %s", source.model._meta.label, type(error).__name__)


def same_number(source):
    """Whether there are as many entries as rows, and of the same ids as far as their sum tells."""
    low, high = source.keys
    entries = SearchEntry.objects.filter(pk__range=(low, high)).aggregate(n=Count("pk"), s=Sum(F("pk") - low))
    return source.indexed().order_by().aggregate(n=Count("pk"), s=Sum("pk")) == entries


def all_found(source, rows):
    """Whether the entries of ``rows`` hold what they should, and are found by it."""
    entries = SearchEntry.objects.in_bulk([source.key(row.pk) for row in rows])
    for wanted in map(source.entry, rows):
        entry = entries.get(wanted.pk)
        if entry is None or any(getattr(entry, name) != getattr(wanted, name) for name in FIELDS):
            return False
    with connection.cursor() as cursor:
        return DIALECTS[connection.vendor].all_found(cursor, entries.values())


def mend(source):
    """Write the entries of a source anew, and begin a new epoch, as answers made from the wrong ones may be kept."""
    if not mending.acquire(blocking=False):
        # Another thread is at it.
        return
    try:
        logger.error("The search index of %s was wrong: it is written anew.", source.model._meta.label)
        low, high = source.keys
        there = {key - low for key in SearchEntry.objects.filter(pk__range=(low, high)).values_list("pk", flat=True)}
        with connection.cursor() as cursor:
            DIALECTS[connection.vendor].rebuild(cursor)
        for some in batches(sorted(there | set(source.indexed().values_list("pk", flat=True)))):
            index_rows(source.model, some)
        renew_epoch()
    finally:
        mending.release()


# Asking


@dataclass
class Matches:
    """The ids that a query found, and the best of them in order of relevance."""

    ids: BitMap
    ranked: list[int]


def find(model, text):
    """Return the Matches of a text among the rows of ``model``; where no word is found, of words that begin so."""
    query = parse(text)
    source = sources[model]
    look(source)
    try:
        matches = asked(source, query)
    except DatabaseError as error:
        if outage_of(error) != Outage.DAMAGED or within_transaction():
            raise
        # The rest of the database may well be sound.
        mend(source)
        matches = asked(source, query)
    if not matches.ids and query.wanted:
        matches = asked(source, query.with_prefixes())
    return matches


def asked(source, query):
    if not query.wanted:
        return Matches(BitMap(), [])
    connection = connections[router.db_for_read(SearchEntry)]
    dialect = DIALECTS[connection.vendor]
    low, high = source.keys
    with connection.cursor() as cursor:
        cursor.execute(*dialect.matching(query, low, high))
        ids = BitMap([key - low for (key,) in cursor.fetchall()])
        name = " ".join(word for part in query.wanted for word in part.words)
        if len(ids) <= MANY:
            cursor.execute(*dialect.ranked(query, low, high, [f"|{name}|", f"|{other_number(name)}|"]))
            ranked = [key - low for (key,) in cursor.fetchall()]
        else:
            ranked = best_of_many(cursor, dialect, query, source, name)
    return Matches(ids, ranked)


def best_of_many(cursor, dialect, query, source, name):
    """Return the ids of the best of very many matches: what is called ``name``, then what has it in its names."""
    low, high = source.keys
    cursor.execute(*dialect.called(name, low, high))
    called = [key - low for (key,) in cursor.fetchall()]
    for in_names in (True, False):
        cursor.execute(*dialect.weighed(query, low, high, in_names))
        ranked = [key - low for (key,) in cursor.fetchall()]
        if len(ranked) >= FEW:
            break
    return list(dict.fromkeys(called + ranked))


def other_number(name):
    """Return the plural of a name for its singular, and the other way round, as most words form it."""
    return name.removesuffix("s") if name.endswith("s") else f"{name}s"


def suggested(text, limit):
    """Return (source, id) of what the beginning of a question may mean, whole names first."""
    query = parse(text)
    if not query.wanted:
        return []
    *others, last = query.wanted
    last = Part(last.words, prefix=True)
    connection = connections[router.db_for_read(SearchEntry)]
    dialect = DIALECTS[connection.vendor]
    whole = "|" + " ".join(word for part in query.wanted for word in part.words)
    with connection.cursor() as cursor:
        cursor.execute(*dialect.ranked(Query([*others, last], query.unwanted), 0, SPAN << 10, [whole] * 2, limit))
        keys = [key for (key,) in cursor.fetchall()]
    numbered = {source.number: source for source in sources.values()}
    return [(numbered[key // SPAN], key % SPAN) for key in keys]


class Sqlite:
    """FTS5: every word quoted, so that nothing of what was typed is read as its syntax.

    First comes what bears the words as its whole name, best as that by which it is best known, then what has all of
    them in its names, then the rest by relevance; so on PostgreSQL.
    """

    def rebuild(self, cursor):
        """Make the inverted index anew from the entries."""
        cursor.execute("INSERT INTO listing_fts(listing_fts) VALUES ('rebuild')")

    def all_found(self, cursor, entries):
        """Whether each of ``entries`` is found by the first of its words, and by no error."""
        try:
            for entry in entries:
                if words := entry.a.split():
                    cursor.execute(
                        "SELECT 1 FROM listing_fts WHERE listing_fts MATCH %s AND rowid = %s",
                        [f'a : "{words[0]}"', entry.pk],
                    )
                    if cursor.fetchone() is None:
                        return False
        except DatabaseError:
            return False
        return True

    def expression(self, query):
        wanted = " AND ".join(self.phrase(part) for part in query.wanted)
        unwanted = "".join(f" NOT {self.phrase(part)}" for part in query.unwanted)
        return f"({wanted}){unwanted}"

    def phrase(self, part):
        if not part.prefix:
            return f'"{part}"'
        return "(" + " OR ".join([f'"{part}" *', *(f'"{stem}"' for stem in part.stems)]) + ")"

    def matching(self, query, low, high):
        sql = "SELECT rowid FROM listing_fts WHERE listing_fts MATCH %s AND rowid BETWEEN %s AND %s"
        return sql, [self.expression(query), low, high]

    def ranked(self, query, low, high, names, limit=MOST_RANKED):
        sql = (
            "SELECT f.rowid FROM listing_fts f JOIN listing_searchentry e ON e.id = f.rowid "
            "WHERE listing_fts MATCH %s AND f.rowid BETWEEN %s AND %s "
            "ORDER BY instr(e.names, %s) = 0, instr(e.names, %s) <> 1, instr(e.names, %s) = 0, "
            "f.rowid NOT IN (SELECT rowid FROM listing_fts WHERE listing_fts MATCH %s), "
            "bm25(listing_fts, %s, %s, %s, %s), f.rowid LIMIT %s"
        )
        expression = self.expression(query)
        name, other = names
        return sql, [expression, low, high, name, name, other, f"a : ({expression})", *WEIGHTS, limit]

    def called(self, name, low, high):
        sql = (
            "SELECT f.rowid FROM listing_fts f JOIN listing_searchentry e ON e.id = f.rowid "
            "WHERE listing_fts MATCH %s AND f.rowid BETWEEN %s AND %s AND instr(e.names, %s) > 0 ORDER BY f.rowid"
        )
        return sql, [f'a : ^ "{name}"', low, high, f"|{name}|"]

    def weighed(self, query, low, high, in_names):
        sql = (
            "SELECT rowid FROM listing_fts WHERE listing_fts MATCH %s AND rowid BETWEEN %s AND %s "
            "ORDER BY bm25(listing_fts, %s, %s, %s, %s), rowid LIMIT %s"
        )
        expression = self.expression(query)
        return sql, [f"a : ({expression})" if in_names else expression, low, high, *WEIGHTS, MOST_RANKED]


class Postgresql:
    """tsvector: each word a parameter of its own, made of letters and digits only."""

    def rebuild(self, cursor):
        """Make the inverted index anew; each entry has its own part of it, which the database keeps in step."""
        cursor.execute("REINDEX INDEX listing_searchentry_vector")

    def all_found(self, cursor, entries):
        return True

    def expression(self, query):
        parts = [self.phrase(part) for part in query.wanted]
        sql = " && ".join(part for part, _parameters in parts)
        parameters = [value for _part, values in parts for value in values]
        for part in query.unwanted:
            more, values = self.phrase(part)
            sql += f" && !! {more}"
            parameters += values
        return sql, parameters

    def phrase(self, part):
        if part.prefix:
            beginning = " <-> ".join(str(part).split()) + ":*"
            return "to_tsquery('pathways', %s)", [" | ".join([beginning, *part.stems])]
        return "phraseto_tsquery('pathways', %s)", [str(part)]

    def matching(self, query, low, high):
        sql, parameters = self.expression(query)
        return (
            f"SELECT id FROM listing_searchentry WHERE vector @@ ({sql}) AND id BETWEEN %s AND %s",  # noqa: S608
            [*parameters, low, high],
        )

    def ranked(self, query, low, high, names, limit=MOST_RANKED):
        sql, parameters = self.expression(query)
        weights = [weight / WEIGHTS[0] for weight in reversed(WEIGHTS)]
        statement = (
            f"SELECT id FROM listing_searchentry, (SELECT {sql} AS query) AS asked "  # noqa: S608
            "WHERE vector @@ query AND id BETWEEN %s AND %s "
            "ORDER BY strpos(names, %s) = 0, strpos(names, %s) <> 1, strpos(names, %s) = 0, "
            "NOT ts_filter(vector, '{a}') @@ query, ts_rank(%s::real[], vector, query, 1) DESC, id LIMIT %s"
        )
        name, other = names
        return statement, [*parameters, low, high, name, name, other, weights, limit]

    def called(self, name, low, high):
        sql = (
            "SELECT id FROM listing_searchentry WHERE vector @@ phraseto_tsquery('pathways', %s) "
            "AND id BETWEEN %s AND %s AND strpos(names, %s) > 0 ORDER BY id"
        )
        return sql, [name, low, high, f"|{name}|"]

    def weighed(self, query, low, high, in_names):
        sql, parameters = self.expression(query)
        statement = (
            f"SELECT id FROM listing_searchentry, (SELECT {sql} AS query) AS asked "  # noqa: S608
            "WHERE vector @@ query AND id BETWEEN %s AND %s AND (NOT %s OR ts_filter(vector, '{a}') @@ query) "
            "ORDER BY ts_rank(%s::real[], vector, query, 1) DESC, id LIMIT %s"
        )
        weights = [weight / WEIGHTS[0] for weight in reversed(WEIGHTS)]
        return statement, [*parameters, low, high, in_names, weights, MOST_RANKED]


DIALECTS = {"sqlite": Sqlite(), "postgresql": Postgresql()}
