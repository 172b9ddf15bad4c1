"""The application that a server runs."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pathways.settings")

application = get_wsgi_application()

from django.conf import settings  # noqa: E402

from pathways.operations.postgresql.base import DatabaseWrapper  # noqa: E402

DatabaseWrapper.patience = settings.DATABASE_TIMEOUT
