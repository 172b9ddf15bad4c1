"""The settings of a copy that is scanned by someone who is logged in: whatever a scanner sends, it stays so.

A scanner sends every form that it finds, and so that which logs out.
"""

from pathways.settings import *  # noqa: F403

SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
