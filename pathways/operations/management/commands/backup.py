from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from pathways.operations.backup import BackupError, back_up


class Command(BaseCommand):
    help = (
        "Write a backup of the whole site into a folder, as one file, while the site is at work. The secret key and "
        "addresses with passwords are not in it: keep them elsewhere."
    )

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path)
        parser.add_argument("--keep", type=int, metavar="N", help="remove all but the N newest backups in the folder")

    def handle(self, *, folder, keep, **options):
        if keep is not None and keep < 1:
            raise CommandError("Keep at least one backup.")
        try:
            path, manifest, removed = back_up(folder, keep=keep)
        except BackupError as error:
            raise CommandError(str(error)) from error
        rows = sum(table["rows"] for table in manifest["tables"].values())
        version = manifest["data_version"]
        self.stdout.write(
            f"{path}: {len(manifest['tables'])} tables, {rows} rows, {path.stat().st_size} bytes, "
            f"data version {version['epoch']}.{version['number']}; read back and found whole."
        )
        self.stdout.write(f"Not in it, to be kept elsewhere: {', '.join(manifest['kept_elsewhere'])}.")
        self.stdout.writelines(f"Removed {old.name}.\n" for old in removed)
