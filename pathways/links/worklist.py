"""What the front page of the admin says of links."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pathways.curation.worklist import Task, register

from .models import LinkCheck


@register
def broken_links(request):
    """Return how many addresses have failed for over a week, for those who can look at them."""
    if not request.user.has_perm("links.view_linkcheck"):
        return []
    address = f"{reverse('admin:links_linkcheck_changelist')}?trouble=broken"
    return [Task(_("Broken links"), LinkCheck.objects.broken().count(), address)]
