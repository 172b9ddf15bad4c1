from django.conf import settings


def site(request):
    """What every page says of the site: its name and the licence of its data."""
    return {
        "SITE_NAME": settings.SITE_NAME,
        "DATA_LICENCE": settings.DATA_LICENCE,
        "DATA_LICENCE_URL": settings.DATA_LICENCE_URL,
    }
