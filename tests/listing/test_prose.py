"""Texts as pages show them."""

import pytest

from pathways.listing.templatetags.prose import first_sentence, markdown


def test_markdown_becomes_html():
    assert markdown("**Aims**\n\n- jobs\n- *skills*") == (
        "<p><strong>Aims</strong></p>\n<ul>\n<li>jobs</li>\n<li><em>skills</em></li>\n</ul>\n"
    )


def test_links_to_the_web_stay_and_are_not_followed_by_crawlers():
    assert markdown("[IOM](https://iom.int)") == ('<p><a href="https://iom.int" rel="nofollow noopener">IOM</a></p>\n')


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        "<div style='position:fixed'>x</div>",
        "![x](https://example.org/pixel.png)",
    ],
)
def test_html_and_images_are_not_taken_over(text):
    html = markdown(text)
    assert not any(f"<{tag}" in html for tag in ("script", "img", "a ", "div"))


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc", "ftp://x.org/y"],
)
def test_only_addresses_of_the_web_and_of_mail_are_linked(address):
    html = markdown(f"[x]({address})\n\n<{address}>\n\n[y]: {address}\n\n[y]")
    assert "href" not in html


def test_no_text_is_no_html():
    assert markdown("") == markdown(None) == ""


@pytest.mark.parametrize(
    ("summary", "first"),
    [
        ("One. Two.", "One."),
        ("One (e.g. This one. And that). Two.", "One (e.g. This one. And that)."),
        ("Level 4.3 of it. Two.", "Level 4.3 of it."),
        ("No end", "No end"),
        ("", ""),
    ],
)
def test_the_first_sentence_of_a_summary(summary, first):
    assert first_sentence(summary) == first
