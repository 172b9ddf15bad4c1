"""What visitors may know of what is kept of them."""

from django.conf import settings
from django.views.generic import TemplateView

from pathways.listing.views import ReadOnlyView

from .forgetting import RULES


class Privacy(ReadOnlyView, TemplateView):
    template_name = "operations/privacy.html"

    def get_context_data(self, **kwargs):
        days = {name: rule.after.days for name, rule in RULES.items()}
        return super().get_context_data(
            days=days, session_hours=settings.SESSION_COOKIE_AGE // 3600, contact=settings.CONTACT_EMAIL, **kwargs
        )
