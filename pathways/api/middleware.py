"""The API answers scripts from every site (CORS): it is for reading, and knows nobody."""

from django.http import HttpResponse

from .problems import PREFIX

METHODS = "GET, HEAD, OPTIONS"
EXPOSED = "Link, ETag, Retry-After"
# What a script may send along beyond what every script may.
ACCEPTED = "Accept, Content-Type, If-None-Match"
A_DAY = "86400"


class OpenToScripts:
    """Says with everything under the API that any script may read it, and answers what browsers ask before."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.path.startswith(PREFIX):
            return self.get_response(request)
        response = preflight() if request.method == "OPTIONS" else self.get_response(request)
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Expose-Headers"] = EXPOSED
        return response


def preflight():
    headers = {
        "Allow": METHODS,
        "Access-Control-Allow-Methods": METHODS,
        "Access-Control-Allow-Headers": ACCEPTED,
        "Access-Control-Max-Age": A_DAY,
    }
    return HttpResponse(status=204, headers=headers)
