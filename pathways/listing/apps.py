from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ListingConfig(AppConfig):
    name = "pathways.listing"
    verbose_name = _("listing")

    def ready(self):
        from pathways.curation.signals import changed, rebuilt

        from .search import follow, rebuild

        changed.connect(follow)
        rebuilt.connect(rebuild)
