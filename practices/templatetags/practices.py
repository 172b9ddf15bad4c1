from collections import defaultdict

from django import template
from django.urls import reverse

from practices.models import Basis, Role

register = template.Library()

# How many countries a line names before it only counts them.
MOST = 6
# In the order in which they are named where nobody comes from somewhere or goes somewhere.
WITHOUT_DIRECTION = (Role.HOST, Role.LEAD, Role.PARTNER, Role.DONOR, Role.TRANSIT)


@register.inclusion_tag("practices/_corridor.html")
def corridor(practice):
    """Draw who takes part in a practice: from where to where, or else where or with whom."""
    in_role = defaultdict(list)
    # Countries before regions, each in the order of their names.
    for row in sorted(practice.country_rows.all(), key=lambda row: row.country.name):
        in_role[row.role].append(row.country.name)
    for row in sorted(practice.region_rows.all(), key=lambda row: row.region.name):
        in_role[row.role].append(row.region.name)
    directed = in_role[Role.ORIGIN] or in_role[Role.DESTINATION]
    others = [] if directed else [name for role in WITHOUT_DIRECTION for name in in_role[role]]
    return {
        "origins": shortened(in_role[Role.ORIGIN]),
        "destinations": shortened(in_role[Role.DESTINATION]),
        "others": shortened(list(dict.fromkeys(others))),
    }


def shortened(names):
    return {"names": names[:MOST], "more": max(len(names) - MOST, 0)} if names else None


@register.filter
def leading(rows):
    """Return the rows of organisations with those that lead first, then partners, then donors."""
    return sorted(rows, key=lambda row: ["lead", "partner", "donor"].index(row.role))


@register.filter
def by_role(rows):
    """Group rows with a role by it, in the order of the roles."""
    groups = {}
    for row in rows:
        groups.setdefault(row.role, []).append(row)
    choices = type(rows[0])._meta.get_field("role").choices if rows else []
    return [(value, label, groups[value]) for value, label in choices if value in groups]


@register.filter
def has_inferred(practice):
    """Return whether some fact of the practice carries the mark of what the curator inferred."""
    rows = (*practice.country_rows.all(), *practice.region_rows.all(), *practice.organisation_rows.all())
    return bool(practice.inferred) or any(row.basis != Basis.STATED for row in rows)


@register.filter
def sentence_case(text):
    """Return ``text`` with a capital first letter, the others as they are."""
    text = str(text)
    return text[:1].upper() + text[1:]


@register.simple_tag
def corridor_url(origin, destination):
    """Return the address of the corridor from one country to another."""
    return reverse("site:corridor", args=[(origin.code, destination.code)])
