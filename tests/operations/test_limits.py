"""How much may be asked for: large bodies are not read, and large exports do not crowd out the rest."""

import pytest
from django.test import Client

from pathways.listing.words import MOST_PARTS, parse
from pathways.operations import faults, limits
from tests import factories as make
from tests.conftest import connection_kept
from tests.reading import body

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("address", "length", "status"),
    [
        ("/suggest/", limits.MOST_FROM_READERS + 1, 413),
        ("/practices/", limits.MOST_FROM_READERS, 405),
        ("/practices/", limits.MOST_FROM_READERS + 1, 413),
        ("/api/v1/practices/", limits.MOST_FROM_READERS + 1, 413),
        ("/admin/login/", limits.MOST_FROM_READERS + 1, 403),
        ("/admin/login/", limits.MOST_FROM_STAFF + 1, 413),
        ("/admin/login/", "9" * 5000, 413),
        ("/practices/", "-1", 405),
        ("/practices/", "²", 405),
    ],
)
def test_a_body_that_is_too_long_is_refused_before_it_is_read(address, length, status):
    response = Client(enforce_csrf_checks=True).post(address, CONTENT_LENGTH=str(length))
    assert response.status_code == status


def test_a_script_is_told_in_a_problem_document(client):
    response = client.post("/api/v1/practices/", CONTENT_LENGTH=str(limits.MOST_FROM_READERS + 1))
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["title"] == "Request Entity Too Large"
    assert response.headers["Access-Control-Allow-Origin"] == "*"


@pytest.fixture
def few(monkeypatch):
    """Lists of two rows are large, and one of two is not."""
    monkeypatch.setattr(limits, "LARGE", 2)
    for n in range(2):
        make.practice(slug=f"practice-{n}", themes=["skills"] if n else [])
    make.meeting()


@pytest.fixture
def visitor(few, settings):
    """A client whose process sends two large lists at once, and no more."""
    settings.EXPORTS_AT_ONCE = 2
    with connection_kept():
        yield Client()


def test_only_so_many_large_exports_are_made_at_once(visitor):
    first, second = visitor.get("/practices.csv"), visitor.get("/practices.xlsx")
    assert first.streaming
    assert second.streaming
    refused = visitor.get("/practices.csv")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    assert "Try again" in refused.json()["detail"]
    # Pages, small lists and who only asks for the headers are not held up.
    assert visitor.get("/practices/").status_code == 200
    assert visitor.head("/practices.csv").status_code == 200
    assert "practice-1" in body(visitor.get("/practices.csv?theme=skills"))
    assert "Untitled" not in body(first)
    first.close()
    # One that is read to its end, and one that is given up in the middle, make room for another each.
    third = visitor.get("/data/practices.csv")
    assert third.streaming
    next(iter(third.streaming_content))
    assert visitor.get("/practices.csv").status_code == 503
    third.close()
    second.close()
    for _n in range(5):
        response = visitor.get("/practices.csv")
        assert b"practice-0" in b"".join(response.streaming_content)
        response.close()


def test_a_large_export_that_failed_makes_room_too(visitor, monkeypatch):
    def fails(*args, **kwargs):
        raise OSError("No space left on device")

    monkeypatch.setattr("pathways.listing.plain.Reader.fetch", fails)
    # Of this file no more than its head.
    monkeypatch.setattr(faults, "BEGUN", 1)
    for _n in range(3):
        response = visitor.get("/practices.csv")
        assert response.status_code == 200
        with pytest.raises(OSError, match="No space"):
            b"".join(response.streaming_content)
        response.close()


@pytest.mark.parametrize("question", ["a* " * 66, '"b c" ' * 33, "-d " * 66, "e-" * 100, "🄰" * 200])
def test_a_question_costs_no_more_than_its_first_words(question):
    asked = parse(question[:200])
    assert len(asked.wanted) + len(asked.unwanted) <= MOST_PARTS
