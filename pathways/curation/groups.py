"""Rights for the groups of people who curate, as migrations give them."""

from django.contrib.auth.management import create_permissions
from django.db import migrations


def giving(given):
    """Return the operation of a migration that gives rights to groups; taking it back leaves them.

    ``given`` has for each group, by name, the code names of the permissions that it is given in each app. The migration
    depends on those that make the models, and on the first that made the groups, ``("curation", "0003_groups")``.
    """

    def give(apps, schema_editor):
        using = schema_editor.connection.alias
        for label in {label for of_group in given.values() for label in of_group}:
            # Permissions are made after all migrations have run; these groups need them now.
            config = apps.get_app_config(label)
            config.models_module = True
            create_permissions(config, apps=apps, verbosity=0, using=using)
            config.models_module = None
        Permission = apps.get_model("auth", "Permission")
        Group = apps.get_model("auth", "Group")
        for name, of_group in given.items():
            group, _created = Group.objects.using(using).get_or_create(name=name)
            for label, codenames in of_group.items():
                found = Permission.objects.using(using).filter(content_type__app_label=label, codename__in=codenames)
                group.permissions.add(*found)

    return migrations.RunPython(give, migrations.RunPython.noop)
