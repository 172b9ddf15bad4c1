from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from pathways.curation.admin import BlocksInline, RecordAdmin, RowsInline, TermAdmin
from pathways.curation.desk.lists import CountryFilter
from pathways.curation.importing.admin import ImportingAdmin
from pathways.listing.export import RowsExport
from pathways.listing.views import file_response, site_address
from pathways.vocabulary.admin import NamedAdmin

from .exports import MEETINGS, OUTCOMES
from .importing import MEETING_SHEETS, OUTCOME_SHEETS
from .models import (
    AgendaPoint,
    Attendance,
    Document,
    DocumentMeeting,
    KeyMessage,
    Meeting,
    Outcome,
    OutcomeTheme,
    Participation,
    Recommendation,
    Series,
    Session,
)
from .views import MeetingDetail, OutcomeDetail


class SessionChoice:
    """Offers only the sessions of the meeting at hand."""

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.related_model is Session:
            sessions = Session.objects.filter(meeting=request.resolver_match.kwargs.get("object_id"))
            kwargs["queryset"] = sessions.select_related("meeting")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class AttendanceInline(RowsInline):
    model = Attendance
    extra = 0


class SessionInline(SessionChoice, BlocksInline):
    model = Session
    fields = (
        ("number", "title", "slug"),
        ("kind", "parent", "position", "title_supplied"),
        ("date", "starts_at", "ends_at", "minutes"),
        "summary",
    )


class AgendaPointInline(SessionChoice, RowsInline):
    model = AgendaPoint
    extra = 0


class ParticipationInline(SessionChoice, BlocksInline):
    model = Participation
    fields = (
        ("country", "organisation", "person"),
        ("role", "session", "position"),
        ("office", "represents_country", "represents_organisation"),
        "note",
    )
    autocomplete_fields = ("country", "organisation", "represents_country", "represents_organisation")


@admin.register(Meeting)
class MeetingAdmin(ImportingAdmin, RecordAdmin):
    importable = MEETING_SHEETS
    fieldsets = (
        (None, {"fields": ("title", "title_supplied", "slug", "summary")}),
        (
            _("When and where"),
            {"fields": (("starts_on", "ends_on", "date_precision"), "date_as_given", ("place", "venue", "country"))},
        ),
        (_("What it is"), {"fields": ("series", "kind", "standing", "parent", "states_complete")}),
        RecordAdmin.publication,
    )
    inlines = (AttendanceInline, ParticipationInline, SessionInline, AgendaPointInline)
    layout = (0, 1, 2, "attendance", "participations", "sessions", "agenda_points", 3)
    detail_view = MeetingDetail
    country_path = "country"
    list_display = ("title", "starts_on", "countries_named", *RecordAdmin.columns)
    list_filter = (*RecordAdmin.filters, CountryFilter, "series", "kind", "standing")
    list_select_related = ("series", "country")
    search_fields = ("title", "slug", "place")
    prepopulated_fields = {"slug": ("title",)}
    autocomplete_fields = ("country", "series", "parent", "replaced_by")

    export_formats = ("xlsx", "csv")

    def country_names(self, meeting):
        return [meeting.country.name] if meeting.country else []

    def export_file(self, request, records, extension):
        return file_response(request, RowsExport(MEETINGS, site_address(request), records), extension)


class DocumentMeetingInline(RowsInline):
    model = DocumentMeeting
    extra = 0
    autocomplete_fields = ("meeting",)


@admin.register(Document)
class DocumentAdmin(TermAdmin):
    fields = ("title", "slug", "kind", "standing", "publisher", "date", "date_as_given", "language", "url", "note")
    inlines = (DocumentMeetingInline,)
    list_display = ("title", "kind", "standing", "date")
    list_filter = ("kind",)
    search_fields = ("title", "slug")
    prepopulated_fields = {"slug": ("title",)}
    autocomplete_fields = ("publisher",)


@admin.register(Series)
class SeriesAdmin(NamedAdmin):
    fields = ("name", "slug", "description", "url")


class OutcomeThemeInline(RowsInline):
    model = OutcomeTheme
    extra = 0
    max_num = 4
    autocomplete_fields = ("theme",)


@admin.register(Outcome)
class OutcomeAdmin(ImportingAdmin, RecordAdmin):
    importable = OUTCOME_SHEETS
    fieldsets = (
        (None, {"fields": ("heading", "heading_supplied", "slug", "text")}),
        (
            _("Where it is printed"),
            {"fields": ("document", "locator", "section", ("number", "number_printed"), "parent", "position")},
        ),
        (_("Meeting"), {"fields": ("meeting", "session")}),
        (
            _("What it is about"),
            {"fields": ("kind", "target_groups", "skill_levels", "addressees", "instruments", "gcm_objectives")},
        ),
        RecordAdmin.publication,
    )
    inlines = (OutcomeThemeInline,)
    layout = (0, 1, 2, "theme_rows", 3, 4)
    detail_view = OutcomeDetail
    title_field = "heading"
    list_display = ("heading", "kind", "locator", *RecordAdmin.columns)
    list_filter = (*RecordAdmin.filters, "kind", "document")
    list_select_related = ("document",)
    search_fields = ("heading", "text", "slug", "locator")
    autocomplete_fields = (
        "document",
        "parent",
        "meeting",
        "session",
        "target_groups",
        "skill_levels",
        "instruments",
        "gcm_objectives",
        "replaced_by",
    )
    export_formats = ("xlsx", "csv")

    def export_file(self, request, records, extension):
        return file_response(request, RowsExport(OUTCOMES, site_address(request), records), extension)


@admin.register(KeyMessage, Recommendation)
class KindAdmin(OutcomeAdmin):
    """Outcomes of one kind, for those who look for them by name; they are edited as outcomes."""

    def has_add_permission(self, request):
        return False


@admin.register(Session)
class SessionAdmin(admin.ModelAdmin):
    """Only for choosing a session; sessions are edited with their meeting."""

    search_fields = ("title", "slug", "meeting__title")

    def has_module_permission(self, request):
        return False

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
