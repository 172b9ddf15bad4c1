"""What lists of meetings, of outcomes and of participants can be taken away as."""

from django.utils.translation import gettext_lazy as _

from pathways.listing.export import Exportable
from pathways.listing.writers.feeds import ATOM, ICALENDAR
from pathways.listing.writers.linked import JSONLD
from pathways.listing.writers.references import BIBTEX, RIS
from pathways.listing.writers.structured import JSON
from pathways.listing.writers.tables import CSV, XLSX

from .columns import MEETING_COLUMNS, OUTCOME_COLUMNS, PARTICIPANT_COLUMNS
from .events import meeting_event
from .linked import meeting_linked, outcome_linked
from .references import meeting_reference, outcome_reference
from .serializers import MeetingSerializer, OutcomeSerializer, ParticipantSerializer

MEETINGS = Exportable(
    name="meetings",
    title=_("Meetings"),
    page="meetings:list",
    view="meetings:export",
    columns=MEETING_COLUMNS,
    sizes={CSV: 300, XLSX: 200, JSON: 7000, JSONLD: 3900, RIS: 1870, BIBTEX: 1890, ATOM: 1700, ICALENDAR: 1650},
    serializer=MeetingSerializer,
    reference=meeting_reference,
    linked=meeting_linked,
    event=meeting_event,
)
OUTCOMES = Exportable(
    name="outcomes",
    title=_("Outcomes"),
    page="outcomes:list",
    view="outcomes:export",
    columns=OUTCOME_COLUMNS,
    sizes={CSV: 500, XLSX: 180, JSON: 1800, JSONLD: 1340, RIS: 760, BIBTEX: 770, ATOM: 600},
    serializer=OutcomeSerializer,
    reference=outcome_reference,
    linked=outcome_linked,
)
PARTICIPANTS = Exportable(
    name="participants",
    title=_("Participants"),
    page="meetings:detail",
    view="meetings:participants",
    columns=PARTICIPANT_COLUMNS,
    sizes={CSV: 45, XLSX: 30, JSON: 480},
    serializer=ParticipantSerializer,
)
