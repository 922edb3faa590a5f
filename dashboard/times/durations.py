"""Durations as people type them in plans: "10s", "5m", "2h", "1d"."""

from __future__ import annotations

import re
from datetime import timedelta

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_FORM = re.compile(r"([0-9]{1,7})([smhd])")

LONGEST = timedelta(days=30)


def parse_duration(text: str) -> timedelta:
    """ "90s" → 1.5 minutes. Raises `ValueError` with what to write instead."""
    match = _FORM.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(f"{text!r} is not a duration. Write a number and a unit, like 30s or 5m.")
    duration = timedelta(seconds=int(match[1]) * _SECONDS[match[2]])
    if duration > LONGEST:
        raise ValueError(f"{text!r} is longer than {LONGEST.days} days.")
    return duration


def format_duration(duration: timedelta) -> str:
    """The shortest exact form that `parse_duration` reads: 90 s → "90s", 2 h → "2h"."""
    seconds = int(duration.total_seconds())
    for unit in "dhm":
        if seconds and seconds % _SECONDS[unit] == 0:
            return f"{seconds // _SECONDS[unit]}{unit}"
    return f"{seconds}s"
