"""What the admin pages of everything curated have in common: each save is one change, with its versions."""

from django.contrib import admin
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from .changes import record
from .models import Change, Version
from .snapshots import has_position, owned_models

# What is typed without a scheme is taken for https, as Django 6 will do by itself.
HTTPS = {models.URLField: {"assume_scheme": "https"}}


class CuratedAdmin(admin.ModelAdmin):
    """Addresses and codes are set once; each save, with all its rows, is one recorded change."""

    save_on_top = True
    list_per_page = 50
    formfield_overrides = HTTPS

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        return (*fields, self.model.key_field) if obj else fields

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        number_rows(form.instance)
        action = Change.Action.EDIT if change else Change.Action.ADD
        record(action, [form.instance], actor=request.user)


def number_rows(owner):
    """Number the rows of ``owner`` that have an order; those without a position come last, as they were typed."""
    for name, model in owned_models(owner._meta.concrete_model).items():
        if has_position(model):
            rows = sorted(getattr(owner, name).all(), key=lambda row: (not row.position, row.position, row.pk))
            for position, row in enumerate(rows, start=1):
                if row.position != position:
                    row.position = position
                    row.save()


class TermAdmin(CuratedAdmin):
    """A term that something refers to cannot be deleted."""

    def get_deleted_objects(self, objs, request):
        deleted, counts, permissions, protected = super().get_deleted_objects(objs, request)
        for term in objs:
            for relation in self.model._meta.many_to_many + self.model._meta.related_objects:
                if relation.many_to_many and relation.auto_created:
                    referring = relation.related_model._base_manager.filter(**{relation.field.name: term})
                    protected += [str(other) for other in referring[:20]]
        return deleted, counts, permissions, protected

    def delete_model(self, request, obj):
        with transaction.atomic():
            record(Change.Action.REMOVE, removed=[obj], actor=request.user)
            super().delete_model(request, obj)

    def delete_queryset(self, request, queryset):
        with transaction.atomic():
            record(Change.Action.REMOVE, removed=list(queryset), actor=request.user)
            super().delete_queryset(request, queryset)


class RecordAdmin(CuratedAdmin):
    """Records are archived, never deleted: others cite them."""

    list_filter = ("status",)
    readonly_fields = ("published_on", "updated_on", "first_slug", "former_slugs")
    publication = (
        _("Publication"),
        {
            "fields": (
                "status",
                ("published_on", "updated_on"),
                ("reviewed_on", "review_due_on"),
                "replaced_by",
                ("first_slug", "former_slugs"),
            )
        },
    )

    def get_queryset(self, request):
        return super().get_queryset(request).filter(revises=None)

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Change)
class ChangeAdmin(admin.ModelAdmin):
    """What was written, by whom; nobody edits the past."""

    list_display = ("id", "at", "actor", "action", "note", "data_version")
    list_filter = ("action",)
    list_select_related = ("actor",)
    date_hierarchy = "at"
    readonly_fields = ("at", "actor", "action", "note", "data_version", "touched")
    fields = readonly_fields

    @admin.display(description=_("what it touched"))
    def touched(self, change):
        versions = Version.objects.filter(change=change).select_related("content_type")
        return ", ".join(f"{version.content_type.name} {version.key}" for version in versions[:200])

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
