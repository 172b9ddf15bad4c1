"""What is covered and what is not: themes by region, and recommendations by the practices that answer them."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from meetings.models import Outcome
from pathways.listing.columns import Column
from pathways.listing.index import index_for
from pathways.vocabulary.models import Region, Theme
from practices.filters import PracticeFilter
from practices.models import Practice, Response

# How many shades the heat scale has; the last stands for this many records and more.
STEPS = (1, 2, 4, 7, 11)
ANSWERABLE = (Outcome.Kind.RECOMMENDATION, Outcome.Kind.KEY_MESSAGE)


@dataclass
class Cell:
    """How many practices a theme has in a region, and its shade: 0 for none."""

    region: Region
    count: int

    @property
    def step(self):
        return sum(self.count >= least for least in STEPS)


@dataclass
class Row:
    theme: Theme
    total: int
    cells: list[Cell]


def themes_by_region():
    """Return the M49 sub-regions that have practices, and a Row for each theme."""
    index = index_for(PracticeFilter)
    by_theme, by_region = index.facets["theme"].bitmaps, index.facets["region"].bitmaps
    regions = [
        region
        for region in Region.objects.filter(kind=Region.Kind.SUB_REGION).select_related("parent")
        if by_region.get(region.code)
    ]
    regions.sort(key=lambda region: (region.parent.name_key if region.parent else "", region.name_key))
    rows = []
    for theme in Theme.objects.all():
        ids = by_theme.get(theme.slug)
        cells = [Cell(region, by_region[region.code].intersection_cardinality(ids) if ids else 0) for region in regions]
        rows.append(Row(theme, len(ids) if ids else 0, cells))
    return regions, rows


def regions_without_practices(covered):
    """Return the M49 sub-regions in which no practice has a country or that none names."""
    codes = [region.code for region in covered]
    return Region.objects.filter(kind=Region.Kind.SUB_REGION).exclude(code__in=codes)


def answers():
    """Return (outcome, responses) for each recommendation and key message, in the order of the documents."""
    outcomes = Outcome.objects.published().filter(kind__in=ANSWERABLE).select_related("document", "parent")
    outcomes = outcomes.order_by("document__title_key", "document__slug", "position", "slug")
    responses = Response.objects.filter(practice__in=Practice.objects.published()).select_related("practice")
    by_outcome = {}
    for response in responses.order_by("practice__title_key", "practice__slug"):
        by_outcome.setdefault(response.outcome_id, []).append(response)
    return [(outcome, by_outcome.get(outcome.pk, [])) for outcome in outcomes]


def gaps(answered):
    """Return the outcomes that nothing answers, themselves or by one of their parts."""
    with_answer = {outcome.pk for outcome, responses in answered if responses}
    with_answer |= {outcome.parent_id for outcome, responses in answered if responses}
    return [outcome for outcome, _responses in answered if outcome.pk not in with_answer]


def by_document(answered, gaps):
    """Return (document, its outcomes with their responses, how many of these are answered), as the documents stand."""
    found = {}
    for outcome, responses in answered:
        found.setdefault(outcome.document, []).append((outcome, responses))
    unanswered = {outcome.pk for outcome in gaps}
    return [
        (document, pairs, sum(outcome.pk not in unanswered for outcome, _responses in pairs))
        for document, pairs in found.items()
    ]


def scale():
    """Return (step, words) for the shades of the heat scale, the lightest first."""
    words = []
    for least, after in zip(STEPS, (*STEPS[1:], None), strict=True):
        if after is None:
            words.append(f"{least}+")
        else:
            words.append(str(least) if after == least + 1 else f"{least}–{after - 1}")
    return list(enumerate(words, start=1))


def theme_columns(regions):
    """Return the columns of the table of themes by region."""
    return (
        Column("theme", _("The theme."), lambda row: row.theme.slug),
        Column("practices", _("Practices in all."), lambda row: row.total),
        *(
            Column(region.code, region.name, lambda row, at=at: row.cells[at].count)
            for at, region in enumerate(regions)
        ),
    )


ANSWER_COLUMNS = (
    Column("outcome", _("The recommendation or key message."), lambda pair: pair[0].slug),
    Column("kind", _("Recommendation or key message."), lambda pair: pair[0].kind),
    Column("heading", _("Its heading."), lambda pair: pair[0].heading),
    Column("practice", _("A practice that answers it."), lambda pair: pair[1] and pair[1].practice.slug),
    Column("reason", _("Why, in the secretariat's judgement."), lambda pair: pair[1] and pair[1].reason),
)


def answer_rows(answered):
    """Yield (outcome, response) for each answer, and (outcome, None) where there is none."""
    for outcome, responses in answered:
        for response in responses or [None]:
            yield outcome, response
