"""Plain factories: a test says only what matters to it.

Each makes a published record with what a record must have, and takes fields by keyword. They write past the doors, so
tests of history use the doors themselves.
"""

import itertools

from meetings.models import Document, Meeting, Outcome, OutcomeTheme, Participation, Series, Session
from pathways.curation.models import Status
from pathways.listing import search
from pathways.vocabulary.models import (
    Country,
    GcmObjective,
    Instrument,
    Organisation,
    Place,
    Region,
    SdgTarget,
    Sector,
    SkillLevel,
    TargetGroup,
    Theme,
)
from practices.models import (
    Citation,
    Practice,
    PracticeCountry,
    PracticeOrganisation,
    PracticeRegion,
    PracticeTheme,
    Response,
)

counter = itertools.count(1)


def country(code="MA", name="Morocco", **fields):
    return Country.objects.get_or_create(code=code, defaults={"name": name, **fields})[0]


def region(code="015", name="Northern Africa", kind="sub-region", **fields):
    return Region.objects.get_or_create(code=code, defaults={"name": name, "kind": kind, **fields})[0]


def theme(slug="free-movement", name="Free movement", **fields):
    return Theme.objects.get_or_create(slug=slug, defaults={"name": name, "description": name, **fields})[0]


def sector(slug="ict", name="Information and communication", isic="J", **fields):
    return Sector.objects.get_or_create(slug=slug, defaults={"name": name, "isic": isic, **fields})[0]


def target_group(slug="youth", name="Youth"):
    return TargetGroup.objects.get_or_create(slug=slug, defaults={"name": name})[0]


def skill_level(slug="low", name="Low-skilled", position=1):
    defaults = {"name": name, "definition": name, "position": position}
    return SkillLevel.objects.get_or_create(slug=slug, defaults=defaults)[0]


def place(slug="milan", name="Milan", kind="city", **fields):
    fields.setdefault("country", None)
    fields["country"] = fields["country"] or country("IT", "Italy")
    return Place.objects.get_or_create(slug=slug, defaults={"name": name, "kind": kind, **fields})[0]


def instrument(slug="ilo-c189", name="Domestic Workers Convention, 2011", kind="ilo-convention", **fields):
    return Instrument.objects.get_or_create(slug=slug, defaults={"name": name, "kind": kind, **fields})[0]


def sdg_target(code="8.8", title="Protect labour rights"):
    return SdgTarget.objects.get_or_create(code=code, defaults={"title": title})[0]


def objective(number=18):
    return GcmObjective.objects.get_or_create(number=number, defaults={"title": f"Objective {number}"})[0]


def organisation(slug="iom", name="International Organization for Migration", kind="intergovernmental", **fields):
    return Organisation.objects.get_or_create(slug=slug, defaults={"name": name, "kind": kind, **fields})[0]


def series(slug="gfmd", name="GFMD"):
    return Series.objects.get_or_create(slug=slug, defaults={"name": name, "description": name})[0]


def document(slug="paper", title="Background paper", kind="background-paper", **fields):
    return Document.objects.get_or_create(slug=slug, defaults={"title": title, "kind": kind, **fields})[0]


def meeting(**fields):
    number = next(counter)
    defaults = {
        "slug": f"meeting-{number}",
        "title": f"Meeting {number}",
        "kind": Meeting.Kind.WORKSHOP,
        "standing": Meeting.Standing.REPORTED,
        "status": Status.PUBLISHED,
    }
    return Meeting.objects.create(**{**defaults, **fields})


def session(meeting, slug="session-1", title="Session 1", kind="session", **fields):
    return Session.objects.create(meeting=meeting, slug=slug, title=title, kind=kind, **fields)


def participation(meeting, role="participant", **fields):
    """Make a country, an organisation or a person take part in a meeting."""
    return Participation.objects.create(meeting=meeting, role=role, **fields)


def outcome(*, themes=(), **fields):
    number = next(counter)
    defaults = {
        "slug": f"outcome-{number}",
        "heading": f"Outcome {number}",
        "text": "States should do something.",
        "kind": Outcome.Kind.RECOMMENDATION,
        "number": str(number),
        "locator": f"III.a, {number}",
        "position": number,
        "status": Status.PUBLISHED,
    }
    fields.setdefault("document", None)
    fields["document"] = fields["document"] or document()
    made = Outcome.objects.create(**{**defaults, **fields})
    for position, slug in enumerate(themes, start=1):
        OutcomeTheme.objects.create(outcome=made, theme=theme(slug, slug), position=position)
    return made


def practice(*, countries=(), regions=(), organisations=(), themes=(), cited=True, **fields):
    """Make a practice; countries, regions and organisations are (code, role) pairs, themes slugs."""
    number = next(counter)
    defaults = {
        "slug": f"practice-{number}",
        "title": f"Practice {number}",
        "kind": Practice.Kind.PROGRAMME,
        "summary": "A programme that trains people before they leave.",
        "status": Status.PUBLISHED,
    }
    made = Practice.objects.create(**{**defaults, **fields})
    for code, role in countries:
        PracticeCountry.objects.create(practice=made, country=country(code, code), role=role)
    for code, role in regions:
        PracticeRegion.objects.create(practice=made, region=region(code, code), role=role)
    for slug, role in organisations:
        PracticeOrganisation.objects.create(practice=made, organisation=organisation(slug, slug), role=role)
    for position, slug in enumerate(themes, start=1):
        PracticeTheme.objects.create(practice=made, theme=theme(slug, slug), position=position)
    if cited:
        Citation.objects.create(practice=made, document=document(), locator="Annex 1")
    return made


def response(practice, outcome, reason="It does what is recommended."):
    return Response.objects.create(practice=practice, outcome=outcome, reason=reason)


def searchable():
    """Bring the full-text index into line with what factories wrote past the doors."""
    search.rebuild()
