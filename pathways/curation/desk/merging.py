"""Likely duplicates while a title is typed, and the merging of two records."""

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from pathways.curation import merging, workflow
from pathways.curation.comparing import Names, compare, in_words
from pathways.curation.duplicates import duplicates
from pathways.curation.snapshots import content_fields, owned_models, snapshot

from .editing import number


class MergeMixin:
    """Records that may be one are told of, and can be made one."""

    title_field = "title"

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        wrap = self.admin_site.admin_view
        return [
            path("duplicates/", wrap(self.duplicates_view), name=f"{name}_duplicates"),
            path("<path:object_id>/merge/", wrap(self.merge_view), name=f"{name}_merge"),
            *super().get_urls(),
        ]

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        if field := form.base_fields.get(self.title_field):
            own = (obj.revises_id or obj.pk) if obj else ""
            field.widget.attrs |= {
                "data-duplicates": f"{self.reversed('duplicates')}?except={own}",
                "data-duplicates-label": _("Is it one of these?"),
            }
        return form

    def duplicates_view(self, request):
        """Return as JSON the records that go by a name like the one typed."""
        if not self.may_write(request):
            raise PermissionDenied
        typed = request.GET.get("q", "")[:300]
        found = duplicates(self.concrete, [typed], exclude={number(request.GET.get("except"))})
        return JsonResponse(
            {
                "found": [
                    {
                        "title": str(one.record),
                        "address": self.address_of(one.record),
                        "status": one.record.get_status_display(),
                        "why": one.why,
                    }
                    for one in found
                ]
            }
        )

    def may_merge(self, request):
        return self.may_write(request) and request.user.has_perm(workflow.REVIEW)

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        context["may_merge"] = obj is not None and not obj.revises_id and self.may_merge(request)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def merge_view(self, request, object_id):
        """Choose which record to merge into this one, look at what comes of it, and merge them."""
        if not self.may_merge(request):
            raise PermissionDenied
        kept = self.get_object(request, unquote(object_id))
        if kept is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        asked = request.POST if request.method == "POST" else request.GET
        form = self.merge_form({"gone": number(asked["gone"])} if "gone" in asked else None)
        gone = form.cleaned_data["gone"] if form.is_bound and form.is_valid() else None
        error = ""
        if gone is not None:
            try:
                merging.refuse(kept, gone)
                if request.method == "POST":
                    choose = [name.removeprefix("take-") for name in request.POST if name.startswith("take-")]
                    merging.merge(kept, gone, request.user, request.POST.get("note", ""), choose=choose)
                    messages.success(request, _("“%(gone)s” is part of “%(kept)s” now.") % {"gone": gone, "kept": kept})
                    return redirect(self.address_of(kept))
            except workflow.Refused as refusal:
                error = str(refusal)
            except ValidationError as invalid:
                error = " ".join(invalid.messages)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Merge into: %s") % kept,
            "opts": self.opts,
            "original": kept,
            "form": form,
            "media": self.media + form.media,
            "gone": gone if gone is not None and not error else None,
            "error": error,
            "likely": duplicates(self.concrete, kept.names, exclude={kept.pk}) if gone is None else [],
        }
        if context["gone"]:
            context |= self.merged_preview(kept, gone)
        return TemplateResponse(request, "admin/curation/merge.html", context)

    def merge_form(self, data):
        """Return the form in which the record that goes is chosen."""
        field = self.concrete._meta.get_field("replaced_by")
        gone = forms.ModelChoiceField(
            self.concrete._default_manager.originals(),
            label=_("The record that goes"),
            widget=AutocompleteSelect(field, self.admin_site),
        )
        return type("MergeForm", (forms.Form,), {"gone": gone})(data, label_suffix="")

    def merged_preview(self, kept, gone):
        """Return what the kept record gains, and the fields in which it has to be chosen whose words stand."""
        before, other = snapshot(kept), snapshot(gone)
        after = merging.combined(self.concrete, before, other)
        names, differ = Names(), []
        for field in content_fields(self.concrete)[0]:
            mine, theirs = before.get(field.name), other.get(field.name)
            if mine is not None and theirs is not None and mine != theirs and field.name != "other_names":
                differ.append(
                    {
                        "name": field.name,
                        "label": capfirst(str(field.verbose_name)),
                        "kept": in_words(field, mine, names),
                        "gone": in_words(field, theirs, names),
                    }
                )
        left = merging.themes_left_behind(other, after)
        rows = owned_models(self.concrete).get("theme_rows")
        themes = [names.name(rows._meta.get_field("theme").related_model, key) for key in left]
        return {
            "gains": compare(self.concrete, before, after, names=names),
            "differ": differ,
            "themes_left": ", ".join(themes),
            "most_themes": merging.MOST_THEMES,
        }
