"""What lists of meetings, of outcomes and of participants can be taken away as."""

from django.utils.translation import gettext_lazy as _

from pathways.listing.export import Exportable
from pathways.listing.writers.tables import CSV

from .columns import MEETING_COLUMNS, OUTCOME_COLUMNS, PARTICIPANT_COLUMNS

MEETINGS = Exportable(
    name="meetings",
    title=_("Meetings"),
    page="meetings:list",
    view="meetings:export",
    columns=MEETING_COLUMNS,
    sizes={CSV: 600},
)
OUTCOMES = Exportable(
    name="outcomes",
    title=_("Outcomes"),
    page="outcomes:list",
    view="outcomes:export",
    columns=OUTCOME_COLUMNS,
    sizes={CSV: 800},
)
PARTICIPANTS = Exportable(
    name="participants",
    title=_("Participants"),
    page="meetings:detail",
    view="meetings:participants",
    columns=PARTICIPANT_COLUMNS,
    sizes={CSV: 60},
)
