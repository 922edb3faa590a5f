"""Markdown of comments as safe HTML: CommonMark without HTML and images, then an allow list."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Final

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

from dashboard.discussion.mentions import GROUPS, find

TAGS: Final = {
    *("p", "br", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "span"),
}
ATTRIBUTES: Final = {"a": {"href", "class"}, "span": {"class"}, "ol": {"start"}}
DEPTH = 20
"""Maximum nesting."""


def render(text: str, names: Collection[str] = (), me: str = "") -> SafeString:
    """The HTML of a comment, with mentions of `names` and groups marked."""
    return mark_safe(_render(text, frozenset(names), me))


@lru_cache(maxsize=512)
def _render(text: str, names: frozenset[str], me: str) -> str:
    parser = _parser()
    names_by_lower = {name.lower(): name for name in [*GROUPS, *names]}
    tokens = parser.parse(text)
    for token in tokens:
        if token.children:
            token.children = [
                new for old in token.children for new in _marked(old, names_by_lower, me)
            ]
    html = parser.renderer.render(tokens, parser.options, {})
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": DEPTH})
    # No headings and rules: they would break the page's outline.
    parser.enable("strikethrough").disable(["image", "heading", "lheading", "hr", "html_block"])
    return parser


def _marked(token: Token, names_by_lower: dict[str, str], me: str) -> list[Token]:
    """A text token with its mentions as elements; any other token unchanged."""
    if token.type == "link_open":
        token.attrSet("class", "link")
    if token.type != "text":
        return [token]
    parts, end = [], 0
    for start, after, name in find(token.content, names_by_lower):
        parts.append(_text(token.content[end:start]))
        classes = "mention is-me" if name == me else "mention"
        mark = Token("html_inline", "", 0)
        mark.content = f'<span class="{classes}">@{escape(name)}</span>'
        parts.append(mark)
        end = after
    return [*parts, _text(token.content[end:])] if parts else [token]


def _text(content: str) -> Token:
    token = Token("text", "", 0)
    token.content = content
    return token
