"""What no database can look for is refused before one is asked."""

import re

from django.urls import reverse
from django.utils.translation import gettext as _

from .limits import refusal

# Of PostgreSQL; also in an address that stands within an address, as the admin keeps the filters of a list.
NUL = re.compile("%(?:25)*00")


class Addresses:
    """Refuses an address of the admin that holds NUL with 400.

    Django's admin hands what it reads of an address to the database as it is. Pages for readers do not come here: they
    say of each parameter what is wrong with it.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        self.admin = reverse("admin:index")

    def __call__(self, request):
        if request.path.startswith(self.admin) and NUL.search(request.get_full_path()):
            return refusal(request, 400, _("This address holds a character that no text has (NUL)."))
        return self.get_response(request)
