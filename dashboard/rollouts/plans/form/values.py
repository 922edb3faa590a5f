"""Parses numbers and times of a form; problems are added to its errors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from typing import Any

from dashboard.rollouts.plans.form.step_rows import Errors


def read_number(errors: Errors, name: str, text: str, convert: Callable[[str], float]) -> Any:
    """The number; None, with an error, if invalid."""
    try:
        return convert(text.strip().rstrip("%"))
    except ValueError:
        kind = "whole number" if convert is whole else "number"
        errors[name] = f"{text[:40]!r} is not a {kind}."
        return None


def whole(text: str) -> int:
    """0 or more. Raises `ValueError`."""
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise ValueError(text)
    return int(text)


def read_time(errors: Errors, name: str, text: str) -> time | None:
    """The time of day; None, with an error, if invalid."""
    try:
        return time.fromisoformat(text.strip())
    except ValueError:
        errors[name] = "Write a time, like 09:00."
        return None
