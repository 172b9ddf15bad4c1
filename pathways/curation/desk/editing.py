"""The form of a record: who else has it open, two people's edits put together, the preview, and what comes next."""

import copy
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.contrib.admin.views.main import IncorrectLookupParameters
from django.contrib.contenttypes.models import ContentType
from django.contrib.messages.storage import default_storage
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.http import HttpResponseNotAllowed, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.cache import add_never_cache_headers
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from pathways.curation import presence, workflow
from pathways.curation.changes import record as write_change
from pathways.curation.comparing import Names, compare
from pathways.curation.models import Change, Status, Version
from pathways.curation.snapshots import apply, differences, owned_models, snapshot
from pathways.curation.uniting import both, united

from .lists import named

# What the form sets beside the content.
BESIDE = ("review_due_on",)
# The statuses in which there is a form.
EDITED = (Status.DRAFT, Status.IN_REVIEW)
SALT = "curation.typed"


class EditingMixin:
    """Each page of a form knows the version it was made from; what is saved over a newer one is compared first."""

    # The view class of the public page, for the preview.
    detail_view = None
    # The order of the form: a number is that of a fieldset, a name that of the rows.
    layout = ()
    # The texts whose words are counted as they are typed, each with the fewest and the most there should be.
    counted = {}

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        wrap = self.admin_site.admin_view
        return [
            path("<path:object_id>/open/", wrap(self.open_view), name=f"{name}_open"),
            path("<path:object_id>/preview/", wrap(self.preview_view), name=f"{name}_preview"),
            *super().get_urls(),
        ]

    # The form

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if object_id is None or request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        request.following = self.following(request, object_id) if "_next" in request.POST else None
        with transaction.atomic():
            record, seen = self.held(object_id), self.version_seen(request)
            has_ended = record is None
            if has_ended and seen is not None:
                record = self.after_revision(seen)
            if record is None or not self.may_write(request):
                return super().changeform_view(request, object_id, form_url, extra_context)
            if "_resolve" in request.POST:
                return self.resolved(request, record)
            if has_ended or not self.has_change_permission(request, record):
                if "_version" in request.POST:
                    return self.moved_on(request, record, seen, form_url, extra_context)
                raise PermissionDenied
            if request.POST.get("_step") == Change.Action.DISCARD:
                # What is dropped need not be saved.
                return self.step_of_form(request, record)
            if request.POST.get("_version") != str(number_of(record)):
                return self.compared(request, record, seen, form_url, extra_context)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def version_seen(self, request):
        """Return the version that a form was made from, None if it does not say or there is no such version."""
        kind = ContentType.objects.get_for_model(self.concrete)
        return Version.objects.filter(pk=number(request.POST.get("_version")), content_type=kind).first()

    def after_revision(self, seen):
        """Return what is there now that a revision, of which ``seen`` is a version, has ended: another, or the record.

        None if the record is gone too.
        """
        public = self.held(str(seen.object_id))
        return self.model._base_manager.select_for_update().filter(revises=seen.object_id).first() or public

    def held(self, object_id):
        """Return the record as it stands now, held until the transaction ends; None if there is none."""
        try:
            key = self.opts.pk.to_python(unquote(object_id))
        except ValidationError:
            return None
        return self.model._base_manager.select_for_update().filter(pk=key).first()

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj is not None:
            editable = self.has_change_permission(request, obj)
            # Who is there is written down, which is not to be tried where that has just failed.
            may_write = editable and not getattr(request, "outage", None)
            context |= {
                # A form that comes back with errors is still made from the version it was made from.
                "version_number": request.POST.get("_version") or number_of(obj),
                "others_here": presence.here(obj, request.user) if may_write else [],
                "editable": editable,
                "step_note": request.POST.get("_step_note", ""),
            }
        context["ordered"] = self.ordered(context)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def ordered(self, context):
        """Return the fieldsets and the tables of rows in the order of the layout, those it does not name last."""
        fieldsets = dict(enumerate(context["adminform"]))
        formsets = {one.formset.prefix: one for one in context["inline_admin_formsets"]}
        ordered = []
        for one in (*self.layout, *fieldsets, *formsets):
            if one in fieldsets:
                ordered.append({"fieldset": fieldsets.pop(one), "number": one})
            elif one in formsets:
                ordered.append({"formset": formsets.pop(one)})
        return ordered

    def beside(self, missing, context):
        """Say what is missing beside its field, or at the head of its rows, too.

        Return each message with the id of where on the page it is mended; of what cannot be edited here, without one.
        """
        form = context["adminform"].form
        formsets = {one.formset.prefix: one for one in context["inline_admin_formsets"]}
        placed = []
        for name, message in missing:
            anchor = ""
            if name in form.fields:
                # Help is what a field is described by, also where errors stand beside it.
                field = form[name]
                field.help_text = format_html('<strong class="lacks">{}</strong> ', message) + str(field.help_text)
                anchor = field.id_for_label
            elif name in formsets:
                formsets[name].missing = message
                anchor = f"missing-{name}"
            placed.append({"message": message, "anchor": anchor})
        return placed

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name in self.counted:
            least, most = self.counted[db_field.name]
            field.widget.attrs |= {"data-words": f"{least}-{most}", "data-words-label": _("%(n)s words")}
        if field and db_field.many_to_many and hasattr(field.widget, "widget"):
            # Values are taken away one by one: the button for all of them stands where only values may.
            field.widget.widget.is_required = True
        return field

    # Who has it open

    def open_view(self, request, object_id):
        """Note that the page is open, or has been left, and tell who else has it open."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        record = self.get_object(request, unquote(object_id))
        if record is None or not self.has_change_permission(request, record):
            raise PermissionDenied
        if "left" in request.POST:
            presence.left(record, request.user)
            return JsonResponse({})
        others = presence.here(record, request.user)
        newest = newest_version(record)
        return JsonResponse({"others": told_of(others), "version": newest.pk if newest else 0})

    # Two people's edits

    def compared(self, request, record, base, form_url, extra_context):
        """Refuse to save over a newer version: show what both people made of it, and how both can be kept."""
        if base is not None and base.object_id != (record.revises_id or record.pk):
            base = None
        typed, response = self.typed(request, record, base, form_url, extra_context)
        if typed is None:
            return response
        if "_step" in request.POST and says_nothing_new(typed, record):
            return self.taken_already(request, record)
        typed["base"] = base.pk if base else None
        return self.comparison(request, record, typed)

    def moved_on(self, request, record, seen, form_url, extra_context):
        """Keep what was typed into what may not be edited any more: someone has taken a step with it, or ended it.

        What is published now is compared with it, and it can be saved as a new revision. ``seen`` is the version that
        the form was made from, ``record`` what is there now.
        """
        if seen is None or seen.status not in EDITED or seen.object_id != (record.revises_id or record.pk):
            return self.not_any_more(request, record)
        outer = transaction.savepoint()
        row = workflow.begin([record])[0] if record.is_public else record
        typed, response = self.typed(request, row, seen, form_url, extra_context)
        transaction.savepoint_rollback(outer)
        record.refresh_from_db()
        if typed is None:
            return response
        if says_nothing_new(typed, record):
            return self.taken_already(request, record)
        if not (record.is_public or self.has_change_permission(request, record)):
            return self.not_any_more(request, record)
        ended = workflow.ended_by(seen)
        who = named(ended.actor) if ended and ended.actor else _("Someone else")
        if ended and ended.action == Change.Action.DISCARD:
            # What the revision held is not in the record: it is all kept, not only what was typed last.
            seen = workflow.beginning_of(record, before=seen)
            said = _("%s has discarded this revision since you opened it.") % who
        else:
            said = _("%s has published it since you opened it.") % who
        said += " " + _("Nothing of yours was saved yet, and nothing is lost.") + " "
        if record.is_public:
            said += _("Save it as a new revision, and write on.")
        else:
            said += _("Another revision has been begun since: put what you typed into it.")
        return self.comparison(request, record, {**typed, "base": seen.pk, "anew": True}, said)

    def taken_already(self, request, record):
        """Say that a step was taken, by whom else or with a second click, while nothing was typed."""
        said = _("Its status is “%s” now: this step has been taken already.")
        messages.warning(request, said % record.get_status_display())
        return redirect(self.address_of(record))

    def typed(self, request, record, base, form_url, extra_context):
        """Return what the form would have made of the version it was made from; else None and the page that says why.

        The form is saved as it would have been then, looked at, and undone.
        """
        trial = copy.copy(request)
        trial._messages = default_storage(trial)
        outer = transaction.savepoint()
        try:
            if base:
                try:
                    with transaction.atomic():
                        apply(record, base.snapshot)
                        for name in BESIDE:
                            setattr(record, name, base.beside.get(name))
                        if base.status in EDITED:
                            record.status = base.status
                        record.save()
                        trial.POST = as_then(request.POST, record)
                except (ValidationError, models.ProtectedError):
                    base = None
            if base is None:
                trial.POST = as_then(request.POST, record, only_new=False)
            response = super().changeform_view(trial, str(record.pk), form_url, extra_context)
            if response.status_code != 302:
                response.render()
                return None, response
            record = type(record)._base_manager.get(pk=record.pk)
            return {
                "content": snapshot(record),
                "beside": {name: as_text(getattr(record, name)) for name in BESIDE},
            }, None
        finally:
            transaction.savepoint_rollback(outer)

    def comparison(self, request, record, typed, error="", status=409):
        """Return the page that compares what was typed with what someone else has saved since."""
        base = Version.objects.filter(pk=typed["base"]).first()
        theirs = snapshot(record)
        # Without the version that both began from, whatever differs is to be chosen.
        start = base.snapshot if base else {}
        ours = typed["content"]
        _data, conflicts = united(self.concrete, start, ours, theirs)
        names = Names()
        fields = []
        for name in differences(ours, theirs):
            field = self.field_of(name)
            fields.append(
                {
                    "name": name,
                    "label": capfirst(str(getattr(field, "verbose_name", name))),
                    "theirs": compare(self.concrete, part(start, name), part(theirs, name), names=names),
                    "ours": compare(self.concrete, part(start, name), part(ours, name), names=names),
                    "conflict": name in conflicts,
                    "both": self.both_texts(field, name, start, ours, theirs),
                    "chosen": request.POST.get(f"choice-{name}"),
                    "written": request.POST.get(f"text-{name}"),
                }
            )
        newest = newest_version(record)
        context = {
            **self.admin_site.each_context(request),
            "title": _("What you typed, and what is there") if "anew" in typed else _("Two people have changed it"),
            "opts": self.opts,
            "original": record,
            "fields": fields,
            "error": error,
            "typed": signing.dumps(typed, salt=SALT, compress=True),
            "version_number": newest.pk if newest else 0,
            "who": named(newest.change.actor) if newest and newest.change.actor else _("Someone else"),
            "when": newest.change.at if newest else None,
            "anew": record.is_public,
            "may_save": may_keep(typed, record) or self.has_change_permission(request, record),
        }
        return TemplateResponse(request, "admin/curation/comparison.html", context, status=status)

    def both_texts(self, field, name, base, ours, theirs):
        """Return a text with the edits of both people, to begin from; None for what is not a text."""
        if not isinstance(field, models.TextField):
            return None
        return both(*(content.get(name, "") for content in (base, ours, theirs)))

    def resolved(self, request, record):
        """Save what both people made, with what was chosen where they differ; compare anew if it has moved on again."""
        try:
            typed = signing.loads(request.POST["_resolve"], salt=SALT)
        except signing.BadSignature:
            raise PermissionDenied from None
        anew = may_keep(typed, record)
        if not (anew or self.has_change_permission(request, record)):
            return self.comparison(request, record, typed, _("It can no longer be edited; copy what you typed."))
        begun = self.model._base_manager.filter(revises=record).first() if anew else None
        if begun or request.POST.get("_version") != str(number_of(record)):
            return self.comparison(request, begun or record, typed, _("It has changed once more. Look again."))
        base = Version.objects.filter(pk=typed["base"]).first()
        ours, theirs = typed["content"], snapshot(record)
        data, conflicts = united(self.concrete, base.snapshot if base else {}, ours, theirs)
        for name in conflicts:
            choice = request.POST.get(f"choice-{name}")
            if choice == "both" and isinstance(self.field_of(name), models.TextField):
                data[name] = request.POST.get(f"text-{name}", "")
            elif choice == "ours":
                data[name] = ours.get(name)
            elif choice != "theirs":
                return self.comparison(request, record, typed, _("Choose for each field that both have changed."))
        data = {name: value for name, value in data.items() if value is not None}
        try:
            with transaction.atomic():
                row = workflow.revise(record, request.user) if anew else record
                for name in BESIDE:
                    if typed["beside"][name] != (base.beside.get(name) if base else None):
                        setattr(row, name, typed["beside"][name])
                apply(row, data)
                note = _("typed into the one before it") if anew else _("with another person's edit")
                write_change(Change.Action.EDIT, [row], actor=request.user, note=note)
        except ValidationError as error:
            return self.comparison(request, record, typed, " ".join(error.messages))
        messages.success(
            request, _("Saved as a new revision.") if anew else _("Saved, with what both of you have done.")
        )
        return redirect(self.address_of(row))

    def not_any_more(self, request, record):
        """Show what was typed into the form of a record that may not be edited any more: nothing typed is lost."""
        texts = [
            (capfirst(str(field.verbose_name)), request.POST[field.name])
            for field in self.concrete._meta.concrete_fields
            if isinstance(field, models.CharField | models.TextField) and request.POST.get(field.name)
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": _("It can no longer be edited"),
            "opts": self.opts,
            "original": record,
            "texts": texts,
        }
        return TemplateResponse(request, "admin/curation/not_any_more.html", context, status=403)

    @property
    def concrete(self):
        return self.model._meta.concrete_model

    def field_of(self, name):
        owned = owned_models(self.concrete)
        if name in owned:
            # Rows go by the plural of their name.
            return Rows(owned[name]._meta.verbose_name_plural)
        return self.concrete._meta.get_field(name)

    def address_of(self, record, page="change"):
        return self.reversed(page, quote(record.pk))

    # The preview

    def preview_view(self, request, object_id):
        """Show the public page as it will be when this draft is published; for staff only, and never kept."""
        record = self.get_object(request, unquote(object_id))
        if record is None or not self.has_view_permission(request, record):
            raise PermissionDenied
        with transaction.atomic():
            public = self.as_if_published(record)
            view, shown = self.detail_view(), copy.copy(request)
            shown.path = shown.path_info = public.get_absolute_url()
            view.setup(shown, slug=public.slug)
            found = type(public).objects.prefetch_related(*view.related).get(pk=public.pk)
            response = view.answer(shown, found)
            transaction.set_rollback(True)
        add_never_cache_headers(response)
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    def as_if_published(self, record):
        """Return the public record as publishing ``record`` would leave it, within a transaction that is undone."""
        model = self.concrete
        record = model._base_manager.get(pk=record.pk)
        if record.revises_id:
            public = record.revises
            data, _conflicts = united(model, workflow.base_of(record), snapshot(record), snapshot(public))
            apply(public, data)
        else:
            public = record
            if public.status != Status.PUBLISHED:
                public.status = Status.PUBLISHED
                public.save()
        return public

    # What comes next

    def following(self, request, object_id):
        """Return the id of the record after this one in the list that the person came from, or in their own work."""
        trial = copy.copy(request)
        trial.method = "GET"
        trial.GET = QueryDict(request.GET.get("_changelist_filters") or "work=mine")
        try:
            ids = list(self.get_changelist_instance(trial).get_queryset(trial).values_list("pk", flat=True))
        except IncorrectLookupParameters:
            return None
        current = number(unquote(object_id))
        if current in ids:
            after = ids[ids.index(current) + 1 :] or ids[: ids.index(current)]
            return after[0] if after else None
        return ids[0] if ids else None

    def response_change(self, request, obj):
        presence.left(obj, request.user)
        if "_step" in request.POST:
            return self.step_of_form(request, obj)
        if "_next" not in request.POST:
            return super().response_change(request, obj)
        if request.following is None:
            messages.success(request, _("Saved. That was the last one in your list."))
            return redirect("admin:index")
        messages.success(request, _("Saved “%s”. This is the next one in your list.") % obj)
        filters = request.GET.get("_changelist_filters")
        query = f"?{urlencode({'_changelist_filters': filters})}" if filters else ""
        return redirect(self.reversed("change", request.following) + query)

    def step_of_form(self, request, record):
        return self.stepped(request, record, request.POST["_step"], request.POST.get("_step_note", ""))


class Rows:
    """Stands for a field where a record owns rows."""

    def __init__(self, verbose_name):
        self.verbose_name = verbose_name


def newest_version(record):
    """Return the newest version of a record, or of its revision if it is one."""
    versions = workflow.versions_of(record).filter(of_revision=record.revises_id is not None)
    return versions.select_related("change__actor").first()


def number_of(record):
    """Return the number of the version that a record stands at, 0 if it has none."""
    newest = newest_version(record)
    return newest.pk if newest else 0


def says_nothing_new(typed, record):
    """Whether what was typed is what ``record`` holds already."""
    return not differences(typed["content"], snapshot(record)) and all(
        typed["beside"][name] == as_text(getattr(record, name)) for name in BESIDE
    )


def may_keep(typed, record):
    """Whether what was typed may become a revision of ``record``: it was typed into one that has ended since."""
    return typed.get("anew", False) and record.is_public


def number(text):
    return int(text) if str(text or "").isdecimal() and len(str(text)) < 19 else 0


def part(content, name):
    return {name: content[name]} if name in content else {}


def as_text(value):
    return value.isoformat() if hasattr(value, "isoformat") else value


def told_of(openings):
    """Return who has a page open and since when, in words."""
    return [f"{named(one.user)} ({date_format(one.opened_at, 'H:i')})" for one in openings]


def as_then(post, record, *, only_new=True):
    """Return the fields of a form made from an earlier version, so that they fit ``record`` brought back to it.

    Rows that someone has removed since come as new ones; with ``only_new``, rows of the record that the form does not
    have are removed. What comes after saving is left out.
    """
    data = post.copy()
    for name in ("_step", "_next"):
        data.pop(name, None)
    for name, model in owned_models(type(record)._meta.concrete_model).items():
        if f"{name}-TOTAL_FORMS" not in data:
            continue
        rows = [row_of(post, name, index) for index in range(min(number(post[f"{name}-TOTAL_FORMS"]), 1000))]
        manager = getattr(record, name)
        there = {str(pk) for pk in manager.values_list("pk", flat=True)}
        kept = [row for row in rows if row.get("id", [""])[0] in there]
        new = [row for row in rows if row not in kept and "DELETE" not in row]
        if only_new:
            manager.exclude(pk__in=[row["id"][0] for row in kept]).delete()
        for key in [key for key in data if key.startswith(f"{name}-") and key.split("-")[1].isdecimal()]:
            del data[key]
        for index, row in enumerate([*kept, *new]):
            for field, values in row.items():
                data.setlist(f"{name}-{index}-{field}", [""] if field == "id" and row in new else values)
            data[f"{name}-{index}-{model.owner}"] = str(record.pk)
        data[f"{name}-INITIAL_FORMS"], data[f"{name}-TOTAL_FORMS"] = len(kept), len(kept) + len(new)
    return data


def row_of(post, name, index):
    """Return the values of one row of a form by the names of their fields."""
    prefix = f"{name}-{index}-"
    return {key.removeprefix(prefix): post.getlist(key) for key in post if key.startswith(prefix)}
