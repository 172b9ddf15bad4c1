from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from pathways.curation.admin import RecordAdmin, TermAdmin
from pathways.vocabulary.admin import NamedAdmin

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


class SessionChoice:
    """Offers only the sessions of the meeting at hand."""

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.related_model is Session:
            sessions = Session.objects.filter(meeting=request.resolver_match.kwargs.get("object_id"))
            kwargs["queryset"] = sessions.select_related("meeting")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class AttendanceInline(admin.TabularInline):
    model = Attendance
    extra = 0


class SessionInline(SessionChoice, admin.StackedInline):
    model = Session
    extra = 0
    fields = (
        ("number", "title", "slug"),
        ("kind", "parent", "position", "title_supplied"),
        ("date", "starts_at", "ends_at", "minutes"),
        "summary",
    )


class AgendaPointInline(SessionChoice, admin.TabularInline):
    model = AgendaPoint
    extra = 0


class ParticipationInline(SessionChoice, admin.StackedInline):
    model = Participation
    extra = 0
    fields = (
        ("country", "organisation", "person"),
        ("role", "session", "position"),
        ("office", "represents_country", "represents_organisation"),
        "note",
    )
    autocomplete_fields = ("country", "organisation", "represents_country", "represents_organisation")


@admin.register(Meeting)
class MeetingAdmin(RecordAdmin):
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
    list_display = ("title", "series", "kind", "starts_on", "state")
    list_filter = ("status", "series", "kind", "standing")
    list_select_related = ("series",)
    search_fields = ("title", "slug", "place")
    prepopulated_fields = {"slug": ("title",)}
    autocomplete_fields = ("country", "parent", "replaced_by")


class DocumentMeetingInline(admin.TabularInline):
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


class OutcomeThemeInline(admin.TabularInline):
    model = OutcomeTheme
    extra = 0
    max_num = 4
    autocomplete_fields = ("theme",)


@admin.register(Outcome)
class OutcomeAdmin(RecordAdmin):
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
    list_display = ("heading", "kind", "document", "locator", "state")
    list_filter = ("status", "kind", "document")
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
