"""{% cached_include "ui/_split.html" … %}: an include rendered once per set of arguments."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

MOST = 8192
"""Cached renderings of a few hundred characters each."""


@register.simple_tag
def cached_include(piece: str, /, **given: Any) -> SafeString:
    """For pieces that hold nothing but their arguments, and arguments that never change: texts,
    frozen dataclasses, versions. Lists of such are fine."""
    return _rendered(piece, **{k: tuple(v) if isinstance(v, list) else v for k, v in given.items()})


@lru_cache(maxsize=MOST, typed=True)  # typed: escaped text is not the same as text
def _rendered(piece: str, /, **given: Any) -> SafeString:
    return mark_safe(get_template(piece).render(given))
