"""What an address of the admin may hold: on PostgreSQL, NUL is an error of ours wherever it gets so far."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address",
    [
        "/admin/practices/practice/?kind__exact=%00",
        "/admin/practices/practice/?country=%00",
        "/admin/meetings/meeting/?series__id__exact=1&kind__exact=a%00b",
        "/admin/vocabulary/country/%00/change/",
        "/admin/practices/practice/1/change/?_changelist_filters=kind__exact%3D%2500",
    ],
)
def test_an_address_with_nul_is_refused(admin_client, address):
    assert admin_client.get(address).status_code == 400


def test_any_other_address_is_looked_up(admin_client):
    for value in ("%", "%25", "100", "%250", "a%0a00", "%C3%A9"):
        assert admin_client.get(f"/admin/vocabulary/country/?q={value}").status_code == 200, value


@pytest.mark.parametrize("year", ["9999", "9" * 30, "-1", "²", "soon"])
@pytest.mark.parametrize("page", ["curation/change/?at", "accounts/event/?at", "suggestions/suggestion/?sent_at"])
def test_a_year_of_no_calendar_is_a_wrong_filter(admin_client, page, year):
    response = admin_client.get(f"/admin/{page}__year={year}")
    assert response.status_code == 302
    assert response.url.endswith("?e=1")
