"""The curated content as files that people review: Django fixtures in YAML, in one canonical form.

A record is followed by the rows it owns, and stands after the records it refers to. Empty values are left out. Loading
compares each record with the database by its snapshot and leaves alone what people have edited since it was loaded.
"""

import re
from contextlib import suppress
from dataclasses import dataclass, field

import yaml
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import ProtectedError, RestrictedError

from .changes import curated_models, newest_versions, record
from .models import Change, Curated, Owned, Record, Status, Version
from .snapshots import (
    References,
    apply_owned,
    apply_root,
    beside,
    collapse,
    content_fields,
    differences,
    expand,
    has_position,
    is_empty,
    owned_models,
    plain_value,
    snapshots,
)

WIDTH = 110


class FixtureError(Exception):
    """A fixture breaks a rule; the message names the file, the record and the rule."""


def file_of(model):
    """Return the name of the file that holds the rows of ``model``."""
    return f"{model.fixture}.yaml"


def natural_order(key):
    """Sort keys as people count: gcm-2017-a-2 before gcm-2017-a-10."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", str(key)) if part]


# Writing


class Dumper(yaml.SafeDumper):
    """Block style, but lists of plain values on one line; texts of several lines as blocks."""

    def ignore_aliases(self, data):
        return True

    def increase_indent(self, flow=False, indentless=False):
        return super().increase_indent(flow, False)


def represent_text(dumper, text):
    style = "|" if "\n" in text else None
    if re.fullmatch(r"[\d.:_-]+", text):
        # Other readers of YAML take 019 for a number where this writer does not.
        style = "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def represent_list(dumper, items):
    flow = not any(isinstance(item, dict | list) for item in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=flow)


Dumper.add_representer(str, represent_text)
Dumper.add_representer(list, represent_list)


def dump(directory):
    """Write the curated content to the files of ``directory``; return how many records and terms each holds."""
    texts, counts = {}, {}
    for model in curated_models():
        name = file_of(model)
        rows = model._base_manager.filter(revises=None) if issubclass(model, Record) else model._base_manager.all()
        for row, data in in_order(snapshots(rows)):
            entries = list(entries_of(row, data))
            text = yaml.dump(entries, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=WIDTH)
            texts.setdefault(name, []).append(text)
            counts[name] = counts.get(name, 0) + 1
    for name, parts in texts.items():
        directory.joinpath(name).write_text("\n".join(parts), encoding="utf-8")
    return counts


def in_order(pairs):
    """Yield (row, snapshot) by key, each after those of its own kind that it refers to."""
    waiting = {row.natural_key()[0]: (row, data) for row, data in pairs}
    done = set()

    def place(key):
        if key in done or key not in waiting:
            return
        done.add(key)
        row, data = waiting[key]
        for other in sorted(own_kind(type(row), data, beside(row)), key=natural_order):
            yield from place(other)
        yield row, data

    for key in sorted(waiting, key=natural_order):
        yield from place(key)


def own_kind(model, data, aside):
    """Yield the keys of the rows of the same model that a row refers to, itself or by a row it owns."""
    sources = [(model, [data, aside])]
    sources += [(row_model, data.get(name, [])) for name, row_model in owned_models(model).items()]
    for source, rows in sources:
        for field_ in source._meta.concrete_fields:
            if field_.is_relation and field_.related_model is model:
                yield from (row[field_.name] for row in rows if field_.name in row)


def entries_of(row, data):
    """Yield the Django fixture entries of a row and of the rows it owns."""
    model = type(row)._meta.concrete_model
    owned = owned_models(model)
    key = {model.key_field: row.natural_key()[0]}
    own = {name: value for name, value in data.items() if name not in owned}
    yield entry(model, {**key, **plain_to_django(model, {**beside(row), **own})})
    for name, row_model in owned.items():
        for position, values in enumerate(data.get(name, []), start=1):
            fields = {row_model.owner: list(row.natural_key()), **plain_to_django(row_model, values, row)}
            if has_position(row_model):
                fields["position"] = position
            yield entry(row_model, fields)


def entry(model, fields):
    return {"model": model._meta.label_lower, "fields": fields}


def plain_to_django(model, values, owner=None):
    """Return plain data as Django's serializer writes it: references as lists, those to a sibling with the owner."""
    fields = {}
    for name, value in values.items():
        field_ = model._meta.get_field(name)
        if field_.many_to_many:
            fields[name] = [list(expand(key)) for key in value]
        elif field_.is_relation and owner is not None and model.is_relative(field_):
            fields[name] = [*owner.natural_key(), *expand(value)]
        else:
            fields[name] = list(expand(value)) if field_.is_relation else value
    return fields


# Reading


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Reads YAML and refuses a key that stands twice in a mapping, where YAML would silently keep the last."""


def construct_mapping(loader, node):
    loader.flatten_mapping(node)
    seen = set()
    for key_node, _value in node.value:
        key = loader.construct_object(key_node)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"“{key}” stands here twice", key_node.start_mark)
        seen.add(key)
    return dict(loader.construct_pairs(node, deep=True))


Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, construct_mapping)


@dataclass
class Entry:
    """A record or term as a file has it."""

    model: type[Curated]
    key: object
    file: str
    beside: dict = field(default_factory=dict)
    content: dict = field(default_factory=dict)
    rows: list = field(default_factory=list)

    def __str__(self):
        return f"{self.model._meta.label_lower} {self.key}"

    def error(self, text):
        return FixtureError(f"{self.file}: {self}: {text}")


def read(directory):
    """Return the entries of the files of ``directory`` in the order in which they can be written."""
    paths = [directory / name for name in dict.fromkeys(file_of(model) for model in curated_models())]
    entries, seen = [], {}
    for path in paths:
        if not path.exists():
            continue
        for one in read_file(path):
            if (one.model, one.key) in seen:
                raise one.error("stands here twice" if seen[one.model, one.key] == one.file else "is in two files")
            seen[one.model, one.key] = one.file
            entries.append(one)
    if not entries:
        raise FixtureError(f"{directory} holds no fixtures")
    place = {model: number for number, model in enumerate(curated_models())}
    return sorted(entries, key=lambda one: place[one.model])


def read_file(path):
    """Yield the entries of one file; raise FixtureError for what is not a fixture of a known model."""
    try:
        with path.open(encoding="utf-8") as stream:
            items = yaml.load(stream, Loader=Loader) or []  # noqa: S506 -- a subclass of the safe loader
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FixtureError(f"{path.name}: {error}") from None
    if not isinstance(items, list):
        raise FixtureError(f"{path.name}: wants a list of records")
    current = None
    for number, item in enumerate(items, start=1):
        place = f"{path.name}: entry {number}"
        if not isinstance(item, dict) or not isinstance(item.get("fields"), dict) or "model" not in item:
            raise FixtureError(f"{place}: wants a model and its fields")
        if item.get("pk") is not None:
            raise FixtureError(f"{place}: has a primary key; records are known by their natural keys")
        try:
            model = apps.get_model(item["model"])
        except (LookupError, ValueError):
            raise FixtureError(f"{place}: there is no model {item['model']}") from None
        if issubclass(model, Curated):
            if current:
                yield with_rows(current)
            current = root_entry(model, item["fields"], path.name, place)
        elif issubclass(model, Owned):
            add_owned(current, model, item["fields"], place)
        else:
            raise FixtureError(f"{place}: {item['model']} is not curated in fixtures")
    if current:
        yield with_rows(current)


def root_entry(model, fields, file, place):
    key = fields.get(model.key_field)
    if is_empty(key):
        raise FixtureError(f"{place}: {model._meta.label_lower} without {model.key_field}")
    one = Entry(model, key, file)
    if file != file_of(model):
        raise one.error(f"belongs in {file_of(model)}")
    data = django_to_plain(one, model, {name: value for name, value in fields.items() if name != model.key_field})
    one.beside = {name: data.pop(name) for name in model.beside if name in data}
    if model.key_field in model.beside:
        one.beside[model.key_field] = key
    one.content = data
    return one


def add_owned(current, model, fields, place):
    """Put a row behind the record it belongs to."""
    name = current and next((n for n, owned in owned_models(current.model).items() if owned is model), None)
    if not name or expand(fields.get(model.owner)) != (current.key,):
        raise FixtureError(f"{place}: {model._meta.label_lower} stands behind {current}, which does not own it")
    values = {name_: value for name_, value in fields.items() if name_ not in {model.owner, "position"}}
    values = django_to_plain(current, model, values)
    order = fields.get("position", 0), [str(values.get(part) or "") for part in model.key]
    current.rows.append((name, order, values))


def with_rows(one):
    """Put the rows of an entry into its content, in the order in which a snapshot has them."""
    for name, _order, values in sorted(one.rows, key=lambda row: row[1]):
        one.content.setdefault(name, []).append(values)
    return one


def django_to_plain(one, model, fields):
    """Return the fields of a Django fixture entry as a snapshot has them; raise FixtureError for what cannot be."""
    data = {}
    plain, many = content_fields(model)
    aside = [model._meta.get_field(name) for name in getattr(model, "beside", ()) if name != model.key_field]
    known = {field_.name: field_ for field_ in (*plain, *many, *aside)}
    for name, given in fields.items():
        if name not in known:
            raise one.error(f"{model._meta.label_lower} has no field {name}")
        try:
            value = django_value(one, model, known[name], given)
        except ValidationError as error:
            raise one.error(f"{name}: {' '.join(error.messages)}") from None
        except TypeError:
            raise one.error(f"{name}: {given!r} is not what this field holds") from None
        if not is_empty(value):
            data[name] = value
    return data


def django_value(one, model, field_, value):
    if field_.many_to_many:
        return sorted(collapse(expand(key)) for key in value)
    if field_.is_relation:
        return django_reference(one, model, field_, value)
    return None if value is None else plain_value(field_.to_python(value))


def django_reference(one, model, field_, value):
    if value is None:
        return None
    key = expand(value)
    if issubclass(model, Owned) and model.is_relative(field_):
        if key[0] != one.key:
            raise one.error(f"{field_.name}: refers to {key[0]}, not to a row of its own")
        key = key[1:]
    return collapse(key)


# Loading


@dataclass
class Report:
    """What a load did, or would do: lists of lines for people."""

    added: list = field(default_factory=list)
    changed: list = field(default_factory=list)
    adopted: list = field(default_factory=list)
    unchanged: list = field(default_factory=list)
    left: list = field(default_factory=list)
    missing: list = field(default_factory=list)
    pruned: list = field(default_factory=list)


@transaction.atomic
def load(directory, *, overwrite=(), prune=False, dry_run=False, actor=None):
    """Bring the database to the state of the files, but for what people have edited; return a Report.

    ``overwrite`` names edited records ("practices.practice palim") that take the file's state all the same; ``prune``
    archives records, and removes terms that nothing refers to, that came from the files and are in them no more. All or
    nothing: raises FixtureError with the file, the record and the rule, and then has changed nothing.
    """
    entries = read(directory)
    report = Report()
    unknown = set(overwrite) - {str(one) for one in entries}
    if unknown:
        raise FixtureError(f"the files have no {', '.join(sorted(unknown))}")
    state = {model: State(model) for model in curated_models()}
    write, adopt = [], []
    for one in entries:
        row, data, newest = state[one.model].get(one.key)
        if row is None:
            report.added.append(str(one))
            write.append((one, one.model(**{one.model.key_field: one.key})))
            continue
        fields = differences({**beside(row), **data}, {**one.beside, **one.content})
        untouched = newest is not None and newest.change.action == Change.Action.LOAD
        if not fields:
            if untouched:
                report.unchanged.append(str(one))
            else:
                report.adopted.append(str(one))
                adopt.append(row)
        elif untouched or str(one) in overwrite:
            report.changed.append(f"{one}: {', '.join(fields)}")
            write.append((one, row))
        else:
            report.left.append(f"{one}: {', '.join(fields)}")
    references = References()
    for part in (write_root, write_owned):
        for one, row in write:
            try:
                part(one, row, references)
            except ValidationError as error:
                raise one.error("; ".join(messages(error))) from None
            except (DatabaseError, ProtectedError, RestrictedError) as error:
                raise one.error(str(error).strip().splitlines()[0]) from None
    record(Change.Action.LOAD, [*(row for _one, row in write), *adopt], actor=actor, even_if_equal=True)
    missing(entries, state, report, prune=prune, actor=actor)
    if dry_run:
        transaction.set_rollback(True)
    return report


class State:
    """The rows of one model as they stand, with their snapshots and newest versions."""

    def __init__(self, model):
        rows = model._base_manager.filter(revises=None) if issubclass(model, Record) else model._base_manager.all()
        self.model = model
        self.rows = {row.natural_key()[0]: (row, data) for row, data in snapshots(rows)}
        self.newest = newest_versions(model) if self.rows else {}

    def get(self, key):
        """Return the row under ``key``, or under the address it has now, its snapshot and its newest version."""
        if key not in self.rows and issubclass(self.model, Record) and self.rows:
            with suppress(self.model.DoesNotExist):
                key = self.model._default_manager.get_by_natural_key(key).slug
        if key not in self.rows:
            return None, None, None
        row, data = self.rows[key]
        return row, data, self.newest.get(row.pk)


def write_root(one, row, references):
    for name in one.model.beside:
        field_ = one.model._meta.get_field(name)
        value = one.beside.get(name)
        if field_.is_relation:
            # Set with the owned rows: what replaces a record may stand behind it.
            continue
        if value is None:
            value = None if field_.null else field_.get_default()
        setattr(row, name, field_.to_python(value))
    apply_root(row, one.content, references)


def write_owned(one, row, references):
    for name in one.model.beside:
        field_ = one.model._meta.get_field(name)
        if field_.is_relation and (getattr(row, field_.attname) or name in one.beside):
            key = one.beside.get(name)
            setattr(row, name, references.get(field_.related_model, key) if key else None)
            row.save()
    apply_owned(row, one.content, references)


def missing(entries, state, report, *, prune, actor):
    """Report what came from the files and is in them no more; archive or remove it if asked."""
    held = {(one.model, one.key) for one in entries}
    archived, removed = [], []
    for model in reversed(curated_models()):
        loaded = set(
            Version.objects.filter(
                content_type__app_label=model._meta.app_label, content_type__model=model._meta.model_name
            )
            .filter(change__action=Change.Action.LOAD)
            .values_list("object_id", flat=True)
        )
        for key, (row, _data) in state[model].rows.items():
            if (model, key) in held or row.pk not in loaded or getattr(row, "status", None) == Status.ARCHIVED:
                continue
            name = f"{model._meta.label_lower} {key}"
            edited = state[model].newest[row.pk].change.action != Change.Action.LOAD
            if not prune or edited:
                report.missing.append(f"{name} (edited)" if edited else name)
            elif isinstance(row, Record):
                row.status = Status.ARCHIVED
                row.save()
                archived.append(row)
                report.pruned.append(name)
            else:
                removed.append((name, row))
    if archived:
        record(Change.Action.ARCHIVE, archived, actor=actor)
    for name, row in removed:
        if referring := referring_rows(row):
            report.missing.append(f"{name} (referred to by {referring})")
        else:
            record(Change.Action.REMOVE, removed=[row], actor=actor)
            row.delete()
            report.pruned.append(name)


def referring_rows(row):
    """Return how many rows refer to a term, other than those it owns."""
    owned = set(owned_models(type(row)).values())
    return sum(
        relation.related_model._base_manager.filter(**{relation.field.name: row}).count()
        for relation in row._meta.related_objects
        if relation.related_model not in owned
    )


def messages(error):
    if hasattr(error, "error_dict"):
        return [f"{name}: {text}" for name, texts in error for text in texts]
    return error.messages
