"""How tests take the open data away."""

import csv
import io
import json
import sqlite3
from contextlib import closing

from frictionless import Package


def content(response):
    assert response.status_code == 200
    return b"".join(response.streaming_content) if response.streaming else response.content


def table(client, name):
    return list(csv.DictReader(io.StringIO(content(client.get(f"/data/{name}.csv")).decode(), newline="")))


def downloaded(client, folder):
    """Download the package and its tables; return the path of the descriptor."""
    folder.mkdir()
    descriptor = folder / "datapackage.json"
    descriptor.write_bytes(content(client.get("/data/datapackage.json")))
    for resource in json.loads(descriptor.read_text())["resources"]:
        (folder / resource["path"]).write_bytes(content(client.get(f"/data/{resource['path']}")))
    return descriptor


def problems(descriptor):
    report = Package(str(descriptor)).validate()
    return report.flatten(["name", "type", "note"]), report.warnings, [task.warnings for task in report.tasks]


def database(client, folder):
    response = client.get("/data/pathways.sqlite")
    assert response.headers["Content-Type"] == "application/vnd.sqlite3"
    path = folder / "pathways.sqlite"
    path.write_bytes(content(response))
    return closing(sqlite3.connect(path))
