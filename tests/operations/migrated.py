"""Run as a process of its own: fills the schema that was first released, and takes its rows to the newest and back; or,
with ``killed``, kills the migration on the way. Prints what came of it as a line of JSON.
"""

import datetime
import json
import os
import signal
import sys
from collections import Counter
from decimal import Decimal

import django

django.setup()

from django.apps import apps  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402

from tests.killing import forked  # noqa: E402

# Those of Django and of other packages are at their newest: they are not ours to release.
OURS = ("accounts", "curation", "links", "listing", "meetings", "practices", "suggestions", "vocabulary")
NOW = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
# What the rules of the tables ask for, where any value of the right kind would not do.
GIVEN = {
    "curation.dataversion": {"id": 1},
    "meetings.meeting": {"date_precision": "day"},
    "meetings.participation": {"person": "", "office": "", "organisation": None, "represents_country": None}
    | {"represents_organisation": None},
}
MOST = 200
WRITES = ("CREATE", "ALTER", "DROP", "INSERT", "UPDATE", "DELETE")
# All that PostgreSQL says of tables.
CATALOGUE = """
    SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
    WHERE table_schema = 'public'
    UNION ALL SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), NULL, NULL FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT tablename, indexname, indexdef, NULL, NULL FROM pg_indexes WHERE schemaname = 'public'
    ORDER BY 1, 2, 3
"""


def first():
    """Return the migrations that made the first released schema."""
    return [(label, "0001_initial") for label in OURS]


def migrate(targets):
    """Migrate to ``targets``, however that has to be, and return the models as they were there."""
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    # Asked anew: what lies beyond them on other branches of the graph may be applied too.
    return MigrationExecutor(connection).loader.project_state(applied()).apps


def applied():
    return list(MigrationExecutor(connection).loader.applied_migrations)


def value(field, number):
    """Return some value for a field, another for each ``number``."""
    if field.choices:
        return field.choices[0][0]
    match field:
        case models.DateTimeField():
            return NOW
        case models.DateField():
            return NOW.date()
        case models.TimeField():
            return NOW.time()
        case models.BooleanField():
            return True
        case models.DecimalField():
            return Decimal("12.50")
        case models.JSONField():
            return {"é": [1, None, "x"]}
        case models.GenericIPAddressField():
            return "2001:db8::1"
        case models.URLField():
            return f"https://example.org/{number}"
        case models.EmailField():
            return f"{number}@example.org"
        case models.IntegerField() if field.name.endswith("_year"):
            return 2000 + number
        case models.IntegerField() | models.FloatField():
            return number
        case models.CharField() | models.TextField():
            return f"é{number}"[: field.max_length or 99]
    raise TypeError(f"{field}: a value for {type(field).__name__} is wanted")


def fill(old, label, made):
    """Make two rows of a historical model, and of those that it refers to first; return them."""
    if label in made:
        return made[label]
    made[label] = []
    model = old.get_model(label)
    for number in (1, 2):
        values, times = {}, Counter()
        for field in model._meta.concrete_fields:
            if field.name in GIVEN.get(label, {}):
                values[field.name] = GIVEN[label][field.name]
            elif field.is_relation:
                other = field.related_model._meta.label_lower
                rows = fill(old, other, made)
                # Twice the same kind is not twice the same row; the first of a kind that refers to its own is alone.
                values[field.name] = rows[(number - 1 + times[other]) % len(rows)] if rows else None
                times[other] += 1
            elif not (field.primary_key and isinstance(field, models.AutoField)):
                values[field.name] = value(field, number)
        if number == 2 and GIVEN.get(label, {}).get("id") == 1:
            break
        row = model._base_manager.create(**values)
        for field in model._meta.many_to_many:
            if field.remote_field.through._meta.auto_created:
                getattr(row, field.name).set(fill(old, field.related_model._meta.label_lower, made))
        made[label].append(row)
    return made[label]


def labels_of(old):
    wanted = {*OURS, "auth"}
    return sorted(
        model._meta.label_lower
        for model in old.get_models(include_auto_created=True)
        if model._meta.app_label in wanted and not model._meta.proxy
    )


def rows_of(current, columns):
    """Return the rows of each table as plain data, by its label, in the columns that the first schema had."""
    found = {}
    for label, names in columns.items():
        rows = current.get_model(label)._base_manager.order_by("pk").values_list(*names)
        found[label] = [[str(cell) for cell in row] for row in rows]
    return found


def there_and_back():
    migrate([*first(), *others()])
    old = MigrationExecutor(connection).loader.project_state(applied()).apps
    left_out = {"auth.permission", "auth.group_permissions"}
    editors = old.get_model("auth", "group")._base_manager.create(name="Editor")
    made = {"auth.group": [editors, old.get_model("auth", "group")._base_manager.create(name="Press")]}
    labels = [label for label in labels_of(old) if label not in left_out]
    for label in labels:
        if not old.get_model(label)._meta.auto_created:
            fill(old, label, made)
    # Groups are made by migrations too.
    columns = {
        label: [field.attname for field in old.get_model(label)._meta.concrete_fields]
        for label in labels
        if label != "auth.group"
    }
    before = rows_of(old, columns)
    call_command("migrate", verbosity=0)
    after = rows_of(apps, columns)
    pending = MigrationExecutor(connection)
    groups = {
        group.name: group.permissions.count()
        for group in apps.get_model("auth", "group")._base_manager.order_by("name")
    }
    members = list(editors.__class__._base_manager.filter(name="Editor").values_list("user__username", flat=True))
    going_back = migrate([*first(), *others()])
    back = rows_of(going_back, columns)
    call_command("migrate", verbosity=0)
    again = rows_of(apps, columns)
    return {
        "tables": len(before),
        "empty": [label for label, rows in before.items() if not rows],
        "changed": [label for label in before if after[label] != before[label]],
        "changed_back": [label for label in before if back[label] != before[label]],
        "changed_again": [label for label in before if again[label] != before[label]],
        "groups": groups,
        "members": members,
        "pending": len(pending.migration_plan(pending.loader.graph.leaf_nodes())),
    }


def others():
    """Return the newest migrations of the other apps."""
    leaves = MigrationExecutor(connection).loader.graph.leaf_nodes()
    return [leaf for leaf in leaves if leaf[0] not in OURS]


def schema():
    """Return all that the database says of its tables."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2")
        else:
            cursor.execute(CATALOGUE)
        return [[str(cell) for cell in row] for row in cursor.fetchall()]


def rights():
    groups = apps.get_model("auth", "group")._base_manager
    return sorted(groups.values_list("name", "permissions__content_type__model", "permissions__codename"))


def everything():
    call_command("migrate", verbosity=0)


def child(*, writes, records):
    """Migrate in another process that kills itself before its write of the number ``writes``, or before it records the
    migration of the number ``records``; return whether it came to that.
    """
    done = Counter()

    def count(execute, sql, params, many, context):
        if sql.lstrip().upper().startswith(WRITES):
            done["writes"] += 1
            done["records"] += sql.startswith('INSERT INTO "django_migrations"')
            if writes == done["writes"] or records == done["records"]:
                os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)

    def counted():
        with connection.execute_wrapper(count):
            everything()

    return forked(counted)


def killed():
    """Kill every migration twice on its way, once between its writes and once before it is recorded as applied."""
    migrate([*first(), *others()])
    kills = 0
    for records in (1, *[2] * MOST):
        kills += child(writes=3, records=None)
        if not child(writes=None, records=records):
            break
        kills += 1
    everything()
    return {"kills": kills, "schema": schema(), "rights": rights(), "applied": sorted(applied())}


def whole():
    everything()
    return {"schema": schema(), "rights": rights(), "applied": sorted(applied())}


if __name__ == "__main__":
    print(json.dumps({"rows": there_and_back, "killed": killed, "whole": whole}[sys.argv[1]]()))
