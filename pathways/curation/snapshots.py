"""A whole record as plain data, and back: the one idea of what a record is.

``snapshot`` gives the content of a record or term and of the rows it owns: names of fields to values, references as
natural keys, only empty values left out, sorted, the same on every database. ``apply`` writes such data, matching owned
rows by their natural keys, so that ids stay. Fixtures, history and loading stand on these two.
"""

import datetime
import decimal
from contextlib import suppress
from functools import cache, lru_cache

from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from .models import Curated, Owned, Record

# So many rows are read or written at a time.
BATCH = 500


def batches(ids):
    """Yield ``ids`` in lists that one query may hold, in their order."""
    ids = list(ids)
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))


def is_empty(value):
    """Whether a snapshot leaves ``value`` out; a number, zero too, is never empty."""
    return value is None or value is False or value in ("", [])


@cache
def content_fields(model):
    """Return the fields of ``model`` that are its content, many-to-many fields of automatic tables last."""
    left_out = {"revises"}
    if issubclass(model, Curated):
        left_out |= {model.key_field, *model.beside, *model.derived}
    if issubclass(model, Owned):
        left_out |= {model.owner, "position"}
    plain = [field for field in model._meta.concrete_fields if not field.primary_key and field.name not in left_out]
    many = [field for field in model._meta.many_to_many if field.remote_field.through._meta.auto_created]
    return tuple(plain), tuple(many)


@cache
def owned_models(model):
    """Return the reverse relations of the rows that ``model`` owns, with their models, owners of others first."""
    return {name: model._meta.get_field(name).related_model for name in model.owned}


@cache
def related_names(model):
    """Return what to prefetch so that snapshots of many rows of ``model`` need a bounded number of queries."""
    names = []
    for owner, prefix in [(model, ""), *((row, f"{name}__") for name, row in owned_models(model).items())]:
        plain, many = content_fields(owner)
        names += [f"{prefix}{field.name}" for field in (*plain, *many) if field.is_relation]
        if prefix and not names[-1].startswith(prefix):
            names.append(prefix.removesuffix("__"))
        for field in plain:
            if field.is_relation and issubclass(field.related_model, Owned):
                names.append(f"{prefix}{field.name}__{field.related_model.owner}")
    return tuple(names)


def snapshots(queryset):
    """Yield (row, snapshot) for each row of ``queryset``, in a bounded number of queries."""
    for row in queryset.prefetch_related(None).prefetch_related(*related_names(queryset.model)):
        yield row, content(row)


def contents(model, ids):
    """Return the contents of the rows of ``model`` with these ids, by id, in a bounded number of queries."""
    return {row.pk: data for row, data in snapshots(model._base_manager.filter(pk__in=ids))}


def snapshot(row):
    """Return the content of ``row`` as it stands in the database."""
    model = row._meta.concrete_model
    fresh = model._base_manager.prefetch_related(*related_names(model)).get(pk=row.pk)
    return content(fresh)


def content(row):
    """Return the content of ``row`` from the objects at hand."""
    data = values(row)
    for name in row.owned:
        rows = [values(each) for each in sorted(getattr(row, name).all(), key=order)]
        if rows:
            data[name] = rows
    return data


def order(row):
    """Sort owned rows by their position, where they have one, and then by their key."""
    return getattr(row, "position", 0), [str(part or "") for part in row.key_parts()]


def values(row):
    """Return the fields of one row as plain data, only empty values left out."""
    plain, many = content_fields(type(row)._meta.concrete_model)
    data = {}
    for field in plain:
        value = reference(row, field) if field.is_relation else plain_value(getattr(row, field.name))
        if not is_empty(value):
            data[field.name] = value
    for field in many:
        keys = sorted(collapse(other.natural_key()) for other in getattr(row, field.name).all())
        if keys:
            data[field.name] = keys
    return data


def reference(row, field):
    """Return the natural key of what ``field`` refers to, without the owner where both have the same one."""
    other = getattr(row, field.name)
    if other is None:
        return None
    key = other.natural_key()
    if isinstance(row, Owned) and row.is_relative(field):
        key = key[1:]
    return collapse(key)


def collapse(key):
    """Return a natural key of one part as that part, a longer one as a list."""
    return key[0] if len(key) == 1 else list(key)


def expand(key):
    """Return a natural key as a tuple."""
    return tuple(key) if isinstance(key, list | tuple) else (key,)


def plain_value(value):
    """Return a value as YAML and JSON know it."""
    match value:
        case datetime.datetime() | datetime.date():
            return value.isoformat()
        case datetime.time():
            return value.isoformat("auto" if value.second or value.microsecond else "minutes")
        case decimal.Decimal():
            return f"{value.normalize():f}"
        case list():
            return sorted(value)
    return value


class References:
    """Finds rows by natural key, each once."""

    def __init__(self):
        self.found = {}

    def get(self, model, key):
        """Return the row of ``model`` under ``key``; raise ValidationError if there is none."""
        key = expand(key)
        try:
            if (model, key) not in self.found:
                self.found[model, key] = model._default_manager.get_by_natural_key(*key)
            return self.found[model, key]
        except (model.DoesNotExist, ValueError, TypeError):
            raise there_is_no(model, " / ".join(map(str, key))) from None

    def all(self, model, keys):
        """Return the rows of ``model`` under ``keys``; raise ValidationError if one is not there or stands twice."""
        rows = []
        for key in keys:
            row = self.get(model, key)
            if row in rows:
                raise ValidationError(_("“%s” stands here twice") % key)
            rows.append(row)
        return rows


def there_is_no(model, key):
    return ValidationError(_("there is no %(name)s “%(key)s”") % {"name": model._meta.verbose_name, "key": key})


def apply(row, data, references=None, *, before=None):
    """Give ``row`` and the rows it owns the content that ``data`` holds, what it does not hold becoming empty.

    ``data`` is what ``snapshot`` returns; ``row`` may be new. ``before`` is what it returns now, if that is at hand:
    what differs is written then, and nothing else. Raises ValidationError naming the field and the rule. Nothing is
    undone on an error: call it within a transaction.
    """
    references = references or References()
    is_new = row._state.adding
    if before is None:
        apply_root(row, data, references)
        apply_owned(row, data, references, is_new=is_new)
        return
    changed = differences(before, data)
    if any(name not in row.owned for name in changed):
        apply_root(row, data, references, only=changed)
    if any(name in row.owned for name in changed):
        apply_owned(row, data, references, before=before, only=changed)


def apply_root(row, data, references, *, only=None):
    """Write what ``data`` says of the row itself, not of the rows it owns; of its values those ``only``."""
    write(row, {name: value for name, value in data.items() if name not in row.owned}, references, only=only)


def apply_owned(row, data, references, *, is_new=False, before=None, only=()):
    """Write what ``data`` says of the rows that ``row`` owns: what is gone first, then what is there, owners first.

    A row that ``is_new`` owns none yet; saying so spares looking for them. With ``before``, the content as it is, rows
    are written where they differ from it, which they do ``only`` in the relations of these names.
    """
    owned = owned_models(type(row)._meta.concrete_model)
    if before is not None:
        bound = bound_together(type(row)._meta.concrete_model)
        names = {*only, *bound} if bound.intersection(only) else {*only}
        owned = {name: model for name, model in owned.items() if name in names}
    wanted = {name: dict(keyed(model, data.get(name, []), name, references)) for name, model in owned.items()}
    there = {name: dict(keyed(model, (before or {}).get(name, []), name, references)) for name, model in owned.items()}
    kept = {name: {} if is_new else {own_key(one): one for one in rows_of(row, name)} for name in owned}
    if not is_new:
        gone = {name: kept[name].keys() - wanted[name].keys() for name in owned}
        remove({name: {key: kept[name].pop(key) for key in gone[name]} for name in owned}, row)
    siblings = {}
    for name, model in owned.items():
        for position, (key, content_) in enumerate(wanted[name].items(), start=1):
            one = kept[name].get(key) or model(**{model.owner: row})
            stays = not has_position(model) or one.position == position
            if key in kept[name] and stays and there[name].get(key) == content_:
                siblings[model, key] = one
                continue
            if has_position(model):
                one.position = position
            to_siblings = {field.name for field in content_fields(model)[0] if to_same_model(model, field)}
            try:
                write(one, {k: v for k, v in content_.items() if k not in to_siblings}, references, siblings)
            except ValidationError as error:
                raise located(error, name, key) from None
            siblings[model, key] = one
        # A row may refer to a later one of its own kind: those references come when all rows are there.
        for key, content_ in wanted[name].items():
            one = siblings[model, key]
            for field in content_fields(model)[0]:
                if to_same_model(model, field) and field.name in content_:
                    try:
                        setattr(one, field.name, sibling(siblings, model, content_[field.name]))
                    except ValidationError as error:
                        raise located(ValidationError({field.name: error.messages}), name, key) from None
                    one.save()


def remove(going, row):
    """Delete the rows that ``row`` owns no longer, those that others refer to last, and no row that stays with them.

    ``going`` are the rows by the name of their relation and their key.
    """
    owned = {name: model for name, model in owned_models(type(row)._meta.concrete_model).items() if name in going}
    for name, model in owned.items():
        for field in content_fields(model)[0]:
            # A row with such a reference in its key goes with what it refers to.
            if field.is_relation and model.is_relative(field) and field.name not in model.key:
                gone = next(going[other].values() for other in owned if owned[other] is field.related_model)
                getattr(row, name).filter(**{f"{field.name}__in": list(gone)}).update(**{field.name: None})
    for name in reversed(owned):
        for key, one in going[name].items():
            try:
                one.delete()
            except models.ProtectedError as error:
                others = "; ".join(sorted(map(str, error.protected_objects)))
                raise located(ValidationError(_("others refer to it: %s") % others), name, key) from None


def give_content(rows, originals):
    """Save ``rows``, all of them new, with the content of the ``originals`` in their order, in a few queries.

    What stands beside the content they have already.
    """
    model = type(rows[0])._meta.concrete_model
    plain, _many = content_fields(model)
    for row, original in zip(rows, originals, strict=True):
        for name in (*(field.attname for field in plain), *model.derived):
            setattr(row, name, getattr(original, name))
    model._base_manager.bulk_create(rows, batch_size=500)
    twins = {model: {original.pk: row for row, original in zip(rows, originals, strict=True)}}
    copy_values(model, twins[model])
    for rows_model in owned_models(model).values():
        copy_owned(rows_model, twins)


def copy_owned(model, twins):
    """Copy the rows of ``model`` that the originals in ``twins`` own for their twins; add them to ``twins``."""
    owner = model._meta.get_field(model.owner)
    old = list(model._base_manager.filter(**{f"{model.owner}__in": list(twins[owner.related_model])}))
    new = []
    relative = [field for field in content_fields(model)[0] if field.is_relation and model.is_relative(field)]
    for one in old:
        twin = model(**{field.attname: getattr(one, field.attname) for field in model._meta.concrete_fields})
        twin.pk = None
        setattr(twin, owner.attname, twins[owner.related_model][getattr(one, owner.attname)].pk)
        for field in relative:
            if not to_same_model(model, field) and (other := getattr(one, field.attname)):
                setattr(twin, field.attname, twins[field.related_model][other].pk)
        new.append(twin)
    model._base_manager.bulk_create(new, batch_size=500)
    twins[model] = {one.pk: twin for one, twin in zip(old, new, strict=True)}
    to_own = [field for field in relative if to_same_model(model, field)]
    for one, twin in zip(old, new, strict=True):
        for field in to_own:
            other = getattr(one, field.attname)
            setattr(twin, field.attname, other and twins[model][other].pk)
    if to_own and new:
        model._base_manager.bulk_update(new, [field.name for field in to_own], batch_size=500)
    copy_values(model, twins[model])


def copy_values(model, twins):
    """Copy the many-to-many values of the originals in ``twins`` for their twins."""
    for field in content_fields(model)[1]:
        through = field.remote_field.through
        near, far = map(through._meta.get_field, (field.m2m_field_name(), field.m2m_reverse_field_name()))
        values = through._base_manager.filter(**{f"{near.name}__in": list(twins)}).order_by("pk")
        pairs = values.values_list(near.attname, far.attname)
        through._base_manager.bulk_create(
            (through(**{near.attname: twins[one].pk, far.attname: other}) for one, other in pairs), batch_size=500
        )


def rows_of(row, name):
    """Return the rows that ``row`` owns under a name, with all that their keys are made of."""
    rows = getattr(row, name)
    model = owned_models(type(row)._meta.concrete_model)[name]
    references = [part for part in model.key if model._meta.get_field(part).is_relation]
    return rows.select_related(*references) if references else rows.all()


@cache
def bound_together(model):
    """Return the names of the relations of ``model`` whose rows refer to each other: they are written together."""
    names = {rows: name for name, rows in owned_models(model).items()}
    bound = set()
    for rows, name in names.items():
        for field in content_fields(rows)[0]:
            if field.is_relation and rows.is_relative(field):
                bound |= {name, names[field.related_model]}
    return frozenset(bound)


def to_same_model(model, field):
    return field.is_relation and field.related_model is model


def write(row, data, references, siblings=None, only=None):
    """Set and save the fields of one row from ``data``; then its many-to-many values.

    Where ``only`` names no field of the row itself, that is not written, and of the values those it names.
    """
    plain, many = content_fields(type(row)._meta.concrete_model)
    unknown = data.keys() - {field.name for field in (*plain, *many)}
    if unknown:
        raise ValidationError({name: _("there is no such field") for name in sorted(unknown)})
    errors = {}
    chosen = {}
    if only is not None:
        plain = plain if any(field.name in only for field in plain) else ()
        many = [field for field in many if field.name in only]
    for field in plain:
        try:
            setattr(row, field.name, value_of(row, field, data.get(field.name), references, siblings))
        except ValidationError as error:
            errors[field.name] = error.messages
    for field in many:
        try:
            chosen[field.name] = references.all(field.related_model, data.get(field.name, []))
        except ValidationError as error:
            errors[field.name] = error.messages
    if errors:
        raise ValidationError(errors)
    is_new = row._state.adding
    if only is None or plain:
        check(row)
        row.save()
    for name, others in chosen.items():
        if not is_new:
            getattr(row, name).set(others)
        elif others:
            getattr(row, name).add(*others)


def value_of(row, field, value, references, siblings):
    """Return what to set ``field`` to, for a value of plain data or None for an empty one."""
    if not field.is_relation:
        if value is None:
            return field.get_default() if not field.null else None
        # PostgreSQL cannot hold it.
        ProhibitNullCharactersValidator()(value)
        return field.to_python(value)
    if value is None:
        return None
    if isinstance(row, Owned) and row.is_relative(field):
        return sibling(siblings, field.related_model, value)
    return references.get(field.related_model, value)


def sibling(siblings, model, key):
    try:
        return siblings[model, expand(key)]
    except (KeyError, TypeError):
        raise there_is_no(model, key) from None


def check(row):
    """Hold one row against the rules of its fields, its model and its check constraints; raise ValidationError.

    References were resolved and uniqueness is the database's to say: neither is asked for again.
    """
    check_fields(row)
    for number, constraint in enumerate(row._meta.constraints):
        if isinstance(constraint, models.CheckConstraint):
            names = (row._meta.get_field(name).attname for name in constraint.condition.referenced_base_fields)
            hold(type(row), number, tuple((name, getattr(row, name)) for name in sorted(names)))


def check_fields(row):
    """Hold one row against the rules of its fields and of its model, as ``check`` does; raise ValidationError."""
    row.clean_fields(exclude=not_checked(type(row)))
    row.clean()


@cache
def not_checked(model):
    return frozenset(field.name for field in model._meta.concrete_fields if field.is_relation or field.primary_key)


def breaking_constraints(model):
    """Return the ids of the rows of ``model`` that break a check constraint: the database is asked of all at once."""
    broken = set()
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.CheckConstraint):
            # What is unknown breaks none.
            holds = Coalesce(constraint.condition, True, output_field=models.BooleanField())
            broken.update(model._base_manager.exclude(holds).order_by().values_list("pk", flat=True))
    return broken


@lru_cache(maxsize=4096)
def hold(model, number, values):
    """Hold some values of a row against a check constraint; raise ValidationError.

    The database is asked, whose answer depends on nothing else: many rows have the same values.
    """
    model._meta.constraints[number].validate(model, model(**dict(values)))


def keyed(model, rows, name, references):
    """Yield (key, values) for each of ``rows``; raise ValidationError for a key that is there twice."""
    seen = set()
    for data in rows:
        key = tuple(comparable(key_part(model._meta.get_field(part), data.get(part), references)) for part in model.key)
        if key in seen:
            raise ValidationError({name: _("“%s” stands here twice") % " / ".join(str(part) for part in key if part)})
        seen.add(key)
        yield key, data


def key_part(field, value, references):
    """Return a part of a key, a record by the address it has now: ``value`` may be a former one."""
    if value is not None and field.is_relation and issubclass(field.related_model, Record):
        # What leads nowhere is told of when the row is written.
        with suppress(ValidationError):
            return references.get(field.related_model, value).slug
    return value


def comparable(value):
    """Return a part of a key so that an absent reference and an empty text are alike."""
    return "" if value is None else value


def own_key(one):
    """Return what tells ``one`` from its owner's other rows."""
    return tuple(comparable(part) for part in one.key_parts())


def has_position(model):
    return any(field.name == "position" for field in model._meta.concrete_fields)


def located(error, name, key):
    """Return ``error`` with the row under ``key`` of ``name`` before each of its messages."""
    place = f"{name} {' / '.join(str(part) for part in key if part)}"
    if hasattr(error, "error_dict"):
        return ValidationError([f"{place}: {field}: {text}" for field, texts in error for text in texts])
    return ValidationError([f"{place}: {text}" for text in error.messages])


def beside(row):
    """Return what stands beside the content of ``row``, as plain data, only empty values left out."""
    data = {}
    for name in row.beside:
        field = row._meta.get_field(name)
        value = reference(row, field) if field.is_relation else plain_value(getattr(row, name))
        if not is_empty(value):
            data[name] = value
    return data


def differences(old, new):
    """Return the names of the fields in which two snapshots differ, sorted."""
    return sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
