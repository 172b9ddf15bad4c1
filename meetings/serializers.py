"""Meetings, who took part in them, documents and outcomes as JSON."""

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from pathways.listing.serializers import (
    TEXT,
    AddressField,
    ChoiceField,
    LinesField,
    LinkField,
    Output,
    RecordSerializer,
    RowSerializer,
    TermField,
    TermsField,
    ThemesField,
    an_object,
)
from pathways.vocabulary.serializers import CountryField, TermSerializer

from .models import (
    AgendaPoint,
    Attendance,
    Document,
    DocumentMeeting,
    Meeting,
    Outcome,
    Participation,
    Series,
    Session,
)

MEETING = "meetings:detail"
OUTCOME = "outcomes:detail"
DOCUMENT = "site:document"


class SeriesSerializer(TermSerializer):
    website = serializers.CharField(source="url")

    class Meta:
        model = Series
        fields = ("code", "label", "description", "website")


class SessionField(Output):
    """A session of the meeting at hand: its slug and its title."""

    schema = an_object({"code": TEXT, "label": TEXT})

    def to_representation(self, session):
        return {"code": session.slug, "label": session.title}


class OutcomeSessionField(SessionField):
    """The session that concluded an outcome, if the public may see the meeting."""

    def __init__(self, **kwargs):
        super().__init__(source="*", **kwargs)

    def to_representation(self, outcome):
        if outcome.session is None or not outcome.meeting.is_public:
            return None
        return super().to_representation(outcome.session)


class WhoField(Output):
    """What it is that takes part."""

    schema = {"type": "string", "enum": ["state", "organisation", "person"]}

    def __init__(self):
        super().__init__(source="*")

    def to_representation(self, row):
        if row.person:
            return "person"
        return "state" if row.country_id else "organisation"


# Documents


class DocumentMeetingSerializer(RowSerializer):
    meeting = LinkField(MEETING)
    relation = ChoiceField(DocumentMeeting.Relation, help_text=_("What the document does to the meeting."))

    class Meta(RowSerializer.Meta):
        model = DocumentMeeting
        fields = ("meeting", "relation")

    def is_shown(self, row):
        return row.meeting.is_public

    @staticmethod
    def order(row):
        return row.meeting.slug, row.relation


class DocumentSerializer(RecordSerializer):
    """A document with the numbers of what was drawn from it, for a row annotated with them."""

    id = serializers.CharField(source="slug", help_text=_("The last part of the document's address."))
    kind = ChoiceField(Document.Kind)
    publisher = TermField(allow_null=True)
    official_url = serializers.CharField(source="url", help_text=_("Where its publisher has it."))
    meetings = DocumentMeetingSerializer(source="meeting_rows", many=True)
    practices = serializers.IntegerField(source="practice_count", help_text=_("Number of practices printed in it."))
    outcomes = serializers.IntegerField(source="outcome_count", help_text=_("Number of outcomes printed in it."))
    url = AddressField(DOCUMENT)

    related = ("publisher", "meeting_rows__meeting")

    class Meta:
        model = Document
        fields = (
            *("id", "title", "kind", "standing", "publisher", "date", "date_as_given", "language", "official_url"),
            *("meetings", "practices", "outcomes", "url"),
        )


# Meetings


class ParticipationSerializer(RecordSerializer, RowSerializer):
    """A state, an organisation or a person at a meeting, or in one session of it, in one role."""

    meeting = LinkField(MEETING)
    session = SessionField(allow_null=True, help_text=_("Empty for the meeting as a whole."))
    kind = WhoField()
    country = CountryField(allow_null=True)
    organisation = TermField(allow_null=True)
    represents_country = CountryField(allow_null=True)
    represents_organisation = TermField(allow_null=True)
    role = ChoiceField(Participation.Role)

    related = (
        *("meeting", "session", "country", "organisation"),
        *("represents_country", "represents_organisation"),
    )

    class Meta(RowSerializer.Meta):
        model = Participation
        fields = (
            *("meeting", "session", "kind", "country", "organisation", "person", "office"),
            *("represents_country", "represents_organisation", "role", "note"),
        )


class ParticipantSerializer(ParticipationSerializer):
    """The same within its meeting."""

    meeting = None
    related = ParticipationSerializer.related[1:]

    class Meta(ParticipationSerializer.Meta):
        fields = ParticipationSerializer.Meta.fields[1:]


class AttendanceSerializer(RowSerializer):
    what = ChoiceField(Attendance.What)

    class Meta(RowSerializer.Meta):
        model = Attendance
        fields = ("number", "what", "scope", "as_given")


class SessionSerializer(RowSerializer):
    code = serializers.CharField(source="slug")
    parent = SessionField(allow_null=True, help_text=_("The session it is part of."))
    kind = ChoiceField(Session.Kind)

    class Meta(RowSerializer.Meta):
        model = Session
        fields = (
            *("code", "number", "parent", "title", "title_supplied", "kind"),
            *("date", "starts_at", "ends_at", "minutes", "summary"),
        )


class AgendaPointSerializer(RowSerializer):
    kind = ChoiceField(AgendaPoint.Kind)
    session = SessionField(allow_null=True, help_text=_("Empty for the meeting as a whole."))

    class Meta(RowSerializer.Meta):
        model = AgendaPoint
        fields = ("kind", "session", "text")


class MeetingDocumentSerializer(RowSerializer):
    document = LinkField(DOCUMENT)
    relation = ChoiceField(DocumentMeeting.Relation, help_text=_("What the document does to the meeting."))

    class Meta(RowSerializer.Meta):
        model = DocumentMeeting
        fields = ("document", "relation")

    @staticmethod
    def order(row):
        return row.document.slug, row.relation


class MeetingSerializer(RecordSerializer):
    """A meeting with its sessions, its agenda, who took part, and the documents about it."""

    id = serializers.CharField(source="slug", help_text=_("The last part of the meeting's address."))
    series = TermField(allow_null=True)
    parent = LinkField(MEETING, allow_null=True, help_text=_("The meeting it was part of."))
    kind = ChoiceField(Meeting.Kind)
    standing = ChoiceField(Meeting.Standing)
    date_precision = ChoiceField(Meeting.Precision)
    country = CountryField(allow_null=True, help_text=_("Where it was held."))
    attendance = AttendanceSerializer(many=True)
    sessions = SessionSerializer(many=True)
    agenda_points = AgendaPointSerializer(many=True)
    participations = ParticipantSerializer(many=True)
    documents = MeetingDocumentSerializer(source="document_rows", many=True)
    outcomes = serializers.SerializerMethodField(help_text=_("Number of outcomes of each kind, sub-items too."))
    url = AddressField(MEETING)

    related = (
        *("series", "parent", "country", "attendance", "sessions__parent", "agenda_points__session"),
        *(f"participations__{name}" for name in ParticipantSerializer.related),
        *("document_rows__document", "outcomes"),
    )

    class Meta:
        model = Meeting
        fields = (
            *("id", "title", "title_supplied", "series", "parent", "kind", "standing"),
            *("starts_on", "ends_on", "date_precision", "date_as_given", "place", "venue", "country"),
            *("summary", "states_complete", "attendance", "sessions", "agenda_points", "participations"),
            *("documents", "outcomes", "url", "published_on", "updated_on"),
        )

    def get_outcomes(self, meeting) -> dict[str, int]:
        kinds = [outcome.kind for outcome in meeting.outcomes.all() if outcome.is_public]
        return {kind.value: kinds.count(kind) for kind in Outcome.Kind}


# Outcomes


class AnswerSerializer(serializers.Serializer):
    """The secretariat's judgement that a practice answers the outcome, with its reason."""

    practice = LinkField("practices:detail")
    reason = serializers.CharField()

    class Meta(RowSerializer.Meta):
        pass

    def is_shown(self, row):
        return row.practice.is_public

    @staticmethod
    def order(row):
        return row.practice.slug


class OutcomeSerializer(RecordSerializer):
    """An outcome: our paraphrase, not agreed language, with its source and the practices that answer it."""

    id = serializers.CharField(source="slug", help_text=_("The last part of the outcome's address."))
    kind = ChoiceField(Outcome.Kind)
    parent = LinkField(OUTCOME, allow_null=True, help_text=_("The outcome it is part of."))
    meeting = LinkField(MEETING, allow_null=True, help_text=_("The meeting that concluded it."))
    session = OutcomeSessionField(allow_null=True, help_text=_("The session of that meeting."))
    themes = ThemesField()
    target_groups = TermsField()
    skill_levels = TermsField()
    instruments = TermsField()
    addressees = LinesField()
    gcm_objectives = TermsField("number", "title")
    responses = AnswerSerializer(many=True, help_text=_("The practices that answer it."))
    document = LinkField(DOCUMENT)
    url = AddressField(OUTCOME)

    related = (
        *("parent", "meeting", "session", "theme_rows__theme", "target_groups", "skill_levels", "instruments"),
        *("gcm_objectives", "responses__practice", "document"),
    )

    class Meta:
        model = Outcome
        fields = (
            *("id", "kind", "section", "number", "number_printed", "parent", "heading", "heading_supplied", "text"),
            *("meeting", "session", "themes", "target_groups", "skill_levels", "instruments", "addressees"),
            *("gcm_objectives", "responses", "document", "locator", "url", "published_on", "updated_on"),
        )
