"""{% options names chosen %}: the options of a select that may have thousands."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.simple_tag
def options(names: Iterable[str], chosen: object = "") -> SafeString:
    """One `<option>` for each name. In Python: a loop of the template language takes ten times as
    long, 40 ms for 2,000 names."""
    return mark_safe("".join(_option(name, name == chosen) for name in names))


def _option(name: str, is_chosen: bool) -> str:
    text = escape(name)
    return f'<option value="{text}"{" selected" if is_chosen else ""}>{text}</option>'
