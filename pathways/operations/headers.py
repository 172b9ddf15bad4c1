"""Headers that keep browsers from doing for others what a page of this site never asks of them.

They stand with everything that is answered, whatever it is: pages, files, the API, static files and errors. Which there
are is the list of the OWASP Secure Headers Project; the policy of contents, that of framing and those that Django sets
itself are in the settings.
"""

from csp.constants import HEADER as CONTENT_POLICY
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpResponseNotModified

# What pages of this site never use; that which copies a citation to the clipboard is for them alone.
UNUSED = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "hid",
    "identity-credentials-get",
    "idle-detection",
    "interest-cohort",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "publickey-credentials-create",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "storage-access",
    "usb",
    "window-management",
    "xr-spatial-tracking",
)
ALWAYS = {
    "Permissions-Policy": ", ".join([*(f"{name}=()" for name in UNUSED), "clipboard-write=(self)"]),
    "Cross-Origin-Embedder-Policy": "require-corp",
    "X-Permitted-Cross-Domain-Policies": "none",
    "X-DNS-Prefetch-Control": "off",
}
RESOURCES = "Cross-Origin-Resource-Policy"


class SecureHeaders:
    """Sets them, before all that answers: what a middleware answers by itself has them too.

    The policy of contents is the same for everything, and so is put together once; whoever wants a nonce in it takes
    the middleware of django-csp instead, which does so for each answer. That a page has not changed is said without
    them: they came with the page, and its validator is of one release, as they are.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        self.always = {**ALWAYS, CONTENT_POLICY: build_policy()}

    def __call__(self, request):
        response = self.get_response(request)
        if not isinstance(response, HttpResponseNotModified):
            for name, value in self.always.items():
                response.setdefault(name, value)
        # What any script may read, any page may show.
        is_open = response.get("Access-Control-Allow-Origin") == "*"
        response.setdefault(RESOURCES, "cross-origin" if is_open else "same-origin")
        if is_logout(request, response):
            response["Clear-Site-Data"] = '"cache", "cookies", "storage"'
        # Whoever is signed in is shown what is not for the next one at the same machine.
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            response.setdefault("Cache-Control", "private, no-store")
        return response


def is_logout(request, response):
    match = request.resolver_match
    return match is not None and match.view_name == "admin:logout" and request.method == "POST"
