"""What the front page of the admin says of suggestions."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pathways.curation.worklist import Task, register

from .deciding import waiting
from .models import Suggestion


@register
def suggestions(request):
    """Return how many suggestions wait, for those who decide on them."""
    if not request.user.has_perm("suggestions.change_suggestion"):
        return []
    address = f"{reverse('admin:suggestions_suggestion_changelist')}?state={Suggestion.State.WAITING}"
    return [Task(_("Suggestions from the public"), waiting().count(), address)]
