"""The Data Package (specs.frictionlessdata.io): what the tables are, for programs."""

import csv

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from pathways.curation.models import DataVersion
from pathways.listing.columns import as_text
from pathways.listing.export import licence, licence_address
from pathways.listing.writers.tables import Echo, guarded

from .tables import BY_NAME, TABLES


def package(site):
    """Return the descriptor of the package as plain data; ``site`` is what addresses start with."""
    version = DataVersion.current()
    return {
        "profile": "tabular-data-package",
        "name": "pathways",
        "title": settings.SITE_NAME,
        "description": _(
            "Practices and recommendations on legal pathways for migration, and the meetings and documents they come "
            "from. An apostrophe stands before a text that a spreadsheet would take for a formula."
        ),
        "homepage": f"{site}{reverse('site:data')}",
        "version": str(version),
        "created": version.changed_at.replace(microsecond=0).isoformat(),
        "licenses": [{"title": licence(), "path": licence_address(site)}],
        "resources": [resource(table) for table in TABLES],
    }


def resource(table):
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "title": str(table.help),
        "path": f"{table.name}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": schema(table),
    }


def schema(table):
    """Return the Table Schema of a table: its fields, its key, and what they refer to."""
    described = {"fields": [field_schema(field) for field in table.fields], "missingValues": [""]}
    if table.key:
        described["primaryKey"] = list(table.key)
    if foreign := [foreign_key(table, field) for field in table.fields if field.refers_to]:
        described["foreignKeys"] = foreign
    return described


def field_schema(field):
    constraints = {"required": True} if field.required else {}
    if field.choices:
        constraints["enum"] = list(field.choices)
    described = {"name": field.name, "type": field.type, "description": str(field.help)}
    return described | ({"constraints": constraints} if constraints else {})


def foreign_key(table, field):
    # A table that refers to itself says so with an empty name.
    other = "" if field.refers_to == table.name else field.refers_to
    return {"fields": field.name, "reference": {"resource": other, "fields": BY_NAME[field.refers_to].key[0]}}


def write_table(table, site):
    """Yield a table as CSV, the header first."""
    writer = csv.writer(Echo())
    yield writer.writerow([field.name for field in table.fields])
    for row in table.rows(site):
        yield writer.writerow([guarded(value) if isinstance(value, str) else as_text(value) for value in row])
