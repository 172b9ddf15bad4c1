"""What two people made of the same record, put together: field by field, and row by row where it owns rows."""

import re
from difflib import SequenceMatcher

from .comparing import keyed_rows
from .snapshots import content_fields, differences, owned_models


def united(model, base, ours, theirs):
    """Return the content that holds what both made of ``base``, and the names of the fields they changed differently.

    Values of a list, and rows under different keys, do not stand in each other's way; where a field does, the content
    has theirs.
    """
    many = {field.name for field in content_fields(model)[1]}
    owned = owned_models(model)
    data, conflicts = dict(theirs), []
    for name in differences(base, ours):
        before, mine, other = base.get(name), ours.get(name), theirs.get(name)
        if other == mine:
            continue
        if before == other:
            value = mine
        elif name in many:
            value = united_values(before or [], mine or [], other or [])
        elif name in owned:
            value = united_rows(owned[name], before or [], mine or [], other or [])
        else:
            value = None
        if value is None and before != other:
            conflicts.append(name)
        elif value:
            data[name] = value
        else:
            data.pop(name, None)
    return data, conflicts


def united_values(base, ours, theirs):
    """Return the values that are left when what either took away is gone and what either added is there."""
    return sorted((set(base) & set(ours) & set(theirs)) | (set(ours) - set(base)) | (set(theirs) - set(base)), key=str)


def united_rows(model, base, ours, theirs):
    """Return the rows of both, or None if they made different things of one row."""
    before, mine, other = (keyed_rows(model, rows) for rows in (base, ours, theirs))
    order = [*other, *(key for key in mine if key not in other)]
    if [key for key in before if key in other] == list(other):
        # They left the order alone, so ours stands.
        order = [*mine, *(key for key in other if key not in mine)]
    rows = []
    for key in order:
        old, a, b = before.get(key), mine.get(key), other.get(key)
        if a == b or b == old:
            row = a
        elif a == old:
            row = b
        else:
            return None
        if row is not None:
            rows.append(row)
    return rows


def both(base, ours, theirs):
    """Return one text with what both people did to ``base``; theirs and then ours where they changed the same words."""
    old = tokens(base)
    changes = sorted([*edits(old, tokens(theirs)), *edits(old, tokens(ours))], key=lambda edit: edit[:2])
    done, at = [], None
    for start, end, new in changes:
        if at is not None and start <= at:
            return "\n\n".join(text for text in (theirs, ours) if text)
        done += old[at or 0 : start] + new
        at = end
    return "".join(done + old[at or 0 :])


def tokens(text):
    """Return the words of a text and what stands between them."""
    return re.findall(r"\s+|\S+", text)


def edits(old, new):
    """Return (first, last, words): which words of ``old`` give way to which of ``new``."""
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [(a, b, new[c:d]) for tag, a, b, c, d in codes if tag != "equal"]
