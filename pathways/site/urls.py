from django.urls import path, register_converter

from . import views


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


register_converter(CodeConverter, "code")
register_converter(PairConverter, "pair")

app_name = "site"
urlpatterns = [
    path("", views.Home.as_view(), name="home"),
    path("about/", views.About.as_view(), name="about"),
    path("countries/", views.CountryList.as_view(), name="countries"),
    path("countries.<slug:extension>", views.CountryExport.as_view(), name="countries-export"),
    path("countries/<code:code>/", views.CountryDetail.as_view(), name="country"),
    path("themes/", views.ThemeList.as_view(), name="themes"),
    path("themes/<slug:slug>/", views.ThemeDetail.as_view(), name="theme"),
    path("organisations/", views.OrganisationList.as_view(), name="organisations"),
    path("organisations/<slug:slug>/", views.OrganisationDetail.as_view(), name="organisation"),
    path("documents/", views.DocumentList.as_view(), name="documents"),
    path("documents/<slug:slug>/", views.DocumentDetail.as_view(), name="document"),
    path("search/", views.Search.as_view(), name="search"),
    path("search/suggest/", views.Suggest.as_view(), name="suggest"),
    path("corridors/", views.CorridorList.as_view(), name="corridors"),
    path("corridors/<pair:pair>/", views.CorridorDetail.as_view(), name="corridor"),
    path("coverage/", views.Coverage.as_view(), name="coverage"),
    path("coverage/themes.<slug:extension>", views.CoverageThemes.as_view(), name="coverage-themes"),
    path("coverage/answers.<slug:extension>", views.CoverageAnswers.as_view(), name="coverage-answers"),
    path("compare/", views.Compare.as_view(), name="compare"),
    path("map/", views.Map.as_view(), name="map"),
    path("timeline/", views.Timeline.as_view(), name="timeline"),
    path("sectors/", views.SectorList.as_view(), name="sectors"),
    path("healthz", views.healthz, name="healthz"),
]
