"""What the list of countries, and the tables of what is covered, can be taken away as."""

from django.utils.translation import gettext_lazy as _

from pathways.listing.export import Exportable
from pathways.listing.writers.structured import JSON
from pathways.listing.writers.tables import CSV, XLSX
from pathways.vocabulary.serializers import CountrySerializer

from .columns import COUNTRY_COLUMNS
from .coverage import ANSWER_COLUMNS, theme_columns

COUNTRIES = Exportable(
    name="countries",
    title=_("Countries"),
    page="site:countries",
    view="site:countries-export",
    columns=COUNTRY_COLUMNS,
    sizes={CSV: 70, XLSX: 68, JSON: 300},
    serializer=CountrySerializer,
)
COVERAGE_ANSWERS = Exportable(
    name="coverage-answers",
    title=_("Recommendations and key messages, with the practices that answer them"),
    page="site:coverage",
    view="site:coverage-answers",
    columns=ANSWER_COLUMNS,
    sizes={CSV: 80, XLSX: 35},
)


def coverage_themes(regions):
    """Return the table of practices by theme, with a column for each of ``regions``."""
    return Exportable(
        name="coverage-themes",
        title=_("Practices by theme and region"),
        page="site:coverage",
        view="site:coverage-themes",
        columns=theme_columns(regions),
        sizes={CSV: 50, XLSX: 70},
    )
