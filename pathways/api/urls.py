"""The addresses of the API; those of records and terms end as those of their pages do."""

from django.urls import path, register_converter
from django.utils.translation import gettext_lazy as _

from meetings.filters import MeetingFilter, OutcomeFilter
from meetings.serializers import MeetingSerializer, OutcomeSerializer, ParticipationSerializer
from pathways.vocabulary.serializers import CountrySerializer
from practices.filters import PracticeFilter
from practices.serializers import PracticeSerializer

from . import docs, schema, views
from .filters import PagedCountryFilter, ParticipationFilter
from .vocabularies import VOCABULARIES


class CountryCodeConverter:
    """A country's code, in any case."""

    regex = "[A-Za-z]{2}"

    def to_python(self, value):
        return value.upper()

    def to_url(self, value):
        return value.lower()


class CorridorConverter:
    """The codes of two countries, in any case, as ma-be."""

    regex = "[A-Za-z]{2}-[A-Za-z]{2}"

    def to_python(self, value):
        return tuple(value.upper().split("-"))

    def to_url(self, value):
        return "-".join(code.lower() for code in value)


class TermConverter:
    """The code of a term: a slug, a number, or 8.8."""

    regex = "[A-Za-z0-9_.-]{1,80}"

    def to_python(self, value):
        return value

    def to_url(self, value):
        return str(value)


register_converter(CountryCodeConverter, "country")
register_converter(CorridorConverter, "corridor")
register_converter(TermConverter, "term")

# Name, title, filter and serializer of the lists that have a filter; then what one of them is called.
FILTERED = (
    ("practices", _("Practices"), PracticeFilter, PracticeSerializer, _("One practice")),
    ("outcomes", _("Outcomes"), OutcomeFilter, OutcomeSerializer, _("One outcome")),
    ("meetings", _("Meetings"), MeetingFilter, MeetingSerializer, _("One meeting")),
    ("participations", _("Participations"), ParticipationFilter, ParticipationSerializer, None),
    ("countries", _("Countries"), PagedCountryFilter, CountrySerializer, _("One country")),
)
LISTS = [*(row[0] for row in FILTERED), "corridors", *(one.name for one in VOCABULARIES)]


def addresses():
    """Yield (route, class of the view, what it is made with, name)."""
    group = _("Everything")
    yield (
        "",
        views.RootView,
        {"name": "root", "title": _("Where everything is"), "group": group, "lists": LISTS},
        "root",
    )
    yield (
        "search/",
        views.SearchView,
        {"name": "search", "title": _("Search across everything"), "group": group},
        "search",
    )
    for name, title, filter_class, serializer, title_of_one in FILTERED:
        filtered = {"group": title, "filter_class": filter_class}
        yield (
            f"{name}/",
            views.RecordListView,
            {"name": f"{name}_list", "title": title, "serializer_class": serializer, **filtered},
            name,
        )
        yield (
            f"{name}/facets/",
            views.FacetsView,
            {"name": f"{name}_facets", "title": _("Counts beside the values of each parameter"), **filtered},
            f"{name}-facets",
        )
        one = {"name": f"{name}_one", "title": title_of_one, "group": title, "serializer_class": serializer}
        if name == "countries":
            yield f"{name}/<country:code>/", views.CountryView, one, "country"
        elif title_of_one:
            yield f"{name}/<slug:slug>/", views.RecordView, {**one, "view_name": f"{name}-one"}, f"{name}-one"
    group = _("Corridors")
    yield (
        "corridors/",
        views.CorridorListView,
        {"name": "corridors_list", "title": _("Corridors of the practices of a filter"), "group": group},
        "corridors",
    )
    yield (
        "corridors/<corridor:pair>/",
        views.CorridorView,
        {"name": "corridors_one", "title": _("One corridor, there and back"), "group": group},
        "corridor",
    )
    for one in VOCABULARIES:
        made = {"vocabulary": one}
        name = one.name.replace("-", "_")
        yield f"{one.name}/", views.TermListView, {"name": f"{name}_list", "title": one.title, **made}, one.name
        yield (
            f"{one.name}/<term:code>/",
            views.TermView,
            {"name": f"{name}_one", "title": _("One of them, by its code"), **made},
            f"{one.name}-one",
        )


app_name = "api"
urlpatterns = [
    *(path(f"api/v1/{route}", view.as_view(**made), name=name) for route, view, made, name in addresses()),
    path("api/v1/schema", schema.description, {"kind": "json"}, name="schema"),
    path("api/v1/schema.yaml", schema.description, {"kind": "yaml"}, name="schema-yaml"),
    path("api/docs/", docs.Docs.as_view(), name="docs"),
]
