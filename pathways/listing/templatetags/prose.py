"""Texts as pages show them."""

import re

import nh3
from django import template
from django.utils.safestring import mark_safe
from markdown_it import MarkdownIt

register = template.Library()

MARKDOWN = MarkdownIt("commonmark", {"html": False})
# What ends a sentence is followed by a capital letter.
BRACKET_OR_END = re.compile(r"[()\[\]]|\. ")
TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "a", "blockquote", "h3", "h4", "code"}


@register.filter
def markdown(text):
    """Return Markdown as HTML of a few harmless elements, whoever wrote it."""
    html = nh3.clean(
        MARKDOWN.render(text or ""),
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener",
    )
    return mark_safe(html)  # noqa: S308 -- cleaned in the line above


@register.filter
def first_sentence(text):
    """Return the first sentence of a summary, without being taken in by abbreviations in brackets."""
    depth = 0
    for found in BRACKET_OR_END.finditer(text):
        match found[0][0]:
            case "(" | "[":
                depth += 1
            case ")" | "]":
                depth -= 1
            case _ if depth <= 0 and text[found.end() : found.end() + 1].isupper():
                return text[: found.start() + 1]
    return text
