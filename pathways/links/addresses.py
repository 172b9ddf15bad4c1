"""Which addresses the knowledge base names, and where."""

from collections import defaultdict

from django.db import models

from pathways.curation.changes import curated_models
from pathways.curation.models import Record, Status
from pathways.curation.snapshots import owned_models


def places():
    """Yield (model, path) for each field that holds an address: the curated model whose page shows it, and how a query
    on that model reaches the field.
    """
    for model in curated_models():
        for field in url_fields(model):
            yield model, field.name
        for name, owned in owned_models(model).items():
            for field in url_fields(owned):
                yield model, f"{name}__{field.name}"


def url_fields(model):
    return [field for field in model._meta.concrete_fields if isinstance(field, models.URLField)]


def in_use():
    """Return every address that is to be checked: withdrawn records are left out."""
    found = set()
    for model, path in places():
        rows = model._base_manager.exclude(**{f"{path}__isnull": True}).exclude(**{path: ""})
        if issubclass(model, Record):
            rows = rows.exclude(status=Status.ARCHIVED)
        found.update(rows.order_by().values_list(path, flat=True))
    return sorted(address for address in found if address)


def users_of(addresses):
    """Return for each of ``addresses`` the records, documents and terms that name it."""
    found = defaultdict(list)
    for model, path in places():
        rows = model._base_manager.filter(**{f"{path}__in": addresses})
        for pk, address in rows.order_by("pk").values_list("pk", path):
            found[address].append((model, pk))
    return found
