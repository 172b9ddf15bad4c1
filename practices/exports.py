"""What a list of practices can be taken away as."""

from django.utils.translation import gettext_lazy as _

from pathways.listing.export import Exportable
from pathways.listing.writers.tables import CSV

from .columns import PRACTICE_COLUMNS

PRACTICES = Exportable(
    name="practices",
    title=_("Practices"),
    page="practices:list",
    view="practices:export",
    columns=PRACTICE_COLUMNS,
    sizes={CSV: 1400},
)
