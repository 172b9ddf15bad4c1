"""The settings of a site whose server is tried: those of production, in a folder of the test, and of the site itself
only its static files, so that processes start fast.
"""

import os
from pathlib import Path

from pathways.settings import *  # noqa: F403

ROOT_URLCONF = "tests.deploy.addresses"
INSTALLED_APPS = ["pathways.site", "django.contrib.staticfiles"]
MIDDLEWARE = ["whitenoise.middleware.WhiteNoiseMiddleware"]
FOLDER = Path(os.environ["TRIED_IN"])
STATIC_ROOT = FOLDER / "static"
