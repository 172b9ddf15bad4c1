"""What spans practices and meetings: the home page, countries, themes, organisations, documents."""

from collections import Counter, defaultdict

from django.db.models import Count, Exists, OuterRef, Q
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.generic import TemplateView
from pyroaring import BitMap

from meetings.filters import OutcomeFilter
from meetings.models import Document, Meeting, Outcome, Participation
from pathways.listing.export import RowsExport
from pathways.listing.filters import LONGEST_QUERY
from pathways.listing.index import index_for
from pathways.listing.listing import Listing
from pathways.listing.views import PastTheEnd, ReadOnlyView, RecordExport, RecordList, file_response, site_address
from pathways.vocabulary.models import Country, Organisation, Sector, Theme
from practices.filters import PracticeFilter
from practices.models import Practice, Role
from practices.views import LINES, PracticeDetail

from . import corridors, coverage, finding, timeline, world_map
from .counts import practice_counts, with_document_counts, with_theme_counts
from .exports import COUNTRIES, COVERAGE_ANSWERS, coverage_themes
from .filters import CountryFilter

# What the brief on a theme tells of its practices, and what stands beside them.
BRIEFLY = ("country_rows__country", "region_rows__region", "organisation_rows__organisation", "citations__document")
THEME_COLUMNS = (
    (Outcome.Kind.RECOMMENDATION, Outcome.Kind.KEY_MESSAGE),
    (Outcome.Kind.CHALLENGE, Outcome.Kind.OPPORTUNITY, Outcome.Kind.FINDING),
)


class Home(ReadOnlyView, TemplateView):
    template_name = "site/home.html"

    def get_context_data(self, **kwargs):
        kinds = Counter(dict(Outcome.objects.published().order_by().values_list("kind").annotate(Count("pk"))))
        return super().get_context_data(
            practice_count=Practice.objects.published().count(),
            meeting_count=Meeting.objects.published().count(),
            recommendation_count=kinds[Outcome.Kind.RECOMMENDATION],
            key_message_count=kinds[Outcome.Kind.KEY_MESSAGE],
            outcome_count=kinds.total(),
            document_count=Document.objects.published().count(),
            latest=Practice.objects.published().order_by("-updated_on", "-pk")[:5],
            # Those without a date are in the list.
            meetings=Meeting.objects.published()
            .filter(starts_on__isnull=False)
            .order_by("-starts_on", "title_key")[:5],
            countries=most_practised(Country, "country")[:12],
            themes=most_practised(Theme, "theme")[:12],
            **kwargs,
        )


def most_practised(model, facet):
    """Return (term, number of practices) for the terms of a vocabulary that practices have, the most first."""
    counts = practice_counts(facet)
    terms = model.objects.filter(**{f"{model.key_field}__in": counts})
    found = [(term, counts[getattr(term, model.key_field)]) for term in terms]
    return sorted(found, key=lambda pair: -pair[1])


class About(ReadOnlyView, TemplateView):
    template_name = "site/about.html"


class CountryList(RecordList):
    filter_class = CountryFilter
    exported = COUNTRIES
    related = ("region",)
    template_name = "site/country_list.html"
    # All on one page.
    per_page = 1000


class CountryExport(RecordExport):
    filter_class = CountryFilter
    exported = COUNTRIES


class CountryDetail(ReadOnlyView):
    def get(self, request, code):
        country = get_object_or_404(Country.objects.select_related("region"), code=code)
        practices = Practice.objects.published().filter(country_rows__country=country).distinct()
        by_role = {role: [] for role in Role}
        for practice in practices.prefetch_related(*LINES):
            for role in sorted({row.role for row in practice.country_rows.all() if row.country_id == country.pk}):
                by_role[Role(role)].append(practice)
        attended = meetings_of(Q(country=country) | Q(represents_country=country))
        recommended = recommended_by_theme(entry["meeting"] for entry in attended)
        taking_part = {practice for role, found in by_role.items() if role != Role.CONCERNED for practice in found}
        context = {
            "country": country,
            "roles": each_once((role, found) for role, found in by_role.items() if role != Role.CONCERNED),
            "practice_count": len(taking_part),
            "concerned": by_role[Role.CONCERNED],
            "meetings": attended,
            "held": Meeting.objects.published().filter(country=country),
            "corridors": named_corridors(code),
            "recommended": recommended,
            "recommended_in": {outcome.document for _theme, outcomes in recommended for outcome in outcomes},
            "documents": Document.objects.published().filter(citations__practice__in=practices).distinct(),
            "missing": themes_without(taking_part),
            "today": timezone.localdate(),
        }
        return render(request, "site/country_detail.html", context)


def themes_without(practices):
    """Return the themes of recommendations and key messages, in their order, that none of ``practices`` has."""
    asked = Outcome.objects.published().filter(kind__in=coverage.ANSWERABLE)
    met = Practice.objects.filter(pk__in=[practice.pk for practice in practices])
    return Theme.objects.filter(Exists(asked.filter(themes=OuterRef("pk")))).exclude(
        Exists(met.filter(themes=OuterRef("pk")))
    )


def each_once(roles):
    """Return (role, practices not shown yet, practices shown already, number of both) for the roles that have any."""
    shown, found = set(), []
    for role, practices in roles:
        if practices:
            new = [practice for practice in practices if practice not in shown]
            found.append((role, new, [practice for practice in practices if practice in shown], len(practices)))
            shown.update(new)
    return found


def named_corridors(code):
    """Return (origin, destination, number of practices) for the corridors of a country, the most first."""
    found = corridors.corridors_of(code)
    countries = Country.objects.filter(
        code__in={end for origin, destination, _n in found for end in (origin, destination)}
    )
    by_code = {country.code: country for country in countries}
    return [(by_code[origin], by_code[destination], n) for origin, destination, n in found]


def recommended_by_theme(meetings):
    """Return (theme, outcomes) for the recommendations and key messages of ``meetings``, by their first theme."""
    outcomes = Outcome.objects.published().filter(meeting__in=list(meetings), kind__in=coverage.ANSWERABLE)
    by_theme = {}
    for outcome in (
        outcomes.select_related("document").prefetch_related("theme_rows__theme").order_by("position", "slug")
    ):
        first = next(iter(outcome.theme_rows.all()), None)
        if first is not None:
            by_theme.setdefault(first.theme, []).append(outcome)
    return sorted(by_theme.items(), key=lambda item: item[0].position)


def meetings_of(who):
    """Return (meeting, roles, people) for the published meetings in which ``who`` took part."""
    found = {}
    rows = Participation.objects.filter(who, meeting__in=Meeting.objects.published())
    for row in rows.select_related("meeting", "session").order_by("meeting__title_key", "position"):
        entry = found.setdefault(row.meeting_id, {"meeting": row.meeting, "rows": []})
        entry["rows"].append(row)
    return list(found.values())


class ThemeList(ReadOnlyView, TemplateView):
    template_name = "site/theme_list.html"

    def get_context_data(self, **kwargs):
        themes = list(with_theme_counts(Theme.objects.all()))
        most = max((theme.practice_count for theme in themes), default=0)
        return super().get_context_data(themes=themes, most=most, **kwargs)


class ThemeDetail(ReadOnlyView):
    """The brief on a theme: what is done, what was concluded, and what no practice answers yet."""

    def get(self, request, slug):
        theme = get_object_or_404(Theme.objects.prefetch_related("gcm_objectives"), slug=slug)
        practices = Practice.objects.published().filter(themes=theme).prefetch_related(*BRIEFLY)
        outcomes = Outcome.objects.published().filter(themes=theme).select_related("document")
        outcomes = outcomes.order_by("document__title_key", "document__slug", "position", "slug")
        documents = {outcome.document for outcome in outcomes}
        documents.update(citation.document for practice in practices for citation in practice.citations.all())
        sources = sorted(documents, key=lambda document: (document.title_key, document.slug))
        numbers = {document.pk: number for number, document in enumerate(sources, 1)}
        unanswered = {outcome.pk for outcome in outcomes} & set(unanswered_outcomes())
        by_kind = {kind: [] for kind in Outcome.Kind}
        for outcome in outcomes:
            by_kind[outcome.kind].append((outcome, numbers[outcome.document_id], outcome.pk in unanswered))
        context = {
            "theme": theme,
            "practices": [
                (practice, sorted({numbers[citation.document_id] for citation in practice.citations.all()}))
                for practice in practices
            ],
            "by_kind": list(by_kind.items()),
            "columns": [[(kind, by_kind[kind]) for kind in kinds] for kinds in THEME_COLUMNS],
            "unanswered": len(unanswered),
            "sources": sources,
            "today": timezone.localdate(),
        }
        return render(request, "site/theme_detail.html", context)


def unanswered_outcomes():
    """Return the ids of the recommendations and key messages that no practice answers, as their list has them."""
    return index_for(OutcomeFilter).facets["answered"].any_of(["no"])


class SectorList(ReadOnlyView, TemplateView):
    """The sectors with practices: sections of ISIC, the most first, and under each the field's own words."""

    template_name = "site/sector_list.html"

    def get_context_data(self, **kwargs):
        index = index_for(PracticeFilter)
        bitmaps = index.facets["sector"].bitmaps
        parts = defaultdict(list)
        for sector in Sector.objects.all():
            parts[sector.parent_id].append((sector, len(bitmaps.get(sector.slug, ()))))
        rows = [(section, n, parts[section.pk]) for section, n in parts[None] if n]
        rows.sort(key=lambda row: -row[1])
        stated = BitMap.union(BitMap(), *bitmaps.values())
        return super().get_context_data(
            rows=rows,
            without=[section for section, n in parts[None] if not n],
            most=rows[0][1] if rows else 0,
            stated=len(stated),
            unstated=len(index.everything - stated),
            **kwargs,
        )


class OrganisationList(ReadOnlyView, TemplateView):
    template_name = "site/organisation_list.html"

    def get_context_data(self, **kwargs):
        # Sorted here, and so the same whatever collation the database has.
        organisations = sorted(Organisation.objects.published(), key=lambda one: (one.name_key, one.slug))
        return super().get_context_data(organisations=organisations, **kwargs)


class OrganisationDetail(ReadOnlyView):
    def get(self, request, slug):
        organisation = get_object_or_404(Organisation.objects.published().select_related("country"), slug=slug)
        practices = Practice.objects.published().filter(organisation_rows__organisation=organisation).distinct()
        by_role = {}
        for practice in practices.prefetch_related(*LINES):
            for row in practice.organisation_rows.all():
                if row.organisation_id == organisation.pk:
                    by_role.setdefault(row.get_role_display(), []).append(practice)
        context = {
            "organisation": organisation,
            "roles": sorted(by_role.items()),
            "practice_count": len(practices),
            "meetings": meetings_of(Q(organisation=organisation) | Q(represents_organisation=organisation)),
            "documents": Document.objects.published().filter(publisher=organisation),
        }
        return render(request, "site/organisation_detail.html", context)


class DocumentList(ReadOnlyView, TemplateView):
    template_name = "site/document_list.html"

    def get_context_data(self, **kwargs):
        documents = with_document_counts(Document.objects.published()).select_related("publisher")
        return super().get_context_data(documents=documents.prefetch_related("meeting_rows__meeting"), **kwargs)


class DocumentDetail(ReadOnlyView):
    def get(self, request, slug):
        documents = Document.objects.published().select_related("publisher")
        document = get_object_or_404(documents.prefetch_related("meeting_rows__meeting"), slug=slug)
        outcomes = document.outcomes.published().order_by("position", "slug")
        citations = document.citations.filter(practice__in=Practice.objects.published())
        context = {
            "document": document,
            "meetings": [row for row in document.meeting_rows.all() if row.meeting.is_public],
            "outcomes": [
                (kind, found)
                for kind in Outcome.Kind
                if (found := [outcome for outcome in outcomes if outcome.kind == kind])
            ],
            "citations": sorted(citations.select_related("practice"), key=lambda c: (c.practice.title_key, c.position)),
        }
        return render(request, "site/document_detail.html", context)


class Search(ReadOnlyView):
    """Everything that words find, in groups; where they find nothing, the names most like them."""

    def get(self, request):
        question = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY]
        groups = finding.groups(question) if question else []
        context = {
            "question": question,
            "groups": groups,
            "nearest": finding.nearest(question) if question and not groups else [],
            "shorter": finding.without_a_word(question) if question and not groups else [],
        }
        return render(request, "site/search.html", context)


class Suggest(ReadOnlyView):
    """The few things that what was typed so far may mean, for the script of the search box."""

    def get(self, request):
        question = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY]
        found = finding.suggestions(question) if len(question) > 1 else []
        names = ("label", "kind", "url")
        return JsonResponse({"suggestions": [dict(zip(names, row, strict=True)) for row in found]})


class CorridorList(ReadOnlyView):
    """All pairs of origin and destination, as a matrix and as a list."""

    def get(self, request):
        pairs = corridors.pairs()
        countries = {
            country.code: country for country in Country.objects.filter(code__in={c for p in pairs for c in p})
        }

        def by_name(codes):
            return sorted((countries[code] for code in codes), key=lambda country: country.name_key)

        origins, destinations = by_name({pair[0] for pair in pairs}), by_name({pair[1] for pair in pairs})
        listed = sorted(pairs.items(), key=lambda item: (-item[1], *(countries[code].name_key for code in item[0])))
        context = {
            "destinations": destinations,
            "rows": [(origin, [(d, pairs.get((origin.code, d.code), 0)) for d in destinations]) for origin in origins],
            "corridors": [(countries[origin], countries[end], n) for (origin, end), n in listed],
        }
        return render(request, "site/corridor_list.html", context)


class CorridorDetail(ReadOnlyView):
    """Two countries: the practices there, back, and those whose direction no source states."""

    def get(self, request, pair):
        found = {country.code: country for country in Country.objects.filter(code__in=pair)}
        if len(found) < 2:
            raise Http404
        one, other = found[pair[0]], found[pair[1]]
        there, back, undirected = corridors.between(one, other)
        attended = Meeting.objects.published()
        for country in (one, other):
            attended = attended.filter(
                Q(participations__country=country) | Q(participations__represents_country=country)
            )
        context = {
            "one": one,
            "other": other,
            "directions": [(one, other, there), (other, one, back)],
            "undirected": undirected,
            "documents": Document.objects.published()
            .filter(citations__practice__in=[*there, *back, *undirected])
            .distinct(),
            "missing": themes_without([*there, *back, *undirected]),
            "meetings": attended.distinct().order_by("title_key"),
            "today": timezone.localdate(),
        }
        return render(request, "site/corridor_detail.html", context)


class Coverage(ReadOnlyView):
    def get(self, request):
        regions, rows = coverage.themes_by_region()
        answered = coverage.answers()
        gaps = coverage.gaps(answered)
        context = {
            "regions": regions,
            "rows": rows,
            "scale": coverage.scale(),
            "without_practice": [row.theme for row in rows if not row.total],
            "uncovered": coverage.regions_without_practices(regions),
            "documents": coverage.by_document(answered, gaps),
            "themes_export": themes_export(request, regions, rows),
            "answers_export": answers_export(request, answered),
            "total": len(answered),
            "answered_count": len(answered) - len(gaps),
            "gaps": gaps,
        }
        return render(request, "site/coverage.html", context)


class CoverageThemes(ReadOnlyView):
    def get(self, request, extension):
        return file_response(request, themes_export(request, *coverage.themes_by_region()), extension)


class CoverageAnswers(ReadOnlyView):
    def get(self, request, extension):
        return file_response(request, answers_export(request, coverage.answers()), extension)


def themes_export(request, regions, rows):
    return RowsExport(coverage_themes(regions), site_address(request), rows)


def answers_export(request, answered):
    return RowsExport(COVERAGE_ANSWERS, site_address(request), list(coverage.answer_rows(answered)))


class Compare(ReadOnlyView):
    """Two to four practices side by side, from the boxes in the list."""

    MOST = 4

    def get(self, request):
        slugs = list(dict.fromkeys(request.GET.getlist("practice")))
        # PostgreSQL takes no NUL, not even to say that nothing is called so.
        named = [slug for slug in slugs[: self.MOST] if "\x00" not in slug]
        practices = Practice.objects.published().filter(slug__in=named).prefetch_related(*PracticeDetail.related)
        found = sorted(practices, key=lambda practice: slugs.index(practice.slug))
        status = 200 if 2 <= len(slugs) <= self.MOST and len(found) == len(slugs) else 400
        context = {"practices": found if status == 200 else [], "given": len(slugs), "most": self.MOST}
        context["today"] = timezone.localdate()
        return render(request, "site/compare.html", context, status=status)


class Map(ReadOnlyView):
    """The practices of a filtered list by country, drawn and as a table."""

    def get(self, request):
        practices = PracticeFilter(request.GET)
        listing = Listing(practices)
        counts = {} if listing.problems else country_counts(practices)
        countries = {country.code: country for country in Country.objects.filter(code__in=counts)}
        pairs = [(*pair, n) for pair, n in corridors.pairs(practices.matching).items()]

        # Where countries were chosen, no list is of those of their practices in which another one takes part too.
        def listed(**values):
            has_list = not any(name in practices.chosen for name in values)
            return f"{reverse('practices:list')}?{practices.query(**values)}" if has_list else None

        context = {
            "listing": listing,
            "filter": practices,
            "chips": list(practices.chips),
            "problems": listing.problems,
            "map": world_map.draw(
                counts,
                pairs,
                names=dict(Country.objects.values_list("code", "name")),
                href=lambda code: listed(country=code) or countries[code].get_absolute_url(),
            ),
            "countries": sorted(
                ((country, counts[code], listed(country=code)) for code, country in countries.items()),
                key=lambda row: (-row[1], row[0].name_key),
            ),
            "corridors": sorted(
                (
                    (countries[origin], countries[end], n, listed(origin=origin, destination=end))
                    for origin, end, n in pairs
                ),
                key=lambda row: (-row[2], row[0].name_key, row[1].name_key),
            ),
            "list_url": f"{reverse('practices:list')}?{practices.query()}",
        }
        return render(request, "site/map.html", context, status=400 if listing.problems else 200)


class Timeline(ReadOnlyView):
    """The practices of a filtered list by year and their meetings by date, drawn and as tables."""

    def get(self, request):
        practices = PracticeFilter(request.GET)
        listing = Listing(practices)
        list_url = reverse("practices:list")
        years = timeline.practices_by_year(practices)
        meetings = [] if listing.problems else timeline.meetings_of(practices)
        drawing = timeline.draw(
            years,
            [timeline.event(meeting) for meeting, _n in meetings if meeting.starts_on],
            href=lambda year: f"{list_url}?{practices.query(year_from=year, year_to=year)}",
        )
        context = {
            "listing": listing,
            "filter": practices,
            "chips": list(practices.chips),
            "problems": listing.problems,
            "timeline": drawing,
            "meetings": [
                (meeting, n, f"{list_url}?{practices.query(meeting=meeting.slug)}") for meeting, n in meetings
            ],
            "undated_meetings": sum(not meeting.starts_on for meeting, _n in meetings),
            "without_year": timeline.without_year(practices),
            "any_year": bool(years),
            "list_url": f"{list_url}?{practices.query()}",
        }
        return render(request, "site/timeline.html", context, status=400 if listing.problems else 200)


def country_counts(practices):
    """Return the number of the matching practices in which each country takes part, by its code."""
    bitmaps = practices.index.facets["country"].bitmaps
    counts = {code: ids.intersection_cardinality(practices.matching) for code, ids in bitmaps.items()}
    return {code: count for code, count in counts.items() if count}


def not_found(request, exception):
    """Answer 404 with a page that says what to do next."""
    reason = str(exception) if isinstance(exception, PastTheEnd) else ""
    return render(request, "404.html", {"reason": reason}, status=404)
