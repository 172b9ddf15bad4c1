from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from pathways.curation.admin import HTTPS, RecordAdmin

from .models import (
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


class ThemeInline(admin.TabularInline):
    model = PracticeTheme
    extra = 0
    max_num = 4
    autocomplete_fields = ("theme",)


class CountryInline(admin.TabularInline):
    model = PracticeCountry
    extra = 0
    autocomplete_fields = ("country",)


class RegionInline(admin.TabularInline):
    model = PracticeRegion
    extra = 0
    autocomplete_fields = ("region",)


class OrganisationInline(admin.TabularInline):
    model = PracticeOrganisation
    extra = 0
    autocomplete_fields = ("organisation",)


class FigureInline(admin.TabularInline):
    model = Figure
    extra = 0
    prepopulated_fields = {"slug": ("counts",)}


class CitationInline(admin.TabularInline):
    model = Citation
    extra = 0
    autocomplete_fields = ("document",)


class LinkInline(admin.TabularInline):
    model = Link
    extra = 0
    formfield_overrides = HTTPS


class RelationInline(admin.TabularInline):
    model = PracticeRelation
    fk_name = "practice"
    extra = 0
    autocomplete_fields = ("other",)


class ResponseInline(admin.TabularInline):
    model = Response
    extra = 0
    autocomplete_fields = ("outcome",)


@admin.register(Practice)
class PracticeAdmin(RecordAdmin):
    form = PracticeForm
    fieldsets = (
        (None, {"fields": ("title", "title_supplied", "acronym", "other_names", "slug", "summary")}),
        (
            _("Facts"),
            {
                "fields": (
                    "kind",
                    ("start_year", "end_year"),
                    "lifecycle",
                    "places",
                    "sectors",
                    "target_groups",
                    "skill_levels",
                )
            },
        ),
        (_("What it refers to"), {"fields": ("instruments", "gcm_objectives", "sdg_targets")}),
        (_("More about it"), {"fields": ("description", "none_named", "inferred")}),
        RecordAdmin.publication,
    )
    inlines = (
        CountryInline,
        RegionInline,
        OrganisationInline,
        ThemeInline,
        FigureInline,
        CitationInline,
        LinkInline,
        RelationInline,
        ResponseInline,
    )
    list_display = ("title", "acronym", "kind", "start_year", "state", "updated_on")
    list_filter = ("status", "kind", "lifecycle", "themes")
    search_fields = ("title", "acronym", "other_names", "slug")
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
