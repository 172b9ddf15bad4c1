"""The words that records are described with: states, themes, organisations and what else they refer to."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pathways.curation.models import Term, lines
from pathways.folding import fold


class Named(Term):
    """A term with a slug and a name, sorted by its folded name."""

    derived = ("name_key",)

    slug = models.SlugField(_("slug"), max_length=80, unique=True, help_text=_("Stands in addresses and exports."))
    name = models.CharField(_("name"), max_length=250)
    name_key = models.CharField(max_length=250, editable=False, default="", db_index=True)

    class Meta:
        abstract = True

    def __str__(self):
        return self.name

    def derive(self):
        self.name_key = fold(self.name)[:250]


class Region(Term):
    """A region of UN M49, or a group of countries as a source names it; a group is never expanded into members."""

    key_field = "code"
    derived = ("name_key",)

    class Kind(models.TextChoices):
        WORLD = "world", _("world")
        REGION = "region", _("region")
        SUB_REGION = "sub-region", _("sub-region")
        INTERMEDIATE = "intermediate-region", _("intermediate region")
        GROUP = "group", _("country group")

    code = models.SlugField(
        _("code"), max_length=60, unique=True, help_text=_("UN M49 code such as 015, or a slug for a country group.")
    )
    name = models.CharField(_("name"), max_length=150)
    name_key = models.CharField(max_length=150, editable=False, default="", db_index=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    parent = models.ForeignKey(
        "self",
        verbose_name=_("part of"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        help_text=_("The M49 region it lies in. Country groups have none."),
    )
    other_names = models.TextField(_("other names"), blank=True, help_text=_("One a line."))
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("region or country group")
        verbose_name_plural = _("regions and country groups")
        ordering = ("name_key", "code")
        constraints = (
            models.CheckConstraint(
                condition=~Q(kind="group") | Q(parent=None),
                name="vocabulary_region_group_has_no_parent",
                violation_error_message=_("A country group is not part of an M49 region."),
            ),
        )

    def __str__(self):
        return self.name

    def derive(self):
        self.name_key = fold(self.name)


class Country(Term):
    """A state or territory of ISO 3166-1, under its UN short name."""

    key_field = "code"
    derived = ("name_key",)

    code = models.CharField(
        _("code"),
        max_length=2,
        unique=True,
        validators=[RegexValidator(r"^[A-Z]{2}$", _("Two capital letters, as in ISO 3166-1."))],
        help_text=_("ISO 3166-1 alpha-2; XK for Kosovo."),
    )
    name = models.CharField(_("name"), max_length=100, help_text=_("The short name the United Nations use."))
    name_key = models.CharField(max_length=100, editable=False, default="", db_index=True)
    other_names = models.TextField(_("other names"), blank=True, help_text=_("What people type instead, one a line."))
    region = models.ForeignKey(
        Region,
        verbose_name=_("region"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="countries",
        limit_choices_to=~Q(kind="group"),
        help_text=_("The smallest M49 region it lies in."),
    )
    note = models.TextField(_("note"), blank=True, help_text=_("Shown wherever the country has a page."))

    class Meta:
        verbose_name = _("country")
        verbose_name_plural = _("countries")
        ordering = ("name_key", "code")

    def __str__(self):
        return self.name

    def derive(self):
        self.name_key = fold(self.name)

    def get_absolute_url(self):
        return reverse("site:country", args=[self.code.lower()])


class GcmObjective(Term):
    """One of the 23 objectives of the Global Compact for Safe, Orderly and Regular Migration (A/RES/73/195)."""

    key_field = "number"

    number = models.PositiveSmallIntegerField(
        _("number"), unique=True, validators=[MinValueValidator(1), MaxValueValidator(23)]
    )
    title = models.TextField(_("official title"))

    class Meta:
        verbose_name = _("GCM objective")
        verbose_name_plural = _("GCM objectives")
        ordering = ("number",)

    def __str__(self):
        return f"{self.number}. {self.title}"


class SdgTarget(Term):
    """A goal or target of the 2030 Agenda for Sustainable Development, by its code in the UNSD's list."""

    key_field = "code"

    code = models.CharField(_("code"), max_length=5, unique=True, help_text=_("Such as 8.8, or 8 for a whole goal."))
    title = models.TextField(_("official wording"))

    class Meta:
        verbose_name = _("SDG target")
        verbose_name_plural = _("SDG targets")
        ordering = ("code",)

    def __str__(self):
        return f"{self.code} {self.title}"


class Theme(Named):
    """What a record is about."""

    description = models.TextField(_("description"), help_text=_("What belongs here, for curators and readers."))
    position = models.PositiveSmallIntegerField(_("position"), default=0, help_text=_("Where it stands in lists."))
    gcm_objectives = models.ManyToManyField(
        GcmObjective, verbose_name=_("GCM objectives it serves"), blank=True, related_name="themes"
    )

    class Meta:
        verbose_name = _("theme")
        verbose_name_plural = _("themes")
        ordering = ("position", "slug")

    def get_absolute_url(self):
        return reverse("site:theme", args=[self.slug])


class Sector(Named):
    """An economic activity: the sections of ISIC Rev. 4 and, under them, the field's own words."""

    isic = models.CharField(_("ISIC section"), max_length=1, validators=[RegexValidator(r"^[A-U]$")])
    parent = models.ForeignKey(
        "self", verbose_name=_("part of"), on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )

    class Meta:
        verbose_name = _("sector")
        verbose_name_plural = _("sectors")
        ordering = ("isic", "name_key")


class TargetGroup(Named):
    """Whom a record is for."""

    class Meta:
        verbose_name = _("target group")
        verbose_name_plural = _("target groups")
        ordering = ("name_key",)


class SkillLevel(Named):
    """Low, medium or high, by ISCED level of education (footnote 22 of the GFMD 2020 background paper)."""

    position = models.PositiveSmallIntegerField(_("position"), default=0)
    definition = models.TextField(_("definition"))

    class Meta:
        verbose_name = _("skill level")
        verbose_name_plural = _("skill levels")
        ordering = ("position",)


class Place(Named):
    """A city, district, province or region within a country."""

    class Kind(models.TextChoices):
        CITY = "city", _("city")
        DISTRICT = "district", _("district")
        PROVINCE = "province", _("province or state")
        REGION = "region", _("region within a country")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    country = models.ForeignKey(Country, verbose_name=_("country"), on_delete=models.PROTECT, related_name="places")

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        ordering = ("name_key",)


class Instrument(Named):
    """A convention, code, law or agreement that records refer to. What a document lists as a practice is a practice."""

    class Kind(models.TextChoices):
        ILO_CONVENTION = "ilo-convention", _("ILO convention")
        UN_CONVENTION = "un-convention", _("UN convention")
        DECLARATION = "declaration", _("declaration or compact")
        RESOLUTION = "resolution", _("resolution")
        AGREEMENT = "agreement", _("agreement")
        CODE_OF_PRACTICE = "code-of-practice", _("code of practice")
        GUIDELINES = "guidelines", _("guidelines or principles")
        POLICY_FRAMEWORK = "policy-framework", _("policy framework")
        GOALS = "goals", _("goals")
        LAW = "law", _("law")

    name = models.TextField(_("official title"))
    abbreviation = models.CharField(_("abbreviation"), max_length=40, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    number = models.CharField(
        _("number"), max_length=40, blank=True, help_text=_("NORMLEX number (C097), resolution number, article.")
    )
    year = models.PositiveSmallIntegerField(_("year"), null=True, blank=True)
    country = models.ForeignKey(
        Country,
        verbose_name=_("country"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="instruments",
        help_text=_("For a law: whose."),
    )
    other_names = models.TextField(_("other names"), blank=True, help_text=_("One a line."))
    url = models.URLField(_("address"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("instrument")
        verbose_name_plural = _("instruments")
        ordering = ("name_key",)

    def __str__(self):
        return f"{self.name} ({self.abbreviation})" if self.abbreviation else self.name


class Organisation(Named):
    """An organisation or public body. A national government is its country; ministries and cities are organisations."""

    beside = ("needs_look",)

    class Kind(models.TextChoices):
        INTERGOVERNMENTAL = "intergovernmental", _("intergovernmental organisation")
        REGIONAL = "regional-organisation", _("regional organisation")
        NATIONAL = "national-public-body", _("national public body")
        LOCAL = "local-government", _("local or regional government")
        CIVIL_SOCIETY = "civil-society", _("civil society")
        PRIVATE = "private-sector", _("private sector")
        EMPLOYERS = "employers", _("employers' organisation")
        WORKERS = "workers", _("workers' organisation")
        EDUCATION = "education-and-training", _("education and training")
        NETWORK = "network", _("network")

    acronym = models.CharField(_("acronym"), max_length=40, blank=True)
    kind = models.CharField(_("kind"), max_length=25, choices=Kind)
    country = models.ForeignKey(
        Country,
        verbose_name=_("country"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="organisations",
        help_text=_("For a national or local body: where it belongs."),
    )
    other_names = models.TextField(_("other names"), blank=True, help_text=_("As sources print it, one a line."))
    url = models.URLField(_("address"), max_length=500, blank=True)
    needs_look = models.BooleanField(
        _("wants an administrator's look"),
        default=False,
        help_text=_("An editor added it while entering a record; clear this when its name and kind are right."),
    )

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ("name_key",)

    def __str__(self):
        return f"{self.name} ({self.acronym})" if self.acronym else self.name

    @property
    def short_name(self):
        return self.acronym or self.name

    @property
    def other_name_list(self):
        return lines(self.other_names)

    def get_absolute_url(self):
        return reverse("site:organisation", args=[self.slug])
