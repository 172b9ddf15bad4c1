"""The settings of a site that keeps uploaded files, where UPLOADED says."""

import os

from pathways.settings import *  # noqa: F403

MEDIA_ROOT = os.environ["UPLOADED"]
