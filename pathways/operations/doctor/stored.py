"""Rules of the database itself: its tables, its keys, its files."""

from django.apps import apps
from django.contrib.contenttypes.fields import GenericForeignKey
from django.core.management.color import no_style
from django.db import DatabaseError, connection, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Exists, Max, OuterRef

from pathways.curation.changes import REMOVED
from pathways.curation.models import Version
from pathways.outages import Outage, outage_of

from .rules import Finding, first_line, rule

MIGRATIONS = "migrations"

# Of PostgreSQL: what was made and does not hold, or is not looked at.
NOT_HELD = """
    SELECT 'the index ' || c.relname || ' is not valid' FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE NOT i.indisvalid AND c.relnamespace = current_schema()::regnamespace
    UNION ALL SELECT 'the constraint ' || conname || ' was never held against all rows' FROM pg_constraint
    WHERE NOT convalidated AND connamespace = current_schema()::regnamespace
    UNION ALL SELECT 'the table ' || c.relname || ' has keys that are not looked at' FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace
    AND EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgisinternal AND t.tgenabled = 'D')
    ORDER BY 1
"""


@rule(
    MIGRATIONS,
    holds="The tables are those of this release.",
    mend="manage.py migrate; or, for a migration that this release does not have, the release that has it.",
)
def migrations():
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    for one, _backwards in plan:
        yield Finding(f"{one.app_label}.{one.name} is not applied")
    for app, name in sorted(executor.loader.applied_migrations.keys() - executor.loader.disk_migrations.keys()):
        if app in executor.loader.migrated_apps:
            yield Finding(f"{app}.{name} is applied, and this release does not know it")


@rule(
    "database",
    holds="The database is sound, and what it enforces holds for all rows.",
    mend="manage.py restore, from the last backup; on PostgreSQL: REINDEX, VALIDATE CONSTRAINT, ENABLE TRIGGER ALL.",
)
def database():
    with connection.cursor() as cursor:
        cursor.execute(NOT_HELD if connection.vendor == "postgresql" else "PRAGMA integrity_check(20)")
        for (text,) in cursor.fetchall():
            if text != "ok":
                yield Finding(text)


# Its functions are the administrator's, unless others are given them; who asks may have none of them in sight.
AMCHECK = """
    SELECT current_user, current_database(),
        coalesce(has_function_privilege(to_regprocedure('bt_index_check(regclass, boolean)'), 'execute'), false)
"""
# Those that are not valid are another rule's. What is not a B-tree, amcheck cannot look into.
B_TREES = """
    SELECT c.oid, quote_ident(c.relname), i.indrelid::regclass::text
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
    WHERE a.amname = 'btree' AND i.indisvalid AND c.relkind = 'i' AND c.relnamespace = current_schema()::regnamespace
    ORDER BY c.relname
"""


def wants_amcheck():
    if connection.vendor != "postgresql":
        # SQLite looks into its indexes itself, for the rule of the database.
        return ""
    with connection.cursor() as cursor:
        cursor.execute(AMCHECK)
        role, database_name, may = cursor.fetchone()
    if may:
        return ""
    return (
        f"as administrator of PostgreSQL, in the database {database_name}: CREATE EXTENSION IF NOT EXISTS amcheck; "
        f'GRANT EXECUTE ON FUNCTION bt_index_check(regclass, boolean) TO "{role}"'
    )


@rule(
    "indexes",
    holds="Every index of PostgreSQL has each row of its table, in order.",
    mend="The statement that is told of each; if it fails or the table is damaged, too: manage.py restore.",
    wants=wants_amcheck,
)
def indexes():
    if connection.vendor != "postgresql" or wants_amcheck():
        return
    with connection.cursor() as cursor:
        cursor.execute(B_TREES)
        found = cursor.fetchall()
    for oid, name, table in found:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT bt_index_check(%s::oid::regclass, true)", [oid])
        except DatabaseError as error:
            if outage_of(error) != Outage.DAMAGED:
                raise
            yield Finding(f"{name} of {table} is damaged ({first_line(error)}): REINDEX INDEX CONCURRENTLY {name};")


def all_models():
    return [
        model for model in apps.get_models(include_auto_created=True) if model._meta.managed and not model._meta.proxy
    ]


@rule(
    "keys",
    holds="What a row refers to is there.",
    mend="Choose another on the record's page, or remove the row there; else manage.py restore, from a backup before.",
)
def keys():
    for model in all_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey) and field.db_constraint:
                target = field.target_field
                there = target.model._base_manager.filter(**{target.name: OuterRef(field.attname)})
                rows = model._base_manager.filter(**{f"{field.attname}__isnull": False}).filter(~Exists(there))
                for row in rows.iterator():
                    yield Finding(
                        f"{model._meta.verbose_name} {row.pk}: {field.name} {getattr(row, field.attname)}", row
                    )


@rule(
    "subjects",
    holds="What a version, a suggestion or an open page is of is there, or was removed in a change.",
    mend="manage.py restore, from a backup before the row was deleted past the admin.",
)
def subjects():
    for model in all_models():
        for generic in model._meta.private_fields:
            if isinstance(generic, GenericForeignKey):
                yield from without_subject(model, generic)


def without_subject(model, generic):
    rows = model._base_manager.filter(**{f"{generic.fk_field}__isnull": False})
    if model is Version:
        # The newest of each row, unless that says that it was removed.
        newest = rows.filter(of_revision=False).order_by().values("content_type", "object_id").annotate(at=Max("pk"))
        rows = rows.filter(pk__in=newest.values("at")).exclude(status=REMOVED)
    type_field = model._meta.get_field(generic.ct_field)
    for kind in type_field.related_model._base_manager.filter(pk__in=rows.order_by().values(type_field.attname)):
        model_of_it = kind.model_class()
        of_kind = rows.filter(**{type_field.attname: kind.pk})
        if model_of_it is not None:
            of_kind = of_kind.filter(~Exists(model_of_it._base_manager.filter(pk=OuterRef(generic.fk_field))))
        for row in of_kind.iterator():
            pk = getattr(row, generic.fk_field)
            yield Finding(
                f"{model._meta.verbose_name} {row.pk} is of {kind.app_label}.{kind.model} {pk}, which is gone", row
            )


def numbered():
    return [model for model in all_models() if isinstance(model._meta.pk, models.AutoField)]


def count_on():
    """Let the numbers that rows get go on after the last."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), numbered()):
            cursor.execute(statement)


@rule(
    "numbers",
    holds="The next row of each table gets a number that none has.",
    mend="manage.py doctor --mend",
    mends=count_on,
)
def numbers():
    if connection.vendor != "postgresql":
        # SQLite looks at the rows themselves.
        return
    with connection.cursor() as cursor:
        for model in numbered():
            last = model._base_manager.aggregate(last=Max("pk"))["last"] or 0
            cursor.execute(
                "SELECT pg_get_serial_sequence(%s, %s)", [f'"{model._meta.db_table}"', model._meta.pk.column]
            )
            (sequence,) = cursor.fetchone()
            cursor.execute(f"SELECT last_value FROM {sequence}")  # noqa: S608 -- the database's own name of it
            (given,) = cursor.fetchone()
            if given < last:
                yield Finding(f"{model._meta.db_table} counts at {given}, and has a row {last}")
