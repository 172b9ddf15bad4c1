"""Blocks of a template, drawn more than once."""

from django import template
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.utils.safestring import mark_safe

register = template.Library()


@register.simple_tag(takes_context=True)
def again(context, name):
    """Draw the block ``name`` of the page once more: a title stands in more than one element."""
    block = context.render_context[BLOCK_CONTEXT_KEY].get_block(name)
    return mark_safe(block.render(context).strip())  # noqa: S308 -- the block has escaped what it is made of
