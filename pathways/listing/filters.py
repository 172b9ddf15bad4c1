"""What the parameters of a list mean, written once: for the page, its form and chips, every export and the API.

A facet is declared once, as its terms and as pairs of record id and value; that is the filter, the choices and, where
they are counted, the counts.
"""

import operator
from collections.abc import Callable
from functools import reduce
from typing import NamedTuple

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from pathways.folding import fold

PER_PAGE = 50
MOST_PER_PAGE = 200
LONGEST_QUERY = 200
# How many choices of a facet are drawn without folding away those that are not chosen.
SHORT_FACET = 12


class Pairs(NamedTuple):
    """Pairs of record id and value: rows, and the paths from a row to the record's id and to the value."""

    rows: Callable[[], QuerySet]
    record: str
    value: str

    def records(self, values):
        return self.rows().filter(**{f"{self.value}__in": values}).values(self.record)

    def values(self, records):
        """Return the values that some of ``records`` have."""
        rows = self.rows().filter(**{f"{self.record}__in": records.values("pk"), f"{self.value}__isnull": False})
        return rows.values(self.value)


class Terms(NamedTuple):
    """The values of a facet that exist, used or not: rows of a vocabulary, the field with the value, and its label."""

    rows: Callable[[], QuerySet]
    value: str = "slug"
    label: str = "name"

    def labels(self, values):
        """Return the labels of those of ``values`` that exist."""
        return dict(self.rows().filter(**{f"{self.value}__in": values}).values_list(self.value, self.label))

    def used(self, sources, records):
        """Return (value, label) of each term that some of ``records`` have, in the vocabulary's order."""
        has = reduce(operator.or_, (Q(**{f"{self.value}__in": pairs.values(records)}) for pairs in sources))
        return list(self.rows().filter(has).values_list(self.value, self.label))


class ChoiceTerms(NamedTuple):
    """The values of a facet that are the choices of a model's field."""

    choices: list

    def labels(self, values):
        return {value: capfirst(label) for value, label in self.choices if value in values}

    def used(self, sources, records):
        return [(value, capfirst(label)) for value, label in self.choices]


def choices_of(enumeration):
    """Return the terms, and what to say of them, of a facet over the choices of a model's field."""
    hint = _("Allowed are %(values)s.") % {"values": ", ".join(enumeration.values)}
    return {"terms": ChoiceTerms(enumeration.choices), "hint": hint}


class FacetField(forms.Field):
    """Zero or more values of a facet, each of which must exist."""

    # Takes every value that was given under the name; the page draws the choices itself.
    widget = forms.MultipleHiddenInput

    def __init__(self, *, terms, sources, fold_value, hint, **kwargs):
        kwargs.pop("null_label", None)
        super().__init__(**kwargs)
        self.terms, self.sources, self.fold_value, self.hint = terms, sources, fold_value, hint

    def clean(self, given):
        values = {self.fold_value(value.strip()): value.strip() for value in given or [] if value.strip()}
        if not values:
            return {}
        labels = {str(value): label for value, label in self.terms.labels(self.known_form(values)).items()}
        unknown = [as_given for value, as_given in values.items() if value not in labels]
        if unknown:
            raise ValidationError(
                _("There is no “%(value)s” here. %(hint)s"),
                code="unknown",
                params={"value": ", ".join(unknown), "hint": self.hint},
            )
        return {value: labels[value] for value in values}

    def known_form(self, values):
        """Leave out what no value can be, so that a database need not refuse it."""
        if self.fold_value is number:
            return [value for value in values if value.isascii() and value.isdigit() and len(value) < 5]
        return [value for value in values if "\x00" not in value and len(value) <= LONGEST_QUERY]

    def choices_in_use(self, chosen, records):
        """Return (value, label, is chosen): what is chosen first, used or not, then each other term in use."""
        used = {str(value): label for value, label in self.terms.used(self.sources, records)}
        others = {value: label for value, label in used.items() if value not in chosen}
        return [*((v, label, True) for v, label in chosen.items()), *((v, label, False) for v, label in others.items())]


def number(value):
    """Fold a number given as text: 05 is 5."""
    return value.lstrip("0") or value


class FacetFilter(django_filters.Filter):
    """Records that have one of the chosen values, by pairs of record id and value from one or more sources."""

    field_class = FacetField

    def __init__(self, *sources, terms, label, hint, fold_value=str.lower, **kwargs):
        kwargs |= {"terms": terms, "sources": sources, "fold_value": fold_value, "hint": hint}
        super().__init__(label=label, **kwargs)
        self.sources = sources

    def filter(self, queryset, chosen):
        if not chosen:
            return queryset
        return queryset.filter(reduce(operator.or_, (Q(pk__in=pairs.records(chosen)) for pairs in self.sources)))


class WordsFilter(django_filters.CharFilter):
    """Records in which every word is found, in one of the fields; those with all of them in the first come first."""

    def __init__(self, *fields, folded, label, **kwargs):
        super().__init__(label=label, max_length=LONGEST_QUERY, **kwargs)
        self.fields, self.folded = fields, folded

    def filter(self, queryset, value):
        return queryset.filter(self.condition(value, self.fields))

    def condition(self, value, fields):
        found = Q()
        for word in (value or "").split():
            anywhere = [Q(**{f"{name}__icontains": word}) for name in fields]
            # A lone accent folds to nothing, which would be found everywhere.
            if fold(word):
                anywhere.append(Q(**{f"{self.folded}__contains": fold(word)}))
            found &= reduce(operator.or_, anywhere, Q(pk__in=[]))
        return found

    def rank(self, value):
        """Return an expression that is smaller where all words stand in the title."""
        return Case(When(self.condition(value, ()), then=Value(0)), default=Value(1), output_field=IntegerField())


class SortFilter(django_filters.ChoiceFilter):
    """The order of the list: names and what the records are ordered by; the first is the order without a choice."""

    def __init__(self, orders, **kwargs):
        choices = [(name, label) for name, (label, _order) in orders.items()]
        super().__init__(choices=choices, empty_label=None, label=_("Sort by"), **kwargs)
        self.orders = orders

    def filter(self, queryset, value):
        return queryset


class YearFilter(django_filters.NumberFilter):
    """One end of a range of years: those whose period, by ``expression``, does not end before or start after it."""

    field_class = forms.IntegerField

    def __init__(self, expression, lookup_expr, **kwargs):
        super().__init__(min_value=1000, max_value=9999, lookup_expr=lookup_expr, **kwargs)
        self.expression = expression

    def filter(self, queryset, value):
        if value is None:
            return queryset
        return queryset.alias(**{f"year_{self.lookup_expr}": self.expression}).filter(
            **{f"year_{self.lookup_expr}__{self.lookup_expr}": value}
        )


class ListForm(forms.Form):
    """The parameters that every list has."""

    page = forms.IntegerField(label=_("Page"), required=False, min_value=1, max_value=10**6)
    per_page = forms.IntegerField(
        label=_("Rows on a page"), required=False, min_value=1, max_value=MOST_PER_PAGE, widget=forms.HiddenInput
    )


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


class ListFilter(django_filters.FilterSet):
    """The filter of a list. Wrong input matches nothing and is named in ``problems``; it never widens the list."""

    # Fields of the form that are no choice of records.
    PAGING = ("page", "per_page", "sort")

    def __init__(self, data, queryset):
        super().__init__(data=data, queryset=queryset)

    @property
    def problems(self):
        found = []
        for name, errors in self.form.errors.as_data().items():
            given = ", ".join(self.data.getlist(name))
            for error in errors:
                params = error.params or {}
                found.append(Problem(name, str(params.get("value", given)), " ".join(error.messages)))
        return found

    @property
    def chosen(self):
        """Return what was chosen, by parameter, without what only orders and pages."""
        values = self.form.cleaned_data if not self.form.errors else {}
        return {
            name: value for name, value in values.items() if value not in (None, "", {}) and name not in self.PAGING
        }

    def filter_queryset(self, queryset):
        return self.matching()

    def matching(self, *, but=()):
        """Return the records that match every filter, except those named in ``but``."""
        if self.form.errors:
            return self.queryset.none()
        queryset = self.queryset.all()
        for name, value in self.form.cleaned_data.items():
            if name in self.filters and name not in but:
                queryset = self.filters[name].filter(queryset, value)
        return queryset

    def ordered(self):
        """Return the matching records in the order that was chosen."""
        queryset = self.qs
        if "sort" not in self.filters or self.form.errors:
            return queryset
        words, orders = self.form.cleaned_data.get("q"), self.filters["sort"].orders
        name = self.form.cleaned_data["sort"] or (
            "relevance" if words and "relevance" in orders else next(iter(orders))
        )
        if name == "relevance" and not words:
            name = next(other for other in orders if other != "relevance")
        order = orders[name][1]
        if name == "relevance":
            order = (self.filters["q"].rank(words), *order)
        return queryset.order_by(*order)

    def query(self, **changes):
        """Return the query string with parameters set, or taken away where None; the page starts anew."""
        data = self.data.copy()
        data.pop("page", None)
        for name, value in changes.items():
            data.pop(name, None)
            if value is not None:
                data[name] = str(value)
        for name in [name for name in data if name not in self.form.fields or not any(data.getlist(name))]:
            data.pop(name)
        return data.urlencode()

    @property
    def chips(self):
        """Yield a chip for each single choice."""
        for name, chosen in self.chosen.items():
            label = self.form.fields[name].label
            if not isinstance(chosen, dict):
                field = self.form.fields[name]
                shown = dict(getattr(field, "choices", ())).get(chosen, chosen)
                yield Chip(name, label, shown, self.query(**{name: None}))
                continue
            fold_value = self.form.fields[name].fold_value
            for value, shown in chosen.items():
                data = self.data.copy()
                data.pop("page", None)
                data.setlist(name, [v for v in data.getlist(name) if fold_value(v.strip()) != value])
                yield Chip(name, label, shown, data.urlencode())

    @property
    def facets(self):
        """Return the facets as the form draws them: name, label, choices, what is chosen, what folds."""
        drawn = []
        for name, field in self.form.fields.items():
            if isinstance(field, FacetField):
                chosen = self.chosen.get(name, {})
                choices = field.choices_in_use(chosen, self.queryset)
                # Below what was chosen in a long facet, the other choices are one click away.
                folds = bool(chosen) and len(choices) > max(SHORT_FACET, len(chosen))
                drawn.append(
                    {"name": name, "label": field.label, "choices": choices, "open": chosen, "folds": folds}
                )
        return drawn
