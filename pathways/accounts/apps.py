from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "pathways.accounts"
    verbose_name = _("accounts")

    def ready(self):
        from . import audit, notices

        audit.connect()
        notices.connect()
