"""The addresses of the API. A list is the same listing as on its page; a record is found by the same slug or code."""

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import prefetch_related_objects
from django.http import Http404
from django.urls import reverse
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import APIView

from pathways.curation.models import DataVersion, Status
from pathways.listing.export import Export
from pathways.listing.filters import LONGEST_QUERY, PER_PAGE, ListForm, Problem
from pathways.listing.listing import Listing
from pathways.listing.views import site_address
from pathways.site import corridors, finding
from pathways.site.counts import with_country_counts
from pathways.vocabulary.models import Country
from practices.filters import PracticeFilter

from .problems import Gone, WrongParameters
from .serializers import (
    CorridorDetailSerializer,
    CorridorSerializer,
    FacetsSerializer,
    RootSerializer,
    SearchSerializer,
    list_of,
)


class ApiView(APIView):
    """An address of the API.

    ``name`` names the operation, ``title`` says what it gives, and the docstring of its class says more.
    ``serializer_class`` is that of a single record, ``answer_class`` that of the whole answer.
    """

    name = title = ""
    group = gettext_lazy("Practices")
    serializer_class = None
    takes_fields = True
    is_paged = False
    filter_class = None

    @property
    def answer_class(self):
        return self.serializer_class

    @property
    def site(self):
        return site_address(self.request)

    def serializer(self):
        """Return the serializer of a record, with the fields that were asked for."""
        return self.serializer_class(context={"site": self.site, "fields": self.fields()})

    def fields(self):
        """Return the names of the fields that were asked for, if any were."""
        given = [names for names in self.request.GET.getlist("fields") if names.strip()]
        chosen = [name.strip() for names in given for name in names.split(",")]
        allowed = field_names(self.serializer_class)
        if unknown := [name for name in chosen if name not in allowed]:
            message = _("There is no such field. Allowed are %s.") % ", ".join(allowed)
            raise WrongParameters([Problem("fields", ", ".join(unknown), message)])
        return chosen


def field_names(serializer_class):
    return list(serializer_class().fields)


class PagedView(ApiView):
    """A list, page by page."""

    is_paged = True

    @property
    def answer_class(self):
        return list_of(self.serializer_class)

    def paged(self, rows, values):
        """Answer with the page of the sequence ``rows`` that ``values`` ask for."""
        serializer = self.serializer()
        paginator = Paginator(rows, values.get("per_page") or PER_PAGE)
        number = values.get("page") or 1
        if number > paginator.num_pages:
            pages = ngettext("This list has %d page.", "This list has %d pages.", paginator.num_pages)
            raise exceptions.NotFound(pages % paginator.num_pages)
        page = paginator.page(number)
        found = [serializer.to_representation(row) for row in self.prepared(list(page.object_list))]
        links = {"first": self.address(1)}
        if page.has_previous():
            links["prev"] = self.address(number - 1)
        if page.has_next():
            links["next"] = self.address(number + 1)
        links["last"] = self.address(paginator.num_pages)
        about = Export(None, self.site)
        content = {
            "count": paginator.count,
            "page": number,
            "pages": paginator.num_pages,
            "next": links.get("next"),
            "previous": links.get("prev"),
            "data_version": str(about.version),
            "data_changed_at": about.version.changed_at,
            "licence": about.licence,
            "licence_address": about.licence_address,
            "results": found,
        }
        header = ", ".join(f'<{target}>; rel="{relation}"' for relation, target in links.items())
        return Response(content, headers={"Link": header})

    def prepared(self, rows):
        return rows

    def address(self, number):
        """Return the address of another page of the same list."""
        query = self.request.GET.copy()
        query["page"] = str(number)
        return f"{self.site}{iri_to_uri(self.request.path)}?{query.urlencode()}"


def checked(form_or_filter):
    """Return what a filter was asked for; raise WrongParameters if it was asked wrongly."""
    if form_or_filter.problems:
        raise WrongParameters(form_or_filter.problems)
    return form_or_filter.form.cleaned_data


class RecordListView(PagedView):
    """The same list as on its page: the same parameters, the same records, in the same order."""

    def get(self, request):
        filterset = self.filter_class(request.GET)
        values = checked(filterset)
        return self.paged(Listing(filterset, self.serializer_class.related), values)


class FacetsView(ApiView):
    """How many records each value of each parameter would show: each is counted over what all the others leave."""

    takes_fields = False
    serializer_class = FacetsSerializer

    def get(self, request):
        filterset = self.filter_class(request.GET)
        checked(filterset)
        answer = {
            "count": len(filterset.matching),
            "data_version": DataVersion.current(),
            "facets": filterset.facets,
        }
        return Response(FacetsSerializer(answer).data)


class RecordView(ApiView):
    """One record. Former slugs redirect; one that was withdrawn is answered with 410."""

    view_name = ""

    @property
    def model(self):
        return self.serializer_class.Meta.model

    def get(self, request, slug):
        serializer = self.serializer()
        published = self.model.objects.published().filter(slug=slug)
        record = published.prefetch_related(*serializer.related).first()
        if record is None:
            return self.otherwise(slug)
        return Response(serializer.to_representation(record))

    def otherwise(self, slug):
        try:
            record = self.model.objects.get_by_natural_key(slug)
        except self.model.DoesNotExist:
            raise Http404 from None
        if record.is_public:
            query = self.request.META.get("QUERY_STRING")
            address = self.address(record) + (f"?{query}" if query else "")
            return Response(status=301, headers={"Location": address})
        if record.status == Status.ARCHIVED and record.published_on:
            if record.merged_into is not None:
                return Response(status=301, headers={"Location": self.address(record.merged_into)})
            other = record.replaced_by
            raise Gone(self.replacement(other) if other is not None and other.is_public else None)
        raise Http404

    def address(self, record):
        return self.site + reverse(f"api:{self.view_name}", args=[record.slug])

    def replacement(self, record):
        return {"id": record.slug, "url": self.site + record.get_absolute_url(), "api": self.address(record)}


class CountryView(ApiView):
    """One country, with the numbers of its practices and meetings."""

    def get(self, request, code):
        serializer = self.serializer()
        rows = with_country_counts(Country.objects.filter(code=code.upper()))
        country = rows.prefetch_related(*serializer.related).first()
        if country is None:
            raise Http404
        return Response(serializer.to_representation(country))


# Vocabularies


class PageForm(ListForm):
    """The parameters of a list that has no filter."""

    @property
    def problems(self):
        return [
            Problem(name, ", ".join(self.data.getlist(name)), " ".join(errors)) for name, errors in self.errors.items()
        ]

    @property
    def form(self):
        return self


class VocabularyView(ApiView):
    vocabulary = None

    @property
    def serializer_class(self):
        return self.vocabulary.serializer

    @property
    def group(self):
        return gettext_lazy("Vocabularies")


class TermListView(VocabularyView, PagedView):
    """The terms that are public, in the order of the vocabulary."""

    def get(self, request):
        values = checked(PageForm(request.GET))
        # Sorted here, and so the same whatever collation the database has.
        return self.paged(sorted(self.vocabulary.rows(), key=self.vocabulary.order), values)

    def prepared(self, rows):
        prefetch_related_objects(rows, *self.serializer_class.related)
        return rows


class TermView(VocabularyView):
    """One term of the vocabulary."""

    def get(self, request, code):
        serializer = self.serializer()
        key = self.vocabulary.model._meta.get_field(self.vocabulary.model.key_field)
        try:
            wanted = key.to_python(code.lower())
        except ValidationError:
            # The key is a number.
            raise Http404 from None
        rows = self.vocabulary.rows().filter(**{key.name: wanted})
        term = rows.prefetch_related(*serializer.related).first()
        if term is None:
            raise Http404
        return Response(serializer.to_representation(term))


# What is computed


class CorridorListView(PagedView):
    """The corridors of the practices that a filter of practices leaves."""

    filter_class = PracticeFilter
    serializer_class = CorridorSerializer

    def get(self, request):
        practices = PracticeFilter(request.GET)
        values = checked(practices)
        found = sorted(corridors.pairs(practices.matching).items(), key=lambda item: (-item[1], item[0]))
        countries = Country.objects.in_bulk({code for pair, _n in found for code in pair}, field_name="code")
        rows = [{"origin": countries[a], "destination": countries[b], "practices": n} for (a, b), n in found]
        return self.paged(rows, values)


class CorridorView(ApiView):
    """The practices of a pair of countries: there, back, and those whose direction no source states."""

    serializer_class = CorridorDetailSerializer

    def get(self, request, pair):
        serializer = self.serializer()
        found = Country.objects.in_bulk(set(pair), field_name="code")
        if len(found) < 2:
            raise Http404
        one, other = found[pair[0]], found[pair[1]]
        there, back, undirected = corridors.between(one, other)
        corridor = {"origin": one, "destination": other, "practices": there, "back": back, "undirected": undirected}
        return Response(serializer.to_representation(corridor))


class SearchView(ApiView):
    """Everything that words find, in groups."""

    takes_fields = False
    serializer_class = SearchSerializer

    def get(self, request):
        question = request.GET.get("q", "").strip()
        if not question or len(question) > LONGEST_QUERY or "\x00" in question:
            message = _("Give the words to search for, at most %d characters.") % LONGEST_QUERY
            raise WrongParameters([Problem("q", question, message)])
        answer = {"q": question, "data_version": DataVersion.current(), "groups": finding.groups(question)}
        return Response(SearchSerializer(answer, context={"site": self.site}).data)


class RootView(ApiView):
    """Where everything is: ``lists`` are the names of the addresses of lists."""

    takes_fields = False
    serializer_class = RootSerializer
    lists = ()

    def get(self, request):
        content = {
            "documentation": self.site + reverse("api:docs"),
            "schema": self.site + reverse("api:schema"),
            "data_version": str(DataVersion.current()),
            "lists": {name: self.site + reverse(f"api:{name}") for name in self.lists},
        }
        return Response(content)
