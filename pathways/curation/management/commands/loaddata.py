"""Django's loaddata, which writes rows past the doors, followed by a rebuild in the same transaction."""

from django.core.management.commands import loaddata

from pathways.curation.changes import rebuild


class Command(loaddata.Command):
    def loaddata(self, fixture_labels):
        super().loaddata(fixture_labels)
        if self.loaded_object_count:
            rebuild()
