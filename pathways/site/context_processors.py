from django.conf import settings

from pathways.listing.views import site_address


def site(request):
    """What every page says of the site: its name, what its addresses start with, and the licence of its data."""
    return {
        "SITE_NAME": settings.SITE_NAME,
        "SITE_URL": site_address(request),
        "DATA_LICENCE": settings.DATA_LICENCE,
        "DATA_LICENCE_URL": settings.DATA_LICENCE_URL,
    }
