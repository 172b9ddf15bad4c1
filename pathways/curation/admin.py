"""What the admin pages of everything curated have in common: each save is one change, with its versions."""

import re
from typing import ClassVar

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.forms import Script
from django.forms.models import BaseInlineFormSet
from django.http import HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from . import workflow
from .changes import record
from .desk.bulk import BulkMixin
from .desk.choosing import ChoosingMixin
from .desk.editing import EditingMixin
from .desk.history import HistoryMixin
from .desk.lists import DatedMixin, ListMixin
from .desk.merging import MergeMixin
from .desk.unsaved import UnsavedMixin
from .models import Change, Status, Version
from .snapshots import has_position, owned_models
from .undoing import may_undo, undo
from .worklist import may_write

# What is typed without a scheme is taken for https, as Django 6 will do by itself.
HTTPS = {models.URLField: {"assume_scheme": "https"}}


class CuratedAdmin(ChoosingMixin, admin.ModelAdmin):
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


class TermAdmin(UnsavedMixin, CuratedAdmin):
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


class OwnedFormSet(BaseInlineFormSet):
    """The rows that a record owns, as many as were sent: a form that says it has thousands is not believed.

    No row becomes what another is in the database, as after a second click, or where two rows change places: Django
    looks at the rows of this form alone, and as they will be.
    """

    def total_form_count(self):
        count = super().total_form_count()
        return min(count, self.count_sent) if self.is_bound else count

    @cached_property
    def count_sent(self):
        sent = (re.match(rf"{self.prefix}-(\d+)-", name) for name in self.data)
        return len({found[1] for found in sent if found})

    def clean(self):
        super().clean()
        removed = {form.instance.pk for form in self.deleted_forms}
        there = self.model._base_manager.filter(**{self.fk.name: self.instance}) if self.instance.pk else []
        taken = {self.key(row): row.pk for row in there if row.pk not in removed}
        for form in self.forms:
            if form in self.deleted_forms or not form.has_changed() or form.errors:
                continue
            row = form.instance
            if taken.get(self.key(row), row.pk) != row.pk:
                raise ValidationError(_("There is such a row already. To swap two rows, remove one and add it anew."))
            taken = {key: pk for key, pk in taken.items() if pk != row.pk} | {self.key(row): row.pk}

    def key(self, row):
        return tuple(getattr(row, self.model._meta.get_field(name).attname) for name in self.model.key)

    def save_existing_objects(self, commit=True):
        # What is removed goes first: another row may become what it was.
        removed = [form.instance for form in self.deleted_forms if commit and form.instance.pk]
        for row in removed:
            self.delete_existing(row)
        saved = super().save_existing_objects(commit)
        self.deleted_objects += removed
        return saved


class LabelledFormSet(OwnedFormSet):
    """Rows in a table, whose fields have their names also for those who do not see its head."""

    def add_fields(self, form, index):
        super().add_fields(form, index)
        for field in form.fields.values():
            if not field.widget.is_hidden and field.label:
                field.widget.attrs["aria-label"] = field.label


class RowsInline(ChoosingMixin, admin.TabularInline):
    """The rows of a record, in a table."""

    formset = LabelledFormSet
    extra = 0


class BlocksInline(ChoosingMixin, admin.StackedInline):
    """The rows of a record that have too many fields for a table, one below the other."""

    formset = OwnedFormSet
    extra = 0


class RecordAdmin(UnsavedMixin, BulkMixin, EditingMixin, HistoryMixin, ListMixin, MergeMixin, CuratedAdmin):
    """Records take steps from draft to published; they are archived, never deleted: others cite them.

    What is published is not edited, but revised in a draft beside it.
    """

    change_form_template = "admin/curation/record_change_form.html"
    list_filter = ListMixin.filters
    readonly_fields = ("state", "published_on", "updated_on", "reviewed_on", "first_slug", "former_slugs")
    publication = (
        _("Publication"),
        {
            "fields": (
                "state",
                ("published_on", "updated_on"),
                ("reviewed_on", "review_due_on"),
                "replaced_by",
                ("first_slug", "former_slugs"),
            )
        },
    )

    class Media:
        js = (Script("curation/admin.js", defer=True),)
        css: ClassVar = {"all": ("curation/admin.css",)}

    def reversed(self, page, *args):
        """Return the address of a page of these records in the admin."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=args)

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        # Its address and what replaces it are matters of the public record.
        return (*fields, "replaced_by", "slug") if obj and obj.revises_id else fields

    def has_change_permission(self, request, obj=None):
        if not super().has_change_permission(request, obj):
            return False
        if obj is None or obj.status == Status.DRAFT:
            return True
        return obj.status == Status.IN_REVIEW and request.user.has_perm(workflow.REVIEW)

    def has_view_permission(self, request, obj=None):
        return super().has_view_permission(request, obj) or super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return False

    # Steps

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        steps = self.admin_site.admin_view(self.step_view)
        return [path("<path:object_id>/step/", steps, name=f"{name}_step"), *super().get_urls()]

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj is not None:
            revision = type(obj)._base_manager.filter(revises=obj).first()
            context |= {
                "steps": workflow.steps(obj, request.user),
                "missing": self.beside(workflow.missing(obj), context) if obj.status != Status.ARCHIVED else [],
                "revision": revision,
                "may_revise": obj.is_public and revision is None and self.may_write(request),
                "may_discard": obj.revises_id and self.may_write(request),
                "last_note": workflow.last_note(obj),
                "may_remove": self.may_remove(request) and not obj.is_public and not obj.revises_id,
                "opts": self.opts,
            }
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def may_write(self, request):
        return super().has_change_permission(request)

    def step_view(self, request, object_id):
        """Take the step that was asked for by POST, and say what came of it."""
        record = self.get_object(request, unquote(object_id))
        if record is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.may_write(request):
            raise PermissionDenied
        return self.stepped(request, record, request.POST.get("action", ""), request.POST.get("note", ""))

    def stepped(self, request, record, action, note):
        """Take a step with a record as it was last saved, and say what came of it."""
        try:
            record, said = self.taken(request, action, record, note)
        except workflow.Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, said)
        if not type(record)._base_manager.filter(pk=record.pk).exists():
            return redirect(self.reversed("changelist"))
        return redirect(self.address_of(record))

    def taken(self, request, action, record, note):
        """Return the record after a step, and what to say of it."""
        if action == Change.Action.REVISE:
            return workflow.revise(record, request.user), _("This is the revision; the published one stays as it is.")
        if action == Change.Action.DISCARD:
            workflow.discard(record, request.user, note)
            return record.revises, _("The revision was discarded.")
        if action not in workflow.STEPS:
            raise workflow.Refused(_("There is no such step."))
        record = workflow.take(action, record, request.user, note)
        return record, capfirst(_("%(record)s: %(what)s.")) % {"record": record, "what": Change.Action(action).label}


@admin.register(Change)
class ChangeAdmin(DatedMixin, admin.ModelAdmin):
    """What was written, by whom; nobody edits the past."""

    list_display = ("id", "at", "actor", "action", "note", "data_version")
    list_filter = ("action",)
    list_select_related = ("actor",)
    date_hierarchy = "at"
    readonly_fields = ("at", "actor", "action", "note", "data_version", "touched")
    fields = readonly_fields
    change_form_template = "admin/curation/change/change_form.html"

    class Media:
        css: ClassVar = {"all": ("curation/admin.css",)}

    def get_urls(self):
        undo = self.admin_site.admin_view(self.undo_view)
        return [path("<int:number>/undo/", undo, name="curation_change_undo"), *super().get_urls()]

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        context["may_undo"] = obj is not None and self.may_undo(request, obj)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def may_undo(self, request, change):
        """Whether someone may take back a change: their own, or as a reviewer anybody's."""
        by_whom = change.actor_id == request.user.pk or request.user.has_perm(workflow.REVIEW)
        if change.action not in {Change.Action.EDIT, Change.Action.SUBMIT}:
            by_whom = request.user.has_perm(workflow.REVIEW)
        return by_whom and may_undo(change) and all(may_write(request.user, model) for model in touched_models(change))

    def undo_view(self, request, number):
        """Take a change back as a whole."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        change = get_object_or_404(Change, pk=number)
        if not self.may_undo(request, change):
            raise PermissionDenied
        try:
            undo(change, request.user)
        except workflow.Refused as refusal:
            messages.error(request, _("Nothing was undone. %s") % refusal)
        else:
            messages.success(request, _("Change %d was undone.") % change.pk)
        return redirect("admin:curation_change_change", change.pk)

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


def touched_models(change):
    """Return the models of what a change touched."""
    return {version.content_type.model_class() for version in change.versions.select_related("content_type")}
