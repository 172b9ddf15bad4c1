"""Checks the data against every rule, and says of each fault which record has it and how to mend it.

``examine`` runs the rules; what can be computed anew without a loss, ``mend`` does.
"""

from django.db import transaction

from pathways.curation.models import DataVersion

# Each module declares its rules.
from . import computed, records, stored  # noqa: F401
from .rules import RULES, Finding, Rule, Told

__all__ = ["RULES", "Finding", "Rule", "Told", "examine", "mend"]

# Until it holds, nothing else can be asked.
FIRST = stored.MIGRATIONS


def examine(names=()):
    """Yield (rule, what it told) for each rule, or for those called ``names``; None where it was not asked.

    Raises KeyError for a name that no rule has.
    """
    chosen = [RULES[name] for name in names] or sorted(RULES.values(), key=lambda one: one.name != FIRST)
    behind = any(RULES[FIRST].find())
    for one in chosen:
        yield one, None if behind and one.name != FIRST else one.told()


@transaction.atomic
def mend(one):
    """Compute anew what the rule found wrong, where nothing is lost by it; return whether that was so."""
    if one.mends is None:
        return False
    # Waits for changes under way and holds off others; what was kept of pages and lists counts as old.
    DataVersion.advance(new_epoch=True)
    one.mends()
    return True
