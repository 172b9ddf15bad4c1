"""The addresses of a site whose server is tried: pages that do as the test says."""

import os

from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.urls import path


def process(request):
    return HttpResponse(str(os.getpid()))


def wait(request):
    """Let the test know that the request is here, and answer when it says so."""
    os.mkfifo(settings.FOLDER / "go")
    (settings.FOLDER / "go").read_text()
    return HttpResponse("done")


def database(request):
    """Say which connection to PostgreSQL was used."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return HttpResponse(str(cursor.fetchone()[0]))


urlpatterns = [
    path("process", process),
    path("wait", wait),
    path("database", database),
]
