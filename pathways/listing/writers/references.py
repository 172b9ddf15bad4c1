"""Citations: RIS and BibTeX, one entry a record."""

import re

from django.utils.translation import gettext_lazy as _

from ..export import Export, Exportable, Format
from ..references import one_line

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

# RIS


def write_ris(export):
    """Yield an entry of RIS for each record: a tag and a value a line, and so no value has more than one line."""
    for reference in export.references():
        yield "".join(f"{tag}  - {one_line(value)}\r\n" for tag, value in ris_tags(reference)) + "ER  - \r\n\r\n"


def ris_tags(reference):
    """Yield (tag, value) of an entry, without what is empty; the types and tags are those that Zotero knows."""
    yield "TY", "DATA" if reference.is_list else "ELEC"
    yield "ID", reference.key
    yield "TI", reference.title
    yield "AU", reference.publisher
    yield "T2", reference.publisher
    yield "M3", reference.kind
    yield "PY", str(reference.updated_on.year)
    yield "DA", slashed(reference.updated_on)
    if reference.abstract:
        yield "AB", reference.abstract
    for keyword in reference.keywords:
        yield "KW", keyword
    for note in reference.notes:
        yield "N1", note
    yield "LA", "en"
    yield "UR", reference.address
    yield "Y2", slashed(reference.accessed_on)


def slashed(day):
    return f"{day:%Y/%m/%d}/"


# BibTeX

ESCAPED = {
    "\\": r"{\textbackslash}",
    "{": r"{\textbraceleft}",
    "}": r"{\textbraceright}",
    "~": r"{\textasciitilde}",
    "^": r"{\textasciicircum}",
    "<": r"{\textless}",
    ">": r"{\textgreater}",
    "|": r"{\textbar}",
    **{char: f"\\{char}" for char in "&%$#_"},
}
# Between what TeX would join: -- is a dash, '' a quotation mark, ?` an inverted question mark.
JOINED = re.compile(r"(?<=-)(?=-)|(?<=,)(?=,)|(?<=')(?=')|(?<=[`!?])(?=`)")
SPECIAL = re.compile("[" + re.escape("".join(ESCAPED)) + "]")
BLANKS = re.compile(" {2,}")


def write_bibtex(export):
    """Yield an entry of BibTeX for each record, in UTF-8, with what TeX would take for a command made text."""
    for reference in export.references():
        fields = "".join(f"  {name} = {value},\n" for name, value in bibtex_fields(reference))
        yield f"@misc{{{reference.key},\n{fields}}}\n\n"


def bibtex_fields(reference):
    """Yield (name, value as BibTeX has it) of an entry, without what is empty."""
    # Twice in braces, a name is not taken apart and a title keeps its capitals.
    yield "author", f"{{{braced(reference.publisher)}}}"
    yield "title", f"{{{braced(reference.title)}}}"
    yield "year", f"{{{reference.updated_on.year}}}"
    yield "month", MONTHS[reference.updated_on.month - 1]
    yield "howpublished", braced(reference.kind)
    yield "note", braced(" ".join(reference.notes))
    if reference.abstract:
        yield "abstract", braced(reference.abstract)
    if reference.keywords:
        # Commas stand between keywords, so none stands within.
        yield "keywords", braced(", ".join(keyword.replace(",", "") for keyword in reference.keywords))
    # Read as it stands, by \url and by biblatex.
    yield "url", f"{{{reference.address}}}"
    yield "urldate", f"{{{reference.accessed_on:%Y-%m-%d}}}"


def braced(text):
    """Return ``text`` as the value of a field: one line, and nothing in it that TeX would run or join."""
    apart = JOINED.sub("\0", BLANKS.sub(" ", one_line(text)))
    return "{" + SPECIAL.sub(lambda found: ESCAPED[found[0]], apart).replace("\0", "{}") + "}"


RIS = Format("ris", _("RIS"), "application/x-research-info-systems; charset=utf-8", write_ris, shell=0)
BIBTEX = Format("bib", _("BibTeX"), "application/x-bibtex; charset=utf-8", write_bibtex, shell=0)

CITATION = Exportable(
    name="citation", title=_("Citation"), page="", view="", columns=(), sizes={RIS: 1000, BIBTEX: 1000}
)


class CitationExport(Export):
    """The citation of one record, or of a list as such: what it takes is an Export of either."""

    def __init__(self, export, reference):
        super().__init__(CITATION, export.site)
        self.reference, self.problems = reference, export.problems

    def __len__(self):
        return 1

    def references(self):
        yield self.reference

    @property
    def title(self):
        return self.reference.title

    @property
    def filename(self):
        return self.reference.key

    @property
    def address(self):
        return self.reference.address
