"""What the API says beside the records: envelopes of lists, facets, corridors, what search found."""

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from meetings.models import Document, Meeting, Outcome
from pathways.listing.serializers import TEXT, AddressField, ChosenFields, LinkField, Output, an_object
from pathways.vocabulary.models import Country, Organisation, Theme
from pathways.vocabulary.serializers import CountryField
from practices.models import Practice

# The kinds of what search finds, by the name of their list in the API.
KINDS = {
    Practice: "practices",
    Outcome: "outcomes",
    Meeting: "meetings",
    Country: "countries",
    Theme: "themes",
    Organisation: "organisations",
    Document: "documents",
}
ADDRESS = AddressField.schema


class EnvelopeSerializer(serializers.Serializer):
    """What is to be said of a list."""

    count = serializers.IntegerField(help_text=_("How many there are, on all pages."))
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    next = serializers.URLField(allow_null=True, help_text=_("The address of the next page."))
    previous = serializers.URLField(allow_null=True, help_text=_("The address of the page before."))
    data_version = serializers.CharField(help_text=_("It changes with the data, and with nothing else."))
    data_changed_at = serializers.DateTimeField()
    licence = serializers.CharField()
    licence_address = serializers.URLField()


def list_of(serializer_class):
    """Return the serializer of a page of a list, for the description of the API."""
    name = serializer_class.__name__.removesuffix("Serializer")
    attributes = {
        "__doc__": EnvelopeSerializer.__doc__,
        "__module__": __name__,
        "results": serializer_class(many=True),
    }
    return type(f"{name}ListSerializer", (EnvelopeSerializer,), attributes)


class FacetValueSerializer(serializers.Serializer):
    """A value that the parameter takes, and how many records choosing it would show."""

    code = serializers.CharField(source="value")
    label = serializers.CharField()
    count = serializers.IntegerField()
    chosen = serializers.BooleanField(source="is_chosen")


class FacetSerializer(serializers.Serializer):
    """A parameter of the list, and the values of it that would show something."""

    name = serializers.CharField()
    label = serializers.CharField()
    values = FacetValueSerializer(source="choices", many=True)


class FacetsSerializer(serializers.Serializer):
    """The counts beside each value: each facet is counted over what all the others leave."""

    count = serializers.IntegerField(help_text=_("How many records the filter leaves."))
    data_version = serializers.CharField()
    facets = FacetSerializer(many=True)


class CorridorIdField(Output):
    def __init__(self):
        super().__init__(source="*")

    def to_representation(self, corridor):
        return f"{corridor['origin'].code}-{corridor['destination'].code}".lower()


class CorridorAddressField(CorridorIdField):
    schema = ADDRESS

    def to_representation(self, corridor):
        return f"{self.context['site']}/corridors/{super().to_representation(corridor)}/"


class CorridorSerializer(ChosenFields, serializers.Serializer):
    """An origin and a destination of one practice. Where it has several of both, its source may not pair them."""

    id = CorridorIdField()
    origin = CountryField()
    destination = CountryField()
    practices = serializers.IntegerField(help_text=_("How many practices of the filter have both."))
    url = CorridorAddressField()


class LinksField(Output):
    """Links to practices."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.of_one = LinkField("practices:detail")
        self.of_one.bind("practice", self)

    @property
    def schema(self):
        return {"type": "array", "items": self.of_one.schema}

    def to_representation(self, practices):
        return [self.of_one.to_representation(practice) for practice in practices]


class CorridorDetailSerializer(CorridorSerializer):
    """The practices of a pair of countries."""

    practices = LinksField(help_text=_("With the first as origin and the second as destination."))
    back = LinksField(help_text=_("With the second as origin and the first as destination."))
    undirected = LinksField(help_text=_("With both, where no source states the direction."))


class FoundField(Output):
    """A row that search found: its id or code, its name, and its addresses."""

    schema = an_object({"id": TEXT, "label": TEXT, "url": ADDRESS, "api": ADDRESS})

    def __init__(self):
        super().__init__(source="*")

    def to_representation(self, row):
        site, key = self.context["site"], str(row.natural_key()[0])
        kind = KINDS[type(row)]
        return {
            "id": key,
            "label": str(row),
            "url": f"{site}{row.get_absolute_url()}",
            "api": f"{site}/api/v1/{kind}/{key.lower()}/",
        }


class FoundListField(Output):
    schema = {"type": "array", "items": FoundField.schema}

    def to_representation(self, rows):
        one = FoundField()
        one.bind("row", self)
        return [one.to_representation(row) for row in rows]


class KindField(Output):
    schema = {"type": "string", "enum": list(KINDS.values())}

    def __init__(self):
        super().__init__(source="rows")

    def to_representation(self, rows):
        return KINDS[type(rows[0])]


class GroupSerializer(serializers.Serializer):
    """What was found of one kind."""

    kind = KindField()
    label = serializers.CharField(source="heading")
    count = serializers.IntegerField()
    results = FoundListField(source="rows")


class SearchSerializer(serializers.Serializer):
    """What words find: of each kind how many, and the first few."""

    q = serializers.CharField()
    data_version = serializers.CharField()
    groups = GroupSerializer(many=True)


class RootSerializer(serializers.Serializer):
    """The addresses of the lists."""

    documentation = serializers.URLField()
    schema = serializers.URLField()
    data_version = serializers.CharField()
    lists = serializers.DictField(child=serializers.URLField())
