"""The vocabularies, and documents: lists without a filter, each with its rows, its order and its serializer."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from meetings.models import Document, Series
from meetings.serializers import DocumentSerializer, SeriesSerializer
from pathways.site.counts import with_document_counts, with_theme_counts
from pathways.vocabulary import serializers
from pathways.vocabulary.models import (
    GcmObjective,
    Instrument,
    Organisation,
    Place,
    Region,
    SdgTarget,
    Sector,
    SkillLevel,
    TargetGroup,
    Theme,
)


@dataclass(frozen=True)
class Vocabulary:
    """A list of terms: the name in its address, its title, its rows that are public, and the key they are sorted by."""

    name: str
    title: str
    rows: Callable
    serializer: type
    order: Callable

    @property
    def model(self):
        return self.serializer.Meta.model


def by_name(term):
    return term.name_key, term.natural_key()


def by_position(term):
    return term.position, term.slug


def by_parts(target):
    """Sort 8.a after 8.10, and that after 8.9."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in target.code.split(".")]


VOCABULARIES = (
    Vocabulary(
        "themes",
        _("Themes"),
        lambda: with_theme_counts(Theme.objects.all()),
        serializers.ThemeSerializer,
        by_position,
    ),
    Vocabulary(
        "sectors",
        _("Sectors"),
        Sector.objects.all,
        serializers.SectorSerializer,
        lambda sector: (sector.isic, sector.name_key, sector.slug),
    ),
    Vocabulary(
        "target-groups", _("Target groups"), TargetGroup.objects.all, serializers.TargetGroupSerializer, by_name
    ),
    Vocabulary("regions", _("Regions and country groups"), Region.objects.all, serializers.RegionSerializer, by_name),
    Vocabulary(
        "organisations",
        _("Organisations"),
        Organisation.objects.published,
        serializers.OrganisationSerializer,
        by_name,
    ),
    Vocabulary(
        "instruments", _("Instruments"), Instrument.objects.published, serializers.InstrumentSerializer, by_name
    ),
    Vocabulary(
        "gcm-objectives",
        _("GCM objectives"),
        GcmObjective.objects.all,
        serializers.GcmObjectiveSerializer,
        lambda objective: objective.number,
    ),
    Vocabulary(
        "sdg-targets",
        _("SDG targets"),
        SdgTarget.objects.all,
        serializers.SdgTargetSerializer,
        by_parts,
    ),
    Vocabulary(
        "skill-levels", _("Skill levels"), SkillLevel.objects.all, serializers.SkillLevelSerializer, by_position
    ),
    Vocabulary("places", _("Places"), Place.objects.published, serializers.PlaceSerializer, by_name),
    Vocabulary("series", _("Series of meetings"), Series.objects.all, SeriesSerializer, by_name),
    Vocabulary(
        "documents",
        _("Documents"),
        lambda: with_document_counts(Document.objects.published()),
        DocumentSerializer,
        lambda document: (document.title_key, document.slug),
    ),
)
