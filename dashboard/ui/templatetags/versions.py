"""Marks, chips and bars: roles differ by shape and word, not only by color."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from django import template
from django.template.loader import get_template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from dashboard.fleet.version_roles import Role, Standing, phrase
from routing.rules.split import TOTAL, format_percentage

register = template.Library()

#: On a 12 by 12 grid; hollow and dotted shapes are drawn by versions.css.
_SHAPES = {
    Role.STABLE: '<rect x="1.5" y="1.5" width="9" height="9" rx="1"/>',
    Role.CANDIDATE: '<path d="M6 0 12 6 6 12 0 6Z"/>',
    Role.STAGED: '<path d="M6 1.2 10.8 6 6 10.8 1.2 6Z"/>',
}
_RING = '<circle cx="6" cy="6" r="4.2"/>'
_TURN = '<path d="M4.4 2 2 4.4l2.4 2.4M2 4.4h5.2a2.8 2.8 0 0 1 0 5.6H5"/>'

#: Thinner than this a part of a bar cannot be seen; the number beside it is exact.
THINNEST = TOTAL // 50


@register.simple_tag
@lru_cache
def mark(role: Role) -> SafeString:
    """The shape of a role; the word beside it is required, so the shape is hidden from readers."""
    shape = _SHAPES.get(role, _TURN if role is Role.ROLLED_BACK else _RING)
    return format_html(
        '<svg class="mark mark-{}" viewBox="0 0 12 12" '
        'aria-hidden="true" focusable="false">{}</svg>',
        str(role),
        mark_safe(shape),
    )


@register.inclusion_tag("ui/_version.html")
def version(standing: Standing, percentage: bool = True, tag: bool = True) -> dict[str, Any]:
    """Mark, word, id with copy, tag and percentage of one version."""
    return {"standing": standing, "show_percentage": percentage, "show_tag": tag}


@register.simple_tag
def split_bar(found: Sequence[Standing], size: str = "") -> SafeString:
    """The split as a bar: candidate first. `size` is "", "large" or "mini"."""
    parts = tuple(_Part(s.role, s.weight or 0) for s in found)
    return _bar(parts, phrase(found), size)


@register.simple_tag
def share_bar(weight: int, size: str = "mini") -> SafeString:
    """A candidate's share beside stable, for a step that is only planned. `weight` is in units of
    0.001%."""
    rest = TOTAL - weight
    candidate = _Part(Role.CANDIDATE if weight else Role.STAGED, weight)
    parts = (candidate, _Part(Role.STABLE, rest)) if rest else (candidate,)
    words = f"Candidate {format_percentage(weight)}, stable {format_percentage(rest)}"
    return _bar(parts, words, size)


class _Part(NamedTuple):
    role: Role
    weight: int


@lru_cache(maxsize=4096)
def _bar(parts: tuple[_Part, ...], label: str, size: str) -> SafeString:
    first, last = (parts[0], parts[-1]) if parts else (None, None)
    two = len(parts) > 1 and first is not None
    context = {
        "label": label,
        "size": size,
        "first": first if two else None,
        "last": last,
        "at": _width(first.weight) if two and first else "",
        "rest": _width(TOTAL - _drawn(first.weight)) if two and first else "",
    }
    return mark_safe(get_template("ui/_split.html").render(context))


@register.filter
def as_percentage(weight: int) -> str:
    """A weight (units of 0.001%) as people read it."""
    return format_percentage(weight)


def _drawn(weight: int) -> int:
    return min(max(weight, THINNEST), TOTAL - THINNEST) if 0 < weight < TOTAL else weight


def _width(weight: int) -> str:
    return format_percentage(_drawn(weight))
