from django import template
from django.utils.translation import gettext_lazy as _

from meetings.dates import meeting_dates
from meetings.models import AgendaPoint, Outcome

register = template.Library()
register.filter("dates", meeting_dates)

PLURALS = {
    Outcome.Kind.KEY_MESSAGE: _("Key messages"),
    Outcome.Kind.RECOMMENDATION: _("Recommendations"),
    Outcome.Kind.FINDING: _("Findings"),
    Outcome.Kind.OPPORTUNITY: _("Opportunities"),
    Outcome.Kind.CHALLENGE: _("Challenges"),
    AgendaPoint.Kind.OBJECTIVE: _("Objectives"),
    AgendaPoint.Kind.FOCUS_ISSUE: _("Focus issues"),
    AgendaPoint.Kind.GUIDING_QUESTION: _("Guiding questions"),
}


@register.filter
def date_in_the_source(meeting):
    """Return the date of a meeting as its source gives it, where that says it differently."""
    given = meeting.date_as_given
    return "" if given.replace("-", "–") == str(meeting_dates(meeting)) else given


@register.filter
def plural(kind):
    """Return what several outcomes, or points of an agenda, of a kind are called."""
    return PLURALS[kind]


@register.filter
def by_who(rows):
    """Group participations by who took part, in the order in which each is first named."""
    groups = {}
    for row in rows:
        groups.setdefault((row.country_id, row.organisation_id, row.person), []).append(row)
    return list(groups.values())


@register.filter
def telling(rows):
    """Return the participations that say more than that somebody took part."""
    return [row for row in rows if row.role != row.Role.PARTICIPANT or row.note]
