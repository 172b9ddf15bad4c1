"""Django's migrate, each of whose migrations is one transaction with the record that it was applied.

Django itself writes that record after the transaction of most migrations: a process that dies in between leaves tables
that no migration is known to have made, on which the next migrate fails.
"""

from contextlib import contextmanager

from django.core.management.commands import migrate
from django.db import transaction
from django.db.migrations.executor import MigrationExecutor


class WholeMigrations(MigrationExecutor):
    def apply_migration(self, state, migration, **options):
        with self.transaction_of(migration):
            return super().apply_migration(state, migration, **options)

    def unapply_migration(self, state, migration, **options):
        with self.transaction_of(migration):
            return super().unapply_migration(state, migration, **options)

    @contextmanager
    def transaction_of(self, migration):
        if not migration.atomic:
            yield
            return
        # SQLite changes this outside of transactions only; PostgreSQL needs no such thing.
        with self.connection.constraint_checks_disabled(), transaction.atomic(using=self.connection.alias):
            yield


class Command(migrate.Command):
    def handle(self, *args, **options):
        # The command has no other place to say which executor it wants.
        migrate.MigrationExecutor = WholeMigrations
        try:
            super().handle(*args, **options)
        finally:
            migrate.MigrationExecutor = MigrationExecutor
