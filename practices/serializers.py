"""Practices as JSON: codes and labels, what was inferred, sources with their places, figures with their nature."""

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from meetings.serializers import DOCUMENT, MEETING, OUTCOME
from pathways.listing.serializers import (
    AddressField,
    ChoiceField,
    LinesField,
    LinkField,
    Output,
    RecordSerializer,
    RowSerializer,
    TermField,
    TermsField,
    ThemesField,
)
from pathways.vocabulary.serializers import CountryField, PlacesField

from .models import (
    Basis,
    Citation,
    Figure,
    Link,
    Practice,
    PracticeCountry,
    PracticeOrganisation,
    PracticeRegion,
    PracticeRelation,
    Response,
    Role,
)

PRACTICE = "practices:detail"


class RoleSerializer(RowSerializer):
    """A country, region or organisation in its role, and where the knowledge of that comes from."""

    role = ChoiceField(Role)
    basis = ChoiceField(Basis, help_text=_("Stated by the source, or what of it the curator inferred."))


class CountryRoleSerializer(RoleSerializer):
    country = CountryField()

    class Meta(RowSerializer.Meta):
        model = PracticeCountry
        fields = ("country", "role", "basis", "contribution")

    @staticmethod
    def order(row):
        return row.country.code, row.role


class RegionRoleSerializer(RoleSerializer):
    region = TermField("code")

    class Meta(RowSerializer.Meta):
        model = PracticeRegion
        fields = ("region", "role", "basis", "contribution")

    @staticmethod
    def order(row):
        return row.region.code, row.role


class OrganisationRoleSerializer(RoleSerializer):
    organisation = TermField()
    role = ChoiceField(PracticeOrganisation.Role)

    class Meta(RowSerializer.Meta):
        model = PracticeOrganisation
        fields = ("organisation", "role", "basis", "contribution")

    @staticmethod
    def order(row):
        return row.organisation.slug, row.role


class FigureSerializer(RowSerializer):
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    nature = ChoiceField(Figure.Nature, help_text=_("A target is not a result."))

    class Meta(RowSerializer.Meta):
        model = Figure
        fields = ("value", "low", "high", "counts", "nature", "period", "edition")


class LinkSerializer(RowSerializer):
    url = serializers.CharField(help_text=_("As printed in a source."))

    class Meta(RowSerializer.Meta):
        model = Link
        fields = ("url", "title")


class CitationSerializer(RowSerializer):
    document = LinkField(DOCUMENT)
    shared_by = ChoiceField(Citation.SharedBy)

    class Meta(RowSerializer.Meta):
        model = Citation
        fields = ("document", "locator", "shared_by", "printed_as", "note")


class RelationSerializer(RowSerializer):
    kind = ChoiceField(PracticeRelation.Kind)
    practice = LinkField(PRACTICE, source="other")

    class Meta(RowSerializer.Meta):
        model = PracticeRelation
        fields = ("kind", "practice")

    def is_shown(self, row):
        return row.other.is_public

    @staticmethod
    def order(row):
        return row.kind, row.other.slug


class InverseRelationSerializer(RowSerializer):
    kind = ChoiceField(PracticeRelation.Kind)
    practice = LinkField(PRACTICE)

    class Meta(RowSerializer.Meta):
        model = PracticeRelation
        fields = ("kind", "practice")

    def is_shown(self, row):
        return row.practice.is_public

    @staticmethod
    def order(row):
        return row.kind, row.practice.slug


class ResponseSerializer(RowSerializer):
    """The secretariat's judgement that the practice answers an outcome, with its reason."""

    outcome = LinkField(OUTCOME)

    class Meta(RowSerializer.Meta):
        model = Response
        fields = ("outcome", "reason")

    def is_shown(self, row):
        return row.outcome.is_public

    @staticmethod
    def order(row):
        return row.outcome.slug


class MeetingsField(Output):
    """The published meetings of the documents that the practice is printed in."""

    def __init__(self):
        super().__init__(source="citations")
        self.of_one = LinkField(MEETING)
        self.of_one.bind("meeting", self)

    @property
    def schema(self):
        return {"type": "array", "items": self.of_one.schema}

    def to_representation(self, citations):
        found = {meeting.slug: meeting for row in citations.all() for meeting in row.document.meetings.all()}
        return [self.of_one.to_representation(found[slug]) for slug in sorted(found) if found[slug].is_public]


class PracticeSerializer(RecordSerializer):
    """A practice with its countries, organisations, figures, sources and the outcomes it answers."""

    id = serializers.CharField(source="slug", help_text=_("The last part of the practice's address."))
    other_names = LinesField(help_text=_("As printed elsewhere."))
    kind = ChoiceField(Practice.Kind)
    lifecycle = ChoiceField(Practice.Lifecycle, help_text=_("Its stage as of the document."))
    countries = CountryRoleSerializer(source="country_rows", many=True)
    regions = RegionRoleSerializer(source="region_rows", many=True)
    organisations = OrganisationRoleSerializer(source="organisation_rows", many=True)
    themes = ThemesField()
    sectors = TermsField()
    target_groups = TermsField()
    skill_levels = TermsField()
    places = PlacesField(help_text=_("Cities and provinces."))
    instruments = TermsField()
    gcm_objectives = TermsField("number", "title", help_text=_("Only those the source names."))
    sdg_targets = TermsField("code", "title", help_text=_("Only those the source names."))
    inferred = serializers.ListField(
        child=serializers.ChoiceField(Practice.Inferrable.choices),
        help_text=_("Which of the fields are the curator's inference."),
    )
    figures = FigureSerializer(many=True)
    links = LinkSerializer(many=True)
    sources = CitationSerializer(source="citations", many=True, help_text=_("Where it is printed."))
    meetings = MeetingsField()
    relations = RelationSerializer(many=True, help_text=_("What it is of other practices."))
    inverse_relations = InverseRelationSerializer(many=True, help_text=_("What other practices are of it."))
    responses = ResponseSerializer(many=True, help_text=_("The outcomes it answers."))
    url = AddressField(PRACTICE)

    related = (
        *("country_rows__country", "region_rows__region", "organisation_rows__organisation", "theme_rows__theme"),
        *("sectors", "target_groups", "skill_levels", "places__country", "instruments", "gcm_objectives"),
        *("sdg_targets", "figures", "links", "citations__document__meetings", "relations__other"),
        *("inverse_relations__practice", "responses__outcome"),
    )

    class Meta:
        model = Practice
        fields = (
            *("id", "title", "title_supplied", "acronym", "other_names", "kind", "lifecycle", "summary"),
            *("description", "start_year", "end_year", "countries", "regions", "organisations", "places", "themes"),
            *("sectors", "target_groups", "skill_levels", "instruments", "gcm_objectives", "sdg_targets"),
            *("inferred", "figures", "links", "sources", "meetings", "relations", "inverse_relations"),
            *("responses", "url", "published_on", "updated_on"),
        )
