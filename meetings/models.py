"""Meetings of states, who took part, the documents about them, and what was concluded."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pathways.curation.models import Owned, Record, RecordQuerySet, Term, TermQuerySet, lines
from pathways.folding import fold
from pathways.vocabulary.models import (
    Country,
    GcmObjective,
    Instrument,
    Named,
    Organisation,
    SkillLevel,
    TargetGroup,
    Theme,
)

ORIGINALS = {"revises": None}


class Series(Named):
    """A process that meets again and again, such as the GFMD."""

    fixture = "meetings"

    description = models.TextField(_("description"))
    url = models.URLField(_("address"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("series")
        verbose_name_plural = _("series")
        ordering = ("name_key",)


class Meeting(Record):
    """A meeting of a series, or a dated step between meetings."""

    fixture = "meetings"
    owned = ("attendance", "sessions", "agenda_points", "participations")

    class Kind(models.TextChoices):
        SUMMIT = "summit", _("summit")
        THEMATIC = "thematic-meeting", _("thematic meeting")
        WORKSHOP = "workshop", _("workshop")
        ROUND_TABLE = "round-table", _("round table")
        REGIONAL_CONSULTATION = "regional-consultation", _("regional consultation")
        INFORMAL_SESSION = "informal-session", _("informal session")
        CONSULTATION = "consultation", _("consultation")
        STOCKTAKING = "stocktaking-meeting", _("stocktaking meeting")
        CONFERENCE = "conference", _("conference")

    class Standing(models.TextChoices):
        REPORTED = "reported", _("reported: a source tells what happened")
        ANNOUNCED = "announced", _("announced: a source written before it tells what was planned")
        MENTIONED = "mentioned", _("mentioned: a source only names it")

    class Precision(models.TextChoices):
        DAY = "day", _("to the day")
        MONTH = "month", _("to the month")
        YEAR = "year", _("to the year")
        NONE = "none", _("not stated")

    title = models.CharField(_("title"), max_length=300)
    title_supplied = models.BooleanField(
        _("title supplied"), default=False, help_text=_("The title is ours: the source prints none.")
    )
    series = models.ForeignKey(
        Series, verbose_name=_("series"), on_delete=models.PROTECT, null=True, blank=True, related_name="meetings"
    )
    parent = models.ForeignKey(
        "self",
        verbose_name=_("part of"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="parts",
        limit_choices_to=ORIGINALS,
        help_text=_("The meeting it was part of, such as a summit."),
    )
    kind = models.CharField(_("kind"), max_length=25, choices=Kind)
    standing = models.CharField(_("standing"), max_length=10, choices=Standing)
    starts_on = models.DateField(_("first day"), null=True, blank=True, help_text=_("Or the first day of its month."))
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    date_precision = models.CharField(_("date known"), max_length=5, choices=Precision, default=Precision.NONE)
    date_as_given = models.CharField(
        _("date as given"), max_length=120, blank=True, help_text=_("In the words of the source.")
    )
    place = models.CharField(_("place"), max_length=120, blank=True, help_text=_("The city."))
    venue = models.CharField(_("venue"), max_length=200, blank=True)
    country = models.ForeignKey(
        Country,
        verbose_name=_("country"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="meetings_held",
        help_text=_("Where it was held."),
    )
    summary = models.TextField(
        _("summary"), blank=True, help_text=_("What it was and what it dealt with, in Markdown.")
    )
    states_complete = models.BooleanField(
        _("list of states is complete"),
        default=False,
        help_text=_("The source lists every state that took part, not only some by name."),
    )

    class Meta(Record.Meta):
        verbose_name = _("meeting")
        verbose_name_plural = _("meetings")
        ordering = ("title_key", "slug")
        constraints = (
            *Record.Meta.constraints,
            models.CheckConstraint(
                condition=Q(starts_on=None, ends_on=None, date_precision="none")
                | (Q(starts_on__isnull=False) & ~Q(date_precision="none")),
                name="meetings_meeting_date_has_precision",
                violation_error_message=_("A date needs its precision, and a meeting without a date has none."),
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=models.F("starts_on")),
                name="meetings_meeting_ends_after_start",
                violation_error_message=_("A meeting ends on or after its first day."),
            ),
        )

    @classmethod
    def lacking(cls):
        about = DocumentMeeting.objects.filter(meeting=Coalesce(OuterRef("revises_id"), OuterRef("pk")))
        return Q(summary__regex=r"^\s*$") & ~Exists(about)

    def missing(self):
        # Documents are about the public meeting, not about the draft that revises it.
        about = DocumentMeeting.objects.filter(meeting=self.revises_id or self.pk)
        if not (self.summary.strip() or about.exists()):
            yield "summary", _("Say what it was, or name it on the page of a document that prepares or reports on it.")

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("meetings:detail", args=[self.slug])


class MeetingRow(Owned):
    owner = "meeting"

    class Meta:
        abstract = True


class Attendance(MeetingRow):
    """How many took part, of what, as the source counts them."""

    key = ("slug",)

    class What(models.TextChoices):
        PARTICIPANTS = "participants", _("participants")
        STATES = "states", _("states")
        ORGANISATIONS = "organisations", _("organisations")
        INTERVENTIONS = "interventions", _("interventions")
        UN_AGENCIES = "un-agencies", _("UN agencies")
        NON_GOVERNMENTAL = "non-governmental-stakeholders", _("non-governmental stakeholders")
        CITIES = "cities", _("cities")
        OTHER = "other", _("other")

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="attendance")
    slug = models.SlugField(_("slug"), max_length=80)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    number = models.PositiveIntegerField(_("number"))
    what = models.CharField(_("of what"), max_length=30, choices=What)
    scope = models.CharField(_("scope"), max_length=200, blank=True, help_text=_("The part of the meeting it counts."))
    as_given = models.CharField(_("as given"), max_length=250, help_text=_("In the words of the source."))

    class Meta:
        verbose_name = _("attendance figure")
        verbose_name_plural = _("attendance figures")
        ordering = ("position", "slug")
        constraints = (models.UniqueConstraint(fields=["meeting", "slug"], name="meetings_attendance_once"),)


class Session(MeetingRow):
    """A part of a meeting with a subject of its own."""

    key = ("slug",)

    class Kind(models.TextChoices):
        OPENING = "opening", _("opening")
        PLENARY = "plenary", _("plenary")
        SESSION = "session", _("session")
        PANEL = "panel", _("panel")
        WORKING_GROUP = "working-group", _("working group")
        DIALOGUE = "dialogue", _("dialogue")
        CLOSING = "closing", _("closing")

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="sessions")
    slug = models.SlugField(_("slug"), max_length=80)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    number = models.CharField(_("number"), max_length=20, blank=True, help_text=_("As printed: III, 2."))
    parent = models.ForeignKey(
        "self",
        verbose_name=_("part of"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="parts",
    )
    title = models.CharField(_("title"), max_length=300)
    title_supplied = models.BooleanField(_("title supplied"), default=False, help_text=_("The title is ours."))
    kind = models.CharField(_("kind"), max_length=15, choices=Kind)
    date = models.DateField(_("date"), null=True, blank=True)
    starts_at = models.TimeField(_("from"), null=True, blank=True)
    ends_at = models.TimeField(_("to"), null=True, blank=True)
    minutes = models.PositiveSmallIntegerField(_("minutes"), null=True, blank=True)
    summary = models.TextField(_("summary"), blank=True, help_text=_("In Markdown."))

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ("position", "slug")
        constraints = (
            models.UniqueConstraint(fields=["meeting", "slug"], name="meetings_session_once"),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(starts_at__isnull=False),
                name="meetings_session_end_has_start",
                violation_error_message=_("An end needs a start."),
            ),
        )

    def __str__(self):
        return f"{self.number}: {self.title}" if self.number else self.title

    def clean(self):
        if self.parent_id and self.meeting_id and self.parent.meeting_id != self.meeting_id:
            raise ValidationError({"parent": _("A session is part of a session of the same meeting.")})


class AgendaPoint(MeetingRow):
    """What a meeting or session set out to do."""

    key = ("slug",)

    class Kind(models.TextChoices):
        OBJECTIVE = "objective", _("objective")
        FOCUS_ISSUE = "focus-issue", _("focus issue")
        GUIDING_QUESTION = "guiding-question", _("guiding question")

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="agenda_points")
    slug = models.SlugField(_("slug"), max_length=80)
    session = models.ForeignKey(
        Session,
        verbose_name=_("session"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="agenda_points",
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("agenda point")
        verbose_name_plural = _("agenda points")
        ordering = ("position", "slug")
        constraints = (models.UniqueConstraint(fields=["meeting", "slug"], name="meetings_agendapoint_once"),)

    def __str__(self):
        return self.text

    def clean(self):
        if self.session_id and self.meeting_id and self.session.meeting_id != self.meeting_id:
            raise ValidationError({"session": _("The session belongs to another meeting.")})


class Participation(MeetingRow):
    """A state, an organisation or a person at a meeting, or in one session of it, in one role."""

    key = ("session", "country", "organisation", "person", "role")

    class Role(models.TextChoices):
        CHAIR = "chair", _("chair")
        CO_CHAIR = "co-chair", _("co-chair")
        CO_FACILITATOR = "co-facilitator", _("co-facilitator")
        HOST = "host", _("host")
        CONVENER = "convener", _("convener")
        SECRETARIAT = "secretariat", _("secretariat")
        DRAFTER = "drafter", _("drafter")
        OPENING_SPEAKER = "opening-speaker", _("opening speaker")
        PRESENTER = "presenter", _("presenter")
        PANELLIST = "panellist", _("panellist")
        MODERATOR = "moderator", _("moderator")
        THEMATIC_EXPERT = "thematic-expert", _("thematic expert")
        CLOSING_SPEAKER = "closing-speaker", _("closing speaker")
        PARTICIPANT = "participant", _("participant")
        OBSERVER = "observer", _("observer")

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="participations")
    session = models.ForeignKey(
        Session,
        verbose_name=_("session"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="participations",
        help_text=_("Empty: the meeting as a whole."),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    country = models.ForeignKey(
        Country,
        verbose_name=_("state"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="participations",
    )
    organisation = models.ForeignKey(
        Organisation,
        verbose_name=_("organisation"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="participations",
    )
    person = models.CharField(_("person"), max_length=120, blank=True, help_text=_("Given name, then family name."))
    office = models.CharField(_("office"), max_length=250, blank=True, help_text=_("What the person was, as printed."))
    represents_country = models.ForeignKey(
        Country,
        verbose_name=_("represents the state"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="represented",
    )
    represents_organisation = models.ForeignKey(
        Organisation,
        verbose_name=_("represents the organisation"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="represented",
    )
    role = models.CharField(_("role"), max_length=20, choices=Role)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("participation")
        verbose_name_plural = _("participations")
        ordering = ("position", "pk")
        constraints = (
            models.UniqueConstraint(
                "meeting",
                Coalesce("session", 0),
                Coalesce("country", 0),
                Coalesce("organisation", 0),
                "person",
                "role",
                name="meetings_participation_once",
                violation_error_message=_("This participant has this role here already."),
            ),
            models.CheckConstraint(
                condition=Q(country__isnull=False, organisation=None, person="")
                | Q(country=None, organisation__isnull=False, person="")
                | (Q(country=None, organisation=None) & ~Q(person="")),
                name="meetings_participation_one_who",
                violation_error_message=_("Name one: a state, an organisation or a person."),
            ),
            models.CheckConstraint(
                condition=~Q(person="") | Q(represents_country=None, represents_organisation=None, office=""),
                name="meetings_participation_person_represents",
                violation_error_message=_("Only a person has an office and represents somebody."),
            ),
        )

    def __str__(self):
        return f"{self.who} ({self.get_role_display()})"

    @property
    def who(self):
        return self.country or self.organisation or self.person

    def clean(self):
        if self.session_id and self.meeting_id and self.session.meeting_id != self.meeting_id:
            raise ValidationError({"session": _("The session belongs to another meeting.")})


class DocumentQuerySet(TermQuerySet):
    def published(self):
        """Return the documents that something published cites, or that prepare or report on a published meeting."""
        linked = DocumentMeeting.objects.filter(meeting__in=Meeting.objects.published())
        return self.filter(Q(pk__in=super().published()) | Q(pk__in=linked.values("document")))


class Document(Term):
    """A source: what records cite."""

    fixture = "meetings"
    owned = ("meeting_rows",)
    derived = ("title_key",)

    class Kind(models.TextChoices):
        SUMMARY = "summary", _("summary")
        CONCEPT_NOTE = "concept-note", _("concept note")
        BACKGROUND_PAPER = "background-paper", _("background paper")
        TABLE = "table", _("table")
        TECHNICAL_PAPER = "technical-paper", _("technical paper")
        NOTE = "note", _("note")

    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    title = models.CharField(_("title"), max_length=300, help_text=_("As printed; in [brackets] where we supply it."))
    title_key = models.CharField(max_length=400, editable=False, default="", db_index=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    standing = models.CharField(_("standing"), max_length=120, blank=True, help_text=_("Such as: draft summary."))
    publisher = models.ForeignKey(
        Organisation,
        verbose_name=_("publisher"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="documents",
    )
    date = models.DateField(_("date"), null=True, blank=True)
    date_as_given = models.CharField(_("date as given"), max_length=120, blank=True)
    language = models.CharField(_("language"), max_length=10, default="en", help_text=_("BCP 47 tag."))
    url = models.URLField(_("official address"), max_length=500, blank=True)
    note = models.TextField(_("note"), blank=True)
    meetings = models.ManyToManyField(Meeting, through="DocumentMeeting", related_name="documents")

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ("title_key", "slug")

    def __str__(self):
        return self.title

    def derive(self):
        self.title_key = fold(self.title.lstrip("["))[:400]

    def get_absolute_url(self):
        return reverse("site:document", args=[self.slug])


class DocumentMeeting(Owned):
    """What a document does to a meeting."""

    owner = "document"
    key = ("meeting", "relation")

    class Relation(models.TextChoices):
        PREPARES = "prepares", _("prepares")
        REPORTS_ON = "reports-on", _("reports on")

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="meeting_rows")
    meeting = models.ForeignKey(
        Meeting,
        verbose_name=_("meeting"),
        on_delete=models.PROTECT,
        related_name="document_rows",
        limit_choices_to=ORIGINALS,
    )
    relation = models.CharField(_("relation"), max_length=12, choices=Relation)

    class Meta:
        verbose_name = _("meeting of a document")
        verbose_name_plural = _("meetings of a document")
        ordering = ("document", "relation", "meeting")
        constraints = (
            models.UniqueConstraint(fields=["document", "meeting", "relation"], name="meetings_documentmeeting_once"),
        )


class Outcome(Record):
    """What a meeting concluded, or a document found, in the words of the secretariat."""

    fixture = "outcomes"
    owned = ("theme_rows",)
    needed = ("theme_rows",)

    class Kind(models.TextChoices):
        KEY_MESSAGE = "key-message", _("key message")
        RECOMMENDATION = "recommendation", _("recommendation")
        FINDING = "finding", _("finding")
        OPPORTUNITY = "opportunity", _("opportunity")
        CHALLENGE = "challenge", _("challenge")

    kind = models.CharField(_("kind"), max_length=15, choices=Kind)
    section = models.CharField(_("section"), max_length=200, blank=True, help_text=_("The heading it stands under."))
    number = models.CharField(_("number"), max_length=10, help_text=_("Within its section."))
    number_printed = models.BooleanField(
        _("number is printed"), default=False, help_text=_("The source prints the number; otherwise it is our count.")
    )
    parent = models.ForeignKey(
        "self",
        verbose_name=_("part of"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="parts",
        limit_choices_to=ORIGINALS,
    )
    heading = models.CharField(_("heading"), max_length=200, help_text=_("As printed, or ours."))
    heading_supplied = models.BooleanField(
        _("heading supplied"), default=False, help_text=_("The heading is ours: the source prints none.")
    )
    text = models.TextField(_("text"), help_text=_("Our paraphrase, as long as its meaning needs. Never copied."))
    themes = models.ManyToManyField(Theme, through="OutcomeTheme", related_name="outcomes")
    target_groups = models.ManyToManyField(TargetGroup, verbose_name=_("target groups"), blank=True)
    skill_levels = models.ManyToManyField(SkillLevel, verbose_name=_("skill levels"), blank=True)
    instruments = models.ManyToManyField(
        Instrument, verbose_name=_("instruments"), blank=True, help_text=_("Those it names.")
    )
    addressees = models.TextField(_("addressees"), blank=True, help_text=_("Whom the source addresses, one a line."))
    gcm_objectives = models.ManyToManyField(
        GcmObjective, verbose_name=_("GCM objectives"), blank=True, help_text=_("Only those the source names.")
    )
    document = models.ForeignKey(
        Document, verbose_name=_("document"), on_delete=models.PROTECT, related_name="outcomes"
    )
    locator = models.CharField(_("place in the document"), max_length=120)
    meeting = models.ForeignKey(
        Meeting,
        verbose_name=_("meeting"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="outcomes",
        limit_choices_to=ORIGINALS,
    )
    session = models.ForeignKey(
        Session, verbose_name=_("session"), on_delete=models.PROTECT, null=True, blank=True, related_name="outcomes"
    )
    position = models.PositiveIntegerField(
        _("position"), default=0, help_text=_("Where it stands in the document, counted from its start.")
    )

    class Meta(Record.Meta):
        verbose_name = _("outcome")
        verbose_name_plural = _("outcomes")
        ordering = ("document", "position", "slug")
        constraints = (
            *Record.Meta.constraints,
            models.CheckConstraint(
                condition=Q(session=None) | Q(meeting__isnull=False),
                name="meetings_outcome_session_has_meeting",
                violation_error_message=_("A session needs its meeting."),
            ),
        )

    @classmethod
    def lacking(cls):
        return ~Exists(OutcomeTheme.objects.filter(outcome=OuterRef("pk"))) | Q(locator__regex=r"^\s*$")

    def missing(self):
        if not self.theme_rows.exists():
            yield "theme_rows", _("Give it one to four themes.")
        if not self.locator.strip():
            yield "locator", _("Say where in the document it is printed.")

    def __str__(self):
        return f"{self.locator}: {self.heading}"

    @property
    def title(self):
        return self.heading

    @property
    def addressee_list(self):
        return lines(self.addressees)

    def clean(self):
        if self.session_id and self.session.meeting_id != self.meeting_id:
            raise ValidationError({"session": _("The session belongs to another meeting.")})
        if self.parent_id and self.parent_id == self.pk:
            raise ValidationError({"parent": _("An outcome is not part of itself.")})

    def get_absolute_url(self):
        return reverse("outcomes:detail", args=[self.slug])


class KindManager(models.Manager.from_queryset(RecordQuerySet)):
    def get_queryset(self):
        return super().get_queryset().filter(kind=self.model.KIND)


class KeyMessage(Outcome):
    KIND = Outcome.Kind.KEY_MESSAGE

    objects = KindManager()

    class Meta:
        proxy = True
        verbose_name = _("key message")
        verbose_name_plural = _("key messages")


class Recommendation(Outcome):
    KIND = Outcome.Kind.RECOMMENDATION

    objects = KindManager()

    class Meta:
        proxy = True
        verbose_name = _("recommendation")
        verbose_name_plural = _("recommendations")


class OutcomeTheme(Owned):
    owner = "outcome"
    key = ("theme",)

    outcome = models.ForeignKey(Outcome, on_delete=models.CASCADE, related_name="theme_rows")
    theme = models.ForeignKey(Theme, verbose_name=_("theme"), on_delete=models.PROTECT, related_name="outcome_rows")
    position = models.PositiveSmallIntegerField(_("position"), default=0, help_text=_("The most telling first."))

    class Meta:
        verbose_name = _("theme")
        verbose_name_plural = _("themes")
        ordering = ("position", "pk")
        constraints = (models.UniqueConstraint(fields=["outcome", "theme"], name="meetings_outcometheme_once"),)
