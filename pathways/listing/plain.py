"""Rows as plain objects: what whole lists are written from, several times faster than through model instances.

A plain row has the fields and properties of its model, references as plain rows, and rows that refer to it, or
many-to-many values, as relations whose ``all()`` gives them; it cannot be saved. What many rows share, the terms
of a vocabulary, is read once and is one object.
"""

from functools import cache
from operator import attrgetter

from django.db.models import Field, ForeignObject, Lookup, Model

from pathways.curation.models import Term

# Records read at a time: of each a few kilobytes, with all that belongs to them.
CHUNK = 1000


class OneOf(Lookup):
    """Finds rows by Ids. Unlike ``in``, it takes them as they are: preparing each cost more than finding its row."""

    lookup_name = "one_of"
    prepare_rhs = False

    def as_sql(self, compiler, connection):
        column, parameters = self.process_lhs(compiler, connection)
        ids = self.rhs.ids or (None,)
        return f"{column} IN ({', '.join(['%s'] * len(ids))})", [*parameters, *ids]


class Ids:
    """Primary keys that came from the database; no sequence, so that a query does not look into it."""

    def __init__(self, ids):
        self.ids = tuple(ids)


for kind_of_field in (Field, ForeignObject):
    kind_of_field.register_lookup(OneOf)


@cache
def plain(model):
    """Return the class of the plain rows of ``model``: its properties, and room for its fields."""
    bases = [base for base in reversed(model.__mro__) if issubclass(base, Model) and base is not Model]
    properties = {name: one for base in bases for name, one in vars(base).items() if isinstance(one, property)}
    return type(f"Plain{model.__name__}", (), {name: one for name, one in properties.items() if name != "pk"})


class Related(tuple):
    """Rows that belong to another one, with the one method of a manager that columns use."""

    __slots__ = ()

    def all(self):
        return self


NOTHING = Related()


class Reader:
    """Reads chunks of ``queryset`` with what ``related`` names, written as for ``prefetch_related``."""

    def __init__(self, queryset, related):
        self.queryset = queryset
        self.tree = tree_of(related)
        # Terms, by model and then by id.
        self.terms = {}

    def fetch(self, ids):
        """Return the rows of ``queryset`` with the ids ``ids``, in their order."""
        if not ids:
            return []
        found = self.read(
            self.queryset.filter(pk__one_of=Ids(ids)), self.tree, extra=tuple(self.queryset.query.annotations)
        )
        by_id = {row.pk: row for row in found}
        return [by_id[pk] for pk in ids if pk in by_id]

    def public(self, ids):
        """Return those of ``ids`` that ``queryset`` has."""
        found = self.queryset.filter(pk__one_of=Ids(ids)).order_by().values_list("pk", flat=True)
        return found.iterator(chunk_size=10_000)

    def read(self, queryset, tree, extra=()):
        model = queryset.model
        names = [field.attname for field in model._meta.concrete_fields] + list(extra)
        key, row_class = model._meta.pk.attname, plain(model)
        rows = []
        for values in queryset.order_by().values_list(*names).iterator(chunk_size=10_000):
            row = row_class()
            row.__dict__ = fields = dict(zip(names, values, strict=True))
            fields["pk"] = fields[key]
            rows.append(row)
        for name, below in tree.items():
            self.relate(model, rows, name, below)
        return rows

    def relate(self, model, rows, name, below):
        """Give each of ``rows`` its ``name``: a row, or the rows of a relation."""
        relation = model._meta.get_field(name)
        # Straight into the rows: setattr and getattr would take most of the time.
        all_values = [row.__dict__ for row in rows]
        if relation.many_to_one or relation.one_to_one:
            key = relation.attname
            others = self.referred(relation.related_model, {values[key] for values in all_values}, below)
            for values in all_values:
                values[name] = others.get(values[key])
            return
        read = self.through if relation.many_to_many else self.owned
        found = {pk: Related(several) for pk, several in read(relation, rows, below).items()}
        for values in all_values:
            values[name] = found.get(values["pk"], NOTHING)

    def referred(self, model, ids, below):
        """Return the rows of ``model`` with the ids ``ids``, and perhaps more of them, by id."""
        if not issubclass(model, Term):
            return {row.pk: row for row in self.read(model._base_manager.filter(pk__one_of=Ids(ids - {None})), below)}
        if model not in self.terms:
            self.terms[model] = {row.pk: row for row in self.read(model._base_manager.all(), below)}
        return self.terms[model]

    def owned(self, relation, rows, below):
        """Return by id of the row the rows that refer to it, in their order."""
        model, owner = relation.related_model, relation.field.attname
        found = {}
        owned = model._base_manager.filter(**{f"{owner}__one_of": Ids(row.pk for row in rows)})
        for row in self.read(owned, below):
            found.setdefault(row.__dict__[owner], []).append(row)
        if order := own_order(model):
            for several in found.values():
                if len(several) > 1:
                    several.sort(key=order)
        return found

    def through(self, relation, rows, below):
        """Return by id of the row its many-to-many values."""
        declared = relation.remote_field if relation.auto_created else relation
        owner, other = declared.m2m_field_name(), declared.m2m_reverse_field_name()
        if relation.auto_created:
            owner, other = other, owner
        owned = {f"{owner}__one_of": Ids(row.pk for row in rows)}
        pairs = declared.remote_field.through._base_manager.filter(**owned)
        pairs = list(pairs.order_by().values_list(f"{owner}_id", f"{other}_id"))
        values = self.referred(relation.related_model, {value for _row, value in pairs}, below)
        found = {}
        for pk, value in pairs:
            found.setdefault(pk, []).append(values[value])
        return found


def tree_of(paths):
    """Return paths such as ``country_rows__country`` as nested mappings."""
    tree = {}
    for path in paths:
        branch = tree
        for name in path.split("__"):
            branch = branch.setdefault(name, {})
    return tree


def own_order(model):
    """Return the key of the order of ``model`` by its own fields, where it has one."""
    names = [name for name in model._meta.ordering if not model._meta.get_field(pk_name(model, name)).is_relation]
    return attrgetter(*names) if names else None


def pk_name(model, name):
    return model._meta.pk.name if name == "pk" else name
