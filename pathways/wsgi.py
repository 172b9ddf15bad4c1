"""The application that a server runs."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pathways.settings")

application = get_wsgi_application()

from django.conf import settings  # noqa: E402

from pathways.operations.postgresql.base import DatabaseWrapper  # noqa: E402

DatabaseWrapper.patience = settings.DATABASE_TIMEOUT

# What a process is made of stays as long as it does: it need not be searched for garbage again and again.
gc.collect()
gc.freeze()
