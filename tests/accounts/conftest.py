import pytest
from django.test import Client


@pytest.fixture
def client_of():
    """Return a function that gives the browser of someone who has logged in by password."""

    def made(user, **options):
        client = Client(**options)
        client.force_login(user)
        return client

    return made
