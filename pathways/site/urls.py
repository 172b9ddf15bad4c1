from django.urls import path, register_converter

from . import views


class CodeConverter:
    """A country's code in an address: two lower-case letters."""

    regex = "[a-z]{2}"

    def to_python(self, value):
        return value.upper()

    def to_url(self, value):
        return value.lower()


register_converter(CodeConverter, "code")

app_name = "site"
urlpatterns = [
    path("", views.Home.as_view(), name="home"),
    path("about/", views.About.as_view(), name="about"),
    path("countries/", views.CountryList.as_view(), name="countries"),
    path("countries.csv", views.CountryExport.as_view(), name="countries-csv"),
    path("countries/<code:code>/", views.CountryDetail.as_view(), name="country"),
    path("themes/", views.ThemeList.as_view(), name="themes"),
    path("themes/<slug:slug>/", views.ThemeDetail.as_view(), name="theme"),
    path("organisations/", views.OrganisationList.as_view(), name="organisations"),
    path("organisations/<slug:slug>/", views.OrganisationDetail.as_view(), name="organisation"),
    path("documents/", views.DocumentList.as_view(), name="documents"),
    path("documents/<slug:slug>/", views.DocumentDetail.as_view(), name="document"),
    path("healthz", views.healthz, name="healthz"),
]
