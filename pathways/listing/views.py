"""Lists, their exports, and the pages of single records: what every app's views have in common."""

from http import HTTPStatus

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpResponsePermanentRedirect, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from pathways.curation.models import Status

from .cards import Cards
from .export import ListExport, RowsExport, with_query
from .filters import PER_PAGE
from .linked import in_page
from .listing import Listing
from .references import apa, chicago
from .writers.references import CITATION, CitationExport


class PastTheEnd(Http404):
    """A page of a list that has fewer; the message says how many."""


@method_decorator(csrf_exempt, name="dispatch")
class ReadOnlyView(View):
    """A view that changes nothing, and so refuses other methods as HTTP has it, not for want of a token."""

    http_method_names = ("get", "head", "options")


class RecordList(ReadOnlyView):
    """A page of a filtered list. Wrong parameters are answered with 400, the message, and an empty list."""

    filter_class = None
    related = ()
    template_name = None
    # The template of one record in the list, where what it shows is kept; the page then has cards for records.
    card_template = None
    exported = None
    # The address of how to cite the list; its last argument is the format.
    cited_at = None
    per_page = PER_PAGE
    fixed = {}

    def get(self, request):
        listing = self.listing
        data = listing.filter.form.cleaned_data if not listing.problems else {}
        shown = Cards(listing, self.card_template) if self.card_template else listing
        paginator = Paginator(shown, data.get("per_page") or self.per_page)
        number = data.get("page") or 1
        if number > paginator.num_pages:
            pages = ngettext("This list has %d page.", "This list has %d pages.", paginator.num_pages)
            raise PastTheEnd(pages % paginator.num_pages)
        page = paginator.page(number)
        site = site_address(request)
        export = ListExport(self.exported, site, listing.filter)
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
            "export": export,
            "canonical": site + with_query(request.path, own_query(listing.filter, self.fixed, number)),
            "cited": citing(export.reference, self.cited_at, query=export.query) if self.cited_at else None,
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


def own_query(filterset, fixed, number):
    """Return the query string that a page of a list is known by, without what its address says anyhow."""
    query = filterset.query(**dict.fromkeys(fixed), per_page=None)
    return "&".join(filter(None, [query, f"page={number}" if number > 1 else ""]))


class RecordExport(ReadOnlyView):
    """The whole of a filtered list as a file, in the format that the address ends with."""

    filter_class = None
    exported = None

    def get(self, request, extension):
        return file_response(request, self.export, extension)

    @property
    def export(self):
        return ListExport(self.exported, site_address(self.request), self.filter_class(self.request.GET))


def citing(reference, view, args=(), query=""):
    """Return what a page says of how to cite something: the texts, and the files with their paths."""
    return {
        "texts": [("apa", "APA", apa(reference)), ("chicago", "Chicago", chicago(reference))],
        "files": [
            (one, with_query(reverse(view, args=[*args, one.extension]), query)) for one in CITATION.formats.values()
        ],
    }


class ListCitation(RecordExport):
    """How to cite a filtered list as such, in the format that the address ends with."""

    @property
    def export(self):
        export = super().export
        return CitationExport(export, export.reference)


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
    response["Data-Version"] = str(export.version)
    # For who counts how much is taken away at once.
    response.row_count = export.row_count
    response["Access-Control-Allow-Origin"] = "*"
    return response


def problem_response(problems):
    """Return a problem document that names each parameter, its value and what is wrong with it."""
    detail = " ".join(f"{problem.parameter}: {problem.message}" for problem in problems)
    return problem_document(HTTPStatus.BAD_REQUEST, detail, errors=[problem._asdict() for problem in problems])


def problem_document(status, detail, **more):
    """Return a problem document (RFC 9457) on a status of HTTP; ``more`` is what else there is to know."""
    response = JsonResponse(
        {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail, **more},
        status=status.value,
        content_type="application/problem+json",
        json_dumps_params={"ensure_ascii": False},
    )
    response["Access-Control-Allow-Origin"] = "*"
    return response


class RecordDetail(ReadOnlyView):
    """The page of one record, or a file where the address ends with an extension.

    Former addresses redirect to the same of the record; one that was withdrawn is answered with 410.
    """

    model = None
    related = ()
    template_name = None
    exported = None
    # The address of how to cite the record; its arguments are the slug and the format.
    cited_at = None

    def get(self, request, slug, **kwargs):
        found = self.model.objects.published().filter(slug=slug).prefetch_related(*self.related).first()
        if found is None:
            return self.otherwise(request, slug)
        return self.answer(request, found)

    def answer(self, request, record):
        export = RowsExport(self.exported, site_address(request), [record])
        context = {
            "record": record,
            "cited": citing(self.exported.reference(record, export), self.cited_at, [record.slug]),
            "linked": in_page(self.exported.linked(record, export), export),
            **self.context(record),
        }
        return render(request, self.template_name, context)

    def address(self, record):
        """Return the path and query of what was asked for, of ``record``."""
        match = self.request.resolver_match
        return with_query(
            reverse(match.view_name, kwargs={**match.kwargs, "slug": record.slug}), self.request.META["QUERY_STRING"]
        )

    def otherwise(self, request, slug):
        try:
            record = self.model.objects.get_by_natural_key(slug)
        except self.model.DoesNotExist:
            raise Http404 from None
        if record.is_public:
            return HttpResponsePermanentRedirect(self.address(record))
        if record.status == Status.ARCHIVED and record.published_on:
            if record.merged_into is not None:
                return HttpResponsePermanentRedirect(self.address(record.merged_into))
            return self.gone(request, record)
        raise Http404

    def gone(self, request, record):
        """Say that a record was withdrawn and what replaced it: on a page, or in a problem document for a file."""
        replacement = record.replaced_by if record.replaced_by_id and record.replaced_by.is_public else None
        address = replacement and site_address(request) + replacement.get_absolute_url()
        if "extension" in self.kwargs:
            successor = replacement and {"id": replacement.slug, "url": address}
            response = problem_document(HTTPStatus.GONE, _("This record has been withdrawn."), replaced_by=successor)
        else:
            response = render(request, "410.html", {"replacement": replacement}, status=HTTPStatus.GONE)
        if address:
            response["Link"] = f'<{address}>; rel="successor-version"'
        return response

    def context(self, record):
        return {}


def cited_record(request, exported, record):
    """Return the citation of a record, as an Export; ``exported`` is what lists of such records are taken away as."""
    export = RowsExport(exported, site_address(request), [record])
    return CitationExport(export, exported.reference(record, export))


class RecordCitation(RecordDetail):
    """How to cite a record, in the format that the address ends with."""

    def answer(self, request, record):
        return file_response(request, cited_record(request, self.exported, record), self.kwargs["extension"])
