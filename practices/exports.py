"""What a list of practices can be taken away as."""

from django.utils.translation import gettext_lazy as _

from pathways.listing.export import Exportable
from pathways.listing.writers.feeds import ATOM
from pathways.listing.writers.linked import JSONLD
from pathways.listing.writers.references import BIBTEX, RIS
from pathways.listing.writers.structured import JSON
from pathways.listing.writers.tables import CSV, XLSX

from .columns import PRACTICE_COLUMNS
from .linked import practice_linked
from .references import practice_reference
from .serializers import PracticeSerializer

PRACTICES = Exportable(
    name="practices",
    title=_("Practices"),
    page="practices:list",
    view="practices:export",
    columns=PRACTICE_COLUMNS,
    sizes={CSV: 800, XLSX: 320, JSON: 3500, JSONLD: 1600, RIS: 870, BIBTEX: 870, ATOM: 700},
    serializer=PracticeSerializer,
    reference=practice_reference,
    linked=practice_linked,
)
