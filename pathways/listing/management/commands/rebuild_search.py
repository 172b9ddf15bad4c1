from django.core.management.base import BaseCommand
from django.db import transaction

from pathways.curation.models import DataVersion
from pathways.listing.search import rebuild


class Command(BaseCommand):
    help = "Write every entry of the full-text index anew."

    @transaction.atomic
    def handle(self, **options):
        # Waits for changes under way, holds off those that come, and makes pages kept elsewhere count as old.
        DataVersion.advance()
        self.stdout.write(f"{rebuild()} search entries")
