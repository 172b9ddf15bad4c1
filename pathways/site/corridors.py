"""Corridors: pairs of an origin and a destination of one practice, computed, never stored."""

from collections import defaultdict

from pathways.listing.index import index_for
from practices.filters import PracticeFilter
from practices.models import Practice, PracticeCountry, Role
from practices.views import LINES


def pairs(matching=None):
    """Return the number of published practices by (origin code, destination code); only of ``matching``, if given."""
    facets = index_for(PracticeFilter).facets
    found = {}
    for origin, leaving in facets["origin"].bitmaps.items():
        within = leaving if matching is None else leaving & matching
        for destination, arriving in facets["destination"].bitmaps.items():
            if origin != destination and (count := within.intersection_cardinality(arriving)):
                found[origin, destination] = count
    return found


def corridors_of(code):
    """Return (code of origin, code of destination, number) for the corridors from or to a country, the most first."""
    found = [(origin, destination, n) for (origin, destination), n in pairs().items() if code in (origin, destination)]
    return sorted(found, key=lambda corridor: (-corridor[2], corridor[0] != code, corridor[:2]))


def between(one, other):
    """Return the published practices of a pair of countries: there, back, and those whose direction no source states.

    A practice with several origins and destinations counts for each pair, though its source may not pair them.
    """
    practices = Practice.objects.published().filter(country_rows__country=one).filter(country_rows__country=other)
    roles = roles_in(practices, (one, other))
    there, back, undirected = [], [], []
    for practice in practices.distinct().prefetch_related(*LINES):
        of_one, of_other = roles[practice.pk, one.pk], roles[practice.pk, other.pk]
        goes = Role.ORIGIN in of_one and Role.DESTINATION in of_other
        comes = Role.ORIGIN in of_other and Role.DESTINATION in of_one
        if goes:
            there.append(practice)
        if comes:
            back.append(practice)
        if not goes and not comes and (of_one - {Role.CONCERNED}) and (of_other - {Role.CONCERNED}):
            undirected.append(practice)
    return there, back, undirected


def roles_in(practices, countries):
    """Return the roles that each of ``countries`` has in each practice, by the ids of both."""
    roles = defaultdict(set)
    rows = PracticeCountry.objects.filter(practice__in=practices, country__in=countries)
    for practice, country, role in rows.values_list("practice", "country", "role"):
        roles[practice, country].add(role)
    return roles
