import pytest
from django.core.cache import caches

from pathways.api import schema


@pytest.fixture(autouse=True)
def nothing_kept(settings):
    """No test is held to the requests of another one, or answered with another one's description."""
    settings.API_LIMIT = None
    caches["limits"].clear()
    schema.made.clear()
