"""The settings and addresses of a site whose server is tried: production's, and views that do as they are told."""

import os
from pathlib import Path

from django.db import connection
from django.http import HttpResponse
from django.urls import include, path

from pathways.settings import *  # noqa: F403

ROOT_URLCONF = "tests.deploy.site"
FOLDER = Path(os.environ["TRIED_IN"])
STATIC_ROOT = FOLDER / "static"


def process(request):
    return HttpResponse(str(os.getpid()))


def wait(request):
    """Answer when the test says so, and let it know that the request is here."""
    (FOLDER / "begun").touch()
    os.mkfifo(FOLDER / "go")
    (FOLDER / "go").read_text()
    return HttpResponse("done")


def database(request):
    """Say which connection of PostgreSQL was used."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return HttpResponse(str(cursor.fetchone()[0]))


urlpatterns = [
    path("process", process),
    path("wait", wait),
    path("database", database),
    path("", include("pathways.urls")),
]
