"""Work on a selection of records, or on all that a filter finds."""

from functools import partial

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pathways.curation import bulk
from pathways.curation.snapshots import owned_models

from .editing import number


class BulkMixin:
    """Each operation is an action of the list: a page shows what it will change before anything does."""

    # What the records are taken away as, and the function (request, records, extension) that does so.
    export_formats = ()

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}_bulk"
        return [path("bulk/", self.admin_site.admin_view(self.bulk_view), name=name), *super().get_urls()]

    def get_actions(self, request):
        actions = super().get_actions(request)
        if not self.may_write(request):
            return {}
        for one in bulk.offered(self.model, request.user):
            actions[one.name] = (partial(begin, operation=one), one.name, one.label)
        for extension in self.export_formats:
            label = _("Export as %s") % extension.upper()
            name = f"export-{extension}"
            actions[name] = (partial(export, extension=extension), name, label)
        return actions

    def export_file(self, request, records, extension):
        """Return ``records`` as a file."""
        raise NotImplementedError

    def bulk_view(self, request):
        """Show what an operation will change, and carry it out when that is confirmed."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        operations = {one.name: one for one in bulk.offered(self.model, request.user)}
        operation = operations.get(request.POST.get("operation"))
        if operation is None or not self.may_write(request):
            raise PermissionDenied
        ids = [number(one) for one in request.POST.get("ids", "").split(",")]
        form = self.bulk_form(operation, request.POST)
        if not form.is_valid():
            return self.bulk_page(request, operation, ids, form)
        if "confirm" not in request.POST:
            return self.bulk_page(request, operation, ids, form, looked=True)
        with transaction.atomic():
            records = self.records_of(ids, lock=True)
            if request.POST.get("seen") != str(bulk.newest_number(self.model, records)):
                messages.warning(request, _("Some of them have changed since. Look again."))
                return self.bulk_page(request, operation, ids, form, looked=True)
            report = bulk.carry_out(operation, records, request.user, form.cleaned_data)
        self.tell(request, operation, report)
        return redirect(self.reversed("changelist"))

    def bulk_form(self, operation, data=None):
        """Return the form of what an operation has to be given."""
        fields = {}
        if operation.rows or operation.values:
            rows = owned_models(self.concrete)[operation.rows] if operation.rows else self.concrete
            terms = rows._meta.get_field(operation.key or operation.values).related_model
            label = capfirst(terms._meta.verbose_name)
            fields["term"] = forms.ModelChoiceField(
                terms.objects.all(), to_field_name=terms.key_field, label=label, empty_label=_("Choose")
            )
            if operation.name == "add-country":
                fields["role"] = rows._meta.get_field("role").formfield()
        if operation.name == "review-date":
            fields["date"] = forms.DateField(label=_("Review due on"), widget=forms.DateInput(attrs={"type": "date"}))
        wants_note = operation.name == "archive"
        fields["note"] = forms.CharField(
            label=_("Note"), required=wants_note, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
        )
        # Without anything to give, the first page shows what will change.
        return type("BulkForm", (forms.Form,), fields)(data, label_suffix="")

    def records_of(self, ids, *, lock=False):
        records = self.get_queryset_of_all().filter(pk__in=ids)
        return list(records.select_for_update() if lock else records)

    def get_queryset_of_all(self):
        return self.model._default_manager.order_by("pk")

    def bulk_page(self, request, operation, ids, form, *, looked=False):
        records = self.records_of(ids)
        report = bulk.look(operation, records, request.user, form.cleaned_data) if looked else None
        context = {
            **self.admin_site.each_context(request),
            "title": f"{operation.label}: {len(records)}",
            "opts": self.opts,
            "operation": operation,
            "ids": ",".join(str(record.pk) for record in records),
            "records": records,
            "form": form,
            "report": report,
            "shown": bulk.SHOWN,
            "seen": bulk.newest_number(self.model, records),
        }
        return TemplateResponse(request, "admin/curation/bulk.html", context)

    def tell(self, request, operation, report):
        n = len(report.changed)
        said = ngettext("%(what)s: %(n)d record.", "%(what)s: %(n)d records.", n) % {"what": operation.label, "n": n}
        if report.refused:
            said += " " + _("%d were left as they were.") % len(report.refused)
        if report.change is None:
            messages.warning(request, said)
            return
        address = reverse("admin:curation_change_change", args=[report.change.pk])
        messages.success(request, format_html('{} <a href="{}">{}</a>', said, address, _("See or undo it")))


def begin(model_admin, request, queryset, *, operation):
    """Open the page of an operation with what was chosen in the list."""
    ids = list(queryset.values_list("pk", flat=True))
    form = model_admin.bulk_form(operation)
    if set(form.fields) == {"note"} and not form.fields["note"].required:
        form = model_admin.bulk_form(operation, {"note": ""})
        form.is_valid()
        return model_admin.bulk_page(request, operation, ids, form, looked=True)
    return model_admin.bulk_page(request, operation, ids, form)


def export(model_admin, request, queryset, *, extension):
    """Send what was chosen in the list as a file."""
    return model_admin.export_file(request, list(queryset.originals()), extension)
