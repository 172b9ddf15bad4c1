"""The open data of the curated entries: sound, complete, and what the examples read."""

import json
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from django.conf import settings as project

from pathways.curation.models import DataVersion
from pathways.site import corridors
from pathways.site.data.tables import TABLES
from pathways.site.data.views import LISTS
from tests.conftest import unavailable
from tests.reading import body, rows, words
from tests.site.open_data import content, database, downloaded, problems, table

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    """Keep the SQLite files of the tests away from those of the site."""
    settings.VAR_DIR = tmp_path / "var"
    settings.VAR_DIR.mkdir()


def test_frictionless_finds_nothing_in_the_curated_package(client, curated, tmp_path):
    errors, warnings, of_tables = problems(downloaded(client, tmp_path / "package"))
    assert not errors
    assert not warnings
    assert not any(of_tables)


def test_the_package_says_what_it_is(client, curated, settings):
    settings.DATA_LICENCE, settings.DATA_LICENCE_URL = "CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"
    descriptor = json.loads(content(client.get("/data/datapackage.json")))
    version = DataVersion.current()
    assert descriptor["version"] == str(version)
    assert descriptor["created"] == version.changed_at.replace(microsecond=0).isoformat()
    assert descriptor["licenses"] == [{"title": "CC BY 4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}]
    schema = descriptor["resources"][1]["schema"]
    assert schema["primaryKey"] == ["practice", "country", "role"]
    assert {"fields": "country", "reference": {"resource": "countries", "fields": "code"}} in schema["foreignKeys"]


def test_the_database_has_the_rows_of_the_tables_and_is_sound(client, curated, tmp_path):
    with database(client, tmp_path) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert file.execute("PRAGMA foreign_key_check").fetchall() == []
        for one in TABLES:
            (count,) = file.execute(f'SELECT count(*) FROM "{one.name}"').fetchone()  # noqa: S608
            assert count == len(table(client, one.name)), one.name
        about = dict(file.execute("SELECT name, value FROM about"))
        assert about["version"] == str(DataVersion.current())
        # As Datasette, R or a notebook would ask.
        found = file.execute(
            "SELECT o.country, d.country FROM practice_countries o JOIN practice_countries d USING (practice) "
            "WHERE o.role = 'origin' AND d.role = 'destination' AND practice = 'palim'"
        )
        assert found.fetchall() == [("MA", "BE")]


def test_the_page_explains_every_column_of_every_list_and_table(client, curated):
    page = words(body(client.get("/data/")))
    for one in LISTS:
        for column in one.columns:
            assert f"{column.name} {column.help}" in page, (one.name, column.name)
    for one in TABLES:
        for field in one.fields:
            assert f"{field.name} {field.help} {field.type}" in page, (one.name, field.name)
    assert str(DataVersion.current()) in page


@pytest.mark.parametrize("address", ["/data/datapackage.json", "/data/practices.csv", "/data/pathways.sqlite"])
def test_files_are_open_to_scripts_and_say_which_data_they_hold(client, curated, address):
    for method in (client.get, client.head):
        response = method(address)
        assert response.status_code == 200
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert response.headers["Data-Version"] == str(DataVersion.current())
        assert 'rel="license"' in response.headers["Link"]
        b"".join(response)
    assert client.post(address).status_code == 405


@pytest.fixture
def running(client, curated):
    """Return the address of a server that has what the examples ask for, as the site gives it."""
    asked = ("/practices.csv?country=MA&sort=newest", "/data/practice_countries.csv")
    files = {path: content(client.get(path)) for path in asked}

    class Files(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path in files else 404)
            self.end_headers()
            self.wfile.write(files.get(self.path, b""))

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def run(program, name, site, folder):
    command = [program, project.BASE_DIR / "examples" / name, site]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=120).stdout


def test_the_python_examples_give_the_filtered_list_and_draw_the_corridors(client, running, tmp_path):
    listed = run(sys.executable, "filtered_list.py", running, tmp_path)
    assert all(row["id"] in listed for row in rows(client.get("/practices.csv?country=MA")))
    drawn = run(sys.executable, "corridors.py", running, tmp_path)
    assert "BE" in drawn
    svg = ET.parse(tmp_path / "corridors.svg")  # noqa: S314 -- made by the example
    lines = svg.findall("{http://www.w3.org/2000/svg}path")
    assert len(lines) == len(corridors.pairs())


def test_the_r_examples_do_the_same(client, running, tmp_path):
    program = shutil.which("Rscript") or unavailable("Rscript")
    listed = run(program, "filtered_list.R", running, tmp_path)
    assert all(row["id"] in listed for row in rows(client.get("/practices.csv?country=MA")))
    assert "BE" in run(program, "corridors.R", running, tmp_path)
    assert (tmp_path / "corridors.pdf").stat().st_size > 1000
