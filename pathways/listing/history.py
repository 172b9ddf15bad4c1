"""What the public sees of the history of a record: the days on which it changed, and what, without names."""

from django.shortcuts import render

from pathways.curation.history import public_entries

from .views import RecordDetail


class RecordHistory(RecordDetail):
    """The published versions of a record. Former addresses and withdrawn records are answered as on its page."""

    template_name = "listing/record_history.html"

    def answer(self, request, record):
        context = {"record": record, "entries": public_entries(record)}
        return render(request, self.template_name, context)
