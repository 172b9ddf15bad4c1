"""What several tests of lists need: every list, and what is asked of it."""

import pytest
from django.http import QueryDict

from meetings.filters import MeetingFilter, OutcomeFilter
from pathways.site.filters import CountryFilter
from practices.filters import PracticeFilter

LISTS = (PracticeFilter, OutcomeFilter, MeetingFilter, CountryFilter)

every_list = pytest.mark.parametrize("filter_class", LISTS, ids=lambda one: one.__name__)


def asked(filter_class, query=""):
    return filter_class(QueryDict(query) if isinstance(query, str) else query)


def params(**chosen):
    data = QueryDict(mutable=True)
    for name, values in chosen.items():
        data.setlist(name, [str(value) for value in (values if isinstance(values, list) else [values])])
    return data


def one_query(listed):
    """Return what is asked of a list as one queryset."""
    found = listed.records()
    for name, declared in listed.filters.items():
        found = declared.filter(found, listed.values.get(name))
    return found
