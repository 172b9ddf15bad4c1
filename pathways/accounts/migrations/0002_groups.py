"""What the three groups of people who curate may do with suggestions, checked links and the audit log."""

from django.db import migrations

from pathways.curation.groups import giving

EDITOR = {
    "suggestions": {"view_suggestion", "change_suggestion"},
    "links": {"view_linkcheck"},
}
ADMINISTRATOR = {**EDITOR, "accounts": {"view_event"}}


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("suggestions", "0001_initial"),
        ("links", "0001_initial"),
        ("curation", "0003_groups"),
    ]

    operations = [giving({"Editor": EDITOR, "Reviewer": EDITOR, "Administrator": ADMINISTRATOR})]
