"""The documentation of the API: its description, drawn as an ordinary page."""

import json
from typing import NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from pathways.listing.filters import MOST_PER_PAGE
from pathways.listing.views import ReadOnlyView, site_address

from .problems import PREFIX
from .schema import STATUSES, description_of, plain_data

COMPONENTS = "#/components/schemas/"
# So many values of a parameter are printed; the description has all of them.
MOST_PRINTED = 12
# So much of each list is shown.
MOST_SHOWN = 2
# Operations that have so many parameters in common are of the same filter.
MOST_REPEATED = 2
PAGING = {"page", "per_page", "fields", "sort"}


class Parameter(NamedTuple):
    """A parameter as the page shows it."""

    name: str
    place: str
    kind: str
    description: str
    values: tuple[str, ...]
    more: int


class Operation(NamedTuple):
    """An address of the API as the page shows it; ``example`` is one that can be followed, ``answer`` what it gives.

    ``shared`` is an operation before it that has most of its parameters; ``parameters`` are the others.
    """

    id: str
    path: str
    title: str
    description: str
    parameters: list[Parameter]
    shared: "Operation | None"
    statuses: list[str]
    record: str
    example: str
    answer: str

    @property
    def filters(self):
        """Its parameters that every operation with the same filter has."""
        return {one for one in self.parameters if one.name not in PAGING}


class Docs(ReadOnlyView, TemplateView):
    template_name = "api/docs.html"

    def get_context_data(self, **kwargs):
        described = plain_data(description_of(self.request))
        limit = settings.API_LIMIT
        return super().get_context_data(
            groups=groups(described),
            records=records(described),
            statuses=STATUSES.items(),
            prefix=site_address(self.request) + PREFIX,
            most_per_page=MOST_PER_PAGE,
            limit=limit and {"number": limit[0], "seconds": limit[1]},
            **kwargs,
        )


def groups(described):
    """Return (heading, operations) for each group of addresses."""
    found, before = {}, []
    for path, methods in described["paths"].items():
        one = methods["get"]
        drawn = operation(described, path, one)
        shared = next((other for other in before if len(drawn.filters & other.filters) >= MOST_REPEATED), None)
        if shared is None:
            before.append(drawn)
        else:
            own = [one for one in drawn.parameters if one not in shared.parameters]
            drawn = drawn._replace(parameters=own, shared=shared)
        found.setdefault(one["tags"][0], []).append(drawn)
    return list(found.items())


def operation(described, path, one):
    given = one.get("parameters", [])
    content = one["responses"]["200"]["content"]["application/json"]
    answer = content.get("example")
    return Operation(
        id=one["operationId"],
        path=path,
        title=one["summary"],
        description=one["description"],
        parameters=[parameter(described, entry) for entry in given],
        shared=None,
        statuses=list(one["responses"]),
        record=content["schema"]["$ref"].removeprefix(COMPONENTS),
        example=example_address(path, one),
        answer=json.dumps(shortened(answer, one), ensure_ascii=False, indent=1) if answer else "",
    )


def shortened(answer, one):
    """Return an answer with no list of more than two, and of a list's records no more than their first fields."""
    if isinstance(answer, list):
        return [shortened(row, one) for row in answer[:MOST_SHOWN]]
    if not isinstance(answer, dict):
        return answer
    if is_paged(one) and "results" in answer:
        rows = [dict(list(row.items())[:MOST_SHOWN]) for row in answer["results"]]
        return {**answer, "results": rows}
    return {name: shortened(value, one) for name, value in answer.items()}


def is_paged(one):
    return any(entry["name"] == "per_page" for entry in one.get("parameters", []))


def example_address(path, one):
    """Return an address of the operation that can be followed, or nothing."""
    given = one.get("parameters", [])
    values = {entry["name"]: entry.get("example") for entry in given if entry["in"] == "path"}
    if None in values.values():
        return ""
    query = {entry["name"]: entry["example"] for entry in given if entry.get("required") and entry["in"] == "query"}
    if is_paged(one):
        (fields,) = [entry["example"] for entry in given if entry["name"] == "fields"]
        query |= {"per_page": 1, "fields": ",".join(fields)}
    text = urlencode(query, safe=",")
    return path.format(**values) + (f"?{text}" if text else "")


def parameter(described, entry):
    schema = resolved(described, entry["schema"])
    kind, items = type_of(schema), schema
    if schema.get("type") == "array":
        items = resolved(described, schema["items"])
        kind = _("several, separated by commas") if entry.get("explode") is False else _("may be repeated")
    values = items.get("enum", [])
    places = {"path": _("in the address"), "query": _("parameter")}
    return Parameter(
        name=entry["name"],
        place=places[entry["in"]],
        kind=kind,
        description=entry.get("description", ""),
        values=tuple(values[:MOST_PRINTED]),
        more=max(0, len(values) - MOST_PRINTED),
    )


def resolved(described, schema):
    """Return a schema, or the one among the components that it refers to."""
    name = schema.get("$ref", "").removeprefix(COMPONENTS)
    return described["components"]["schemas"][name] if name else schema


def type_of(schema):
    """Return in a word or two what a schema is of."""
    kinds = schema.get("type", "")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    words = {
        "string": _("text"),
        "integer": _("whole number"),
        "number": _("number"),
        "boolean": _("true or false"),
        "array": _("list"),
        "object": _("object"),
        "null": _("null"),
    }
    return _(" or ").join(words[kind] for kind in kinds if kind in words)


class Field(NamedTuple):
    """A field of a record as the page shows it; ``record`` names what it holds, where that has fields of its own."""

    name: str
    kind: str
    record: str
    description: str
    values: list[str]


def records(described):
    """Return (name, description, fields) of what the answers are made of, but for the codes of vocabularies."""
    found = []
    for name, schema in described["components"]["schemas"].items():
        if "properties" in schema:
            fields = [field(name, one) for name, one in schema["properties"].items()]
            found.append((name, schema.get("description", ""), fields))
    return found


def field(name, schema):
    description = schema.get("description", "")
    # A reference with a description of its own is wrapped.
    inner = schema["allOf"][0] if "allOf" in schema else schema
    items = inner.get("items", inner)
    record = items.get("$ref", "").removeprefix(COMPONENTS)
    kind = type_of(inner)
    properties = items.get("properties", {})
    if properties:
        kind = f"{kind}: {', '.join(properties)}"
    values = items.get("enum") or properties.get("code", {}).get("enum", [])
    return Field(name, kind, record, description, values)
