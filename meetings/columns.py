"""The columns of the exports of meetings, their participants and outcomes."""

from django.utils.translation import gettext_lazy as _

from pathways.listing.columns import UPDATED_ON, Column, address, public_slug, slugs

from .models import Outcome


def states(meeting):
    """Return the states that took part, as such or by a person, by their codes."""
    rows = meeting.participations.all()
    return sorted({state.code for row in rows for state in (row.country, row.represents_country) if state})


def organisations(meeting):
    rows = meeting.participations.all()
    listed = {row.organisation.slug for row in rows if row.organisation and row.session_id is None}
    return sorted(listed)


def count(kind):
    return lambda meeting: sum(outcome.kind == kind for outcome in meeting.outcomes.all() if outcome.is_public)


PARTICIPANTS = (
    "participations__country",
    "participations__organisation",
    "participations__represents_country",
    "participations__represents_organisation",
    "participations__session",
)

MEETING_COLUMNS = (
    Column("id", _("The last part of the meeting's address."), lambda m: m.slug),
    Column("title", _("The title; ours where the source prints none."), lambda m: m.title),
    Column("series", _("The process it belongs to."), lambda m: m.series and m.series.slug, ("series",)),
    Column("kind", _("What kind of meeting."), lambda m: m.kind),
    Column("standing", _("Whether a source reports it, announces it or only mentions it."), lambda m: m.standing),
    Column("parent", _("The id of the meeting it is part of."), lambda m: public_slug(m.parent), ("parent",)),
    Column(
        "starts_on", _("First day, or the first day of its month or year: see date_as_given."), lambda m: m.starts_on
    ),
    Column("ends_on", _("Last day."), lambda m: m.ends_on),
    Column("date_as_given", _("The date in the words of the source."), lambda m: m.date_as_given),
    Column("place", _("The city."), lambda m: m.place),
    Column("country", _("Where it was held: ISO code."), lambda m: m.country and m.country.code, ("country",)),
    Column("states", _("States that took part: ISO codes."), states, PARTICIPANTS),
    Column("states_complete", _("Whether the source lists all states that took part."), lambda m: m.states_complete),
    Column("organisations", _("Organisations listed as attending."), organisations, PARTICIPANTS),
    Column(
        "attendance",
        _("Attendance figures as given."),
        lambda m: [a.as_given for a in m.attendance.all()],
        ("attendance",),
    ),
    Column("key_messages", _("Number of key messages."), count(Outcome.Kind.KEY_MESSAGE), ("outcomes",)),
    Column(
        "recommendations",
        _("Number of recommendations, sub-items too."),
        count(Outcome.Kind.RECOMMENDATION),
        ("outcomes",),
    ),
    Column(
        "documents",
        _("Documents that prepare or report on it."),
        lambda m: sorted({d.slug for d in m.documents.all()}),
        ("documents",),
    ),
    address("meetings:detail"),
    UPDATED_ON,
)

OUTCOME_COLUMNS = (
    Column("id", _("The last part of the outcome's address."), lambda o: o.slug),
    Column("kind", _("Key message, recommendation, finding, opportunity or challenge."), lambda o: o.kind),
    Column("section", _("The heading of the document it stands under."), lambda o: o.section),
    Column("number", _("Its number within the section, printed or counted by us."), lambda o: o.number),
    Column("parent", _("The id of the outcome it is part of."), lambda o: public_slug(o.parent), ("parent",)),
    Column("heading", _("Its heading, printed or ours."), lambda o: o.heading),
    Column("text", _("Our paraphrase, not agreed language."), lambda o: o.text),
    Column("meeting", _("The meeting that concluded it."), lambda o: public_slug(o.meeting), ("meeting",)),
    Column(
        "session",
        _("The session of that meeting."),
        lambda o: o.session.slug if o.session and public_slug(o.meeting) else None,
        ("session", "meeting"),
    ),
    Column(
        "themes",
        _("Themes, the most telling first."),
        lambda o: [row.theme.slug for row in o.theme_rows.all()],
        ("theme_rows__theme",),
    ),
    Column("target_groups", _("Whom it is for."), slugs("target_groups"), ("target_groups",)),
    Column("skill_levels", _("low, medium, high."), slugs("skill_levels"), ("skill_levels",)),
    Column("instruments", _("Instruments it names."), slugs("instruments"), ("instruments",)),
    Column("addressees", _("Whom the source addresses."), lambda o: o.addressee_list),
    Column(
        "gcm_objectives",
        _("GCM objectives the source names: numbers."),
        lambda o: sorted(g.number for g in o.gcm_objectives.all()),
        ("gcm_objectives",),
    ),
    Column(
        "practices",
        _("Ids of the practices that answer it, in the secretariat's judgement."),
        lambda o: sorted(r.practice.slug for r in o.responses.all() if r.practice.is_public),
        ("responses__practice",),
    ),
    Column("document", _("The document it is printed in."), lambda o: o.document.slug, ("document",)),
    Column("locator", _("Where in the document."), lambda o: o.locator),
    address("outcomes:detail"),
    UPDATED_ON,
)


def kind_of(row):
    if row.person:
        return "person"
    return "state" if row.country_id else "organisation"


def code_of(row):
    return row.country.code if row.country_id else row.organisation.slug if row.organisation_id else None


def represents(row):
    return [
        code
        for code in (
            row.represents_country and row.represents_country.code,
            row.represents_organisation and row.represents_organisation.slug,
        )
        if code
    ]


PARTICIPANT_COLUMNS = (
    Column("kind", _("state, organisation or person."), kind_of),
    Column("code", _("ISO code of a state, slug of an organisation."), code_of),
    Column("name", _("The name."), lambda row: row.person or (row.country or row.organisation).name),
    Column("represents", _("Whom a person represents: ISO code or slug."), represents),
    Column("role", _("The role."), lambda row: row.role),
    Column(
        "session", _("The session; empty for the meeting as a whole."), lambda row: row.session and row.session.slug
    ),
)
