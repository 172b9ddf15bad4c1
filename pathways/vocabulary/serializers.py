"""The terms of the vocabularies as JSON: each with its code, its label and what else is known of it."""

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from pathways.listing.serializers import (
    AddressField,
    ChoiceField,
    LinesField,
    Output,
    RecordSerializer,
    TermField,
    TermsField,
)

from .models import (
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


class CountryField(TermField):
    """A country: its ISO 3166-1 code and its UN short name."""

    def __init__(self, **kwargs):
        super().__init__("code", **kwargs)


class TermSerializer(RecordSerializer):
    """A term: ``code`` is what filters take, ``label`` what people read."""

    code = serializers.CharField(source="slug", help_text=_("What filters take."))
    label = serializers.CharField(source="name", help_text=_("What people read."))


class ThemeSerializer(TermSerializer):
    gcm_objectives = TermsField("number", "title", help_text=_("The GCM objectives it serves."))
    practices = serializers.IntegerField(source="practice_count", help_text=_("Number of practices."))
    outcomes = serializers.SerializerMethodField(help_text=_("Number of outcomes of each kind."))
    url = AddressField("site:theme")

    related = ("gcm_objectives",)
    KINDS = ("key_message", "recommendation", "finding", "opportunity", "challenge")

    class Meta:
        model = Theme
        fields = ("code", "label", "description", "gcm_objectives", "practices", "outcomes", "url")

    def get_outcomes(self, theme) -> dict[str, int]:
        return {kind: getattr(theme, f"{kind}_count") for kind in self.KINDS}


class SectorSerializer(TermSerializer):
    parent = TermField(allow_null=True, help_text=_("The section of ISIC that a word of the field stands under."))

    related = ("parent",)

    class Meta:
        model = Sector
        fields = ("code", "label", "isic", "parent")


class TargetGroupSerializer(TermSerializer):
    class Meta:
        model = TargetGroup
        fields = ("code", "label")


class SkillLevelSerializer(TermSerializer):
    class Meta:
        model = SkillLevel
        fields = ("code", "label", "definition")


class RegionSerializer(TermSerializer):
    code = serializers.CharField(help_text=_("UN M49 code, or a name for a country group."))
    kind = ChoiceField(Region.Kind)
    parent = TermField("code", allow_null=True, help_text=_("The region it lies in."))
    other_names = LinesField()

    related = ("parent",)

    class Meta:
        model = Region
        fields = ("code", "label", "kind", "parent", "other_names", "note")


class OrganisationSerializer(TermSerializer):
    kind = ChoiceField(Organisation.Kind)
    country = CountryField(allow_null=True, help_text=_("Where a national or local body belongs."))
    other_names = LinesField()
    website = serializers.CharField(source="url")
    url = AddressField("site:organisation")

    related = ("country",)

    class Meta:
        model = Organisation
        fields = ("code", "label", "acronym", "kind", "country", "other_names", "website", "url")


class InstrumentSerializer(TermSerializer):
    kind = ChoiceField(Instrument.Kind)
    country = CountryField(allow_null=True, help_text=_("Of a law: whose."))
    other_names = LinesField()
    website = serializers.CharField(source="url")

    related = ("country",)

    class Meta:
        model = Instrument
        fields = ("code", "label", "abbreviation", "kind", "number", "year", "country", "other_names", "website")


class PlaceSerializer(TermSerializer):
    kind = ChoiceField(Place.Kind)
    country = CountryField()

    related = ("country",)

    class Meta:
        model = Place
        fields = ("code", "label", "kind", "country")


class GcmObjectiveSerializer(TermSerializer):
    code = serializers.CharField(source="number", help_text=_("The number of the objective."))
    label = serializers.CharField(source="title", help_text=_("Its official title."))

    class Meta:
        model = GcmObjective
        fields = ("code", "label")


class SdgTargetSerializer(TermSerializer):
    code = serializers.CharField(help_text=_("The code of the target, or of a whole goal."))
    label = serializers.CharField(source="title", help_text=_("Its official wording."))

    class Meta:
        model = SdgTarget
        fields = ("code", "label")


class PlacesField(Output):
    """Cities and provinces, each with its country."""

    @property
    def schema(self):
        return {"type": "array", "items": {"$ref": "#/components/schemas/Place"}}

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.of_one = PlaceSerializer()

    def to_representation(self, places):
        return [self.of_one.to_representation(place) for place in sorted(places.all(), key=lambda place: place.slug)]


class CountrySerializer(TermSerializer):
    """A country with its numbers, for a row annotated with them."""

    code = serializers.CharField(help_text=_("ISO 3166-1 alpha-2; XK for Kosovo."))
    region = TermField("code", allow_null=True, help_text=_("The smallest M49 region it lies in."))
    other_names = LinesField()
    practices = serializers.IntegerField(
        source="practice_count", help_text=_("Practices it takes part in, in any role but concerned.")
    )
    roles = serializers.SerializerMethodField(help_text=_("Practices in which it has each role."))
    meetings = serializers.IntegerField(source="meeting_count", help_text=_("Meetings it attended."))
    url = AddressField("site:country", "code")

    related = ("region",)
    ROLES = ("origin", "destination", "transit", "host", "partner", "lead", "donor", "concerned")

    class Meta:
        model = Country
        fields = ("code", "label", "other_names", "region", "note", "practices", "roles", "meetings", "url")

    def get_roles(self, country) -> dict[str, int]:
        return {role: getattr(country, f"{role}_count") for role in self.ROLES}
