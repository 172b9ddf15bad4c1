"""One idea of which texts are alike, for sorting and finding, the same on every database."""

import unicodedata

# Letters that Unicode does not take apart, as the names of countries and people have them.
LETTERS = str.maketrans({"ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "’": "'"})


def fold(text):
    """Return ``text`` in lower case, without accents, its spaces made single."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(LETTERS))
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(bare.split())
