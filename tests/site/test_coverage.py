"""What the tables of coverage hold."""

import pytest

from pathways.site import coverage
from tests import factories as make


@pytest.mark.django_db
def test_a_sub_region_that_lies_in_none_is_covered_too():
    make.practice(themes=["visas"], regions=[("015", "host")])
    regions, rows = coverage.themes_by_region()
    assert [region.code for region in regions] == ["015"]
    assert [cell.count for cell in rows[0].cells] == [1]
