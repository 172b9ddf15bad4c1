"""The parameters of the lists of meetings and outcomes."""

from django.db.models import Case, CharField, Q, Value, When
from django.db.models.functions import Coalesce, ExtractYear
from django.utils.translation import gettext_lazy as _

from pathways.curation.models import Status
from pathways.listing.filters import (
    ChoiceTerms,
    FacetFilter,
    ListFilter,
    ListForm,
    Pairs,
    SortFilter,
    Terms,
    WordsFilter,
    YearFilter,
    choices_of,
)
from pathways.vocabulary.facets import COUNTRIES, GCM_OBJECTIVES, INSTRUMENTS, ORGANISATIONS, THEMES

from .models import Document, Meeting, Outcome, OutcomeTheme, Participation, Series

MEETINGS = {
    "terms": Terms(Meeting.objects.published, "slug", "title"),
    "hint": _("Meetings are given by the last part of their address."),
}
DOCUMENTS = {
    "terms": Terms(Document.objects.published, "slug", "title"),
    "hint": _("Documents are given by the last part of their address."),
}
SERIES = {"terms": Terms(Series.objects.all), "hint": _("Series are budapest-process, gfmd and gcm.")}

ANSWERABLE = (Outcome.Kind.KEY_MESSAGE, Outcome.Kind.RECOMMENDATION)


def with_answer():
    """Return the outcomes that can be answered, and whether published practices answer them or one of their parts."""
    practice = {"practice__status": Status.PUBLISHED, "practice__revises": None}
    responding = Outcome.objects.published().filter(**{f"responses__{name}": value for name, value in practice.items()})
    yes = Q(pk__in=responding.values("pk")) | Q(pk__in=responding.exclude(parent=None).values("parent"))
    answer = Case(When(yes, then=Value("yes")), default=Value("no"), output_field=CharField())
    return Outcome.objects.filter(kind__in=ANSWERABLE).annotate(answer=answer)


def outcome(value):
    return Pairs(Outcome.objects.all, "pk", value)


class OutcomeFilter(ListFilter):
    q = WordsFilter()
    kind = FacetFilter(outcome("kind"), label=_("Kind"), phrase=_("of the kind %s"), **choices_of(Outcome.Kind))
    meeting = FacetFilter(outcome("meeting__slug"), label=_("Meeting"), phrase=_("of %s"), **MEETINGS)
    series = FacetFilter(
        Pairs(lambda: Outcome.objects.filter(meeting__in=Meeting.objects.published()), "pk", "meeting__series__slug"),
        label=_("Series"),
        phrase=_("of the series %s"),
        **SERIES,
    )
    document = FacetFilter(outcome("document__slug"), label=_("Document"), phrase=_("printed in %s"), **DOCUMENTS)
    theme = FacetFilter(
        Pairs(OutcomeTheme.objects.all, "outcome", "theme__slug"), label=_("Theme"), phrase=_("on %s"), **THEMES
    )
    instrument = FacetFilter(
        Pairs(Outcome.instruments.through.objects.all, "outcome", "instrument__slug"),
        label=_("Instrument"),
        phrase=_("naming %s"),
        **INSTRUMENTS,
    )
    gcm = FacetFilter(
        Pairs(Outcome.gcm_objectives.through.objects.all, "outcome", "gcmobjective__number"),
        label=_("GCM objective"),
        phrase=_("naming GCM objective %s"),
        **GCM_OBJECTIVES,
    )
    answered = FacetFilter(
        Pairs(with_answer, "pk", "answer"),
        label=_("Answered"),
        phrase=_("answered %s"),
        terms=ChoiceTerms([("yes", _("by a practice")), ("no", _("by no practice"))]),
        hint=_("Allowed are yes and no."),
        # An outcome is answered when one of its parts is.
        from_others=True,
    )
    sort = SortFilter(
        {
            "document": (_("document"), ("document__title_key", "document__slug", "position", "slug")),
            "relevance": (_("relevance"), ()),
            "title": (_("heading"), ("title_key", "slug")),
        }
    )

    class Meta:
        model = Outcome
        fields = ()
        form = ListForm


class MeetingFilter(ListFilter):
    q = WordsFilter()
    series = FacetFilter(
        Pairs(Meeting.objects.all, "pk", "series__slug"), label=_("Series"), phrase=_("of the series %s"), **SERIES
    )
    kind = FacetFilter(
        Pairs(Meeting.objects.all, "pk", "kind"),
        label=_("Kind"),
        phrase=_("of the kind %s"),
        **choices_of(Meeting.Kind),
    )
    country = FacetFilter(
        Pairs(Participation.objects.all, "meeting", "country__code"),
        Pairs(Participation.objects.all, "meeting", "represents_country__code"),
        label=_("State that attended"),
        phrase=_("attended by %s"),
        **COUNTRIES,
    )
    held_in = FacetFilter(
        Pairs(Meeting.objects.all, "pk", "country__code"), label=_("Held in"), phrase=_("held in %s"), **COUNTRIES
    )
    organisation = FacetFilter(
        Pairs(Participation.objects.all, "meeting", "organisation__slug"),
        Pairs(Participation.objects.all, "meeting", "represents_organisation__slug"),
        label=_("Organisation that attended"),
        phrase=_("attended by %s"),
        **ORGANISATIONS,
    )
    year_from = YearFilter(
        Meeting.objects.all, ExtractYear(Coalesce("ends_on", "starts_on")), "gte", label=_("From year")
    )
    year_to = YearFilter(Meeting.objects.all, ExtractYear("starts_on"), "lte", label=_("To year"))
    sort = SortFilter(
        {
            "newest": (_("newest first"), ("-starts_on", "title_key", "slug")),
            "relevance": (_("relevance"), ()),
            "oldest": (_("oldest first"), ("starts_on", "title_key", "slug")),
            "title": (_("title"), ("title_key", "slug")),
        }
    )

    class Meta:
        model = Meeting
        fields = ()
        form = ListForm

    @classmethod
    def unaffected_by(cls):
        return (Outcome,)
