from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from pathways.operations.backup import Archive, BackupError, restore


class Command(BaseCommand):
    help = (
        "Restore a backup: all of it or nothing, held against what its manifest says. It is restored on the kind of "
        "database that it was taken from. Restore only files that you trust as you trust the database itself."
    )
    # What a damaged database would fail.
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--force", action="store_true", help="replace a database that is not empty, all of it")
        parser.add_argument("--check", action="store_true", help="only read the file and say whether it is whole")

    def handle(self, *, file, force, check, **options):
        try:
            if check:
                with Archive(file) as archive:
                    manifest = archive.manifest
            else:
                manifest = restore(file, force=force)
        except BackupError as error:
            raise CommandError(str(error)) from error
        rows = sum(table["rows"] for table in manifest["tables"].values())
        done = "Whole" if check else "Restored"
        self.stdout.write(
            f"{done}: the backup of {manifest['taken_at']} by release {manifest['release']}, "
            f"{len(manifest['tables'])} tables, {rows} rows."
        )
        if not check:
            self.stdout.write("Everybody has to log in again, and nothing cached before counts any more.")
            self.stdout.writelines(
                f"It was set up with {name}={value}\n" for name, value in manifest["settings"].items()
            )
