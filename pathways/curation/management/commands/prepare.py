import secrets
import time

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from pathways.curation.changes import curated_models
from pathways.curation.fixtures import FixtureError, load


class Command(BaseCommand):
    help = (
        "Bring a local database to where it can be served: its tables, the fixtures if it is empty, an admin account."
    )
    requires_system_checks = ()

    def handle(self, **options):
        if not settings.LOCAL:
            raise CommandError("This is for a run on one's own machine: set LOCAL=true.")
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Making the tables of the database …")
            call_command("migrate", verbosity=0)
        if not any(model._base_manager.exists() for model in curated_models()):
            self.stdout.write("Loading the curated entries …")
            start = time.monotonic()
            try:
                report = load(settings.FIXTURE_DIRS[0])
            except FixtureError as error:
                raise CommandError(f"{error}\nNothing was loaded.") from error
            self.stdout.write(f"{len(report.added)} records and terms in {time.monotonic() - start:.0f} s.")
        self.make_admin()

    def make_admin(self):
        users = get_user_model()
        if users.objects.filter(is_superuser=True).exists():
            return
        password = secrets.token_urlsafe(12)
        users.objects.create_superuser(username="admin", password=password)
        self.stdout.write(f"An account for the admin was made: admin, with the password {password} (shown only now).")
