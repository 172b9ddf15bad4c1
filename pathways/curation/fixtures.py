"""The curated content as files that people review: Django fixtures in YAML, in one canonical form.

A record is followed by the rows it owns, and stands after the records it refers to. Empty values are left out. Loading
compares each record with the database by its snapshot and leaves alone what people have edited since it was loaded.
"""

import re
from dataclasses import dataclass, field
from functools import cache

import yaml
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import BooleanField, CharField, TextField

from .changes import curated_models, newest_versions, record
from .models import Change, Curated, Owned, Record, Status, Version, lines
from .snapshots import (
    References,
    apply_owned,
    apply_root,
    batches,
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
    if re.search("[\x85\u2028\u2029\ufeff]", text):
        # Line ends to some readers of YAML: escaped, they come back as they were.
        style = '"'
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
    seen = set()
    for key in (key for key, _value in node.value if isinstance(key, yaml.ScalarNode)):
        if key.value in seen:
            raise yaml.constructor.ConstructorError(None, None, f"“{key.value}” stands here twice", key.start_mark)
        seen.add(key.value)
    return loader.construct_mapping(node, deep=True)


Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, construct_mapping)
# A date is read by its field, which says what is wrong with it.
Loader.add_constructor("tag:yaml.org,2002:timestamp", Loader.construct_yaml_str)


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

    def follow(self, state):
        """Let references to the former address of a record lead to the one it has now."""
        owned = owned_models(self.model)
        parts = [(self.model, self.beside), (self.model, self.content)]
        parts += [(owned[name], values) for name in owned for values in self.content.get(name, [])]
        for model, values in parts:
            for name in values.keys() - owned.keys():
                field_ = model._meta.get_field(name)
                if field_.is_relation and not field_.many_to_many and field_.related_model in state:
                    values[name] = state[field_.related_model].current(values[name])
                elif field_.is_relation and model is self.model and issubclass(field_.related_model, Owned):
                    owner = field_.related_model._meta.get_field(field_.related_model.owner).related_model
                    first, *others = expand(values[name])
                    values[name] = collapse([state[owner].current(first), *others])


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
    except (yaml.YAMLError, ValueError) as error:
        raise FixtureError(f"{path.name}: {error}") from None
    if not isinstance(items, list):
        raise FixtureError(f"{path.name}: wants a list of records")
    current = None
    for number, item in enumerate(items, start=1):
        place = f"{path.name}: entry {number}"
        if not (isinstance(item, dict) and isinstance(item.get("model"), str) and isinstance(item.get("fields"), dict)):
            raise FixtureError(f"{place}: wants a model and its fields")
        if item.get("pk") is not None:
            raise FixtureError(f"{place}: has a primary key; records are known by their natural keys")
        try:
            model = apps.get_model(item["model"])
        except (LookupError, ValueError):
            raise FixtureError(f"{place}: there is no model {item['model']}") from None
        if model in curated_models():
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
    try:
        key = django_value(None, model, model._meta.get_field(model.key_field), fields.get(model.key_field))
    except ValidationError as error:
        raise FixtureError(f"{place}: {model._meta.label_lower}: {model.key_field}: {error.messages[0]}") from None
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
    if not name or fields.get(model.owner) != [current.key]:
        behind = f"{current}, which does not own it" if current else "no record"
        raise FixtureError(f"{place}: {model._meta.label_lower} stands behind {behind}")
    position = fields.get("position", 0)
    if type(position) is not int:
        raise current.error(f"{model._meta.label_lower}: position: {position!r} is not a number")
    values = {name_: value for name_, value in fields.items() if name_ not in {model.owner, "position"}}
    values = django_to_plain(current, model, values)
    order = position, [str(values.get(part) or "") for part in model.key]
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
            row = "" if model is one.model else f"{model._meta.label_lower}: "
            raise one.error(f"{row}{name}: {' '.join(error.messages)}") from None
        if not is_empty(value):
            data[name] = value
    for field_ in (*plain, *aside):
        # What a fixture leaves out has the field's default, as in any Django fixture.
        if field_.name not in data and not is_empty(default := default_of(field_)):
            data[field_.name] = default
    return data


def default_of(field_):
    return None if field_.null else plain_value(field_.get_default())


def django_value(one, model, field_, value):
    """Return a value as a snapshot has it; raise ValidationError for one that YAML took for something else."""
    try:
        if value is None:
            return None
        if field_.many_to_many:
            return sorted(collapse(natural_key(key)) for key in value)
        if field_.is_relation:
            return django_reference(one, model, field_, value)
        if isinstance(field_, CharField | TextField) and not isinstance(value, str):
            raise ValidationError(f"{value!r} is not a text: put it in quotes")
        if isinstance(value, bool) and not isinstance(field_, BooleanField):
            raise TypeError
        return plain_value(field_.to_python(value))
    except TypeError:
        raise ValidationError(f"{value!r} is not what this field holds") from None


def natural_key(value):
    """Return the natural key that Django's fixtures have as a list; anything else they take for a primary key."""
    if not isinstance(value, list):
        raise ValidationError(f"{value!r} is not a natural key, which stands in brackets")
    for part in value:
        if type(part) not in {str, int}:
            raise ValidationError(f"{part!r} is not a text: put it in quotes")
    return value


def django_reference(one, model, field_, value):
    key = natural_key(value)
    if issubclass(model, Owned) and model.is_relative(field_):
        if key[0] != one.key:
            raise ValidationError(f"refers to {key[0]}, not to a row of its own")
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
    state = {model: State(model, entries) for model in curated_models()}
    write, adopt = compare(entries, state, report, overwrite)
    references = References()
    for part in (write_root, write_owned):
        for one, row in write:
            try:
                part(one, row, references)
            except ValidationError as error:
                raise one.error("; ".join(messages(error))) from None
            except DatabaseError as error:
                raise one.error(str(error).strip().splitlines()[0]) from None
    record(Change.Action.LOAD, [*(row for _one, row in write), *adopt], actor=actor, even_if_equal=True)
    missing(entries, state, report, prune=prune, actor=actor)
    if dry_run:
        transaction.set_rollback(True)
    return report


def compare(entries, state, report, overwrite=()):
    """Report how ``entries`` differ from ``state``; return the (entry, row) pairs to write and the rows to adopt."""
    write, adopt = [], []
    for one in entries:
        one.follow(state)
        row, data, action = state[one.model].get(one.key)
        if row is None:
            report.added.append(str(one))
            write.append((one, one.model(**{one.model.key_field: one.key})))
            continue
        fields = differences({**beside(row), **data}, {**one.beside, **one.content})
        untouched = action == Change.Action.LOAD
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
    return write, adopt


class State:
    """The rows of one model as they stand: of all the addresses, of those that ``entries`` are of all else.

    There may be very many more rows than the files tell of.
    """

    def __init__(self, model, entries, *, lock=True):
        rows = model._base_manager.filter(revises=None) if issubclass(model, Record) else model._base_manager.all()
        locked = rows
        if lock:
            # Until the load is over: who is saving a record has finished, and who comes now waits.
            locked = rows.select_for_update()
        self.ids = dict(locked.values_list(model.key_field, "pk"))
        self.former = {}
        if issubclass(model, Record):
            for key, former in rows.exclude(former_slugs="").values_list(model.key_field, "former_slugs"):
                self.former.update((one, key) for one in lines(former) if one not in self.ids)
        wanted = {self.current(one.key) for one in entries if one.model is model}
        self.rows, self.newest = {}, {}
        for some in batches(self.ids[key] for key in wanted & self.ids.keys()):
            found = snapshots(model._base_manager.filter(pk__in=some))
            self.rows.update((row.natural_key()[0], (row, data)) for row, data in found)
            self.newest.update(newest_actions(model, some))

    def current(self, key):
        """Return the address that the record has now which once stood under ``key``, else ``key`` itself."""
        return self.former.get(key, key) if isinstance(key, str) else key

    def get(self, key):
        """Return the row under ``key``, or under the address it has now, its snapshot and its newest action."""
        if self.current(key) not in self.rows:
            return None, None, None
        row, data = self.rows[self.current(key)]
        return row, data, self.newest.get(row.pk)


def newest_actions(model, ids):
    """Return what the newest change of each row of ``model`` did, by the row's id."""
    return {pk: version.change.action for pk, version in newest_versions(model, ids).items()}


def write_root(one, row, references):
    """Write a row without the rows it owns, and without the references that come later."""
    later = comes_later(one.model)
    for name in one.model.beside:
        field_ = one.model._meta.get_field(name)
        value = None if name in later else one.beside.get(name)
        setattr(row, name, field_.to_python(default_of(field_) if value is None else value))
    apply_root(row, {name: value for name, value in one.content.items() if name not in later}, references)


def write_owned(one, row, references):
    """Write the rows that a row owns, and the references that had to wait for those of others."""
    later = comes_later(one.model)
    for name in later & one.beside.keys():
        try:
            setattr(row, name, references.get(one.model._meta.get_field(name).related_model, one.beside[name]))
        except ValidationError as error:
            raise ValidationError({name: error.messages}) from None
    if later & {*one.beside, *one.content}:
        apply_root(row, one.content, references)
    apply_owned(row, one.content, references)


@cache
def comes_later(model):
    """Return the names of the references that wait until all roots are written.

    What replaces a record may stand behind it; a session that an outcome refers to comes with its meeting's rows.
    """
    beside_ = {name for name in model.beside if model._meta.get_field(name).is_relation}
    plain, _many = content_fields(model)
    return beside_ | {one.name for one in plain if one.is_relation and issubclass(one.related_model, Owned)}


def missing(entries, state, report, *, prune, actor):
    """Report what came from the files and is in them no more; archive or remove it if asked."""
    held = {(one.model, state[one.model].current(one.key)) for one in entries}
    archived, removed = [], {}
    for model in reversed(curated_models()):
        loaded = set(
            Version.objects.filter(
                content_type__app_label=model._meta.app_label, content_type__model=model._meta.model_name
            )
            .filter(change__action=Change.Action.LOAD)
            .values_list("object_id", flat=True)
        )
        gone = [pk for key, pk in state[model].ids.items() if (model, key) not in held and pk in loaded]
        for row, action in with_newest_actions(model, gone):
            if getattr(row, "status", None) == Status.ARCHIVED:
                continue
            name = f"{model._meta.label_lower} {row.natural_key()[0]}"
            edited = action != Change.Action.LOAD
            if not prune or edited:
                report.missing.append(f"{name} (edited)" if edited else name)
            elif isinstance(row, Record):
                row.status = Status.ARCHIVED
                row.save()
                archived.append(row)
                report.pruned.append(name)
            else:
                removed[name] = row
    if archived:
        record(Change.Action.ARCHIVE, archived, actor=actor)
    # A term that only another such term refers to goes after it.
    while free := [name for name, row in removed.items() if not referring_rows(row)]:
        record(Change.Action.REMOVE, removed=[removed[name] for name in free], actor=actor)
        for name in free:
            removed.pop(name).delete()
        report.pruned += free
    report.missing += [f"{name} (referred to by {referring_rows(row)})" for name, row in removed.items()]


def with_newest_actions(model, ids):
    """Yield the rows of ``model`` in the order of ``ids``, each with what its newest change did."""
    for some in batches(ids):
        rows, actions = model._base_manager.in_bulk(some), newest_actions(model, some)
        yield from ((rows[pk], actions[pk]) for pk in some)


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
