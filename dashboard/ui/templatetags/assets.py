"""{% assets "workers-list" %}: the stylesheets and scripts of a page; what comes before them."""

from __future__ import annotations

from functools import cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from dashboard.ui.assets import bundles

register = template.Library()

#: Every page writes in both. The rest of Inter, for other alphabets, comes when a page needs it.
FONTS = (
    "fonts/inter/inter-latin-wght-normal.woff2",
    "fonts/mono/jetbrains-mono-latin-wght-normal.woff2",
)
_LINK = '<link rel="stylesheet" href="{}">'
_SCRIPT = '<script src="{}" defer></script>'
_FIRST = '<script src="{}"></script>'


@register.simple_tag
def assets(name: str) -> SafeString:
    """Its bundle, or its sources while they are newer."""
    return mark_safe(_tags(name, "css", _LINK) + _tags(name, "js", _SCRIPT))


@register.simple_tag
def first_script() -> SafeString:
    """The one script that the first paint waits for, while it waits for stylesheets anyway."""
    return _tags("first", "js", _FIRST)


@register.simple_tag
def fonts() -> SafeString:
    """Asked for before the stylesheet is read, so that the first words are set in them."""
    preload = '<link rel="preload" as="font" type="font/woff2" crossorigin href="{}">'
    return mark_safe("".join(format_html(preload, static(font)) for font in FONTS))


def _tags(name: str, kind: str, tag: str) -> SafeString:
    found = bundles.files(name, kind, built=_built())
    return format_html_join("", tag, ((static(file),) for file in found))


@cache
def _built() -> bool:
    """Looked up once: sources do not change under a running process but in development."""
    return bundles.are_current()
