"""Lists, their exports, and the pages of single records: what every app's views have in common."""

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpResponsePermanentRedirect, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.functional import cached_property
from django.utils.translation import ngettext
from django.views import View

from pathways.curation.models import Status

from .export import ListExport
from .filters import PER_PAGE
from .listing import Listing


class PastTheEnd(Http404):
    """A page of a list that has fewer; the message says how many."""


class RecordList(View):
    """A page of a filtered list. Wrong parameters are answered with 400, the message, and an empty list."""

    filter_class = None
    related = ()
    template_name = None
    exported = None
    per_page = PER_PAGE
    fixed = {}

    def get(self, request):
        listing = self.listing
        data = listing.filter.form.cleaned_data if not listing.problems else {}
        paginator = Paginator(listing, data.get("per_page") or self.per_page)
        number = data.get("page") or 1
        if number > paginator.num_pages:
            pages = ngettext("This list has %d page.", "This list has %d pages.", paginator.num_pages)
            raise PastTheEnd(pages % paginator.num_pages)
        page = paginator.page(number)
        context = {
            "listing": listing,
            "filter": listing.filter,
            # What the address itself fixes cannot be taken away.
            "chips": [chip for chip in listing.filter.chips if chip.name not in self.fixed],
            "rescues": [(chip, n) for chip, n in listing.filter.rescues if chip.name not in self.fixed],
            "page": page,
            "records": list(page.object_list),
            "sentence": listing.filter.sentence_without(self.fixed),
            "problems": listing.problems,
            "page_numbers": paginator.get_elided_page_range(number, on_each_side=2, on_ends=1),
            "page_query": page_query(listing.filter),
            "offers": ListExport(self.exported, site_address(request), listing.filter).offers,
            **self.context(),
        }
        return render(request, self.template_name, context, status=400 if listing.problems else 200)

    @cached_property
    def listing(self):
        data = self.request.GET.copy()
        for name, value in self.fixed.items():
            data[name] = value
        return Listing(self.filter_class(data), self.related)

    def context(self):
        return {}


def page_query(filterset):
    """Return the query string of a list up to the number of its page."""
    query = filterset.query()
    return f"?{query}&" if query else "?"


class RecordExport(View):
    """The whole of a filtered list as a file, in the format that the address ends with."""

    filter_class = None
    exported = None

    def get(self, request, extension):
        return file_response(request, self.export, extension)

    @property
    def export(self):
        return ListExport(self.exported, site_address(self.request), self.filter_class(self.request.GET))


def site_address(request):
    """Return what permanent addresses start with."""
    return settings.SITE_URL or request.build_absolute_uri("/").rstrip("/")


def file_response(request, export, extension):
    """Return an Export as a file in the format that ``extension`` stands for, streamed; anyone's script may read it.

    Wrong parameters are answered with a problem document (RFC 9457), a format there is not with 404.
    """
    file_format = export.of.formats.get(extension)
    if file_format is None:
        raise Http404
    if export.problems:
        return problem_response(export.problems)
    content = file_format.write(export) if request.method != "HEAD" else ()
    response = StreamingHttpResponse(content, content_type=file_format.content_type)
    disposition = "attachment" if file_format.is_download else "inline"
    response["Content-Disposition"] = f'{disposition}; filename="{export.filename}.{extension}"'
    response["Link"] = f'<{export.licence_address}>; rel="license", <{export.address}>; rel="canonical"'
    response["Access-Control-Allow-Origin"] = "*"
    return response


def problem_response(problems):
    """Return a problem document (RFC 9457) that names each parameter, its value and what is wrong with it."""
    response = JsonResponse(
        {
            "type": "about:blank",
            "title": "Bad Request",
            "status": 400,
            "detail": " ".join(f"{problem.parameter}: {problem.message}" for problem in problems),
            "errors": [problem._asdict() for problem in problems],
        },
        status=400,
        content_type="application/problem+json",
        json_dumps_params={"ensure_ascii": False},
    )
    response["Access-Control-Allow-Origin"] = "*"
    return response


class RecordDetail(View):
    """The page of one record. Former addresses redirect; one that was withdrawn is answered with 410."""

    model = None
    related = ()
    template_name = None

    def get(self, request, slug, **kwargs):
        found = self.model.objects.published().filter(slug=slug).prefetch_related(*self.related).first()
        if found is None:
            return self.otherwise(request, slug)
        return self.answer(request, found)

    def answer(self, request, record):
        return render(request, self.template_name, {"record": record, **self.context(record)})

    def address(self, record):
        return record.get_absolute_url()

    def otherwise(self, request, slug):
        try:
            record = self.model.objects.get_by_natural_key(slug)
        except self.model.DoesNotExist:
            raise Http404 from None
        if record.is_public:
            return HttpResponsePermanentRedirect(self.address(record))
        if record.status == Status.ARCHIVED and record.published_on:
            replacement = record.replaced_by if record.replaced_by_id and record.replaced_by.is_public else None
            return render(request, "410.html", {"replacement": replacement}, status=410)
        raise Http404

    def context(self, record):
        return {}
