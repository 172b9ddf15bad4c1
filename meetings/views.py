from django.db.models import F
from django.utils.translation import gettext as _

from pathways.listing.export import RowsExport
from pathways.listing.history import RecordHistory
from pathways.listing.views import (
    ListCitation,
    RecordCitation,
    RecordDetail,
    RecordExport,
    RecordList,
    file_response,
    site_address,
)

from .exports import MEETINGS, OUTCOMES, PARTICIPANTS
from .filters import ANSWERABLE, MeetingFilter, OutcomeFilter
from .models import Meeting, Outcome

WHO = ("country", "organisation", "represents_country", "represents_organisation", "session")


class MeetingList(RecordList):
    filter_class = MeetingFilter
    related = ("series", "country", "attendance", "participations__country", "participations__organisation")
    template_name = "meetings/meeting_list.html"
    exported = MEETINGS
    cited_at = "meetings:cite-list"


class MeetingExport(RecordExport):
    filter_class = MeetingFilter
    exported = MEETINGS


class MeetingListCitation(ListCitation):
    filter_class = MeetingFilter
    exported = MEETINGS


# In words: a longer one stands behind who took part and what was concluded.
LONG_SUMMARY = 200


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
    exported = MEETINGS
    cited_at = "meetings:cite"

    def context(self, meeting):
        participations = list(meeting.participations.all())
        return {
            "export": participants_export(self.request, meeting, participations),
            "states": [row for row in participations if row.country_id and row.session_id is None],
            "organisations": [row for row in participations if row.organisation_id and row.session_id is None],
            "people": [row for row in participations if row.person and row.session_id is None],
            "sessions": sessions_of(meeting, participations),
            "agenda_points": [point for point in meeting.agenda_points.all() if point.session_id is None],
            "outcomes": meeting.outcomes.published().select_related("document").order_by("kind", "position", "slug"),
            "parts": meeting.parts.published(),
            "parent": meeting.parent if meeting.parent and meeting.parent.is_public else None,
            "summary_is_long": len(meeting.summary.split()) > LONG_SUMMARY,
        }


class MeetingHistory(RecordHistory):
    model = Meeting


class MeetingCitation(RecordCitation):
    model = Meeting
    related = MEETINGS.reference.related
    exported = MEETINGS
    cited_at = "meetings:cite"


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
        return file_response(request, participants_export(request, meeting, rows), self.kwargs["extension"])


def participants_export(request, meeting, rows):
    return RowsExport(
        PARTICIPANTS,
        site_address(request),
        rows,
        title=_("Who took part in %s") % meeting.title,
        filename=f"{meeting.slug}-participants",
        args=[meeting.slug],
    )


class OutcomeList(RecordList):
    filter_class = OutcomeFilter
    related = ("document", "meeting", "theme_rows__theme")
    template_name = "meetings/outcome_list.html"
    exported = OUTCOMES
    cited_at = "outcomes:cite-list"
    kind = None

    @property
    def fixed(self):
        return {"kind": self.kind} if self.kind else {}

    def context(self):
        answered = self.listing.filter.index.facets["answered"].bitmaps
        return {
            "fixed_kind": self.kind,
            "hidden": ["kind"] if self.kind else [],
            "answered": answered.get("yes", ()),
            "unanswered": answered.get("no", ()),
        }


class OutcomeExport(RecordExport):
    filter_class = OutcomeFilter
    exported = OUTCOMES


class OutcomeListCitation(ListCitation):
    filter_class = OutcomeFilter
    exported = OUTCOMES


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
    exported = OUTCOMES
    cited_at = "outcomes:cite"

    def context(self, outcome):
        parts = outcome.parts.published().order_by("position", "slug").prefetch_related("responses__practice")
        return {
            "responses": public_responses(outcome),
            "parts": [(part, public_responses(part)) for part in parts],
            "can_be_answered": outcome.kind in ANSWERABLE,
            "parent": outcome.parent if outcome.parent and outcome.parent.is_public else None,
            "meeting": outcome.meeting if outcome.meeting and outcome.meeting.is_public else None,
        }


class OutcomeHistory(RecordHistory):
    model = Outcome


class OutcomeCitation(RecordCitation):
    model = Outcome
    related = OUTCOMES.reference.related
    exported = OUTCOMES
    cited_at = "outcomes:cite"


def public_responses(outcome):
    """Return the answers to an outcome by practices that are public."""
    return [response for response in outcome.responses.all() if response.practice.is_public]
