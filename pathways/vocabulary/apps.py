from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VocabularyConfig(AppConfig):
    name = "pathways.vocabulary"
    verbose_name = _("vocabulary")

    def ready(self):
        # Says what the app's records are found by.
        from . import search  # noqa: F401
