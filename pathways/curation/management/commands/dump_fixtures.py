from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from pathways.curation.fixtures import dump


class Command(BaseCommand):
    help = "Write the curated content back to the fixtures, in their canonical form."

    def add_arguments(self, parser):
        parser.add_argument("directory", nargs="?", type=Path, default=settings.FIXTURE_DIRS[0])

    def handle(self, *, directory, **options):
        if not directory.is_dir():
            raise CommandError(f"{directory} is not a directory")
        for name, count in dump(directory).items():
            self.stdout.write(f"{name}: {count} records and terms")
