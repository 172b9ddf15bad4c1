"""What the JSON of every kind of record has in common: codes with their labels, addresses, rows in a fixed order.

A serializer is handed a record, or a plain row with the fields, properties and relations of one, and ``site`` in its
context: what addresses start with. Each field says in ``schema`` what it gives, for the description of the API.
"""

from functools import lru_cache

from django.utils.text import capfirst
from rest_framework import serializers

from pathways.curation.models import lines

from .columns import address

TEXT = {"type": "string"}
CODED = {"code": TEXT, "label": TEXT}


def an_object(properties):
    """Return the schema of an object that always has all of ``properties``."""
    return {"type": "object", "properties": properties, "required": list(properties)}


class Output(serializers.Field):
    """A field that is only ever written out."""

    schema = TEXT

    def __init__(self, **kwargs):
        kwargs["read_only"] = True
        super().__init__(**kwargs)


class ChoiceField(Output):
    """A choice of a model's field: its code and its label."""

    def __init__(self, choices, **kwargs):
        self.labelled = {
            str(value): {"code": str(value), "label": str(capfirst(label))} for value, label in choices.choices
        }
        super().__init__(**kwargs)

    @property
    def schema(self):
        return an_object({"code": {"type": "string", "enum": list(self.labelled)}, "label": TEXT})

    def to_representation(self, value):
        return self.labelled[value]


class TermField(Output):
    """A term of a vocabulary: its code, as a filter takes it, and its label."""

    def __init__(self, code="slug", label="name", **kwargs):
        # DRF gives every field a label of its own.
        self.code_name, self.label_name = code, label
        super().__init__(**kwargs)

    @property
    def schema(self):
        return an_object(CODED)

    def to_representation(self, term):
        return coded(str(getattr(term, self.code_name)), str(getattr(term, self.label_name)))


class TermsField(TermField):
    """Several terms, sorted by their codes."""

    @property
    def schema(self):
        return {"type": "array", "items": an_object(CODED)}

    def to_representation(self, terms):
        found = sorted(terms.all(), key=self.key)
        return [super(TermsField, self).to_representation(term) for term in found]

    def key(self, term):
        return getattr(term, self.code_name)


class ThemesField(Output):
    """The themes of a record, the most telling first."""

    schema = {"type": "array", "items": an_object(CODED)}

    def __init__(self):
        super().__init__(source="theme_rows")

    def to_representation(self, rows):
        return [coded(row.theme.slug, row.theme.name) for row in rows.all()]


@lru_cache(maxsize=10_000)
def coded(code, label):
    """Return a code with its label; the same few make up most of a list."""
    return {"code": code, "label": label}


class AddressField(Output):
    """The permanent address of the record itself, as a page."""

    schema = {"type": "string", "format": "uri"}

    def __init__(self, view, key="slug"):
        self.path = address(view, key).value
        super().__init__(source="*")

    def to_representation(self, record):
        return self.context["site"] + self.path(record)


class LinkField(Output):
    """Another record, or a document: its id, its title and its address; nothing, if the public may not see it."""

    def __init__(self, view, **kwargs):
        self.path = address(view).value
        super().__init__(**kwargs)

    @property
    def schema(self):
        return an_object({"id": TEXT, "title": TEXT, "url": AddressField.schema})

    def to_representation(self, record):
        if not getattr(record, "is_public", True):
            return None
        return {"id": record.slug, "title": record.title, "url": self.context["site"] + self.path(record)}


class LinesField(Output):
    """Several texts, which the model keeps one to a line."""

    schema = {"type": "array", "items": TEXT}

    def to_representation(self, text):
        return lines(text)


class Rows(serializers.ListSerializer):
    """The rows that belong to a record: those that the public may see, in the order that their serializer says."""

    def to_representation(self, rows):
        child = self.child
        found = [row for row in rows.all() if child.is_shown(row)]
        if child.order is not None:
            found.sort(key=child.order)
        return [child.to_representation(row) for row in found]


class RowSerializer(serializers.ModelSerializer):
    """A row that belongs to a record; ``order`` is the key they are sorted by, if not in their model's order."""

    order = None

    class Meta:
        list_serializer_class = Rows

    def is_shown(self, row):
        """Whether the public may see what the row refers to."""
        return True


class ChosenFields:
    """A serializer of which those fields are written out that ``fields`` in its context names; else all.

    ``related`` says what to prefetch for it.
    """

    related = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        chosen = self.context.get("fields")
        for name in set(self.fields) - set(chosen or self.fields):
            self.fields.pop(name)


class RecordSerializer(ChosenFields, serializers.ModelSerializer):
    """A record with what belongs to it."""
