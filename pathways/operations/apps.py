from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OperationsConfig(AppConfig):
    name = "pathways.operations"
    verbose_name = _("operations")

    def ready(self):
        from . import requests

        requests.connect()
