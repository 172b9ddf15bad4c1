"""The full-text index: what can be found, and by which words."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SearchEntry(models.Model):
    """What one record or term is found by, folded to plain words, in four weights from A, its names, to D, the rest.

    The key is the number of its kind and its own id in one, so that one range of keys is one kind. The database itself
    keeps the inverted index in step, in the same transaction: a generated column on PostgreSQL, triggers on SQLite.
    """

    id = models.BigIntegerField(primary_key=True)
    names = models.TextField(_("whole names"), help_text=_("Between bars, for those who type one exactly."))
    a = models.TextField()
    b = models.TextField()
    c = models.TextField()
    d = models.TextField()

    class Meta:
        verbose_name = _("search entry")
        verbose_name_plural = _("search entries")

    def __str__(self):
        return self.names.strip("|").split("|")[0]
