"""What the templates of the admin ask for."""

from django import template

from pathways.curation import worklist

register = template.Library()


@register.inclusion_tag("admin/curation/worklist.html", takes_context=True)
def worklist_of_user(context):
    """Show what waits for the person who is looking."""
    works = worklist.tasks(context["request"])
    models = [one.label for one in works[0][1]] if works else []
    return {"works": works, "models": models, "others": worklist.other_tasks(context["request"])}
