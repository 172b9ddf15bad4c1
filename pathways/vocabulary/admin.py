from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pathways.curation import worklist
from pathways.curation.admin import TermAdmin

from .models import (
    Country,
    GcmObjective,
    Instrument,
    Organisation,
    Place,
    Region,
    SdgTarget,
    Sector,
    SkillLevel,
    TargetGroup,
    Theme,
)


class NamedAdmin(TermAdmin):
    list_display = ("name", "slug")
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}


@admin.register(Country)
class CountryAdmin(TermAdmin):
    fields = ("code", "name", "other_names", "region", "note")
    list_display = ("name", "code", "region")
    list_filter = ("region",)
    list_select_related = ("region",)
    search_fields = ("name", "other_names", "code")
    autocomplete_fields = ("region",)


@admin.register(Region)
class RegionAdmin(TermAdmin):
    fields = ("code", "name", "other_names", "kind", "parent", "note")
    list_display = ("name", "code", "kind", "parent")
    list_filter = ("kind",)
    list_select_related = ("parent",)
    search_fields = ("name", "other_names", "code")
    autocomplete_fields = ("parent",)


@admin.register(GcmObjective)
class GcmObjectiveAdmin(TermAdmin):
    fields = ("number", "title")
    list_display = ("number", "title")
    search_fields = ("number", "title")


@admin.register(SdgTarget)
class SdgTargetAdmin(TermAdmin):
    fields = ("code", "title")
    list_display = ("code", "title")
    search_fields = ("code", "title")


@admin.register(Theme)
class ThemeAdmin(NamedAdmin):
    fields = ("name", "slug", "description", "position", "gcm_objectives")
    list_display = ("name", "slug", "position")
    autocomplete_fields = ("gcm_objectives",)


@admin.register(Sector)
class SectorAdmin(NamedAdmin):
    fields = ("name", "slug", "isic", "parent")
    list_display = ("name", "slug", "isic", "parent")
    list_select_related = ("parent",)
    autocomplete_fields = ("parent",)


@admin.register(TargetGroup)
class TargetGroupAdmin(NamedAdmin):
    fields = ("name", "slug")


@admin.register(SkillLevel)
class SkillLevelAdmin(NamedAdmin):
    fields = ("name", "slug", "position", "definition")


@admin.register(Place)
class PlaceAdmin(NamedAdmin):
    fields = ("name", "slug", "kind", "country")
    list_display = ("name", "kind", "country")
    list_filter = ("kind",)
    list_select_related = ("country",)
    autocomplete_fields = ("country",)


@admin.register(Instrument)
class InstrumentAdmin(NamedAdmin):
    fields = ("name", "slug", "abbreviation", "kind", "number", "year", "country", "other_names", "url")
    list_display = ("name", "abbreviation", "kind", "year")
    list_filter = ("kind",)
    search_fields = ("name", "abbreviation", "number", "other_names", "slug")
    autocomplete_fields = ("country",)


@admin.register(Organisation)
class OrganisationAdmin(NamedAdmin):
    fields = ("name", "acronym", "slug", "kind", "country", "other_names", "url", "needs_look")
    list_display = ("name", "acronym", "kind", "country", "needs_look")
    list_filter = ("needs_look", "kind")
    list_select_related = ("country",)
    search_fields = ("name", "acronym", "other_names", "slug")
    autocomplete_fields = ("country",)

    def get_fields(self, request, obj=None):
        return [name for name in self.fields if name != "needs_look" or self.has_change_permission(request)]

    def save_model(self, request, obj, form, change):
        if not change and not self.has_change_permission(request):
            # Added by an editor on the way: an administrator looks at it later.
            obj.needs_look = True
        super().save_model(request, obj, form, change)


@worklist.register
def organisations_to_look_at(request):
    """Tell administrators of the organisations that editors added."""
    if not request.user.has_perm("vocabulary.change_organisation"):
        return []
    count = Organisation.objects.filter(needs_look=True).count()
    address = reverse("admin:vocabulary_organisation_changelist")
    return [worklist.Task(_("Organisations that editors added"), count, f"{address}?needs_look__exact=1")]
