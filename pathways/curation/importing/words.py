"""From what people write for a term or record to its key: by code, address or name, and the nearest names otherwise."""

from difflib import get_close_matches

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from pathways.curation.models import Record, lines
from pathways.curation.snapshots import collapse
from pathways.folding import fold

# Where a row of the vocabulary has its names; several stand one to a line.
NAMES = ("name", "title", "heading", "acronym", "abbreviation", "other_names", "former_slugs")
NEAREST, LIKE_ENOUGH = 3, 0.6


class Words:
    """The rows of one model under all that people call them; ``pending`` has rows to come, as (key, name)."""

    def __init__(self, model, pending=()):
        self.model = model
        self.keys, self.names, self.shown = {}, {}, {}
        rows = (
            model._default_manager.filter(revises=None) if issubclass(model, Record) else model._default_manager.all()
        )
        fields = [name for name in NAMES if any(field.name == name for field in model._meta.concrete_fields)]
        for key, *texts in rows.values_list(model.key_field, *fields):
            self.add(key, [text for one in texts for text in lines(one)])
        for key, name in pending:
            self.add(key, [name])
        self.unknown = {}

    def add(self, key, names):
        self.keys[str(key).casefold()] = key
        for name in names:
            folded = fold(name)
            self.names.setdefault(folded, set()).add(key)
            self.shown.setdefault(folded, f"{name} ({key})")

    def find(self, text):
        """Return the key of the row that ``text`` names; raise ValidationError with the nearest names if none is."""
        if (key := self.keys.get(text.strip().casefold())) is not None:
            return key
        found = self.names.get(fold(text), ())
        if len(found) == 1:
            return next(iter(found))
        if found:
            raise ValidationError(
                _("“%(text)s” may be any of: %(keys)s. Write which.")
                % {"text": text, "keys": ", ".join(sorted(map(str, found)))}
            )
        raise ValidationError(self.near(text))

    def near(self, text):
        """Return what to say of a name that nothing has."""
        if text not in self.unknown:
            folded = fold(text)[:200]
            nearest = get_close_matches(folded, self.names, NEAREST, LIKE_ENOUGH)
            # A slip in a code or address.
            nearest += get_close_matches(text.casefold()[:80], self.keys, 1, LIKE_ENOUGH) if not nearest else []
            said = _("There is no %(kind)s “%(text)s”.") % {"kind": self.model._meta.verbose_name, "text": text[:80]}
            if nearest:
                names = {}
                for one in nearest:
                    key = next(iter(self.names.get(one, ()))) if one in self.names else self.keys[one]
                    names.setdefault(key, self.shown.get(one, str(key)))
                said += " " + _("The nearest: %s.") % "; ".join(names.values())
            self.unknown[text] = said
        return self.unknown[text]


class Dictionary:
    """The Words of each model, made when they are first asked for."""

    def __init__(self, pending=None):
        self.pending = pending or {}
        self.words = {}

    def of(self, model):
        model = model._meta.concrete_model
        if model not in self.words:
            self.words[model] = Words(model, self.pending.get(model, ()))
        return self.words[model]


def key_of(row):
    return collapse(row.natural_key())
