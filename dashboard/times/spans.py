"""Spans of time and moments as text: "61 ms", "4 min", "18 Nov 2026, 14:01:32 UTC"."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def span_text(span: timedelta | float | None) -> str:
    """61 ms, 6.2 s, 4 min: a number alone counts milliseconds."""
    if span is None:
        return "–"
    ms = span / timedelta(milliseconds=1) if isinstance(span, timedelta) else float(span)
    if ms < 10:
        return f"{ms:.1f} ms"
    if ms < 1000:
        return f"{ms:.0f} ms"
    return f"{ms / 1000:.1f} s" if ms < 60_000 else largest_unit(timedelta(milliseconds=ms))


def largest_unit(span: timedelta) -> str:
    """5 h 59 min → "5 h"."""
    seconds = int(span.total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def relative_text(span: timedelta) -> str:
    """A time ago: "just now" or "4 min ago"."""
    return "just now" if span < timedelta(seconds=1) else f"{largest_unit(span)} ago"


def utc_text(moment: datetime) -> str:
    """The absolute time: 18 Nov 2026, 14:01:32 UTC."""
    at = moment.astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M:%S} UTC"
