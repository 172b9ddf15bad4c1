"""What a list is taken away as: its rows, what to say of it, the formats it comes in. A new format is one writer."""

import hashlib
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pathways.curation.models import DataVersion

from .columns import related_of
from .kept import KeptLines
from .plain import CHUNK, Reader
from .references import Reference, apa

FIRST_CHUNK = 50


@dataclass(frozen=True)
class Format:
    """A format: the ending of its address, its name, its media type, and its writer.

    ``write`` takes an Export and yields the file, as text or as bytes, as it goes. ``is_download`` says whether a
    browser should keep the file rather than show it, ``is_slow`` whether nothing arrives until all of it is made;
    ``shell`` is how many bytes a file takes beside its rows, more or less.
    """

    extension: str
    label: str
    content_type: str
    write: Callable[["Export"], Iterable[str | bytes]]
    is_download: bool = True
    is_slow: bool = False
    shell: int = 2000

    @property
    def media_type(self):
        return self.content_type.partition(";")[0]


@dataclass(frozen=True)
class Exportable:
    """A kind of list that can be taken away, and what it gives to the writers.

    ``name`` is that of its files, ``title`` what it is called; ``page`` and ``view`` name the addresses of the page
    and, with the format as last argument, of the files; ``columns`` is what stands in its tables. ``sizes`` has each
    format it comes in, with the bytes that a row takes on average.

    What only some formats take: ``serializer`` (JSON); ``reference`` (RIS, BibTeX, Atom), ``linked`` (JSON-LD) and
    ``event`` (iCalendar), which are functions of a row and its Export; their ``related`` says what the row needs.
    """

    name: str
    title: str
    page: str
    view: str
    columns: tuple
    sizes: dict[Format, int] = field(default_factory=dict)
    serializer: type | None = None
    linked: Callable | None = None
    reference: Callable | None = None
    event: Callable | None = None

    @property
    def formats(self):
        return {one.extension: one for one in self.sizes}


class Export:
    """Something that is taken away: rows in their order, and what to say of them.

    ``of`` is the Exportable, ``site`` what addresses start with, ``args`` what the addresses of page and files take.
    """

    problems = ()
    query = ""

    def __init__(self, of, site, args=()):
        self.of, self.site, self.args = of, site, list(args)

    # The rows

    def __len__(self):
        raise NotImplementedError

    @property
    def row_count(self):
        """How many rows it takes to make, more or less, for who bounds how much is made at once."""
        return len(self)

    def rows(self, related=None):
        """Return an iterable of the rows, each with ``related``: else with all that the columns need."""
        raise NotImplementedError

    def lines(self, format_name, make):
        """Return an iterable of the text that ``make`` makes of the rows, one or more of them at a time."""
        return map(make, self.rows())

    def latest(self, related):
        """Return an iterable of the rows, what the public last saw change first."""
        return self.rows(related)

    def references(self, *, latest_first=False):
        """Return an iterator over the Reference of each row, in their order or what changed last first."""
        make = self.of.reference
        rows = self.latest(make.related) if latest_first else self.rows(make.related)
        return (make(row, self) for row in rows)

    # What to say of it

    @property
    def title(self):
        return str(self.of.title)

    @property
    def filename(self):
        return self.of.name

    @property
    def address(self):
        """The permanent address of the same list as a page."""
        return self.site + with_query(reverse(self.of.page, args=self.args), self.query)

    def path(self, extension):
        """Return the path and query of the list in a format."""
        return with_query(reverse(self.of.view, args=[*self.args, extension]), self.query)

    @property
    def offers(self):
        """Return (format, path, bytes to expect) for each format it comes in."""
        return [
            (one, self.path(one.extension), one.shell + len(self) * row_size) for one, row_size in self.of.sizes.items()
        ]

    @cached_property
    def made_at(self):
        return timezone.now().replace(microsecond=0)

    @cached_property
    def version(self):
        """The data version: as text its number within its epoch; ``changed_at`` is when it was made."""
        return DataVersion.current()

    @property
    def licence(self):
        return licence()

    @property
    def licence_address(self):
        return licence_address(self.site)

    @cached_property
    def reference(self):
        """What is cited when the list is."""
        query = hashlib.sha256(self.query.encode()).hexdigest()[:8] if self.query else ""
        return Reference(
            key="-".join(filter(None, [self.filename, "list", query])),
            kind=ngettext("Data set of %d record", "Data set of %d records", len(self)) % len(self),
            title=self.title,
            address=self.address,
            updated_on=self.version_on,
            is_list=True,
            **self.cited,
        )

    @cached_property
    def version_on(self):
        """The day on which the data last changed."""
        return timezone.localdate(self.version.changed_at or self.made_at)

    @cached_property
    def cited(self):
        """What the references of all of its records have in common."""
        return {
            "publisher": settings.SITE_NAME,
            "version": str(self.version),
            "version_on": self.version_on,
            "accessed_on": timezone.localdate(self.made_at),
        }

    @property
    def citation(self):
        """How to cite the list."""
        return apa(self.reference)

    @property
    def about(self):
        """Return (name, what it says, value) of everything that an export says of itself."""
        return [
            ("title", _("What this is"), self.title),
            ("address", _("The same list as a page"), self.address),
            ("rows", _("Number of rows"), len(self)),
            ("made_at", _("Made at"), self.made_at),
            ("data_version", _("Version of the data"), str(self.version)),
            (
                "data_changed_at",
                _("Data last changed at"),
                (self.version.changed_at or self.made_at).replace(microsecond=0),
            ),
            ("publisher", _("Publisher"), settings.SITE_NAME),
            ("licence", _("Licence"), self.licence),
            ("licence_address", _("Address of the licence"), self.licence_address),
            ("citation", _("How to cite"), self.citation),
        ]


class ListExport(Export):
    """A filtered list, whole."""

    def __init__(self, of, site, filterset):
        super().__init__(of, site)
        self.filter = filterset

    @property
    def problems(self):
        return self.filter.problems

    def __len__(self):
        return len(self.filter.matching)

    def rows(self, related=None):
        return self.read(self.filter.page(0, len(self)), related)

    def latest(self, related):
        matching, newest_first = self.filter.matching, ("-updated_on", "-published_on", "title_key", "slug")
        ids = self.filter.queryset.order_by(*newest_first).values_list("pk", flat=True)
        return self.read([pk for pk in ids.iterator(chunk_size=10_000) if pk in matching], related)

    def read(self, ids, related):
        reader = Reader(self.filter.queryset, related_of(self.of.columns) if related is None else related)
        for some in chunks(ids):
            yield from reader.fetch(some)

    def lines(self, format_name, make):
        ids = self.filter.page(0, len(self))
        reader = Reader(self.filter.queryset, related_of(self.of.columns))
        depends_on = (self.site, *(column.name for column in self.of.columns))
        with closing(KeptLines(f"{self.of.name}-{format_name}", self.filter.index.version, depends_on)) as kept:
            for some in chunks(ids):
                lines = kept.get(some)
                if lines:
                    # Which of them are public is asked each time.
                    public = set(reader.public(lines))
                    lines = {pk: line for pk, line in lines.items() if pk in public}
                made = {row.pk: make(row) for row in reader.fetch([pk for pk in some if pk not in lines])}
                kept.put(made)
                lines |= made
                yield "".join([lines[pk] for pk in some if pk in lines])

    @property
    def title(self):
        """What the list is: "Practices with Morocco as origin"."""
        return capfirst(f"{self.of.title} {self.filter.sentence}".strip())

    @property
    def query(self):
        return self.filter.query(page=None, per_page=None)


class RowsExport(Export):
    """Rows that are at hand, under a title and a file name of their own."""

    def __init__(self, of, site, rows, *, title=None, filename=None, args=()):
        super().__init__(of, site, args)
        self.all, self.own_title, self.own_filename = rows, title or of.title, filename or of.name

    def __len__(self):
        return len(self.all)

    def rows(self, related=None):
        return iter(self.all)

    @property
    def title(self):
        return str(self.own_title)

    @property
    def filename(self):
        return self.own_filename


def chunks(ids):
    """Yield ``ids`` in parts, a small one first, so that what is asked for begins to arrive."""
    yield ids[:FIRST_CHUNK]
    for start in range(FIRST_CHUNK, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def with_query(path, query):
    return f"{path}?{query}" if query else path


def licence():
    """Return the name of the licence of the data, or that there is none."""
    return settings.DATA_LICENCE or _("No licence has been granted for the data yet.")


def licence_address(site):
    granted = settings.DATA_LICENCE and settings.DATA_LICENCE_URL
    return granted or f"{site}{reverse('site:about')}#licence"
