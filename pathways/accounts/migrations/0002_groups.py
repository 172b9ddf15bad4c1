"""What the three groups of people who curate may do with suggestions, checked links and the audit log."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

GIVEN = {
    "Editor": {
        "suggestions": {"view_suggestion", "change_suggestion"},
        "links": {"view_linkcheck"},
    },
    "Administrator": {"accounts": {"view_event"}},
}
GIVEN["Reviewer"] = GIVEN["Editor"]
GIVEN["Administrator"] = {**GIVEN["Editor"], **GIVEN["Administrator"]}


def give(apps, schema_editor):
    using = schema_editor.connection.alias
    for label in ("suggestions", "links", "accounts"):
        # Permissions are made after all migrations have run; these groups need them now.
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0, using=using)
        config.models_module = None
    Permission = apps.get_model("auth", "Permission")
    Group = apps.get_model("auth", "Group")
    for name, given in GIVEN.items():
        group, _created = Group.objects.using(using).get_or_create(name=name)
        for label, codenames in given.items():
            found = Permission.objects.using(using).filter(content_type__app_label=label, codename__in=codenames)
            group.permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("suggestions", "0001_initial"),
        ("links", "0001_initial"),
        ("curation", "0003_groups"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
