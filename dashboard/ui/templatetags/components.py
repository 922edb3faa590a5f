"""{% note "danger" role="alert" %}…{% endnote %}: a message in a page; its tone has an icon."""

from __future__ import annotations

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from dashboard.ui.templatetags.icons import icon

register = template.Library()

ICONS = {"danger": "circle-x", "warn": "triangle-alert", "plain": "info", "ok": "circle-check"}


@register.simple_block_tag
def note(
    content: str, tone: str, *, space: bool = False, role: str = "", id: str = ""
) -> SafeString:
    """`space` keeps a distance to what is above."""
    attributes = ((name, value) for name, value in (("role", role), ("id", id)) if value)
    return format_html(
        '<div class="note is-{}{}"{}>{}{}</div>',
        tone,
        " space" if space else "",
        format_html_join("", ' {}="{}"', attributes),
        icon(ICONS[tone]),
        content,
    )
