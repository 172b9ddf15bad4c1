"""A form that cannot be saved, because the database or the disk fails, comes back with all that was typed."""

from http import HTTPStatus

from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.translation import gettext as _

from pathways.outages import RETRY_AFTER, log, outage_of


class UnsavedMixin:
    """Shows the form again, with the reason, where it can still be read what belongs around it."""

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Exception as error:
            request.outage = outage_of(error)
            if request.outage is None or request.method != "POST":
                raise
            # Straight to the form: what stands around it takes locks and writes.
            response = self._changeform_view(request, object_id, form_url, extra_context)
            if not hasattr(response, "render"):
                raise
            log(request.outage, error)
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        response["Retry-After"] = str(RETRY_AFTER)
        return response.render()

    def get_form(self, request, obj=None, change=False, **kwargs):
        form_class = super().get_form(request, obj, change, **kwargs)
        if outage := getattr(request, "outage", None):
            message = _("It was not saved. %s What you typed is all here: wait a moment, and save it again.")
            form_class = type(form_class.__name__, (form_class,), {"clean": refusal(message % outage.label)})
        return form_class


def refusal(message):
    """Return the method of a form that takes everything and says ``message``."""

    def clean(form):
        form.add_error(NON_FIELD_ERRORS, message)
        return form.cleaned_data

    return clean
