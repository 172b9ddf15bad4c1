"""What the rest of the site is told of changes, within their transaction."""

from django.dispatch import Signal

# Sent with the rows that were written and the rows about to be removed, whichever door they came through.
changed = Signal()

# Sent when rows were written past the doors: what is computed from any of them is to be computed anew.
rebuilt = Signal()
