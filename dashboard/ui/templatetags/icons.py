"""{% icon "copy" %}: one of Lucide's icons, inline, so that it takes the colour of its text."""

from __future__ import annotations

import re
from functools import lru_cache

from django import template
from django.conf import settings
from django.template import TemplateSyntaxError
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_SVG = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, classes: str = "") -> SafeString:
    """Decoration only: the words beside it must suffice, so screen readers skip it."""
    return format_html(
        '<svg class="icon {}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
        'stroke-width="2" stroke-linecap="round" stroke-linejoin="round" '
        'aria-hidden="true" focusable="false">{}</svg>',
        classes,
        _shape(name),
    )


@lru_cache
def _shape(name: str) -> SafeString:
    try:
        text = (settings.NODE_MODULES / f"lucide-static/icons/{name}.svg").read_text()
    except FileNotFoundError as error:
        raise TemplateSyntaxError(f"No icon {name!r}: {error}. Run `make run` once.") from error
    found = _SVG.search(text)
    # The file is part of a pinned package, not somebody's input.
    return mark_safe(re.sub(r"\s+", " ", found[1]).strip() if found else "")
