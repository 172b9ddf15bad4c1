"""One idea of which texts are alike, for sorting and finding, the same on every database."""

import unicodedata

# Letters that Unicode does not take apart, as the names of countries and people have them.
LETTERS = str.maketrans({"ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "’": "'"})


def fold(text):
    """Return ``text`` in lower case, without accents, its spaces made single."""
    if text.isascii():
        # As most texts are: nothing in them can be taken apart.
        return " ".join(text.lower().split())
    decomposed = unicodedata.normalize("NFKD", text)
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    # Some small letters are made of several again.
    lower = unicodedata.normalize("NFKD", bare.casefold().translate(LETTERS))
    return " ".join("".join(char for char in lower if not unicodedata.combining(char)).split())
