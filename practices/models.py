"""Practices: what is done, by whom, between which countries, and where that is printed."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from meetings.models import ORIGINALS, Document, Outcome
from pathways.curation.models import Owned, Record, lines
from pathways.links.models import LinkCheck, broken_among
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


class Role(models.TextChoices):
    """What a country or region does in a practice; a concerned one takes no part in it."""

    ORIGIN = "origin", _("origin")
    DESTINATION = "destination", _("destination")
    TRANSIT = "transit", _("transit")
    HOST = "host", _("carried out in")
    PARTNER = "partner", _("partner")
    LEAD = "lead", _("lead")
    DONOR = "donor", _("donor")
    CONCERNED = "concerned", _("concerned")


class Basis(models.TextChoices):
    """Where the knowledge of a role comes from."""

    STATED = "stated", _("stated")
    ROLE_INFERRED = "role-inferred", _("role inferred")
    COUNTRY_INFERRED = "country-inferred", _("country inferred")


ROLE_HELP = _(
    "Origin and destination: where people leave and arrive. Host: carried out there, where the source says so. "
    "Partner: party to it, direction not stated. Concerned: nationality served, subject of a study; takes no part."
)
BASIS_HELP = _("Stated by the source; or what of it the curator inferred.")
CONTRIBUTION_HELP = _("In a few words, where it differs: 'advocated', 'agreed to permanent residency'.")


# Words of a summary; the lower bound leaves room for records of which the source gives only a title.
SHORTEST_SUMMARY, LONGEST_SUMMARY = 5, 80

# A year outside these is a slip of the pen, and would stretch the timeline.
FIRST_YEAR, LAST_YEAR = 1900, 2100
within_years = [MinValueValidator(FIRST_YEAR), MaxValueValidator(LAST_YEAR)]


class Practice(Record):
    """A programme, scheme, agreement, tool or publication that a source tells of."""

    fixture = "practices"
    owned = (
        "theme_rows",
        "country_rows",
        "region_rows",
        "organisation_rows",
        "figures",
        "links",
        "citations",
        "relations",
        "responses",
    )
    needed = ("country_rows", "region_rows", "theme_rows", "citations", "links")

    class Kind(models.TextChoices):
        PROGRAMME = "programme", _("programme or project")
        POLICY = "policy", _("policy")
        ADMISSION_SCHEME = "admission-scheme", _("admission scheme")
        AGREEMENT = "agreement", _("agreement")
        FRAMEWORK = "framework", _("framework")
        TOOL = "tool", _("tool")
        SERVICE = "service", _("service")
        NETWORK = "network", _("network")
        PUBLICATION = "publication", _("publication")
        EVENT = "event", _("event")

    class Lifecycle(models.TextChoices):
        PLANNED = "planned", _("planned")
        IN_DEVELOPMENT = "in-development", _("in development")
        ONGOING = "ongoing", _("ongoing")
        COMPLETED = "completed", _("completed")
        NOT_STATED = "not-stated", _("not stated")

    class Inferrable(models.TextChoices):
        LIFECYCLE = "lifecycle", _("lifecycle")
        START_YEAR = "start_year", _("start year")
        END_YEAR = "end_year", _("end year")
        SECTORS = "sectors", _("sectors")
        TARGET_GROUPS = "target_groups", _("target groups")
        SKILL_LEVELS = "skill_levels", _("skill levels")
        PLACES = "places", _("places")

    title = models.CharField(_("title"), max_length=300, help_text=_("The name as printed."))
    title_supplied = models.BooleanField(
        _("title supplied"), default=False, help_text=_("The title is ours: the source prints none.")
    )
    acronym = models.CharField(_("acronym"), max_length=40, blank=True)
    other_names = models.TextField(_("other names"), blank=True, help_text=_("As printed elsewhere, one a line."))
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    lifecycle = models.CharField(
        _("lifecycle"),
        max_length=15,
        choices=Lifecycle,
        default=Lifecycle.NOT_STATED,
        help_text=_("As of the document. Naming a thing does not say that it is ongoing."),
    )
    summary = models.TextField(_("summary"), help_text=_("What it is, in one to three sentences: 20 to 80 words."))
    description = models.TextField(
        _("description"), blank=True, help_text=_("Everything else the source tells, in Markdown.")
    )
    start_year = models.PositiveSmallIntegerField(_("start year"), null=True, blank=True, validators=within_years)
    end_year = models.PositiveSmallIntegerField(_("end year"), null=True, blank=True, validators=within_years)
    themes = models.ManyToManyField(Theme, through="PracticeTheme", related_name="practices")
    sectors = models.ManyToManyField(Sector, verbose_name=_("sectors"), blank=True, related_name="practices")
    target_groups = models.ManyToManyField(
        TargetGroup, verbose_name=_("target groups"), blank=True, related_name="practices"
    )
    skill_levels = models.ManyToManyField(
        SkillLevel, verbose_name=_("skill levels"), blank=True, related_name="practices"
    )
    places = models.ManyToManyField(Place, verbose_name=_("places"), blank=True, related_name="practices")
    instruments = models.ManyToManyField(
        Instrument, verbose_name=_("instruments"), blank=True, related_name="practices"
    )
    gcm_objectives = models.ManyToManyField(
        GcmObjective,
        verbose_name=_("GCM objectives"),
        blank=True,
        related_name="practices",
        help_text=_("Only those the source names."),
    )
    sdg_targets = models.ManyToManyField(
        SdgTarget,
        verbose_name=_("SDG targets"),
        blank=True,
        related_name="practices",
        help_text=_("Only those the source names."),
    )
    none_named = models.BooleanField(
        _("no country named"), default=False, help_text=_("The source names no country, region or group for it.")
    )
    inferred = models.JSONField(
        _("inferred fields"), default=list, blank=True, help_text=_("Which of the fields are the curator's inference.")
    )

    class Meta(Record.Meta):
        verbose_name = _("practice")
        verbose_name_plural = _("practices")
        ordering = ("title_key", "slug")
        constraints = (
            *Record.Meta.constraints,
            models.CheckConstraint(
                condition=Q(end_year=None) | Q(start_year=None) | Q(end_year__gte=models.F("start_year")),
                name="practices_practice_ends_after_start",
                violation_error_message=_("The end year comes before the start year."),
            ),
            models.CheckConstraint(
                condition=(Q(start_year=None) | Q(start_year__range=(FIRST_YEAR, LAST_YEAR)))
                & (Q(end_year=None) | Q(end_year__range=(FIRST_YEAR, LAST_YEAR))),
                name="practices_practice_years_within",
                violation_error_message=_("A year lies between 1900 and 2100."),
            ),
        )

    def __str__(self):
        return f"{self.title} ({self.acronym_apart})" if self.acronym_apart else self.title

    @property
    def acronym_apart(self):
        """The acronym, unless the title holds it already."""
        return "" if self.acronym in self.title else self.acronym

    @property
    def other_name_list(self):
        return lines(self.other_names)

    def clean(self):
        if not isinstance(self.inferred, list) or not set(self.inferred) <= set(self.Inferrable.values):
            raise ValidationError({"inferred": _("Only these fields can be marked: %s.") % ", ".join(self.Inferrable)})

    @property
    def names(self):
        return [name for name in (self.title, self.acronym, *self.other_name_list) if name]

    @classmethod
    def lacking(cls):
        # What ``missing`` asks of one practice, asked of all of them: whoever changes one changes both.
        def rows(model, **found):
            return Exists(model.objects.filter(practice=OuterRef("pk"), **found))

        original = Coalesce(OuterRef("revises_id"), OuterRef("pk"))
        parts = PracticeRelation.objects.filter(other=original, kind=PracticeRelation.Kind.PART_OF)
        return (
            ~Q(summary__regex=rf"^\s*(\S+\s+){{{SHORTEST_SUMMARY - 1},{LONGEST_SUMMARY - 1}}}\S+\s*$")
            | (Q(none_named=False) & ~rows(PracticeCountry) & ~rows(PracticeRegion) & ~Exists(parts))
            | ~rows(PracticeTheme)
            | ~Exists(Citation.objects.filter(practice=OuterRef("pk")).exclude(locator=""))
            | rows(Link, url__in=LinkCheck.objects.broken().values("address"))
        )

    def missing(self):
        words = len(self.summary.split())
        if not SHORTEST_SUMMARY <= words <= LONGEST_SUMMARY:
            yield "summary", _("Say what it is in 20 to 80 words, fewer where the source gives only a title.")
        # Others are part of the public record, not of the draft that revises it.
        parts = PracticeRelation.objects.filter(other=self.revises_id or self.pk, kind=PracticeRelation.Kind.PART_OF)
        if not (self.none_named or self.country_rows.exists() or self.region_rows.exists() or parts.exists()):
            yield (
                "country_rows",
                _("Name a country, region or group with its role, or say that the source names none."),
            )
        if not self.theme_rows.exists():
            yield "theme_rows", _("Give it one to four themes.")
        if not any(citation.locator for citation in self.citations.all()):
            yield "citations", _("Say in which document it is printed, and where in it.")
        if broken := broken_among(link.url for link in self.links.all()):
            message = _("Mend or remove the link that has been broken for over a week: %s")
            yield "links", message % ", ".join(broken)

    def get_kind_display(self):
        """Return the label of its kind. Django's own translates every other kind too, for each record of a list."""
        return str(self.Kind(self.kind).label) if self.kind in self.Kind else self.kind

    def get_absolute_url(self):
        return reverse("practices:detail", args=[self.slug])


class PracticeRow(Owned):
    owner = "practice"

    class Meta:
        abstract = True


class PracticeTheme(PracticeRow):
    key = ("theme",)

    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="theme_rows")
    theme = models.ForeignKey(Theme, verbose_name=_("theme"), on_delete=models.PROTECT, related_name="practice_rows")
    position = models.PositiveSmallIntegerField(_("position"), default=0, help_text=_("The most telling first."))

    class Meta:
        verbose_name = _("theme")
        verbose_name_plural = _("themes")
        ordering = ("position", "pk")
        constraints = (models.UniqueConstraint(fields=["practice", "theme"], name="practices_theme_once"),)


class PracticeCountry(PracticeRow):
    """A country, its role in the practice, and whether the source says so."""

    key = ("country", "role")

    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="country_rows")
    country = models.ForeignKey(
        Country, verbose_name=_("country"), on_delete=models.PROTECT, related_name="practice_rows"
    )
    role = models.CharField(_("role"), max_length=12, choices=Role, help_text=ROLE_HELP)
    basis = models.CharField(_("basis"), max_length=20, choices=Basis, default=Basis.STATED, help_text=BASIS_HELP)
    contribution = models.CharField(_("what it did"), max_length=200, blank=True, help_text=CONTRIBUTION_HELP)

    class Meta:
        verbose_name = _("country")
        verbose_name_plural = _("countries")
        ordering = ("practice", "role", "country")
        constraints = (
            models.UniqueConstraint(fields=["practice", "country", "role"], name="practices_country_role_once"),
        )


class PracticeRegion(PracticeRow):
    """A region or country group, its role in the practice, and whether the source says so."""

    key = ("region", "role")

    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="region_rows")
    region = models.ForeignKey(Region, verbose_name=_("region"), on_delete=models.PROTECT, related_name="practice_rows")
    role = models.CharField(_("role"), max_length=12, choices=Role, help_text=ROLE_HELP)
    basis = models.CharField(_("basis"), max_length=20, choices=Basis, default=Basis.STATED, help_text=BASIS_HELP)
    contribution = models.CharField(_("what it did"), max_length=200, blank=True, help_text=CONTRIBUTION_HELP)

    class Meta:
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        ordering = ("practice", "role", "region")
        constraints = (
            models.UniqueConstraint(fields=["practice", "region", "role"], name="practices_region_role_once"),
        )


class PracticeOrganisation(PracticeRow):
    """An organisation, its role in the practice, and whether the source says so."""

    key = ("organisation", "role")

    class Role(models.TextChoices):
        LEAD = "lead", _("lead")
        PARTNER = "partner", _("partner")
        DONOR = "donor", _("donor")

    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="organisation_rows")
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.PROTECT, related_name="practice_rows"
    )
    role = models.CharField(_("role"), max_length=12, choices=Role)
    basis = models.CharField(_("basis"), max_length=20, choices=Basis, default=Basis.STATED, help_text=BASIS_HELP)
    contribution = models.CharField(_("what it did"), max_length=200, blank=True, help_text=CONTRIBUTION_HELP)

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ("practice", "role", "organisation")
        constraints = (
            models.UniqueConstraint(
                fields=["practice", "organisation", "role"], name="practices_organisation_role_once"
            ),
            models.CheckConstraint(
                condition=~Q(basis=Basis.COUNTRY_INFERRED),
                name="practices_organisation_basis",
                violation_error_message=_("Of an organisation only the role can be inferred."),
            ),
        )


class PracticeRelation(PracticeRow):
    key = ("other", "kind")

    class Kind(models.TextChoices):
        PART_OF = "part-of", _("part of")
        EDITION_OF = "edition-of", _("edition of")
        NOT_TO_BE_CONFUSED_WITH = "not-to-be-confused-with", _("not to be confused with")

    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="relations")
    other = models.ForeignKey(
        Practice,
        verbose_name=_("other practice"),
        on_delete=models.PROTECT,
        related_name="inverse_relations",
        limit_choices_to=ORIGINALS,
    )
    kind = models.CharField(_("kind"), max_length=25, choices=Kind)

    class Meta:
        verbose_name = _("relation")
        verbose_name_plural = _("relations")
        ordering = ("practice", "kind", "other")
        constraints = (
            models.UniqueConstraint(fields=["practice", "other", "kind"], name="practices_relation_once"),
            models.CheckConstraint(
                condition=~Q(practice=models.F("other")),
                name="practices_relation_to_another",
                violation_error_message=_("A practice is not related to itself."),
            ),
        )


class Figure(PracticeRow):
    """A number that the source gives, with what it counts and what it is: a target is not a result."""

    key = ("slug",)

    class Nature(models.TextChoices):
        RESULT = "result", _("result")
        TARGET = "target", _("target")
        CAPACITY = "capacity", _("capacity")
        SIZE = "size", _("size")
        DESIGN = "design", _("design")
        ELIGIBILITY = "eligibility", _("eligibility")

    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="figures")
    slug = models.SlugField(_("slug"), max_length=80)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    value = models.CharField(_("value"), max_length=60, help_text=_("As printed: over 2,000; 15-21."))
    low = models.DecimalField(_("low"), max_digits=16, decimal_places=2, null=True, blank=True)
    high = models.DecimalField(_("high"), max_digits=16, decimal_places=2, null=True, blank=True)
    counts = models.CharField(_("counts"), max_length=200, help_text=_("What it counts: diaspora experts."))
    nature = models.CharField(_("nature"), max_length=12, choices=Nature)
    period = models.CharField(_("period"), max_length=80, blank=True)
    edition = models.CharField(_("edition"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("figure")
        verbose_name_plural = _("figures")
        ordering = ("position", "slug")
        constraints = (
            models.UniqueConstraint(fields=["practice", "slug"], name="practices_figure_once"),
            models.CheckConstraint(
                condition=Q(low=None) | Q(high=None) | Q(high__gte=models.F("low")),
                name="practices_figure_high_above_low",
                violation_error_message=_("The high value is below the low one."),
            ),
        )

    def __str__(self):
        return f"{self.value} {self.counts} ({self.get_nature_display()})"


class Link(PracticeRow):
    key = ("url",)

    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="links")
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    url = models.URLField(_("address"), max_length=500, help_text=_("As printed in a source."))
    title = models.CharField(_("title"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        ordering = ("position", "url")
        constraints = (models.UniqueConstraint(fields=["practice", "url"], name="practices_link_once"),)

    def __str__(self):
        return self.title or self.url


class Citation(PracticeRow):
    """A place where the practice is printed, and by whom it was shared there."""

    key = ("document", "locator")

    class SharedBy(models.TextChoices):
        NATIONAL = "national-government", _("national government")
        LOCAL = "local-government", _("local or regional government")
        CIVIL_SOCIETY = "civil-society-or-private-sector", _("civil society or private sector")
        REGIONAL_ORGANISATION = "regional-organisation", _("regional organisation")
        INTERNATIONAL_ORGANISATION = "international-organisation", _("international organisation")
        NOT_STATED = "not-stated", _("not stated")

    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="citations")
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    document = models.ForeignKey(
        Document, verbose_name=_("document"), on_delete=models.PROTECT, related_name="citations"
    )
    locator = models.CharField(
        _("place"), max_length=120, help_text=_("Part, heading, bullet: 'Annex 1, §2b, Milan', 'footnote 25'.")
    )
    shared_by = models.CharField(_("shared by"), max_length=35, choices=SharedBy, default=SharedBy.NOT_STATED)
    printed_as = models.CharField(
        _("printed as"), max_length=300, blank=True, help_text=_("The name printed there, if it differs.")
    )
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ("position", "pk")
        constraints = (
            models.UniqueConstraint(fields=["practice", "document", "locator"], name="practices_citation_once"),
        )

    def __str__(self):
        return f"{self.document}, {self.locator}"


class Response(PracticeRow):
    """The secretariat's judgement that a practice answers a recommendation or key message, with its reason."""

    key = ("outcome",)

    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="responses")
    outcome = models.ForeignKey(
        Outcome,
        verbose_name=_("recommendation or key message"),
        on_delete=models.PROTECT,
        related_name="responses",
        limit_choices_to={"kind__in": [Outcome.Kind.RECOMMENDATION, Outcome.Kind.KEY_MESSAGE], **ORIGINALS},
    )
    reason = models.TextField(_("reason"), help_text=_("In a sentence: the fact of the practice that answers."))

    class Meta:
        verbose_name = _("answer to a recommendation")
        verbose_name_plural = _("answers to recommendations")
        ordering = ("practice", "outcome")
        constraints = (models.UniqueConstraint(fields=["practice", "outcome"], name="practices_response_once"),)

    def clean(self):
        answerable = {Outcome.Kind.RECOMMENDATION, Outcome.Kind.KEY_MESSAGE}
        if self.outcome_id and self.outcome.kind not in answerable:
            raise ValidationError({"outcome": _("Only recommendations and key messages are answered.")})
