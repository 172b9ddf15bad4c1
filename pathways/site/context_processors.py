from django.conf import settings

import pathways
from pathways.listing.views import site_address


def site(request):
    """What every page says of the site: its name, its release, what its addresses start with, its data's licence."""
    return {
        "SITE_NAME": settings.SITE_NAME,
        "RELEASE": pathways.__version__,
        "SITE_URL": site_address(request),
        "DATA_LICENCE": settings.DATA_LICENCE,
        "DATA_LICENCE_URL": settings.DATA_LICENCE_URL,
    }
