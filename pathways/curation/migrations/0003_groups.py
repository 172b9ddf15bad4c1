"""The three groups of people who curate: what each may do stands here once; administrators may change it later."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

RECORDS = ("practice", "meeting", "outcome", "keymessage", "recommendation")
WRITE, READ = ("add", "change", "view"), ("view",)


def make_groups(apps, schema_editor):
    using = schema_editor.connection.alias
    for label in ("curation", "vocabulary", "meetings", "practices", "auth"):
        # Permissions are made after all migrations have run; these groups need them now.
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0, using=using)
        config.models_module = None
    Permission = apps.get_model("auth", "Permission")
    Group = apps.get_model("auth", "Group")
    found = {
        (one.content_type.app_label, one.codename): one
        for one in Permission.objects.using(using).select_related("content_type")
    }

    def of(label, actions, models=None):
        return [
            permission
            for (app, codename), permission in found.items()
            if app == label
            and codename.partition("_")[0] in actions
            and (models is None or codename.partition("_")[2] in models)
        ]

    def owned(label):
        others = {"document", "documentmeeting", "series"}
        names = {codename.partition("_")[2] for app, codename in found if app == label}
        return names - set(RECORDS) - others

    editor = [
        *of("practices", WRITE, RECORDS),
        *of("meetings", WRITE, RECORDS),
        # The rows that a record owns come and go with it.
        *of("practices", (*WRITE, "delete"), owned("practices")),
        *of("meetings", (*WRITE, "delete"), owned("meetings")),
        *of("meetings", READ),
        *of("vocabulary", READ),
        *of("vocabulary", ("add",), {"organisation"}),
        *of("curation", READ, {"change", "version"}),
        found["curation", "submit_record"],
    ]
    reviewer = [*editor, found["curation", "review_record"]]
    administrator = [
        *reviewer,
        *of("vocabulary", (*WRITE, "delete")),
        *of("meetings", (*WRITE, "delete"), {"document", "documentmeeting", "series"}),
        *of("auth", (*WRITE, "delete"), {"user"}),
        *of("auth", READ, {"group"}),
        found["curation", "remove_record"],
    ]
    for name, permissions in (("Editor", editor), ("Reviewer", reviewer), ("Administrator", administrator)):
        group, _created = Group.objects.using(using).get_or_create(name=name)
        group.permissions.set(permissions)


class Migration(migrations.Migration):
    dependencies = [
        ("curation", "0002_workflow"),
        ("vocabulary", "0001_initial"),
        ("meetings", "0001_initial"),
        ("practices", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
