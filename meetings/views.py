from django.db.models import F
from django.urls import reverse

from pathways.listing.views import RecordDetail, RecordExport, RecordList, csv_response

from .columns import MEETING_COLUMNS, OUTCOME_COLUMNS, PARTICIPANT_COLUMNS
from .filters import MeetingFilter, OutcomeFilter
from .models import Meeting, Outcome

WHO = ("country", "organisation", "represents_country", "represents_organisation", "session")


class MeetingList(RecordList):
    filter_class = MeetingFilter
    related = ("series", "country", "attendance", "participations__country", "participations__organisation")
    template_name = "meetings/meeting_list.html"
    export_name = "meetings:csv"


class MeetingExport(RecordExport):
    filter_class = MeetingFilter
    columns = MEETING_COLUMNS
    filename = "meetings"


class MeetingDetail(RecordDetail):
    model = Meeting
    related = (
        "series",
        "country",
        "parent",
        "attendance",
        "sessions__parts",
        "agenda_points__session",
        *(f"participations__{name}" for name in WHO),
        "document_rows__document",
    )
    template_name = "meetings/meeting_detail.html"

    def context(self, meeting):
        participations = list(meeting.participations.all())
        return {
            "states": [row for row in participations if row.country_id and row.session_id is None],
            "organisations": [row for row in participations if row.organisation_id and row.session_id is None],
            "people": [row for row in participations if row.person and row.session_id is None],
            "sessions": sessions_of(meeting, participations),
            "agenda_points": [point for point in meeting.agenda_points.all() if point.session_id is None],
            "outcomes": meeting.outcomes.published().select_related("document").order_by("kind", "position", "slug"),
            "parts": meeting.parts.published(),
            "parent": meeting.parent if meeting.parent and meeting.parent.is_public else None,
        }


def sessions_of(meeting, participations):
    """Return the sessions of a meeting as a list of mappings, each with its agenda, its people and its parts."""
    found = {
        session.pk: {
            "session": session,
            "agenda_points": [point for point in meeting.agenda_points.all() if point.session_id == session.pk],
            "participations": [row for row in participations if row.session_id == session.pk],
            "parts": [],
        }
        for session in meeting.sessions.all()
    }
    for entry in found.values():
        if entry["session"].parent_id:
            found[entry["session"].parent_id]["parts"].append(entry)
    return [entry for entry in found.values() if not entry["session"].parent_id]


class ParticipantExport(RecordDetail):
    """Who took part in a meeting, in which role: first in the meeting as a whole, then in each session."""

    model = Meeting

    def answer(self, request, meeting):
        order = (F("session__position").asc(nulls_first=True), "session__slug", "position", "pk")
        rows = meeting.participations.select_related(*WHO).order_by(*order)
        return csv_response(request, f"{meeting.slug}-participants", PARTICIPANT_COLUMNS, rows)

    def address(self, meeting):
        return reverse("meetings:participants", args=[meeting.slug])


class OutcomeList(RecordList):
    filter_class = OutcomeFilter
    related = ("document", "meeting", "theme_rows__theme")
    template_name = "meetings/outcome_list.html"
    export_name = "outcomes:csv"
    kind = None

    @property
    def fixed(self):
        return {"kind": self.kind} if self.kind else {}

    def context(self):
        return {"fixed_kind": self.kind, "hidden": ["kind"] if self.kind else []}


class OutcomeExport(RecordExport):
    filter_class = OutcomeFilter
    columns = OUTCOME_COLUMNS
    filename = "outcomes"


class OutcomeDetail(RecordDetail):
    model = Outcome
    related = (
        "document",
        "meeting",
        "session",
        "parent",
        "theme_rows__theme",
        "target_groups",
        "skill_levels",
        "instruments",
        "gcm_objectives",
        "responses__practice",
    )
    template_name = "meetings/outcome_detail.html"

    def context(self, outcome):
        return {
            "responses": [response for response in outcome.responses.all() if response.practice.is_public],
            "parts": outcome.parts.published().order_by("position", "slug"),
            "parent": outcome.parent if outcome.parent and outcome.parent.is_public else None,
            "meeting": outcome.meeting if outcome.meeting and outcome.meeting.is_public else None,
        }
