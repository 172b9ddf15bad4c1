"""Fill a database with made-up practices, the same ones each time: python -m benchmarks.corpus 100000

Into the database of DATABASE_URL, which gets its tables and the fixtures first if it is empty; the real practices count
among the N. Skewed as the real ones are: a few countries, themes and organisations have most of them.
"""

import argparse
import os
import random
import sys
import time
from datetime import date, timedelta
from itertools import accumulate, count, islice

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pathways.settings")
os.environ.setdefault("LOCAL", "true")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from meetings.models import Document  # noqa: E402
from pathways.curation.fixtures import load  # noqa: E402
from pathways.curation.models import DataVersion, Status  # noqa: E402
from pathways.folding import fold  # noqa: E402
from pathways.listing.models import SearchEntry  # noqa: E402
from pathways.listing.search import index_rows, sources  # noqa: E402
from pathways.listing.words import plain  # noqa: E402
from pathways.vocabulary.models import (  # noqa: E402
    Country,
    GcmObjective,
    Organisation,
    Region,
    SdgTarget,
    Sector,
    SkillLevel,
    TargetGroup,
    Theme,
)
from practices.models import (  # noqa: E402
    Basis,
    Citation,
    Figure,
    Practice,
    PracticeCountry,
    PracticeOrganisation,
    PracticeRegion,
    PracticeTheme,
    Role,
)

SEED = 20_261_120
CHUNK = 5_000
FEWEST, MOST = 200, 1_000_000

# The most frequent words of the summaries, the most frequent first; 20,000 made-up ones follow. By Zipf's law the first
# stands in nearly every summary, the one in place BROAD in about every sixth, the one in place RARE in few.
FREQUENT = """
    migrants workers training skills countries employers programme support labour recruitment language partners students
    families services permits visas ministry agency mobility apprentices nurses farmers builders carers engineers
    teachers seasonal circular recognition certificates diplomas courses centres advice matching vacancies contracts
    wages rights protection insurance pensions return reintegration diaspora savings remittances enterprises loans
    mentors networks cities provinces regions borders refugees youth women cooperation agreement pilot evaluation
    standards qualifications assessment portal database forecasts surveys guidance orientation departure arrival housing
    health schools universities scholarships exchange researchers investors chambers unions inspectors complaints fees
    quotas corridors harvest hospitality construction fisheries shipping childcare logistics digital green rural coastal
"""
BROAD, RARE = 20, 4_000
VOCABULARY = 20_000
SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu bra cle dri fro gle kra pli sto tri vla"

# How often the real practices have so many rows of a sort: {rows: practices}.
THEMES = {1: 37, 2: 65, 3: 39, 4: 22}
COUNTRIES = {0: 40, 1: 37, 2: 40, 3: 25, 4: 8, 5: 5, 6: 3, 8: 2}
REGIONS = {0: 124, 1: 34, 2: 4, 3: 1}
ORGANISATIONS = {0: 55, 1: 69, 2: 23, 3: 8, 4: 3, 6: 4}
SECTORS = {0: 80, 1: 56, 2: 20, 4: 2}
TARGET_GROUPS = {0: 49, 1: 64, 2: 37, 3: 10, 6: 2}
SKILL_LEVELS = {0: 120, 1: 30, 2: 10, 3: 3}
GCM_OBJECTIVES = {0: 120, 1: 25, 2: 12, 6: 3}
SDG_TARGETS = {0: 140, 1: 15, 4: 5}
FIGURES = {0: 137, 1: 19, 2: 4, 6: 2}
CITATIONS = {1: 130, 2: 17, 3: 8, 5: 6}
ROLES = {
    Role.HOST: 57,
    Role.DESTINATION: 45,
    Role.ORIGIN: 40,
    Role.PARTNER: 28,
    Role.LEAD: 28,
    Role.CONCERNED: 27,
    Role.DONOR: 5,
    Role.TRANSIT: 2,
}
REGION_ROLES = {Role.CONCERNED: 15, Role.HOST: 15, Role.PARTNER: 10, Role.DESTINATION: 5}
ORGANISATION_ROLES = {"lead": 109, "partner": 59, "donor": 14}
BASES = {Basis.STATED: 3, Basis.ROLE_INFERRED: 1}
KINDS = dict(zip(Practice.Kind.values, (56, 9, 11, 15, 18, 8, 11, 7, 23, 5), strict=True))
LIFECYCLES = dict(zip(Practice.Lifecycle.values, (5, 5, 60, 20, 70), strict=True))
SHARERS = dict(zip(Citation.SharedBy.values, (12, 16, 36, 9, 46, 115), strict=True))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("practices", type=int, help=f"how many there shall be: {FEWEST} to {MOST}")
    wanted = parser.parse_args().practices
    if not FEWEST <= wanted <= MOST:
        parser.error(f"{wanted} is not between {FEWEST} and {MOST}")
    start = time.monotonic()
    call_command("migrate", verbosity=0)
    if not Practice.objects.exists():
        load(settings.FIXTURE_DIRS[0])
    existing = Practice.objects.count()
    if wanted < existing:
        sys.exit(f"There are {existing} practices already; take an empty database.")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # The file is thrown away if this fails.
            cursor.execute("PRAGMA synchronous=OFF")
            cursor.execute("PRAGMA cache_size=-1000000")
    fill(wanted - existing, wanted)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(f"{wanted} practices in {time.monotonic() - start:.0f} s.")


def fill(made, total):
    # The same numbers each time are the point.
    maker = Maker(random.Random(SEED), total)
    for start in range(0, made, CHUNK):
        with transaction.atomic():
            write(maker.tables(min(CHUNK, made - start)))
    check_entries(maker.first)
    with transaction.atomic():
        DataVersion.advance(new_epoch=True)


class Maker:
    """Makes practices: the rows of each table, and what search finds them by."""

    def __init__(self, rng, total):
        self.rng = rng
        words = vocabulary(rng)
        self.word = endless(rng, zipf(words))
        # So many organisations as texts have different words, by Heaps' law: 100 for 160 practices, 2,500 for 100,000.
        organisations = made_organisations(rng, words, int(8 * total**0.5))
        # The vocabulary in an order that is arbitrary but the same each time: whoever is first, has most.
        self.country = endless(rng, zipf(shuffled(rng, Country.objects.all())))
        self.region = endless(rng, zipf(shuffled(rng, Region.objects.all())))
        self.theme = endless(rng, zipf(shuffled(rng, Theme.objects.all())))
        self.organisation = endless(rng, zipf(organisations))
        self.document = endless(rng, zipf(shuffled(rng, Document.objects.all())))
        self.sets = {
            "sectors": (endless(rng, SECTORS), endless(rng, zipf(shuffled(rng, Sector.objects.all())))),
            "target_groups": (
                endless(rng, TARGET_GROUPS),
                endless(rng, zipf(shuffled(rng, TargetGroup.objects.all()))),
            ),
            "skill_levels": (endless(rng, SKILL_LEVELS), endless(rng, zipf(shuffled(rng, SkillLevel.objects.all())))),
            "gcm_objectives": (
                endless(rng, GCM_OBJECTIVES),
                endless(rng, zipf(shuffled(rng, GcmObjective.objects.all()))),
            ),
            "sdg_targets": (endless(rng, SDG_TARGETS), endless(rng, zipf(shuffled(rng, SdgTarget.objects.all())))),
        }
        self.themes, self.countries = endless(rng, THEMES), endless(rng, COUNTRIES)
        self.regions, self.organisations = endless(rng, REGIONS), endless(rng, ORGANISATIONS)
        self.figures, self.citations = endless(rng, FIGURES), endless(rng, CITATIONS)
        self.kind, self.lifecycle = endless(rng, KINDS), endless(rng, LIFECYCLES)
        self.sharer, self.basis = endless(rng, SHARERS), endless(rng, BASES)
        self.role, self.region_role = endless(rng, ROLES), endless(rng, REGION_ROLES)
        self.organisation_role = endless(rng, ORGANISATION_ROLES)
        self.kind_labels = {value: plain(str(label)) for value, label in Practice.Kind.choices}
        self.source = sources[Practice]
        self.first = 1 + (Practice.objects.order_by("-pk").values_list("pk", flat=True).first() or 0)
        self.ids = count(self.first)
        self.plain = {}

    def tables(self, number):
        """Return the rows of ``number`` practices, by model and fields."""
        rows = {}
        for pk in islice(self.ids, number):
            for table, row in self.practice(pk):
                rows.setdefault(table, []).append(row)
        return rows

    def practice(self, pk):
        """Yield ((model, fields), row) of one practice and all that belongs to it."""
        rng, word = self.rng, self.word
        kind = next(self.kind)
        title_words = [next(word) for _ in range(rng.randint(3, 7))]
        title = " ".join(title_words).capitalize()
        acronym = "".join(one[0] for one in title_words).upper() if rng.random() < 0.2 else ""
        sentences = [[next(word) for _ in range(rng.randint(12, 20))] for _ in range(rng.randint(2, 3))]
        summary = " ".join(" ".join(sentence).capitalize() + "." for sentence in sentences)
        description = " ".join(islice(word, rng.randint(20, 120))) if rng.random() < 0.4 else ""
        start, end = self.years()
        day = date(2020, 1, 1) + timedelta(days=rng.randrange(2_000))
        slug = f"{'-'.join(title_words)[:60].strip('-')}-{pk}"
        yield (
            PRACTICE,
            (
                *(pk, slug, Status.PUBLISHED, day, day, "", "", fold(title)[:400], title, False, acronym, ""),
                *(kind, next(self.lifecycle), summary, description, start, end, "[]", False),
            ),
        )
        themes = self.several(self.themes, self.theme)
        yield from ((THEME, (pk, theme.pk, position)) for position, theme in enumerate(themes, 1))
        countries = self.several(self.countries, self.country, self.role)
        for country, role in countries:
            yield COUNTRY, (pk, country.pk, role, next(self.basis), "")
        regions = self.several(self.regions, self.region, self.region_role)
        for region, role in regions:
            yield REGION, (pk, region.pk, role, next(self.basis), "")
        organisations = self.several(self.organisations, self.organisation, self.organisation_role)
        for organisation, role in organisations:
            yield ORGANISATION, (pk, organisation.pk, role, next(self.basis), "")
        sets = {}
        for name, (numbers, values) in self.sets.items():
            sets[name] = self.several(numbers, values)
            yield from ((SETS[name], (pk, value.pk)) for value in sets[name])
        figures = []
        for position in range(1, next(self.figures) + 1):
            value, counts = rng.randint(10, 50_000), f"{next(word)} {next(word)}"
            figures.append(f"{value:,} {counts}")
            yield FIGURE, (pk, f"figure-{position}", position, f"{value:,}", value, value, counts, "result", "", "")
        for position in range(1, next(self.citations) + 1):
            place = f"Part {position}, item {pk}"
            yield CITATION, (pk, position, next(self.document).pk, place, next(self.sharer), "", "")
        names = plain(title), plain(acronym)
        yield (
            ENTRY,
            (
                self.source.key(pk),
                "|" + "|".join(part for part in (plain(slug), *names) if part) + "|",
                joined(*names),
                joined(
                    *(self.known(country, "name", "other_names") for country, _role in countries),
                    *(self.known(region, "name") for region, _role in regions),
                    *(self.known(one, "name", "acronym", "other_names") for one, _role in organisations),
                ),
                joined(
                    summary.lower().replace(".", ""),
                    *(self.known(theme, "name") for theme in themes),
                    *(self.known(sector, "name") for sector in sets["sectors"]),
                    *(self.known(group, "name") for group in sets["target_groups"]),
                    self.kind_labels[kind],
                ),
                joined(description, *(plain(figure) for figure in figures)),
            ),
        )

    def years(self):
        """Return start and end, of which a third of the practices have neither."""
        rng = self.rng
        if rng.random() < 1 / 3:
            return None, None
        start = 2026 - min(60, int(rng.expovariate(1 / 9)))
        return start, min(2030, start + rng.randint(0, 8)) if rng.random() < 0.4 else None

    def several(self, numbers, *values):
        """Return as many different values, or tuples of values, as ``numbers`` says next; fewer if some come twice."""
        if len(values) == 1:
            return list(dict.fromkeys(islice(values[0], next(numbers))))
        return list(dict.fromkeys(tuple(map(next, values)) for _ in range(next(numbers))))

    def known(self, term, *names):
        """Return the plain words of a term, made only once."""
        key = type(term), term.pk
        if key not in self.plain:
            self.plain[key] = plain(*(getattr(term, name) for name in names))
        return self.plain[key]


def joined(*texts):
    return " ".join(text for text in texts if text)


def vocabulary(rng):
    """Return the words of the summaries, the most frequent first."""
    words, syllables = dict.fromkeys(FREQUENT.split()), SYLLABLES.split()
    while len(words) < VOCABULARY:
        words["".join(rng.choices(syllables, k=rng.randint(3, 4)))] = None
    return list(words)


def zipf(values):
    """Return the weight of each value, by its place among them."""
    return {value: 1 / place for place, value in enumerate(values, 1)}


def endless(rng, weights):
    """Yield values at random, for ever, each as often as its weight says."""
    values, cumulated = list(weights), list(accumulate(weights.values()))
    while True:
        yield from rng.choices(values, cum_weights=cumulated, k=10_000)


def shuffled(rng, rows):
    rows = list(rows.order_by("pk"))
    rng.shuffle(rows)
    return rows


def made_organisations(rng, words, wanted):
    """Return ``wanted`` organisations, made up but for those that are there already."""
    existing, kinds, countries = Organisation.objects.count(), Organisation.Kind.values, list(Country.objects.all())
    made = []
    for number in range(existing, wanted):
        name = " ".join(rng.choices(words[len(FREQUENT.split()) :], k=rng.randint(2, 4))).title()
        row = Organisation(slug=f"made-up-{number}", name=name, kind=rng.choice(kinds), country=rng.choice(countries))
        row.derive()
        made.append(row)
    Organisation.objects.bulk_create(made, batch_size=500)
    index_rows(Organisation, Organisation.objects.filter(slug__startswith="made-up-").values_list("pk", flat=True))
    return shuffled(rng, Organisation.objects.all())


# Writing

PRACTICE = (
    Practice,
    *("id", "slug", "status", "published_on", "updated_on", "first_slug", "former_slugs", "title_key", "title"),
    *("title_supplied", "acronym", "other_names", "kind", "lifecycle", "summary", "description", "start_year"),
    *("end_year", "inferred", "none_named"),
)
THEME = PracticeTheme, "practice_id", "theme_id", "position"
COUNTRY = PracticeCountry, "practice_id", "country_id", "role", "basis", "contribution"
REGION = PracticeRegion, "practice_id", "region_id", "role", "basis", "contribution"
ORGANISATION = PracticeOrganisation, "practice_id", "organisation_id", "role", "basis", "contribution"
FIGURE = (
    Figure,
    *("practice_id", "slug", "position", "value", "low", "high", "counts", "nature", "period", "edition"),
)
CITATION = Citation, "practice_id", "position", "document_id", "locator", "shared_by", "printed_as", "note"
ENTRY = SearchEntry, "id", "names", "a", "b", "c", "d"


def set_table(name):
    field = Practice._meta.get_field(name)
    return field.remote_field.through, f"{field.m2m_field_name()}_id", f"{field.m2m_reverse_field_name()}_id"


SETS = {name: set_table(name) for name in ("sectors", "target_groups", "skill_levels", "gcm_objectives", "sdg_targets")}


def write(tables):
    """Insert the rows of each table, in plain SQL: bulk_create would take several times as long."""
    with connection.cursor() as cursor:
        for (model, *columns), rows in tables.items():
            names, places = ", ".join(columns), ", ".join(["%s"] * len(columns))
            sql = f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({places})"  # noqa: S608 -- names of the code
            cursor.executemany(sql, rows)
        if connection.vendor == "postgresql":
            name = Practice._meta.db_table
            cursor.execute(f"SELECT setval('{name}_id_seq', (SELECT max(id) FROM {name}))")  # noqa: S608


def check_entries(first):
    """Stop if what was written for search is not what the site itself would write."""
    source = sources[Practice]
    rows = Practice.objects.filter(pk__gte=first).order_by("pk").prefetch_related(*source.related)[:100]
    for row in rows:
        ours = SearchEntry.objects.get(pk=source.key(row.pk))
        theirs = source.entry(row)
        for name in ("names", "a", "b", "c", "d"):
            if sorted(getattr(ours, name).split()) != sorted(getattr(theirs, name).split()):
                sys.exit(
                    f"The search entry of practice {row.pk} is not as the site writes it ({name}):\n"
                    f"{getattr(ours, name)}\n{getattr(theirs, name)}"
                )


if __name__ == "__main__":
    main()
