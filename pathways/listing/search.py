"""Full-text search on SQLite (FTS5) and PostgreSQL (tsvector): the same words, weights and order of importance.

Each app says what its records are found by: a Source. Entries are written in the transaction of the change they follow
from, through the signal that every door sends.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import connections, models, router, transaction
from pyroaring import BitMap

from pathways.curation.models import Owned, Record

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
# So many rows are written at a time.
BATCH = 500


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
    for some in batches(pks):
        rows = source.indexed().filter(pk__in=some).prefetch_related(*source.related)
        entries = [source.entry(row) for row in rows]
        gone = {source.key(pk) for pk in some} - {entry.pk for entry in entries}
        SearchEntry.objects.filter(pk__in=gone).delete()
        SearchEntry.objects.bulk_create(
            entries, update_conflicts=True, unique_fields=["id"], update_fields=["names", "a", "b", "c", "d"]
        )


def batches(pks):
    pks = sorted(pks)
    return (pks[start : start + BATCH] for start in range(0, len(pks), BATCH))


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
