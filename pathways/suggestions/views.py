"""Public pages of suggestions: two forms, and the private page that shows what became of one."""

from urllib.parse import urlsplit

from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from pathways.listing.views import ReadOnlyView

from . import forms, limits
from .models import Suggestion, hashed, key_of, private_address

# Bytes of a form that is filled in to its limits, and more.
MOST_BYTES = 100_000


def unlisted(response):
    """Return ``response`` with what keeps it out of caches, of search engines, and of other sites' logs."""
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "same-origin"
    return response


@method_decorator(csrf_exempt, name="dispatch")
class SuggestionView(View):
    """A form that anyone may send. It sets no cookie; see the forms for what stands in place of a token."""

    http_method_names = ("get", "head", "options", "post")
    kind = None
    template_name = None

    def get(self, request, **kwargs):
        return self.page(self.form_class())

    def post(self, request, **kwargs):
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > MOST_BYTES:
            return self.refused(413, _("That is too long."))
        if not self.is_from_here(request):
            return self.refused(403, _("The form was not sent from this site."))
        form = self.form_class(request.POST)
        if not form.is_valid():
            return self.page(form, status=400)
        if Suggestion.objects.filter(form_id=form.mark_id).exists():
            # A second press of the button.
            return unlisted(redirect(private_address(form.mark_id)))
        if seconds := limits.wait(request):
            minutes = -(-seconds // 60)
            form.add_error(None, _("So much was sent from where you are that you have to wait: %d minutes.") % minutes)
            response = self.page(form, status=429)
            response["Retry-After"] = str(seconds)
            return response
        self.keep(request, form)
        return unlisted(redirect(private_address(form.mark_id)))

    @property
    def form_class(self):
        return forms.FORMS[self.kind]

    def page(self, form, status=200):
        context = {"form": form, **self.context()}
        return unlisted(render(self.request, self.template_name, context, status=status))

    def refused(self, status, why):
        return unlisted(HttpResponse(why, status=status, content_type="text/plain; charset=utf-8"))

    def is_from_here(self, request):
        """Whether a browser says that the form was sent from a page of this site; those that say nothing may be."""
        sent_from = request.headers.get("Origin", "")
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
            return False
        return not sent_from or urlsplit(sent_from).netloc == request.get_host()

    def keep(self, request, form):
        """Write the suggestion down, once."""
        suggestion = Suggestion(
            kind=self.kind,
            content=form.content(),
            contact=form.cleaned_data["contact"],
            form_id=form.mark_id,
            key_hash=hashed(key_of(form.mark_id)),
            **self.about(form),
        )
        try:
            with transaction.atomic():
                suggestion.save()
                limits.count(request)
        except IntegrityError:
            # The other press of the button came in between.
            return

    def about(self, form):
        raise NotImplementedError

    def context(self):
        return {}


class SuggestPractice(SuggestionView):
    """Suggest a practice that is missing."""

    kind = Suggestion.Kind.PRACTICE
    template_name = "suggestions/practice.html"

    def about(self, form):
        return {"title": form.cleaned_data["title"]}


@method_decorator(csrf_exempt, name="dispatch")
class ReportError(SuggestionView):
    """Report an error in a record."""

    kind = Suggestion.Kind.ERROR
    template_name = "suggestions/error.html"
    model = None

    def dispatch(self, request, *args, slug, **kwargs):
        try:
            found = self.model.objects.get_by_natural_key(slug)
        except self.model.DoesNotExist:
            raise Http404 from None
        self.record = found.merged_into or found
        if not self.record.is_public:
            raise Http404
        if self.record.slug != slug and request.method in {"GET", "HEAD"}:
            return redirect(request.path.replace(slug, self.record.slug, 1), permanent=True)
        return super().dispatch(request, *args, **kwargs)

    def about(self, form):
        return {
            "title": str(self.record)[:300],
            "subject_type": ContentType.objects.get_for_model(self.record),
            "subject_id": self.record.pk,
        }

    def context(self):
        return {"record": self.record}


class State(ReadOnlyView):
    """What became of a suggestion, for who sent it: nobody else knows the address."""

    def get(self, request, key):
        try:
            suggestion = Suggestion.objects.get_by_key(key)
        except Suggestion.DoesNotExist:
            raise Http404 from None
        context = {"suggestion": suggestion, "told": forms.told(suggestion)}
        return unlisted(render(request, "suggestions/state.html", context))
