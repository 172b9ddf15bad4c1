"""Lists of records: what stands in them, and what they are filtered by."""

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import get_user_model
from django.db.models import BooleanField, Case, Exists, OuterRef, Q, When
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from pathways.curation import worklist
from pathways.curation.models import Change
from pathways.folding import fold


class WorkFilter(admin.SimpleListFilter):
    """The kinds of work on the front page; without one, the records themselves without their revisions."""

    title = _("work")
    parameter_name = "work"

    def lookups(self, request, model_admin):
        return [(work.name, work.label) for work in worklist.WORKS.values()]

    def queryset(self, request, queryset):
        if self.value() in worklist.WORKS:
            return worklist.work(self.value(), queryset, request.user)
        return queryset.originals()


class CompletenessFilter(admin.SimpleListFilter):
    title = _("completeness")
    parameter_name = "complete"

    def lookups(self, request, model_admin):
        return [("yes", _("complete")), ("no", _("incomplete"))]

    def queryset(self, request, queryset):
        lacking = queryset.model.lacking()
        return {"yes": lambda: queryset.exclude(lacking), "no": lambda: queryset.filter(lacking)}.get(
            self.value(), lambda: queryset
        )()


class FreshnessFilter(admin.SimpleListFilter):
    title = _("freshness")
    parameter_name = "fresh"

    def lookups(self, request, model_admin):
        return [(one.name, one.label) for one in worklist.FRESHNESS.values()]

    def queryset(self, request, queryset):
        return worklist.fresh(self.value(), queryset) if self.value() in worklist.FRESHNESS else queryset


class EditorFilter(admin.SimpleListFilter):
    title = _("last editor")
    parameter_name = "editor"

    def lookups(self, request, model_admin):
        wrote = Exists(Change.objects.filter(actor=OuterRef("pk")))
        return [(str(user.pk), named(user)) for user in get_user_model().objects.filter(wrote).order_by("username")]

    def queryset(self, request, queryset):
        if (self.value() or "").isdecimal():
            return worklist.with_last_editor(queryset).filter(last_editor=int(self.value()))
        return queryset


class CountryFilter(admin.SimpleListFilter):
    """The countries that records of this kind name, by the path from a record to them."""

    title = _("country")
    parameter_name = "country"

    def __init__(self, request, params, model, model_admin):
        self.path = model_admin.country_path
        super().__init__(request, params, model, model_admin)

    def lookups(self, request, model_admin):
        country = model_admin.model
        for name in self.path.split("__"):
            country = country._meta.get_field(name).related_model
        used = model_admin.model.objects.filter(**{f"{self.path}__isnull": False}).values(self.path)
        return [(one.natural_key()[0], str(one)) for one in country.objects.filter(pk__in=used)]

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        named = queryset.model.objects.filter(**{f"{self.path}__code": self.value()})
        return queryset.filter(pk__in=named.values("pk"))


def named(user):
    """Return what to call an account: the full name, if it has one."""
    return user.get_full_name() or user.get_username()


class DatedChangeList(ChangeList):
    """A list by the days of its rows; a day that no calendar has is refused, as every wrong filter is.

    Django refuses month 13, and fails over the year 9999 and over numbers that are none of a year.
    """

    def get_filters(self, request):
        try:
            return super().get_filters(request)
        except (ValueError, OverflowError) as error:
            raise IncorrectLookupParameters(error) from error


class DatedMixin:
    """For an admin with ``date_hierarchy``."""

    def get_changelist(self, request, **kwargs):
        return DatedChangeList


class RecordChangeList(ChangeList):
    """A list of records with all that its columns show, in a bounded number of questions."""

    def get_queryset(self, request, **kwargs):
        queryset = worklist.with_last_editor(super().get_queryset(request, **kwargs))
        return queryset.annotate(
            lacks=Case(When(self.model.lacking(), then=True), default=False, output_field=BooleanField()),
            is_revised=Exists(self.model._base_manager.filter(revises=OuterRef("pk"))),
        )

    def get_results(self, request):
        super().get_results(request)
        users = get_user_model().objects.in_bulk({record.last_editor for record in self.result_list} - {None})
        for record in self.result_list:
            editor = users.get(record.last_editor)
            record.editor_name = named(editor) if editor else ""


class ListMixin:
    """What a list of records shows, is filtered by and is searched for."""

    country_path = None
    filters = (WorkFilter, "status", CompletenessFilter, FreshnessFilter, EditorFilter)
    columns = ("state", "completeness", "freshness", "editor")

    def get_changelist(self, request, **kwargs):
        return RecordChangeList

    def get_search_results(self, request, queryset, search_term):
        found, may_have_duplicates = super().get_search_results(request, queryset, search_term)
        if folded := fold(search_term):
            found = queryset.filter(Q(pk__in=found.order_by().values("pk")) | Q(title_key__contains=folded))
            may_have_duplicates = False
        return found, may_have_duplicates

    @admin.display(description=_("status"), ordering="status")
    def state(self, record):
        status = capfirst(record.get_status_display())
        if record.revises_id:
            return _("%s revision") % status
        if getattr(record, "is_revised", False):
            return _("%s, being revised") % status
        return status

    @admin.display(description=_("completeness"))
    def completeness(self, record):
        if not record.lacks:
            return _("complete")
        return format_html('<span class="lacks">{}</span>', _("incomplete"))

    @admin.display(description=_("freshness"), ordering="review_due_on")
    def freshness(self, record):
        one = worklist.freshness(record)
        day = date_format(record.review_due_on, "j M Y") if record.review_due_on else ""
        return format_html('<span class="fresh fresh-{}">{}</span> {}', one.name, one.label, day)

    @admin.display(description=_("last editor"))
    def editor(self, record):
        return record.editor_name

    @admin.display(description=_("countries"))
    def countries_named(self, record):
        names = self.country_names(record)
        shown = ", ".join(names[:4])
        return _("%(shown)s and %(n)d more") % {"shown": shown, "n": len(names) - 4} if len(names) > 4 else shown

    def country_names(self, record):
        """Return the names of the countries of a record in a list."""
        return []
