"""Where curators read what readers suggest, and decide on it."""

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from pathways.curation.desk.lists import DatedMixin
from practices.models import Practice

from . import deciding, forms
from .models import Suggestion


@admin.register(Suggestion)
class SuggestionAdmin(DatedMixin, admin.ModelAdmin):
    """What was sent is read, not changed: a curator takes it up, or declines it with a reason."""

    change_form_template = "admin/suggestions/suggestion_change_form.html"
    list_display = ("title", "kind", "state", "sent_at", "decided_by")
    list_filter = ("state", "kind")
    list_select_related = ("decided_by",)
    search_fields = ("title", "contact", "reason")
    date_hierarchy = "sent_at"
    fields = readonly_fields = (
        "kind",
        "about",
        "contact",
        "sent_at",
        "state",
        "decided_by",
        "decided_at",
        "reason",
        "result",
    )

    @admin.display(description=_("about"))
    def about(self, suggestion):
        if suggestion.subject is None:
            return suggestion.title
        return format_html('<a href="{}">{}</a>', suggestion.subject.get_absolute_url(), suggestion.subject)

    @admin.display(description=_("what came of it"))
    def result(self, suggestion):
        if suggestion.made is None:
            return "–"
        return format_html('<a href="{}">{}</a>', edit_address(suggestion.made), suggestion.made)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        # What was sent has no form; who has the permission decides.
        return False

    def may_decide(self, request, suggestion):
        """Whether the user may decide, and may write what taking it up begins."""
        model = type(suggestion.subject) if suggestion.subject else Practice
        action = "change" if suggestion.subject else "add"
        needed = ("suggestions.change_suggestion", f"{model._meta.app_label}.{action}_{model._meta.model_name}")
        return request.user.has_perms(needed)

    def get_urls(self):
        decide = self.admin_site.admin_view(self.decide_view)
        return [
            path("<path:object_id>/decide/", decide, name="suggestions_suggestion_decide"),
            *super().get_urls(),
        ]

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        context |= {"told": forms.told(obj), "may_decide": obj.is_waiting and self.may_decide(request, obj)}
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def decide_view(self, request, object_id):
        """Take a suggestion up or decline it, as was asked for by POST; then go on with what was made of it."""
        suggestion = self.get_object(request, unquote(object_id))
        if suggestion is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.may_decide(request, suggestion):
            raise PermissionDenied
        own = reverse("admin:suggestions_suggestion_change", args=[suggestion.pk])
        try:
            match request.POST.get("action"):
                case "take-up":
                    edited = deciding.take_up(suggestion, request.user)
                    said = format_html(
                        _('This is from <a href="{}">a suggestion</a>: read there what else it says.'), own
                    )
                    messages.success(request, said)
                    return redirect(edit_address(edited))
                case "decline":
                    deciding.decline(suggestion, request.user, request.POST.get("reason", ""))
                    messages.success(request, _("It was declined; the sender reads why."))
                    return redirect("admin:suggestions_suggestion_changelist")
                case _:
                    messages.error(request, _("There is no such step."))
        except deciding.Refused as refusal:
            messages.error(request, str(refusal))
        return redirect(own)


def edit_address(record):
    opts = record._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[record.pk])
