from django.urls import path, register_converter
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import RedirectView

from pathways.listing.views import ReadOnlyView

from . import sitemap
from .data import views as data
from .oai.views import Harvest
from .views import corridors, countries, coverage, documents, home, organisations, search, selections, themes


class CodeConverter:
    """A country's code in an address: two lower-case letters."""

    regex = "[a-z]{2}"

    def to_python(self, value):
        return value.upper()

    def to_url(self, value):
        return value.lower()


class PairConverter:
    """A corridor in an address: the codes of two countries, as ma-be."""

    regex = "[a-z]{2}-[a-z]{2}"

    def to_python(self, value):
        return tuple(value.upper().split("-"))

    def to_url(self, value):
        return "-".join(code.lower() for code in value)


class AnyCaseCodeConverter(CodeConverter):
    regex = "[A-Za-z]{2}"


class AnyCasePairConverter(PairConverter):
    regex = "[A-Za-z]{2}-[A-Za-z]{2}"


register_converter(CodeConverter, "code")
register_converter(PairConverter, "pair")
register_converter(AnyCaseCodeConverter, "any-case-code")
register_converter(AnyCasePairConverter, "any-case-pair")


def in_lower_case(view):
    """Return a view that redirects to ``view``: codes of countries are written in capitals elsewhere."""
    methods = ReadOnlyView.http_method_names
    redirect = RedirectView.as_view(pattern_name=view, permanent=True, query_string=True, http_method_names=methods)
    return csrf_exempt(redirect)


app_name = "site"
urlpatterns = [
    path("", home.Home.as_view(), name="home"),
    path("about/", home.About.as_view(), name="about"),
    path("countries/", countries.CountryList.as_view(), name="countries"),
    path("countries.<slug:extension>", countries.CountryExport.as_view(), name="countries-export"),
    path("countries/<code:code>/", countries.CountryDetail.as_view(), name="country"),
    path("countries/<any-case-code:code>/", in_lower_case("site:country")),
    path("themes/", themes.ThemeList.as_view(), name="themes"),
    path("themes/<slug:slug>/", themes.ThemeDetail.as_view(), name="theme"),
    path("organisations/", organisations.OrganisationList.as_view(), name="organisations"),
    path("organisations/<slug:slug>/", organisations.OrganisationDetail.as_view(), name="organisation"),
    path("documents/", documents.DocumentList.as_view(), name="documents"),
    path("documents/<slug:slug>/", documents.DocumentDetail.as_view(), name="document"),
    path("search/", search.Search.as_view(), name="search"),
    path("search/suggest/", search.Suggest.as_view(), name="suggest"),
    path("corridors/", corridors.CorridorList.as_view(), name="corridors"),
    path("corridors/<pair:pair>/", corridors.CorridorDetail.as_view(), name="corridor"),
    path("corridors/<any-case-pair:pair>/", in_lower_case("site:corridor")),
    path("coverage/", coverage.Coverage.as_view(), name="coverage"),
    path("coverage/themes.<slug:extension>", coverage.CoverageThemes.as_view(), name="coverage-themes"),
    path("coverage/answers.<slug:extension>", coverage.CoverageAnswers.as_view(), name="coverage-answers"),
    path("compare/", selections.Compare.as_view(), name="compare"),
    path("map/", selections.Map.as_view(), name="map"),
    path("timeline/", selections.Timeline.as_view(), name="timeline"),
    path("sectors/", themes.SectorList.as_view(), name="sectors"),
    path("oai", Harvest.as_view(), name="oai"),
    path("sitemap.xml", sitemap.sitemap, name="sitemap"),
    path("robots.txt", sitemap.robots, name="robots"),
    path("data/", data.Data.as_view(), name="data"),
    path("data/datapackage.json", data.Package.as_view(), name="data-package"),
    path("data/pathways.sqlite", data.Database.as_view(), name="data-database"),
    path("data/changes.<slug:extension>", data.Changes.as_view(), name="data-changes"),
    path("data/<slug:name>.csv", data.TableFile.as_view(), name="data-table"),
]
