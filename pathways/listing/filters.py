"""What the parameters of a list mean, written once: for the page, its form and chips, every export and the API.

A facet is declared once, as its terms and as pairs of record id and value: that is the filter, the bitmaps of the
index, the choices and their counts.
"""

import copy
import json
import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import NamedTuple

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Aggregate, Field, Q, QuerySet
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from pyroaring import BitMap

from .index import index_for
from .search import find
from .words import shorter

PER_PAGE = 50
MOST_PER_PAGE = 200
LONGEST_QUERY = 200
# How many choices of a facet are drawn in the vocabulary's order, without folding and without a box to find them by.
SHORT_FACET = 12
# How many choices an empty list says are worth taking away.
MOST_RESCUES = 5


class Pairs(NamedTuple):
    """Pairs of record id and value: rows, and the paths from a row to the record's id and to the value."""

    rows: Callable[[], QuerySet]
    record: str
    value: str

    def records(self, values):
        """Return the ids of the records that have one of ``values``, as a subquery."""
        return self.rows().filter(**{f"{self.value}__in": values}).values(self.record)

    def of(self):
        """Return (record id, value) of all records."""
        rows = self.rows().filter(**{f"{self.value}__isnull": False})
        return rows.order_by().values_list(self.record, self.value).iterator(chunk_size=10_000)

    def by_value(self, records=None):
        """Return (value, record ids) of all records, or of those with the ids ``records``.

        The database puts the ids together: a row for each pair would take three times as long.
        """
        rows = self.rows().filter(**{f"{self.value}__isnull": False})
        if records is not None:
            rows = rows.filter(**{f"{self.record}__in": list(records)})
        return rows.order_by().values_list(self.value).annotate(ids=Together(self.record))


class Together(Aggregate):
    """The values of a group, as a list: SQLite writes it as JSON, PostgreSQL has arrays."""

    function = "JSON_GROUP_ARRAY"
    output_field = Field()

    def as_postgresql(self, compiler, connection, **context):
        return super().as_sql(compiler, connection, function="ARRAY_AGG", **context)

    def convert_value(self, value, expression, connection):
        return value if isinstance(value, list) else json.loads(value)


class Terms(NamedTuple):
    """The values of a facet that exist, used or not: rows of a vocabulary, the field with the value, and its label."""

    rows: Callable[[], QuerySet]
    value: str = "slug"
    label: str = "name"

    def all(self):
        """Return (value, label) of each, in the vocabulary's order."""
        return self.rows().values_list(self.value, self.label)


class ChoiceTerms(NamedTuple):
    """The values of a facet that are the choices of a model's field."""

    choices: list

    def all(self):
        return [(value, capfirst(label)) for value, label in self.choices]


def choices_of(enumeration):
    """Return the terms, and what to say of them, of a facet over the choices of a model's field."""
    hint = _("Allowed are %(values)s.") % {"values": ", ".join(enumeration.values)}
    return {"terms": ChoiceTerms(enumeration.choices), "hint": hint}


class FacetField(forms.Field):
    """Zero or more values of a facet, each of which must exist."""

    # Takes every value that was given under the name; the page draws the choices itself.
    widget = forms.MultipleHiddenInput

    def __init__(self, *, fold_value, hint, **kwargs):
        kwargs.pop("null_label", None)
        super().__init__(**kwargs)
        self.fold_value, self.hint = fold_value, hint
        # The labels of the values that exist: the index has them.
        self.labels = {}

    def __deepcopy__(self, memo):
        """Return the field for another form: it has labels of its own, and no page draws its widget."""
        return copy.copy(self)

    def clean(self, given):
        values = {self.fold_value(value.strip()): value.strip() for value in given or [] if value.strip()}
        unknown = [as_given for value, as_given in values.items() if value not in self.labels]
        if unknown:
            raise ValidationError(
                _("There is no “%(value)s” here. %(hint)s"),
                code="unknown",
                params={"value": ", ".join(unknown), "hint": self.hint},
            )
        return {value: self.labels[value] for value in values}


def number(value):
    """Fold a number given as text: 05 is 5."""
    return value.lstrip("0") or value


class FacetFilter(django_filters.Filter):
    """Records that have one of the chosen values, by pairs of record id and value from one or more sources.

    ``lineage`` returns, for each value, those above it: a record that has a value has what is above it too.
    ``from_others`` says that the values of a record follow from other records of the list as well. ``phrase`` says in
    the sentence about the list what was chosen: "with %s as origin".
    """

    field_class = FacetField

    def __init__(
        self,
        *sources,
        terms,
        label,
        hint,
        fold_value=str.lower,
        lineage=None,
        from_others=False,
        phrase="",
        **kwargs,
    ):
        super().__init__(label=label, fold_value=fold_value, hint=hint, **kwargs)
        self.sources, self.terms, self.lineage = sources, terms, lineage
        self.from_others, self.phrase = from_others, phrase

    def __deepcopy__(self, memo):
        """Return a facet for another request: it has a list of its own, and shares what was declared."""
        return copy.copy(self)

    def in_a_sentence(self, chosen):
        """Return the labels of ``chosen`` values as they stand within a sentence: choices in small letters."""
        choices = dict(self.terms.choices) if isinstance(self.terms, ChoiceTerms) else {}
        return [str(choices.get(value, label)) for value, label in chosen.items()]

    def by_value(self, records=None):
        """Yield (value, record ids), of all records or of those with the ids ``records``; a value may come again."""
        for pairs in self.sources:
            yield from pairs.by_value(records)

    def filter(self, queryset, chosen):
        if not chosen:
            return queryset
        values = set(chosen)
        if self.lineage:
            values |= {value for value, above in self.lineage().items() if values & set(above)}
        return queryset.filter(reduce(operator.or_, (Q(pk__in=pairs.records(values)) for pairs in self.sources)))


class WordsFilter(django_filters.CharFilter):
    """Records that full-text search finds."""

    def __init__(self, **kwargs):
        super().__init__(label=_("Words"), max_length=LONGEST_QUERY, **kwargs)

    def filter(self, queryset, value):
        return queryset.filter(pk__in=list(find(queryset.model, value).ids)) if value else queryset


class SortFilter(django_filters.ChoiceFilter):
    """The order of the list: names, labels, and the fields it is by; the first is the order without a choice.

    A field with a minus goes downwards, what is not known always comes last, and the last field tells any two apart.
    Relevance has no fields: search says it, and without words it is the first order.
    """

    def __init__(self, orders, **kwargs):
        choices = [(name, label) for name, (label, _fields) in orders.items()]
        super().__init__(choices=choices, empty_label=None, label=_("Sort by"), **kwargs)
        self.orders = {name: fields for name, (_label, fields) in orders.items()}

    def filter(self, queryset, value):
        return queryset


class YearFilter(django_filters.NumberFilter):
    """One end of a range of years: those whose period, by ``expression``, does not end before or start after it."""

    field_class = forms.IntegerField

    def __init__(self, rows, expression, lookup_expr, **kwargs):
        super().__init__(min_value=1000, max_value=9999, lookup_expr=lookup_expr, **kwargs)
        self.rows, self.expression = rows, expression

    def by_value(self, records=None):
        """Return (year, record ids), of all records or of those with the ids ``records``."""
        return Pairs(lambda: self.rows().annotate(year=self.expression), "pk", "year").by_value(records)

    def filter(self, queryset, value):
        if value is None:
            return queryset
        name = f"year_{self.lookup_expr}"
        return queryset.alias(**{name: self.expression}).filter(**{f"{name}__{self.lookup_expr}": value})


class ListForm(forms.Form):
    """The parameters that every list has."""

    page = forms.IntegerField(label=_("Page"), required=False, min_value=1, max_value=10**6)
    per_page = forms.IntegerField(
        label=_("Rows on a page"), required=False, min_value=1, max_value=MOST_PER_PAGE, widget=forms.HiddenInput
    )

    def clean(self):
        values = super().clean()
        first, last = values.get("year_from"), values.get("year_to")
        if first is not None and last is not None and first > last:
            self.add_error("year_to", _("The last year comes before the first one, %d.") % first)
        return values


class Problem(NamedTuple):
    """A parameter that was given wrongly: its name, the value as given, and what is allowed."""

    parameter: str
    value: str
    message: str


class Chip(NamedTuple):
    """One choice, in words, with the query string of the list without it."""

    name: str
    label: str
    value: str
    without: str


class Choice(NamedTuple):
    """One value of a facet as the form draws it, with the number of records that choosing it would show."""

    value: str
    label: str
    count: int
    is_chosen: bool


# A choice in the form, around what differs from list to list. A long facet has thousands, with which the template
# engine would be busy for longer than with all the rest of the page.
CHOICE_START = '<li><label><input type="checkbox" id="{0}-{1}" name="{0}" value="{1}"'
CHOICE_LABEL = '> <span class="choice-label">{}</span> <span class="choice-count">'
CHOICE_END = "</span></label></li>"


@dataclass
class DrawnFacet:
    """A facet as the form draws it; a long one has a box to find its choices by."""

    name: str
    label: str
    choices: list[Choice]
    chosen: dict
    is_long: bool
    # The escaped parts of each choice, by its value: kept with the index.
    parts: dict

    @cached_property
    def items(self):
        """The choices as items of a list, in HTML."""
        items = []
        for value, label, count, is_chosen in self.choices:
            if value not in self.parts:
                self.parts[value] = format_html(CHOICE_START, self.name, value), format_html(CHOICE_LABEL, label)
            start, middle = self.parts[value]
            items.append(f"{start}{' checked' if is_chosen else ''}{middle}{count}{CHOICE_END}")
        return mark_safe("\n".join(items))  # noqa: S308 -- put together from what format_html escaped


class ListFilter(django_filters.FilterSet):
    """The filter of a list. Wrong input matches nothing and is named in ``problems``; it never widens the list."""

    # Fields of the form that are no choice of records.
    PAGING = ("page", "per_page", "sort")

    def __init__(self, data):
        super().__init__(data=data, queryset=self.records())
        self.index = index_for(type(self))

    # What the index is made from

    @classmethod
    def records(cls):
        """Return what the list is of: what the public may see."""
        return cls._meta.model.objects.published()

    @classmethod
    def unaffected_by(cls):
        """Return the models whose changes leave the list as it is."""
        return ()

    @classmethod
    def orders(cls):
        return {name: fields for name, fields in cls.base_filters["sort"].orders.items() if fields}

    @classmethod
    def declared_facets(cls):
        return {name: one for name, one in cls.base_filters.items() if isinstance(one, FacetFilter)}

    @classmethod
    def declared_years(cls):
        return {name: one for name, one in cls.base_filters.items() if isinstance(one, YearFilter)}

    # What was asked

    @cached_property
    def form(self):
        form = super().form
        for name, facet in self.index.facets.items():
            form.fields[name].labels = facet.labels
        for name, field in form.fields.items():
            # Several values of a facet are an or; of two orders or years, taking either would be a guess.
            if not isinstance(field, FacetField) and len(set(self.data.getlist(name))) > 1 and not form.has_error(name):
                form.add_error(name, ValidationError(_("Give one value, not several."), code="repeated"))
        return form

    @cached_property
    def problems(self):
        found = []
        for name, errors in self.form.errors.as_data().items():
            given = ", ".join(self.data.getlist(name))
            for error in errors:
                params = error.params or {}
                found.append(Problem(name, str(params.get("value", given)), " ".join(error.messages)))
        return found

    @property
    def values(self):
        return {} if self.form.errors else self.form.cleaned_data

    @cached_property
    def chosen(self):
        """What was chosen, by parameter, without what only orders and pages."""
        return {
            name: value
            for name, value in self.values.items()
            if value not in (None, "", {}) and name not in self.PAGING
        }

    # What matches

    @cached_property
    def words(self):
        """The Matches of the words that were asked for, if any were."""
        words = self.values.get("q")
        return find(self._meta.model, words) if words else None

    @cached_property
    def selections(self):
        """The ids that each chosen facet leaves, by its name."""
        return {
            name: self.index.facets[name].any_of(self.chosen[name]) for name in self.index.facets if name in self.chosen
        }

    @cached_property
    def periods(self):
        """The ids that each end of the range of years leaves, by its name."""
        return {
            name: self.index.years_within(name, declared.lookup_expr, self.chosen[name])
            for name, declared in self.declared_years().items()
            if name in self.chosen
        }

    @cached_property
    def without_years(self):
        """The ids that words leave."""
        everything = self.index.everything
        return everything if self.words is None else everything & self.words.ids

    @cached_property
    def base(self):
        """The ids that words and years leave: what every facet is counted within."""
        return BitMap.intersection(self.without_years, *self.periods.values())

    @cached_property
    def matching(self):
        """The ids of the records that match everything; none if something was given wrongly."""
        if self.form.errors:
            return BitMap()
        return BitMap.intersection(self.base, *self.selections.values())

    @property
    def rescues(self):
        """Return (chip, count) of the choices without which an empty list would show something, the most first."""
        if self.form.errors or self.matching:
            return []
        left = {**self.selections, **self.periods}
        if self.words is not None:
            left["q"] = self.words.ids
        found = []
        for chip in self.chips:
            chosen = self.chosen[chip.name]
            if isinstance(chosen, dict) and len(chosen) > 1:
                # One value less of several shows no more.
                continue
            others = (ids for name, ids in left.items() if name != chip.name)
            if count := len(BitMap.intersection(self.index.everything, *others)):
                found.append((chip, count))
        for word, rest in shorter(self.chosen.get("q", "")):
            others = (ids for name, ids in left.items() if name != "q")
            if count := len(BitMap.intersection(find(self._meta.model, rest).ids, *others)):
                found.append((Chip("q", self.form.fields["q"].label, word, self.query(q=rest)), count))
        return sorted(found, key=lambda pair: -pair[1])[:MOST_RESCUES]

    @property
    def left_out(self):
        """How many records match but for the years that were asked for, having none."""
        if not self.chosen.keys() & self.index.years.keys():
            return 0
        dated = BitMap.union(BitMap(), *(ids for years in self.index.years.values() for ids in years.values()))
        return len(BitMap.intersection(self.without_years, *self.selections.values()) - dated)

    def page(self, start, stop):
        """Return the ids of the matching records from ``start`` to ``stop``, in the order that was chosen."""
        first = next(iter(self.orders()))
        name = self.values.get("sort") or ("relevance" if self.words else first)
        if name != "relevance" or self.words is None:
            return self.index.page(first if name == "relevance" else name, self.matching, start, stop)
        ranked = [pk for pk in self.words.ranked if pk in self.matching]
        if stop <= len(ranked) or len(ranked) == len(self.matching):
            return ranked[start:stop]
        rest = self.index.page(first, self.matching - BitMap(ranked), max(0, start - len(ranked)), stop - len(ranked))
        return ranked[start:stop] + rest

    def filter_queryset(self, queryset):
        """Return the same as a queryset, for who composes a query: what paging adds to the form is no filter."""
        for name, value in self.values.items():
            if name in self.filters:
                queryset = self.filters[name].filter(queryset, value)
        return queryset.none() if self.form.errors else queryset

    # What the page shows of it

    @property
    def facets(self):
        """Return the facets with the counts of their values, what was chosen always among them."""
        if self.chosen or self.form.errors:
            return self.drawn_facets()
        # The whole list is what most people ask for.
        language = get_language()
        if language not in self.index.whole_facets:
            self.index.whole_facets[language] = self.drawn_facets()
        return self.index.whole_facets[language]

    def drawn_facets(self):
        counts = self.index.counts(self.selections, self.base)
        drawn = []
        for name, facet in self.index.facets.items():
            chosen, counted = self.chosen.get(name, {}), counts[name]
            others = [value for value in facet.labels if value in counted and value not in chosen]
            is_long = len(others) + len(chosen) > SHORT_FACET
            if is_long:
                others.sort(key=lambda value: -counted[value])
            choices = [
                Choice(value, facet.labels[value], counted.get(value, 0), value in chosen)
                for value in [*chosen, *others]
            ]
            parts = facet.parts.setdefault(get_language(), {})
            if choices:
                drawn.append(DrawnFacet(name, self.form.fields[name].label, choices, chosen, is_long, parts))
        return drawn

    @property
    def sentence(self):
        """Return in words what was chosen: "with Morocco or Tunisia as origin, on free movement"."""
        return self.sentence_without(())

    def sentence_without(self, fixed):
        """Return in words what was chosen, but for the facets in ``fixed``, which the address itself chooses."""
        parts = []
        if words := self.chosen.get("q"):
            parts.append(_("with the words “%s”") % words)
        for name in self.index.facets:
            if name not in fixed and (chosen := self.chosen.get(name)):
                values = _(" or ").join(self.filters[name].in_a_sentence(chosen))
                phrase = self.filters[name].phrase or f"{self.filters[name].label}: %s"
                parts.append(phrase % values)
        first, last = self.chosen.get("year_from"), self.chosen.get("year_to")
        if first and last:
            parts.append(_("in the years %(first)d to %(last)d") % {"first": first, "last": last})
        elif first:
            parts.append(_("in %d or later") % first)
        elif last:
            parts.append(_("in %d or earlier") % last)
        return ", ".join(map(str, parts))

    def query(self, **changes):
        """Return the query string with parameters set (to a list of values too) or taken away where None.

        The page starts anew, and what is empty or unknown is left out.
        """
        data = self.data.copy()
        data.pop("page", None)
        for name, value in changes.items():
            if value is None:
                data.pop(name, None)
            else:
                data.setlist(name, value if isinstance(value, list) else [str(value)])
        for name in [name for name in data if name not in self.form.fields or not any(data.getlist(name))]:
            data.pop(name)
        return data.urlencode()

    @property
    def chips(self):
        """Yield a chip for each single choice."""
        for name, chosen in self.chosen.items():
            field = self.form.fields[name]
            if not isinstance(chosen, dict):
                shown = dict(getattr(field, "choices", ())).get(chosen, chosen)
                yield Chip(name, field.label, shown, self.query(**{name: None}))
                continue
            for value, shown in chosen.items():
                kept = [v for v in self.data.getlist(name) if field.fold_value(v.strip()) != value]
                yield Chip(name, field.label, shown, self.query(**{name: kept}))
