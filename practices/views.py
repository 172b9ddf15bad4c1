from django.db.models import Prefetch

from meetings.models import Meeting
from pathways.listing.history import RecordHistory
from pathways.listing.views import ListCitation, RecordCitation, RecordDetail, RecordExport, RecordList

from .exports import PRACTICES
from .filters import PracticeFilter
from .models import Practice, PracticeCountry, PracticeOrganisation, PracticeRegion

# What the three lines of a practice in a list show.
LINES = (
    Prefetch("country_rows", PracticeCountry.objects.select_related("country")),
    Prefetch("region_rows", PracticeRegion.objects.select_related("region")),
    Prefetch("organisation_rows", PracticeOrganisation.objects.select_related("organisation")),
    "sectors",
)


class PracticeList(RecordList):
    filter_class = PracticeFilter
    related = LINES
    template_name = "practices/practice_list.html"
    card_template = "practices/_card.html"
    exported = PRACTICES
    cited_at = "practices:cite-list"


class PracticeExport(RecordExport):
    filter_class = PracticeFilter
    exported = PRACTICES


class PracticeListCitation(ListCitation):
    filter_class = PracticeFilter
    exported = PRACTICES


class PracticeDetail(RecordDetail):
    model = Practice
    related = (
        *LINES,
        "theme_rows__theme",
        "target_groups",
        "skill_levels",
        "places__country",
        "instruments",
        "gcm_objectives",
        "sdg_targets",
        "figures",
        "links",
        "citations__document",
        "relations__other",
        "inverse_relations__practice",
        "responses__outcome__document",
    )
    template_name = "practices/practice_detail.html"
    exported = PRACTICES
    cited_at = "practices:cite"

    def context(self, practice):
        documents = [citation.document_id for citation in practice.citations.all()]
        return {
            "relations": related_practices(practice),
            "responses": [row for row in practice.responses.all() if row.outcome.is_public],
            "meetings": Meeting.objects.published().filter(documents__in=documents).distinct(),
        }


class PracticeHistory(RecordHistory):
    model = Practice


class PracticeCitation(RecordCitation):
    model = Practice
    related = PRACTICES.reference.related
    exported = PRACTICES
    cited_at = "practices:cite"


def related_practices(practice):
    """Return (words, practices) for each kind of relation, seen from ``practice``."""
    kinds = practice.relations.model.Kind
    outward = [(row.kind, row.other) for row in practice.relations.all()]
    inward = [(row.kind, row.practice) for row in practice.inverse_relations.all()]
    groups = [
        ("part-of", outward, kinds.PART_OF),
        ("parts", inward, kinds.PART_OF),
        ("edition-of", outward, kinds.EDITION_OF),
        ("editions", inward, kinds.EDITION_OF),
        ("not-to-be-confused-with", outward + inward, kinds.NOT_TO_BE_CONFUSED_WITH),
    ]
    found = [
        (words, sorted((other for kind, other in pairs if kind == wanted and other.is_public), key=str))
        for words, pairs, wanted in groups
    ]
    return [(words, others) for words, others in found if others]
