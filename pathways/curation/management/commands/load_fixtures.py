from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from pathways.curation.fixtures import FixtureError, load


class Command(BaseCommand):
    help = "Load the curated fixtures: all or nothing, leaving alone what people have edited since."

    def add_arguments(self, parser):
        parser.add_argument("directory", nargs="?", type=Path, default=settings.FIXTURE_DIRS[0])
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, and change nothing")
        parser.add_argument(
            "--overwrite",
            action="append",
            default=[],
            metavar="RECORD",
            help="an edited record that takes the file's state all the same, as 'practices.practice palim'",
        )
        parser.add_argument("--prune", action="store_true", help="archive what the files no longer hold")

    def handle(self, *, directory, dry_run, overwrite, prune, **options):
        try:
            report = load(directory, overwrite=overwrite, prune=prune, dry_run=dry_run)
        except FixtureError as error:
            raise CommandError(f"{error}\nNothing was loaded.") from error
        for heading, lines, shown in [
            ("changed", report.changed, True),
            ("left alone, edited here", report.left, True),
            ("missing from the files", report.missing, True),
            ("archived or removed", report.pruned, True),
            ("added", report.added, dry_run),
            ("adopted", report.adopted, dry_run),
            ("unchanged", report.unchanged, False),
        ]:
            if lines:
                self.stdout.write(f"{len(lines)} {heading}")
                if shown and options["verbosity"] > 0:
                    self.stdout.writelines(f"  {line}\n" for line in lines)
        if dry_run:
            self.stdout.write("A dry run: nothing was written.")
