"""How many published records a country, a theme, an organisation or a document has."""

from django.db.models import Count, IntegerField, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from meetings.models import Meeting, Outcome, OutcomeTheme, Participation
from pathways.listing.index import index_for
from practices.filters import PracticeFilter
from practices.models import Citation, Practice, PracticeCountry, PracticeTheme, Role


def practice_counts(facet):
    """Return the number of published practices by each value of a facet of their list that one has."""
    bitmaps = index_for(PracticeFilter).facets[facet].bitmaps
    return {value: len(ids) for value, ids in bitmaps.items() if ids}


def number(rows, counted, **match):
    """Return a subquery: how many different ``counted`` the ``rows`` have that match the outer row."""
    counts = rows.filter(**match).order_by().annotate(one=Value(1)).values("one")
    counts = counts.annotate(n=Count(counted, distinct=True)).values("n")
    return Coalesce(Subquery(counts, output_field=IntegerField()), 0)


def published_rows(model, owner="practice", of=Practice):
    return model.objects.filter(**{f"{owner}__in": of.objects.published()})


def with_country_counts(countries):
    """Annotate countries with their practices, those in each role, and their meetings."""
    rows = published_rows(PracticeCountry)
    here = {"country": OuterRef("pk")}
    counts = {f"{role.value}_count": number(rows.filter(role=role), "practice", **here) for role in Role}
    attended = Meeting.objects.published().filter(
        pk__in=Participation.objects.filter(country=OuterRef(OuterRef("pk"))).values("meeting")
    ) | Meeting.objects.published().filter(
        pk__in=Participation.objects.filter(represents_country=OuterRef(OuterRef("pk"))).values("meeting")
    )
    return countries.annotate(
        practice_count=number(rows.exclude(role=Role.CONCERNED), "practice", **here),
        meeting_count=number(attended, "pk"),
        **counts,
    )


def with_theme_counts(themes):
    """Annotate themes with their practices and their outcomes of each kind."""
    outcomes = published_rows(OutcomeTheme, "outcome", Outcome)
    counts = {
        f"{kind.name.lower()}_count": number(outcomes.filter(outcome__kind=kind), "outcome", theme=OuterRef("pk"))
        for kind in Outcome.Kind
    }
    practices = number(published_rows(PracticeTheme), "practice", theme=OuterRef("pk"))
    return themes.annotate(practice_count=practices, **counts)


def with_document_counts(documents):
    """Annotate documents with the practices and outcomes drawn from them."""
    return documents.annotate(
        practice_count=number(published_rows(Citation), "practice", document=OuterRef("pk")),
        outcome_count=number(Outcome.objects.published(), "pk", document=OuterRef("pk")),
    )
