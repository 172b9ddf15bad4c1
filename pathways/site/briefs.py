"""What briefs on countries, corridors, themes and organisations are put together from."""

from django.db.models import Exists, OuterRef

from meetings.filters import OutcomeFilter
from meetings.models import Meeting, Outcome, Participation
from pathways.listing.index import index_for
from pathways.vocabulary.models import Country, Theme
from practices.models import Practice

from . import corridors, coverage


def meetings_of(who):
    """Return (meeting, roles, people) for the published meetings in which ``who`` took part."""
    found = {}
    rows = Participation.objects.filter(who, meeting__in=Meeting.objects.published())
    for row in rows.select_related("meeting", "session").order_by("meeting__title_key", "position"):
        entry = found.setdefault(row.meeting_id, {"meeting": row.meeting, "rows": []})
        entry["rows"].append(row)
    return list(found.values())


def recommended_by_theme(meetings):
    """Return (theme, outcomes) for the recommendations and key messages of ``meetings``, by their first theme."""
    outcomes = Outcome.objects.published().filter(meeting__in=list(meetings), kind__in=coverage.ANSWERABLE)
    by_theme = {}
    for outcome in (
        outcomes.select_related("document").prefetch_related("theme_rows__theme").order_by("position", "slug")
    ):
        first = next(iter(outcome.theme_rows.all()), None)
        if first is not None:
            by_theme.setdefault(first.theme, []).append(outcome)
    return sorted(by_theme.items(), key=lambda item: item[0].position)


def named_corridors(code):
    """Return (origin, destination, number of practices) for the corridors of a country, the most first."""
    found = corridors.corridors_of(code)
    countries = Country.objects.filter(
        code__in={end for origin, destination, _n in found for end in (origin, destination)}
    )
    by_code = {country.code: country for country in countries}
    return [(by_code[origin], by_code[destination], n) for origin, destination, n in found]


def themes_without(practices):
    """Return the themes of recommendations and key messages, in their order, that none of ``practices`` has."""
    asked = Outcome.objects.published().filter(kind__in=coverage.ANSWERABLE)
    met = Practice.objects.filter(pk__in=[practice.pk for practice in practices])
    return Theme.objects.filter(Exists(asked.filter(themes=OuterRef("pk")))).exclude(
        Exists(met.filter(themes=OuterRef("pk")))
    )


def unanswered_outcomes():
    """Return the ids of the recommendations and key messages that no practice answers, as their list has them."""
    return index_for(OutcomeFilter).facets["answered"].any_of(["no"])


def each_once(roles):
    """Return (role, practices not shown yet, practices shown already, number of both) for the roles that have any."""
    shown, found = set(), []
    for role, practices in roles:
        if practices:
            new = [practice for practice in practices if practice not in shown]
            found.append((role, new, [practice for practice in practices if practice in shown], len(practices)))
            shown.update(new)
    return found
