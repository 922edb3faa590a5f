"""Text filters of the Edges pages."""

from __future__ import annotations

from django import template

from dashboard.times.spans import span_text

register = template.Library()


@register.filter
def seconds_off(offset_ms: int) -> str:
    """How far a clock is off, without its direction."""
    return span_text(abs(offset_ms))
