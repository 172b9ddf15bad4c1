"""The pages of imports in the admin: send a file, see what it would do, decide, carry it out."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import OperationalError
from django.db.models import Count
from django.http import FileResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pathways.curation import worklist
from pathways.curation.models import Status
from pathways.curation.workflow import Refused

from . import running
from .models import ImportRow, ImportRun
from .reading import Unreadable
from .template import write_template

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Outcome, State = ImportRow.Outcome, ImportRun.State
# What is shown first: what someone has to do something about.
URGENT_FIRST = (
    Outcome.ASKED,
    Outcome.REFUSED,
    Outcome.CHANGED,
    Outcome.NEW,
    Outcome.UNCHANGED,
    Outcome.SKIPPED,
)
ROWS_PER_PAGE = 100
# Digits of what may be the id of a row.
LONGEST_ID = 19


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("A workbook (.xlsx) or CSV: the template, filled in, or an export of this site."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv,.tsv,.txt"}),
    )


class ImportingAdmin:
    """Adds imports to the admin of a kind of record; ``importable`` says what they know of it."""

    importable = None
    change_list_template = "admin/curation/importing/change_list.html"

    def get_urls(self):
        pages = (
            ("import/", self.import_view, "import"),
            ("import/template.xlsx", self.template_view, "import_template"),
            ("import/records.xlsx", self.records_view, "import_records"),
            ("import/<int:run_id>/", self.run_view, "import_run"),
        )
        own = [path(route, self.admin_site.admin_view(view), name=self.page_name(name)) for route, view, name in pages]
        return [*own, *super().get_urls()]

    def page_name(self, name):
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def page(self, name, *args):
        return reverse(f"admin:{self.page_name(name)}", args=args)

    def may_import(self, request):
        return self.has_add_permission(request) and self.has_change_permission(request)

    def changelist_view(self, request, extra_context=None):
        shown = {"import_page": self.page("import") if self.may_import(request) else ""}
        return super().changelist_view(request, {**(extra_context or {}), **shown})

    def import_view(self, request):
        """Take a file, and begin to check it."""
        if not self.may_import(request):
            raise PermissionDenied
        form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                run = running.begin(self.importable, file, file.name, request.user)
            except Unreadable as error:
                form.add_error("file", str(error))
            else:
                return redirect(self.page("import_run", run.pk))
        runs = ImportRun.objects.filter(kind=self.importable.model._meta.label_lower).select_related("started_by")
        context = {
            "form": form,
            "runs": [(run, self.page("import_run", run.pk)) for run in runs[:20]],
            "template_page": self.page("import_template"),
            "records_page": self.page("import_records"),
        }
        title = _("Import %s") % self.opts.verbose_name_plural
        return self.shown(request, "upload", title, context, status=400 if form.errors else 200)

    def template_view(self, request):
        """Offer the workbook to begin from."""
        if not self.may_import(request):
            raise PermissionDenied
        return self.workbook(write_template(self.importable), "template")

    def records_view(self, request):
        """Offer the same workbook with all records that an import could change, and what they own."""
        if not self.may_import(request):
            raise PermissionDenied
        records = self.importable.model.objects.originals()
        records = records.filter(status__in=(Status.DRAFT, Status.PUBLISHED)).order_by("title_key", "slug")
        return self.workbook(write_template(self.importable, records), "to-edit")

    def workbook(self, file, name):
        name = f"{self.importable.sheet.lower()}-{name}.xlsx"
        return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)

    def run_view(self, request, run_id):
        """Show an import as it stands; by POST, take it one step further."""
        if not self.may_import(request):
            raise PermissionDenied
        run = get_object_or_404(ImportRun, pk=run_id, kind=self.importable.model._meta.label_lower)
        if request.method == "POST":
            return self.acted(request, run)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "POST"])
        counts = running.counts(run)
        wanted = request.GET.get("outcome")
        if wanted not in Outcome.values:
            wanted = next((outcome for outcome in URGENT_FIRST if counts[outcome]), Outcome.NEW)
        rows = Paginator(run.rows.filter(outcome=wanted), ROWS_PER_PAGE).get_page(request.GET.get("page"))
        for row in rows:
            row.alike_shown = [
                (pk, name, pk and reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[pk]))
                for pk, name in row.alike
            ]
        context = {
            "run": run,
            "progress": progress(run),
            "counts": [
                (outcome, Outcome(outcome).label, counts[outcome]) for outcome in URGENT_FIRST if counts[outcome]
            ],
            "wanted": wanted,
            "wanted_label": Outcome(wanted).label,
            "rows": rows,
            "may_decide": run.state == State.CHECKED and any(row.alike for row in rows),
            "undecided": counts[Outcome.ASKED],
            "refused": counts[Outcome.REFUSED],
            "writing": counts[Outcome.NEW] + counts[Outcome.CHANGED],
            "new": counts[Outcome.NEW],
            "changed": counts[Outcome.CHANGED],
            "minutes": round(run.seconds / 60) if run.seconds > 60 else 0,
            "import_page": self.page("import"),
        }
        return self.shown(request, "run", _("Import of %s") % run.file_name, context)

    def acted(self, request, run):
        action = request.POST.get("action")
        try:
            if action == "step":
                run = running.step(self.importable, run)
                if request.accepts("application/json") and not request.accepts("text/html"):
                    return JsonResponse({**progress(run), "state": run.state})
            elif action == "stop":
                running.stop(run)
                messages.success(request, _("The import was stopped. Nothing was changed."))
            elif action == "decide":
                running.decide(self.importable, run, decisions(request.POST, run))
            elif action == "confirm":
                running.carry_out(
                    self.importable, run, request.user, leave_out_refused="leave_out_refused" in request.POST
                )
                messages.success(
                    request, _("Imported. New records are drafts; what was published changed in revisions.")
                )
            else:
                raise Refused(_("There is no such step."))
        except Refused as refusal:
            messages.error(request, str(refusal))
        except OperationalError:
            # SQLite lets one write at a time, and waits for a while only.
            messages.error(
                request, _("Someone else is writing just now, or this was asked for twice. Look again soon.")
            )
        return redirect(self.page("import_run", run.pk))

    def shown(self, request, name, title, context, status=200):
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, **context}
        return TemplateResponse(request, f"admin/curation/importing/{name}.html", context, status=status)


def progress(run):
    """Return how many rows of an import are checked, of how many."""
    total = run.rows.count()
    done = run.rows.exclude(outcome="").count()
    said = ngettext("%(done)d of %(total)d row checked", "%(done)d of %(total)d rows checked", total)
    return {"done": done, "total": total, "said": said % {"done": done, "total": total}}


def decisions(data, run):
    """Return what a form says of rows that may be records that are there, by the ids of the rows."""
    chosen = {}
    if data.get("all") in {"new", "skip"}:
        chosen = dict.fromkeys(run.rows.filter(outcome=Outcome.ASKED).values_list("pk", flat=True), data["all"])
    for name, value in data.items():
        _choice, _dash, pk = name.partition("choice-")
        if pk.isdecimal() and len(pk) < LONGEST_ID and value:
            chosen[int(pk)] = value
    return chosen


@worklist.register
def unfinished_imports(request):
    """Return the task to finish imports, for each kind of record that has some under way or left lying."""
    counts = dict(ImportRun.objects.unfinished().order_by().values_list("kind").annotate(Count("pk")))
    return [
        worklist.Task(
            _("Imports of %s, not finished") % one.opts.verbose_name_plural,
            counts[one.opts.label_lower],
            one.page("import"),
        )
        for one in admin.site._registry.values()
        if isinstance(one, ImportingAdmin) and counts.get(one.opts.label_lower) and one.may_import(request)
    ]
