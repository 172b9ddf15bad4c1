"""What a reader sees while the database is gone, slow, locked, full up or damaged, and afterwards."""

import json

import pytest

from .databases import Sqlite
from .running import until

PAGES = ("/", "/practices/", "/practices/palim/", "/search/?q=skills", "/coverage/")
FILES = ("/practices.csv", "/practices.json", "/practices.xlsx", "/api/v1/practices", "/data/pathways.sqlite")


def says_so(site, text):
    """Hold each page and file to what is promised while nothing can be read."""
    for path in PAGES:
        answer = site.get(path)
        assert answer.status == 503, path
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "<h1>This page cannot be shown at the moment</h1>" in answer.text
        assert text in answer.text
    for path in FILES:
        answer = site.get(path)
        assert answer.status == 503, path
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        told = json.loads(answer.body)
        assert (told["status"], told["title"]) == (503, "Service Unavailable")
        assert text in told["detail"]
    assert site.get("/healthz").status == 200


def is_well(site):
    until(lambda: site.get("/practices/").status == 200)
    for path in (*PAGES, "/practices.csv"):
        assert site.get(path).status == 200, path


def test_while_the_database_is_gone_every_page_says_so_and_comes_back_with_it(site, database):
    is_well(site)
    before = len(site.logged)
    with database.gone():
        says_so(site, "The database does not answer.")
    is_well(site)
    told = site.logged[before:]
    assert "gone: OperationalError: " in told
    assert "Traceback" not in told
