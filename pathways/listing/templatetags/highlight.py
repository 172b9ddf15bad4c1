"""What was looked for, marked in what was found."""

from django import template
from django.utils.html import escape
from django.utils.safestring import mark_safe

from pathways.listing.words import WORD, parse, words_of

register = template.Library()


@register.filter
def highlight(text, question):
    """Return ``text`` as HTML with the words of ``question``, and other forms of them, in mark elements."""
    wanted = parse(question or "").wanted
    text = str(text)
    if not wanted:
        return text
    # The last word of a part may be a beginning only.
    single = {word for part in wanted for word in part.words}
    beginnings = tuple(part.words[-1] for part in wanted if part.prefix)
    pieces, end = [], 0
    for found in WORD.finditer(text):
        words = words_of(found[0])
        if any(word.startswith(beginnings) or any(same_word(word, one) for one in single) for word in words):
            pieces += [escape(text[end : found.start()]), f"<mark>{escape(found[0])}</mark>"]
            end = found.end()
    pieces.append(escape(text[end:]))
    return mark_safe("".join(pieces))  # noqa: S308 -- every piece was escaped


def same_word(one, other):
    """Whether two folded words are forms of one: the same but for a short ending."""
    short, long = sorted((one, other), key=len)
    if len(short) < 4:
        return one == other
    return len(long) - len(short) <= 3 and long.startswith(short[: max(4, len(short) - 2)])
