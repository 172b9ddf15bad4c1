"""The public tables: what they hold, read from the models, so that no field is described twice.

A row refers to another by its natural key, never by a primary key; what it refers to and is not public is left out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from django.db import models
from django.db.models import Case, Q, Value, When
from django.db.models.functions import Concat
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meetings.models import (
    AgendaPoint,
    Attendance,
    Document,
    DocumentMeeting,
    Meeting,
    Outcome,
    OutcomeTheme,
    Participation,
    Series,
    Session,
)
from pathways.curation.models import Record, Status, lines
from pathways.listing.columns import SEPARATOR
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
    Figure,
    Link,
    Practice,
    PracticeCountry,
    PracticeOrganisation,
    PracticeRegion,
    PracticeRelation,
    PracticeTheme,
    Response,
)

# Types as Table Schema names them, by the kind of field; all else is text.
TYPES = (
    (models.BooleanField, "boolean"),
    (models.IntegerField, "integer"),
    (models.DecimalField, "number"),
    (models.DateField, "date"),
    (models.TimeField, "time"),
)
# Fields that keep several values, one a line; a cell joins them as lists do.
SEVERAL = ("other_names", "addressees")
CHUNK = 2000


@dataclass(frozen=True)
class Field:
    """A column of a public table. ``refers_to`` names the table whose key it holds, ``source`` what it is read from."""

    name: str
    type: str
    help: str
    source: str | Case | Concat
    refers_to: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    clean: Callable | None = None


@dataclass(frozen=True)
class Table:
    """A public table: its name, what a row is, the rows, the fields and the key, where it has one.

    ``names`` are those of the model's fields, ``id=slug`` where it has another one here; ``view`` names the address
    that each row has for its first field.
    """

    name: str
    help: str
    queryset: Callable[[], models.QuerySet]
    names: str
    key: tuple[str, ...] = ()
    view: str = ""

    @property
    def path(self):
        return reverse("site:data-table", args=[self.name])

    @property
    def fields(self):
        model = self.queryset().model
        fields = [field_of(model, *name.split("=")) for name in self.names.split()]
        if self.view:
            fields.append(Field("url", "string", _("The permanent address."), "", required=True))
        return tuple(fields)

    def rows(self, site):
        """Yield the rows as lists of texts, numbers, dates, times, yes or no, and None; ``site`` starts addresses."""
        fields = self.fields
        sources = [field.source for field in fields if field.source]
        cleaned = [(at, field.clean) for at, field in enumerate(fields) if field.clean]
        start, end = reverse(self.view, args=["xx"]).split("xx") if self.view else ("", "")
        for values in self.queryset().order_by("pk").values_list(*sources).iterator(chunk_size=CHUNK):
            row = list(values)
            for at, clean in cleaned:
                row[at] = clean(row[at])
            if self.view:
                row.append(f"{site}{start}{row[0].lower()}{end}")
            yield row


def field_of(model, name, source=None):
    """Return the column that shows the field ``source`` of ``model``, or the one of the same name."""
    if model is Session and name == "id":
        return Field(
            name, "string", _("The meeting and the session, with a slash between."), session_id(), required=True
        )
    field = model._meta.get_field(source or name)
    if field.is_relation:
        return reference_of(field, name)
    return Field(
        name,
        next((kind for kind_of_field, kind in TYPES if isinstance(field, kind_of_field)), "string"),
        help_of(field),
        field.name,
        required=not (field.null or field.blank),
        choices=tuple(value for value, _label in field.choices or ()),
        clean=cleaner(field),
    )


def reference_of(field, name):
    """Return the column that shows the key of what ``field`` refers to; nothing where the public may not see that."""
    other, key = field.related_model, key_field(field.related_model)
    path = f"{field.name}__"
    if issubclass(other, Session):
        source = when_public(f"{path}meeting__", session_id(path))
    elif issubclass(other, Record) and field.null:
        source = when_public(path, f"{path}{key}")
    else:
        # A row that cannot do without a record is only among the rows when that is public.
        source = f"{path}{key}"
    kind = "integer" if isinstance(other._meta.get_field(key), models.IntegerField) else "string"
    return Field(name, kind, help_of(field), source, refers_to=table_names()[other], required=not field.null)


def key_field(model):
    return getattr(model, "key_field", "slug")


def when_public(path, source):
    return Case(When(Q(**{f"{path}status": Status.PUBLISHED, f"{path}revises": None}), then=source))


def session_id(path=""):
    return Concat(f"{path}meeting__slug", Value("/"), f"{path}slug", output_field=models.CharField())


def help_of(field):
    said = str(field.help_text) or str(field.verbose_name)
    return f"{capfirst(said).rstrip('.')}."


def cleaner(field):
    """Return what makes a cell of a value of ``field``, where the value is none yet."""
    if field.name in SEVERAL:
        return lambda text: SEPARATOR.join(lines(text))
    if isinstance(field, models.JSONField):
        return lambda values: SEPARATOR.join(sorted(values))
    if isinstance(field, models.DecimalField):
        return lambda number: number and (int(number) if number == int(number) else float(number))
    return None


def of_public(model, **public):
    """Return a function that gives the rows of ``model`` that belong to, or lead to, what is public."""

    def rows():
        conditions = {f"{name}__in": owner.objects.published() for name, owner in public.items()}
        return model._base_manager.filter(**conditions)

    return rows


def organisations():
    """Return the organisations that something published refers to, publishers of documents among them."""
    published = Organisation.objects.published()
    return Organisation.objects.filter(
        Q(pk__in=published.values("pk")) | Q(pk__in=Document.objects.published().values("publisher"))
    )


def pair(name, says, field, other, owner):
    """Return the table of the many-to-many values ``field`` of ``owner``."""
    through, model = getattr(owner, field).through, owner._meta.model_name
    names = f"{model} {other}={other.replace('_', '')}"
    return Table(name, says, of_public(through, **{model: owner}), names, (model, other))


def pairs(owner, what):
    """Return the tables of the many-to-many values that practices and outcomes have in common."""
    name = owner._meta.model_name
    return tuple(
        pair(f"{name}_{field}", says, field, other, owner)
        for field, other, says in (
            ("target_groups", "target_group", _l("Whom %s are for.") % what),
            ("skill_levels", "skill_level", _l("The skill levels of %s.") % what),
            ("instruments", "instrument", _l("The instruments that %s refer to.") % what),
            ("gcm_objectives", "gcm_objective", _l("The GCM objectives that sources name for %s.") % what),
        )
    )


_l = gettext_lazy
IN_PRACTICE = {"practice": Practice}
TABLES = (
    Table(
        "practices",
        _l("Practices: one row each."),
        Practice.objects.published,
        "id=slug title title_supplied acronym other_names kind lifecycle summary description start_year end_year "
        "inferred published_on updated_on",
        ("id",),
        "practices:detail",
    ),
    Table(
        "practice_countries",
        _l("The countries of practices: one row for each role."),
        of_public(PracticeCountry, **IN_PRACTICE),
        "practice country role basis contribution",
        ("practice", "country", "role"),
    ),
    Table(
        "practice_regions",
        _l("The regions and country groups of practices: one row for each role."),
        of_public(PracticeRegion, **IN_PRACTICE),
        "practice region role basis contribution",
        ("practice", "region", "role"),
    ),
    Table(
        "practice_organisations",
        _l("The organisations of practices: one row for each role."),
        of_public(PracticeOrganisation, **IN_PRACTICE),
        "practice organisation role basis contribution",
        ("practice", "organisation", "role"),
    ),
    Table(
        "practice_themes",
        _l("The themes of practices, the most telling in the lowest position."),
        of_public(PracticeTheme, **IN_PRACTICE),
        "practice theme position",
        ("practice", "theme"),
    ),
    pair("practice_sectors", _l("The sectors of practices."), "sectors", "sector", Practice),
    *pairs(Practice, _l("practices")),
    pair("practice_sdg_targets", _l("The SDG targets of practices."), "sdg_targets", "sdg_target", Practice),
    pair("practice_places", _l("The cities and provinces of practices."), "places", "place", Practice),
    Table(
        "practice_relations",
        _l("Relations between practices."),
        of_public(PracticeRelation, practice=Practice, other=Practice),
        "practice kind other",
        ("practice", "kind", "other"),
    ),
    Table(
        "figures",
        _l("Figures of practices, with what they count and what they are."),
        of_public(Figure, **IN_PRACTICE),
        "practice id=slug value low high counts nature period edition",
        ("practice", "id"),
    ),
    Table(
        "links",
        _l("Addresses that sources print for practices."),
        of_public(Link, **IN_PRACTICE),
        "practice address=url title",
        ("practice", "address"),
    ),
    Table(
        "citations",
        _l("The places in documents where practices are printed, and who shared them there."),
        of_public(Citation, **IN_PRACTICE),
        "practice document locator shared_by printed_as note",
        ("practice", "document", "locator"),
    ),
    Table(
        "responses",
        _l("Which practice answers which recommendation or key message, in the secretariat's judgement, and why."),
        of_public(Response, practice=Practice, outcome=Outcome),
        "practice outcome reason",
        ("practice", "outcome"),
    ),
    Table(
        "outcomes",
        _l("What was concluded: key messages, recommendations, findings, opportunities, challenges."),
        Outcome.objects.published,
        "id=slug kind section number number_printed parent heading heading_supplied text addressees document locator "
        "meeting session position published_on updated_on",
        ("id",),
        "outcomes:detail",
    ),
    Table(
        "outcome_themes",
        _l("The themes of outcomes, the most telling in the lowest position."),
        of_public(OutcomeTheme, outcome=Outcome),
        "outcome theme position",
        ("outcome", "theme"),
    ),
    *pairs(Outcome, _l("outcomes")),
    Table(
        "meetings",
        _l("Meetings: one row each."),
        Meeting.objects.published,
        "id=slug title title_supplied series parent kind standing starts_on ends_on date_precision date_as_given "
        "place venue country summary states_complete published_on updated_on",
        ("id",),
        "meetings:detail",
    ),
    Table(
        "sessions",
        _l("The sessions of meetings."),
        of_public(Session, meeting=Meeting),
        "id meeting session=slug number parent title title_supplied kind date starts_at ends_at minutes summary",
        ("id",),
    ),
    Table(
        "agenda_points",
        _l("What meetings and sessions set out to do."),
        of_public(AgendaPoint, meeting=Meeting),
        "meeting id=slug session position kind text",
        ("meeting", "id"),
    ),
    Table(
        "participations",
        _l("Who took part in a meeting or a session, in which role: a state, an organisation or a person."),
        of_public(Participation, meeting=Meeting),
        "meeting session country organisation person office represents_country represents_organisation role note",
    ),
    Table(
        "attendance",
        _l("How many took part in meetings, as sources count them."),
        of_public(Attendance, meeting=Meeting),
        "meeting id=slug number what scope as_given",
        ("meeting", "id"),
    ),
    Table(
        "series",
        _l("The processes that meetings belong to."),
        Series.objects.published,
        "id=slug name description address=url",
        ("id",),
    ),
    Table(
        "documents",
        _l("The documents that records are drawn from."),
        Document.objects.published,
        "id=slug title kind standing publisher date date_as_given language address=url note",
        ("id",),
        "site:document",
    ),
    Table(
        "document_meetings",
        _l("What documents do to meetings."),
        of_public(DocumentMeeting, document=Document, meeting=Meeting),
        "document meeting relation",
        ("document", "meeting", "relation"),
    ),
    Table(
        "countries",
        _l("States and territories."),
        Country.objects.all,
        "code name other_names region note",
        ("code",),
        "site:country",
    ),
    Table(
        "regions",
        _l("Regions of UN M49, and country groups as sources name them."),
        Region.objects.all,
        "code name kind parent other_names note",
        ("code",),
    ),
    Table(
        "themes",
        _l("What records are about."),
        Theme.objects.all,
        "id=slug name description position",
        ("id",),
        "site:theme",
    ),
    Table(
        "theme_gcm_objectives",
        _l("The GCM objectives that themes serve."),
        Theme.gcm_objectives.through.objects.all,
        "theme gcm_objective=gcmobjective",
        ("theme", "gcm_objective"),
    ),
    Table(
        "sectors",
        _l("Economic activities: sections of ISIC, and the field's own words under them."),
        Sector.objects.all,
        "id=slug name isic parent",
        ("id",),
    ),
    Table("target_groups", _l("Whom records are for."), TargetGroup.objects.all, "id=slug name", ("id",)),
    Table("skill_levels", _l("Levels of skill."), SkillLevel.objects.all, "id=slug name definition position", ("id",)),
    Table(
        "gcm_objectives",
        _l("The objectives of the Global Compact for Migration."),
        GcmObjective.objects.all,
        "number title",
        ("number",),
    ),
    Table(
        "sdg_targets",
        _l("Goals and targets of the 2030 Agenda for Sustainable Development."),
        SdgTarget.objects.all,
        "code title",
        ("code",),
    ),
    Table(
        "instruments",
        _l("Conventions, laws and agreements that records refer to."),
        Instrument.objects.published,
        "id=slug name abbreviation kind number year country other_names address=url",
        ("id",),
    ),
    Table(
        "organisations",
        _l("Organisations and public bodies that records name."),
        organisations,
        "id=slug name acronym kind country other_names address=url",
        ("id",),
    ),
    Table(
        "places",
        _l("Cities, districts and provinces that records name."),
        Place.objects.published,
        "id=slug name kind country",
        ("id",),
    ),
)
BY_NAME = {table.name: table for table in TABLES}


@cache
def table_names():
    """Return the name of the table of each model that others refer to."""
    return {table.queryset().model: table.name for table in TABLES}
