"""What people type, understood once for every database: words, "phrases", -exclusions and prefix*."""

import re
from dataclasses import dataclass, field

from pathways.folding import fold

WORD = re.compile(r"[^\W_]+")
PART = re.compile(r'(-?)"([^"]*)"|(-?)(\S+)')
MOST_PARTS = 20
# Of questions of more words than this, no shorter ones are tried.
MOST_LEFT_OUT = 8

STOP_WORDS = frozenset(
    (
        *("a", "an", "and", "are", "as", "at", "be", "been", "by", "d", "de", "du", "for", "from", "has", "have", "in"),
        *("is", "it", "its", "l", "la", "le", "of", "on", "or", "that", "the", "their", "them", "they", "this", "to"),
        *("was", "were", "which", "who", "will", "with"),
    )
)

# One spelling for words that documents and readers spell in two ways.
SPELLINGS = {
    "labor": "labour",
    "labors": "labours",
    "program": "programme",
    "programs": "programmes",
    "center": "centre",
    "centers": "centres",
    "defense": "defence",
}
Z_FORM = re.compile(r"(?<=\w{3})([iy])z(?=[aeio]|$)")
# Longer ones are no words; PostgreSQL refuses them.
LONGEST_WORD = 100
# A beginning is tried as a stem after so many of its last letters are taken off, and of no fewer letters than this.
MOST_OFF, SHORTEST_STEM = 6, 4


def words_of(text):
    """Return the plain words of a text: folded, in one spelling."""
    return [spelled(word) for word in WORD.findall(fold(text))]


def spelled(word):
    """Return a folded word in its one spelling, -ise and -yse for -ize and -yze, even where only its beginning is."""
    return Z_FORM.sub(r"\1s", SPELLINGS.get(word, word))[:LONGEST_WORD]


def plain(*texts):
    """Return texts as plain words in one string, as the index keeps them."""
    return " ".join(word for text in texts for word in words_of(text or ""))


@dataclass(frozen=True)
class Part:
    """Words in sequence, one or several; with ``prefix`` the last is only the beginning of a word."""

    words: tuple[str, ...]
    prefix: bool = False
    is_quoted: bool = False

    def __str__(self):
        text = " ".join(self.words)
        # Both databases would stem a beginning such as "egy" to "egi", which begins nothing.
        return text.removesuffix("y") if self.prefix and len(self.words[-1]) > 2 else text

    @property
    def stems(self):
        """Return what the index may hold of the words that begin so.

        The index holds stems: "recogniti" begins no stem, but "recognit" is the one of recognition.
        """
        if not self.prefix or len(self.words) > 1:
            return []
        word = self.words[0]
        return [word[:end] for end in range(len(word) - 1, max(SHORTEST_STEM, len(word) - MOST_OFF) - 1, -1)]


@dataclass
class Query:
    """What was asked for: each of ``wanted`` must be there, none of ``unwanted``."""

    wanted: list[Part] = field(default_factory=list)
    unwanted: list[Part] = field(default_factory=list)

    def __bool__(self):
        return bool(self.wanted or self.unwanted)

    def with_prefixes(self):
        """Return the same query with everything but phrases taken as a beginning."""
        wanted = [part if part.is_quoted else Part(part.words, prefix=True) for part in self.wanted]
        return Query(wanted, self.unwanted)


def parse(text):
    """Return the Query that ``text`` asks for; whatever it holds, nothing of it is passed on but plain words."""
    query, stopped = Query(), []
    for minus_phrase, phrase, minus_word, word in PART.findall(text)[:MOST_PARTS]:
        words = tuple(words_of(phrase or word))
        if not words:
            continue
        part = Part(words, prefix=word.endswith("*"), is_quoted=bool(phrase))
        if minus_phrase or minus_word:
            query.unwanted.append(part)
        elif len(words) == 1 and words[0] in STOP_WORDS and not part.prefix:
            stopped.append(part)
        else:
            query.wanted.append(part)
    if not query.wanted:
        # A question of nothing but little words is taken at its word.
        query.wanted = stopped
    return query


def shorter(text):
    """Return (word or phrase, ``text`` without it) for each that a question of several could do without."""
    parts = [found[0] for found in PART.finditer(text)]
    wanted = [at for at, part in enumerate(parts) if not part.startswith("-") and parse(part).wanted]
    if not 1 < len(wanted) <= MOST_LEFT_OUT:
        return []
    return [(parts[at], " ".join(parts[:at] + parts[at + 1 :])) for at in wanted]
