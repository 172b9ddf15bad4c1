from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LinksConfig(AppConfig):
    name = "pathways.links"
    verbose_name = _("links")

    def ready(self):
        # It registers itself.
        from . import worklist  # noqa: F401
