from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SuggestionsConfig(AppConfig):
    name = "pathways.suggestions"
    verbose_name = _("suggestions")

    def ready(self):
        # It registers itself.
        from . import worklist  # noqa: F401
