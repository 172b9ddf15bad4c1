from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from pathways.curation.admin import HTTPS, BlocksInline, RecordAdmin, RowsInline
from pathways.curation.desk.lists import CountryFilter
from pathways.curation.importing.admin import ImportingAdmin
from pathways.listing.export import RowsExport
from pathways.listing.views import file_response, site_address

from .exports import PRACTICES
from .importing import PRACTICE_SHEETS
from .models import (
    LONGEST_SUMMARY,
    SHORTEST_SUMMARY,
    Citation,
    Figure,
    Link,
    Practice,
    PracticeCountry,
    PracticeOrganisation,
    PracticeRegion,
    PracticeRelation,
    PracticeTheme,
    Response,
)
from .views import PracticeDetail


class PracticeForm(forms.ModelForm):
    inferred = forms.MultipleChoiceField(
        label=Practice._meta.get_field("inferred").verbose_name,
        help_text=Practice._meta.get_field("inferred").help_text,
        choices=Practice.Inferrable,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    class Meta:
        model = Practice
        fields = "__all__"  # noqa: DJ007 -- the fieldsets choose


class ThemeInline(RowsInline):
    model = PracticeTheme
    extra = 0
    max_num = 4
    autocomplete_fields = ("theme",)


class CountryInline(RowsInline):
    model = PracticeCountry
    extra = 0
    autocomplete_fields = ("country",)


class RegionInline(RowsInline):
    model = PracticeRegion
    extra = 0
    autocomplete_fields = ("region",)


class OrganisationInline(RowsInline):
    model = PracticeOrganisation
    extra = 0
    autocomplete_fields = ("organisation",)


class FigureInline(BlocksInline):
    model = Figure
    fields = (
        ("value", "counts", "nature"),
        ("low", "high", "period", "edition"),
        ("slug", "position"),
    )
    prepopulated_fields = {"slug": ("counts",)}


class CitationInline(BlocksInline):
    model = Citation
    fields = (("document", "locator"), ("shared_by", "printed_as"), "note", "position")
    autocomplete_fields = ("document",)


class LinkInline(RowsInline):
    model = Link
    extra = 0
    formfield_overrides = HTTPS


class RelationInline(RowsInline):
    model = PracticeRelation
    fk_name = "practice"
    extra = 0
    autocomplete_fields = ("other",)


class ResponseInline(RowsInline):
    model = Response
    extra = 0
    autocomplete_fields = ("outcome",)


@admin.register(Practice)
class PracticeAdmin(ImportingAdmin, RecordAdmin):
    importable = PRACTICE_SHEETS
    form = PracticeForm
    fieldsets = (
        (None, {"fields": ("title", "title_supplied", "slug", "summary")}),
        # Without a heading of its own: it stands under the rows of countries.
        (None, {"fields": ("none_named",)}),
        (_("Facts"), {"fields": ("kind", ("start_year", "end_year"), "lifecycle", "places")}),
        (
            _("What it is about"),
            {
                "fields": (
                    "sectors",
                    "target_groups",
                    "skill_levels",
                    "instruments",
                    "gcm_objectives",
                    "sdg_targets",
                    "acronym",
                    "other_names",
                    "inferred",
                )
            },
        ),
        (_("More about it"), {"fields": ("description",)}),
        RecordAdmin.publication,
    )
    inlines = (
        CountryInline,
        RegionInline,
        OrganisationInline,
        ThemeInline,
        FigureInline,
        ResponseInline,
        RelationInline,
        CitationInline,
        LinkInline,
    )
    # As on the public page.
    layout = (
        0,
        "country_rows",
        1,
        "region_rows",
        "organisation_rows",
        2,
        "theme_rows",
        3,
        "figures",
        4,
        "responses",
        "relations",
        "citations",
        "links",
        5,
    )
    detail_view = PracticeDetail
    country_path = "country_rows__country"
    list_display = ("title", "countries_named", *RecordAdmin.columns)
    list_filter = (*RecordAdmin.filters, CountryFilter, "kind", "lifecycle", "themes")
    search_fields = ("title", "acronym", "other_names", "slug", "citations__printed_as")
    prepopulated_fields = {"slug": ("title",)}
    autocomplete_fields = (
        "places",
        "sectors",
        "target_groups",
        "skill_levels",
        "instruments",
        "gcm_objectives",
        "sdg_targets",
        "replaced_by",
    )
    export_formats = ("xlsx", "csv")
    counted = {"summary": (SHORTEST_SUMMARY, LONGEST_SUMMARY)}

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("country_rows__country")

    def country_names(self, practice):
        return list(dict.fromkeys(row.country.name for row in practice.country_rows.all()))

    def export_file(self, request, records, extension):
        return file_response(request, RowsExport(PRACTICES, site_address(request), records), extension)
