"""Linked data: JSON-LD, the list as a data set and its records as parts of it."""

from django.utils.translation import gettext_lazy as _

from ..export import Format
from ..linked import CONTEXT, as_text, dataset


def write_jsonld(export):
    """Yield the list as JSON-LD: a data set of schema.org and DCAT that has the records as its parts."""
    make = export.of.linked
    yield as_text({"@context": CONTEXT, **dataset(export)}).removesuffix("}")
    yield ', "hasPart": ['
    separator = "\n"
    for row in export.rows(make.related):
        yield separator + as_text(make(row, export))
        separator = ",\n"
    yield "\n]}\n"


JSONLD = Format("jsonld", _("JSON-LD"), "application/ld+json; charset=utf-8", write_jsonld, shell=7000)  # noqa: S604
