"""The OpenAPI description, made from the same filters and serializers that answer; it knows the values that exist."""

import json
import threading
from copy import deepcopy

import yaml
from django.conf import settings
from django.http import HttpResponse
from django.urls import resolve
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory
from rest_framework.utils.encoders import JSONEncoder

from pathways.curation.models import DataVersion
from pathways.listing.filters import (
    LONGEST_QUERY,
    MOST_PER_PAGE,
    PER_PAGE,
    ChoiceTerms,
    FacetFilter,
    SortFilter,
    WordsFilter,
    YearFilter,
)
from pathways.listing.index import index_for, within_transaction
from pathways.listing.serializers import ChosenFields, Output
from pathways.listing.views import site_address
from pathways.site import corridors
from pathways.vocabulary.models import Country
from practices.filters import PracticeFilter

from .problems import MEDIA_TYPE, GoneSerializer, ProblemSerializer, WrongParametersSerializer
from .views import CorridorView, CountryView, RecordView, SearchView, TermView, field_names

# A vocabulary that has more values than this is described by their form alone.
MOST_LISTED = 500
SLUG = "^[A-Za-z0-9_.-]{1,80}$"
# No database takes this character.
WITHOUT_NUL = "^[^\\u0000]*$"

STATUSES = {
    200: _("What was asked for."),
    301: _("A former slug: the record is at the address in Location."),
    304: _("Nothing has changed since the version in If-None-Match."),
    400: _("A parameter was given wrongly."),
    404: _("There is nothing at this address, or no such page."),
    406: _("Only JSON is to be had here."),
    410: _("The record was withdrawn."),
    429: _("Too many requests; Retry-After says in how many seconds to come back."),
    500: _("Something went wrong here."),
}
PROBLEMS = {400: WrongParametersSerializer, 410: GoneSerializer}
HEADERS = {
    "ETag": (_("The version of the answer, for If-None-Match."), {"type": "string"}),
    "Link": (_("The first, previous, next and last page."), {"type": "string"}),
    "Location": (_("Where the record is now."), {"type": "string"}),
    "Retry-After": (_("Seconds."), {"type": "integer"}),
}


class OutputExtension(OpenApiSerializerFieldExtension):
    """Fields that say themselves what they give."""

    target_class = Output
    match_subclasses = True

    def map_serializer_field(self, auto_schema, direction):
        return deepcopy(self.target.schema)


class TimeExtension(OpenApiSerializerFieldExtension):
    """A time of day where a meeting is; "time" would be one with its zone."""

    target_class = serializers.TimeField

    def map_serializer_field(self, auto_schema, direction):
        return {"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}:[0-9]{2}$"}


class Description(AutoSchema):
    """Describes one operation, from what its view says of itself."""

    def get_operation_id(self):
        return self.view.name

    def get_summary(self):
        return str(self.view.title)

    def get_description(self):
        return " ".join(type(self.view).__doc__.split())

    def get_tags(self):
        return [str(self.view.group)]

    def get_auth(self):
        return []

    def _get_parameters(self):
        return list(parameters(self.view, self.registry))

    def get_response_serializers(self):
        view = self.view
        statuses = [406, 429, 500]
        if view.takes_fields or view.filter_class or isinstance(view, SearchView):
            statuses.append(400)
        if view.is_paged or "{" in self.path:
            statuses.append(404)
        if isinstance(view, RecordView):
            statuses.append(410)
        found = {200: OpenApiResponse(view.answer_class, str(STATUSES[200]))}
        for status in sorted(statuses):
            serializer = PROBLEMS.get(status, ProblemSerializer)
            found[status, MEDIA_TYPE] = OpenApiResponse(serializer, str(STATUSES[status]))
        return found

    def get_operation(self, *args):
        operation = super().get_operation(*args)
        responses = operation["responses"]
        responses["304"] = {"description": str(STATUSES[304])}
        headers = {"200": ["ETag", "Link"] if self.view.is_paged else ["ETag"], "429": ["Retry-After"]}
        if isinstance(self.view, RecordView):
            responses["301"] = {"description": str(STATUSES[301])}
            headers["301"] = ["Location"]
        for status, names in headers.items():
            described = {name: {"description": str(HEADERS[name][0]), "schema": HEADERS[name][1]} for name in names}
            responses[status]["headers"] = described
        example = example_of(self.view, operation, self.path)
        if example is not None:
            responses["200"]["content"]["application/json"]["example"] = example
        operation["responses"] = dict(sorted(responses.items()))
        return operation

    def _get_serializer_field_meta(self, field, direction):
        meta = super()._get_serializer_field_meta(field, direction)
        # Nothing here is written.
        meta.pop("readOnly", None)
        return meta

    def _insert_min_max(self, field, content):
        """Leave out the bounds of the database's integers: they say nothing of what there is."""

    def _insert_field_validators(self, field, schema):
        if not isinstance(field, serializers.IntegerField):
            super()._insert_field_validators(field, schema)

    def _map_basic_serializer(self, serializer, direction):
        schema = super()._map_basic_serializer(serializer, direction)
        schema.pop("required", None)
        # Of a record, ?fields= chooses.
        if not isinstance(serializer, ChosenFields):
            schema["required"] = list(schema["properties"])
        return schema


# Parameters


def parameters(view, registry):
    """Yield what an address and a query may hold."""
    yield from path_parameters(view, registry)
    if isinstance(view, SearchView):
        yield in_query(
            "q",
            _("The words to search for: words, “phrases”, -exclusions and beginnings*."),
            {"type": "string", "minLength": 1, "maxLength": LONGEST_QUERY, "pattern": "^[^\\u0000]*[^\\s\\u0000]"},
            required=True,
            example="skills",
        )
    if view.filter_class:
        yield from filter_parameters(view, registry)
    if view.is_paged:
        page = {"type": "integer", "minimum": 1, "maximum": 10**6, "default": 1}
        yield in_query("page", _("The page; one past the end is answered with 404."), page)
        rows = {"type": "integer", "minimum": 1, "maximum": MOST_PER_PAGE, "default": PER_PAGE}
        yield in_query("per_page", _("How many on a page."), rows)
    if view.takes_fields:
        names = field_names(view.serializer_class)
        yield in_query(
            "fields",
            _("The fields of a record that are wanted, separated by commas; all, if none is named."),
            {"type": "array", "items": {"type": "string", "enum": names}},
            explode=False,
            example=names[:2],
        )


def in_query(name, description, schema, **more):
    return {"in": "query", "name": name, "description": str(description), "schema": schema, **more}


def path_parameters(view, registry):
    if isinstance(view, RecordView):
        first = view.model.objects.published().order_by("slug").values_list("slug", flat=True).first()
        yield in_path("slug", {"type": "string", "pattern": SLUG.replace(".", "")}, first)
    elif isinstance(view, TermView):
        key = view.vocabulary.model.key_field
        codes = [str(code) for code in view.vocabulary.rows().order_by(key).values_list(key, flat=True)]
        yield in_path("code", listed(codes), codes[0] if codes else None)
    elif isinstance(view, CountryView):
        yield in_path("code", country_codes(registry), most_frequent(PracticeFilter, "country"))
    elif isinstance(view, CorridorView):
        yield in_path("pair", {"type": "string", "pattern": "^[A-Za-z]{2}-[A-Za-z]{2}$"}, busiest_corridor())


def most_frequent(filter_class, name):
    """Return the value of a facet that most records have, if any has one."""
    bitmaps = index_for(filter_class).facets[name].bitmaps
    return max(bitmaps, key=lambda value: len(bitmaps[value]), default=None)


def busiest_corridor():
    """Return the corridor with the most practices, if there is one."""
    pairs = corridors.pairs()
    return "-".join(min(pairs, key=lambda pair: (-pairs[pair], pair))).lower() if pairs else None


def in_path(name, schema, example):
    parameter = {"in": "path", "name": name, "required": True, "schema": schema}
    return {**parameter, "example": example} if example is not None else parameter


def filter_parameters(view, registry):
    """Yield the parameters of the view's filter."""
    index = index_for(view.filter_class)
    for name, declared in view.filter_class.base_filters.items():
        label = str(capfirst(declared.label))
        if isinstance(declared, FacetFilter):
            items = term_codes(declared, list(index.facets[name].labels), registry)
            example = most_frequent(view.filter_class, name)
            # Of choices the enumeration says all.
            hint = "" if isinstance(declared.terms, ChoiceTerms) else f" {declared.extra['hint']}"
            description = f"{label}.{hint} {_('Several are an or.')}"
            more = {"example": [example]} if example is not None else {}
            yield in_query(name, description, {"type": "array", "items": items}, explode=True, style="form", **more)
        elif isinstance(declared, WordsFilter):
            words = {"type": "string", "maxLength": LONGEST_QUERY, "pattern": WITHOUT_NUL}
            yield in_query(name, _("Words, “phrases”, -exclusions and beginnings*."), words, example="skills")
        elif isinstance(declared, YearFilter):
            yield in_query(name, label, {"type": "integer", "minimum": 1000, "maximum": 9999}, example=2018)
        elif isinstance(declared, SortFilter) and view.is_paged and view.name != "corridors_list":
            orders = list(declared.orders)
            yield in_query(name, _("The order."), {"type": "string", "enum": orders, "default": orders[0]})


def term_codes(declared, values, registry):
    """Return the schema of a value of a facet; that of a vocabulary stands among the components, once."""
    if isinstance(declared.terms, ChoiceTerms):
        return {"type": "string", "enum": values}
    model = declared.terms.rows().model
    if model is Country:
        return country_codes(registry)
    return component(registry, f"{model.__name__}Code", values)


def country_codes(registry):
    return component(registry, "CountryCode", Country.objects.order_by("code").values_list("code", flat=True))


def component(registry, name, values):
    """Return a reference to the codes of a vocabulary."""
    made = ResolvedComponent(name=name, type=ResolvedComponent.SCHEMA, schema=listed(list(values)), object=name)
    registry.register_on_missing(made)
    return made.ref


def listed(values):
    if 0 < len(values) <= MOST_LISTED:
        return {"type": "string", "enum": values}
    return {"type": "string", "pattern": SLUG}


# Examples


def example_of(view, operation, path):
    """Return a real answer of the operation, as short as it can be."""
    known = {one["name"]: one.get("example") for one in operation.get("parameters", []) if one["in"] == "path"}
    if None in known.values():
        return None
    query = {"per_page": 1} if view.is_paged else {"q": "skills"} if isinstance(view, SearchView) else {}
    address = path.format(**known)
    asked = view.request
    made_up = APIRequestFactory().get(address, query, secure=asked.is_secure(), headers={"host": asked.get_host()})
    answering = type(view)(**{name: value for name, value in vars(view).items() if hasattr(type(view), name)})
    answering.request = view.initialize_request(made_up)
    response = answering.get(answering.request, **resolve(address).kwargs)
    return plain_data(response.data) if response.status_code == 200 else None


def plain_data(data):
    """Return data as JSON has it."""
    return json.loads(json.dumps(data, cls=JSONEncoder))


# The whole


class Generator(SchemaGenerator):
    """Says of the whole what it is, and where."""

    def get_schema(self, request=None, public=True):
        described = super().get_schema(Request(request), public)
        described["info"]["title"] = f"{settings.SITE_NAME} API"
        described["info"]["version"] = "1"
        if settings.DATA_LICENCE:
            licence = {"name": settings.DATA_LICENCE}
            if settings.DATA_LICENCE_URL:
                licence["url"] = settings.DATA_LICENCE_URL
            described["info"]["license"] = licence
        described["servers"] = [{"url": site_address(request)}]
        return described


lock = threading.Lock()
made = {}


def description_of(request):
    """Return the description, as it stands at the current version of the data."""
    version = DataVersion.current()
    key = (version.epoch, version.number, site_address(request), get_language())
    if within_transaction():
        return Generator().get_schema(request, public=True)
    with lock:
        if key not in made:
            made.clear()
            made[key] = Generator().get_schema(request, public=True)
        return made[key]


@csrf_exempt
@require_safe
def description(request, kind):
    """Answer with the description as JSON or YAML."""
    described = plain_data(description_of(request))
    if kind == "yaml":
        text = yaml.safe_dump(described, allow_unicode=True, sort_keys=False, width=120)
        return HttpResponse(text, content_type="application/yaml")
    return HttpResponse(json.dumps(described, ensure_ascii=False), content_type="application/json")
