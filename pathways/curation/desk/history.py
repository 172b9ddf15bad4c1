"""The history of a record in the admin: what changed, by whom and why; restoring; removing for good."""

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import models, transaction
from django.http import HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _

from pathways.curation import history, workflow
from pathways.curation.changes import record as write_change
from pathways.curation.models import Change, Status

REMOVE = "curation.remove_record"
PER_PAGE = 20


class HistoryMixin:
    """Every change of a record and its rows; any version can come back as a new one."""

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        wrap = self.admin_site.admin_view
        return [
            path("<path:object_id>/restore/", wrap(self.restore_view), name=f"{name}_restore"),
            path("<path:object_id>/remove/", wrap(self.remove_view), name=f"{name}_remove"),
            *super().get_urls(),
        ]

    def history_view(self, request, object_id, extra_context=None):
        record = self.get_object(request, unquote(object_id))
        if record is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, record):
            raise PermissionDenied
        page = Paginator(history.versions(record), PER_PAGE).get_page(request.GET.get("page"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Change history: %s") % record,
            "opts": self.opts,
            "original": record,
            "object": record,
            "page": page,
            "entries": history.entries(record, page.object_list),
            "newest": history.versions(record).first(),
            "may_restore": self.may_restore(request, record),
            "preserved_filters": self.get_preserved_filters(request),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/curation/history.html", context)

    def may_restore(self, request, record):
        return (record.is_public and self.may_write(request)) or self.has_change_permission(request, record)

    def restore_view(self, request, object_id):
        """Give the record the content of the version that was asked for by POST; a published one gets a revision."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        record = self.get_object(request, unquote(object_id))
        if record is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.may_restore(request, record):
            raise PermissionDenied
        asked = request.POST.get("version", "")
        version = get_object_or_404(history.versions(record), pk=asked if asked.isdecimal() else 0)
        try:
            record = workflow.restore(record, version, request.user)
        except (ValidationError, models.ProtectedError) as error:
            why = " ".join(error.messages) if isinstance(error, ValidationError) else str(error.args[0])
            messages.error(request, _("It cannot come back as it was: %s") % why)
            return redirect(self.reversed("history", record.pk))
        except workflow.Refused as refusal:
            messages.error(request, str(refusal))
            return redirect(self.reversed("history", record.pk))
        messages.success(request, _("The record is now as it was in version %d.") % version.pk)
        return redirect(self.address_of(record))

    def may_remove(self, request):
        return self.may_write(request) and request.user.has_perm(REMOVE)

    def remove_view(self, request, object_id):
        """Ask whether to remove a record for good, and do so by POST. What it was stays in the history."""
        if not self.may_remove(request):
            raise PermissionDenied
        record = self.get_object(request, unquote(object_id))
        if record is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        others, error = referring(record), ""
        if record.status not in {Status.DRAFT, Status.ARCHIVED} or record.revises_id:
            error = _("Only a draft or an archived record can be removed: archive it first.")
        elif others:
            error = _("Others refer to it.")
        if request.method == "POST" and not error:
            if note := request.POST.get("note", "").strip():
                removed(record, request.user, note)
                messages.success(request, _("“%s” was removed for good.") % record)
                return redirect(self.reversed("changelist"))
            error = _("Say why, in a note.")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Remove for good: %s") % record,
            "opts": self.opts,
            "original": record,
            "others": others,
            "error": error,
        }
        return TemplateResponse(request, "admin/curation/remove.html", context)


def referring(record):
    """Return in words what refers to ``record`` and would be left hanging."""
    found = []
    for relation in record._meta.concrete_model._meta.related_objects:
        if getattr(relation, "on_delete", None) is models.PROTECT:
            rows = relation.related_model._base_manager.filter(**{relation.field.name: record})
            found += [f"{relation.related_model._meta.verbose_name}: {row}" for row in rows[:20]]
    return found


@transaction.atomic
def removed(record, user, note):
    """Remove ``record`` for good; its versions stay, the last of them with the status 'removed'."""
    record = workflow.locked(record)
    write_change(Change.Action.REMOVE, removed=[record], actor=user, note=note)
    record.delete()
