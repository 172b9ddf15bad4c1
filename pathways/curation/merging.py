"""Two records that turn out to be one: what both hold comes together, and the old address leads to the one kept."""

from django.db import transaction
from django.utils.translation import gettext as _

from .changes import record as write_change
from .comparing import keyed_rows
from .models import Change, Curated, Owned, Record, Status, lines
from .snapshots import apply, content_fields, owned_models, snapshot
from .workflow import Refused, locked

# What a record may have at most; more than these would say nothing of it.
MOST_THEMES = 4


@transaction.atomic
def merge(kept, gone, user, note="", *, choose=()):
    """Merge ``gone`` into ``kept``, in one change; return ``kept``.

    ``kept`` gets the rows and values of both, and where it has none, those of ``gone``; for the fields named in
    ``choose`` those of ``gone`` in any case. What referred to ``gone`` refers to ``kept``. ``gone`` is archived, and
    its addresses lead to ``kept``. Raises Refused if the two cannot be merged.
    """
    first, second = sorted((kept, gone), key=lambda record: record.pk)
    locked_ = {record.pk: locked(record) for record in (first, second)}
    kept, gone = locked_[kept.pk], locked_[gone.pk]
    refuse(kept, gone)
    model = kept._meta.concrete_model
    content = combined(model, snapshot(kept), snapshot(gone), choose)
    drop_own_references(model, content, {kept.slug, gone.slug})
    kept.former_slugs = "\n".join(dict.fromkeys([*lines(kept.former_slugs), gone.slug, *lines(gone.former_slugs)]))
    apply(kept, content)
    owners = lead_to(kept, gone)
    gone.status, gone.replaced_by = Status.ARCHIVED, kept
    gone.save()
    # In this order: what is undone begins with those who refer to the others.
    write_change(Change.Action.MERGE, [kept, gone, *owners], actor=user, note=note or str(gone))
    return kept


def refuse(kept, gone):
    """Raise Refused if the two cannot be merged."""
    if type(kept)._meta.concrete_model is not type(gone)._meta.concrete_model or kept.pk == gone.pk:
        raise Refused(_("Choose another record of the same kind."))
    if Status.ARCHIVED in {kept.status, gone.status}:
        raise Refused(_("One of them is archived."))
    if gone.is_public and not kept.is_public:
        raise Refused(_("Keep the one that is published: others link to it."))
    for record in (kept, gone):
        if record.revises_id or type(record)._base_manager.filter(revises=record).exists():
            raise Refused(_("“%s” is being revised. Publish or discard its revision first.") % record)


def combined(model, kept, gone, choose=()):
    """Return the content that holds what both contents hold; ``choose`` names the fields to take from ``gone``."""
    data = dict(kept)
    plain, many = content_fields(model)
    for field in plain:
        if field.name in gone and (field.name in choose or field.name not in kept):
            data[field.name] = gone[field.name]
    for field in many:
        if values := {*kept.get(field.name, []), *gone.get(field.name, [])}:
            data[field.name] = sorted(values)
    for name, rows in owned_models(model).items():
        both = keyed_rows(rows, kept.get(name, []))
        for key, row in keyed_rows(rows, gone.get(name, [])).items():
            # A row of both keeps what the kept one says, and gains what only the other does.
            both[key] = {**row, **both.get(key, {})}
        if both:
            data[name] = list(both.values())
    if "other_names" in {field.name for field in plain}:
        names = [*lines(kept.get("other_names", "")), gone["title"], *lines(gone.get("other_names", ""))]
        known = {data["title"]}
        if text := "\n".join(name for name in dict.fromkeys(names) if name not in known):
            data["other_names"] = text
    if "theme_rows" in data:
        data["theme_rows"] = data["theme_rows"][:MOST_THEMES]
    return data


def themes_left_behind(gone, combined):
    """Return the keys of the themes in the content ``gone`` for which ``combined`` has no room, in their order."""
    kept = {row["theme"] for row in combined.get("theme_rows", [])}
    return [row["theme"] for row in gone.get("theme_rows", []) if row["theme"] not in kept]


def drop_own_references(model, content, slugs):
    """Take out of ``content`` what would have the record refer to itself."""
    for field in content_fields(model)[0]:
        if field.is_relation and field.related_model is model and content.get(field.name) in slugs:
            del content[field.name]
    for name, rows in owned_models(model).items():
        own = [field.name for field in content_fields(rows)[0] if field.is_relation and field.related_model is model]
        if own and name in content:
            content[name] = [row for row in content[name] if not any(row.get(field) in slugs for field in own)]


def lead_to(kept, gone):
    """Have all that refers to ``gone``, or to a row it owns, refer to ``kept``; return the records this changed."""
    owners = {}
    for relation in references_to(type(gone)._meta.concrete_model):
        for row in relation.related_model._base_manager.filter(**{relation.field.name: gone}):
            lead(row, relation.field.name, kept, owners, kept, gone)
    for name, rows in owned_models(type(gone)._meta.concrete_model).items():
        ours = {tuple(row.key_parts()): row for row in getattr(kept, name).all()}
        for old in getattr(gone, name).all():
            for relation in references_to(rows):
                if issubclass(relation.related_model, Record):
                    new = ours.get(tuple(old.key_parts()))
                    for row in relation.related_model._base_manager.filter(**{relation.field.name: old}):
                        if new is not None:
                            lead(row, relation.field.name, new, owners, kept, gone)
    return list(owners.values())


def references_to(model):
    """Return the relations through which others refer to rows of ``model``; not those of the rows it owns."""
    owned = set(owned_models(model).values()) if issubclass(model, Curated) else set()
    return [
        relation
        for relation in model._meta.related_objects
        if relation.related_model not in owned or relation.field.name != relation.related_model.owner
        if not relation.many_to_many and relation.field.name != "revises"
    ]


def lead(row, name, target, owners, kept, gone):
    """Set a reference to ``target``; a row that then says what another does already is dropped."""
    owner = getattr(row, row.owner) if isinstance(row, Owned) else row
    if type(owner)._meta.concrete_model is type(kept)._meta.concrete_model and owner.pk in {kept.pk, gone.pk}:
        # The content of the one kept is written already, and that of the other stays as it was.
        return
    setattr(row, name, target)
    if isinstance(row, Owned) and stands_twice(row):
        row.delete()
    else:
        row.save()
    owners[type(owner), owner.pk] = owner


def stands_twice(row):
    key = {name: getattr(row, name) for name in (row.owner, *row.key)}
    return type(row)._base_manager.filter(**key).exclude(pk=row.pk).exists()
