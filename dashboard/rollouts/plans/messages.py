"""What a step of a plan notices, in words: for the page, the CLI and the API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from dashboard.rollouts.plans.detection import StepDetection
from dashboard.times.durations import format_duration

SENTENCES: Final[Mapping[str, str]] = {
    "alone": "Nothing runs beside it, so only the error limit of {limit} applies.",
    "no_traffic": "No requests in the last 24 h, so nothing can be noticed here but a crash.",
    "no_failures": "Nothing failed in the last 24 h, so there is no rate to compare with; "
    "a few failures of the candidate alone are an alarm.",
    "notices": "Notices a {ratio}× rise after about {minutes}.",
    "too_small": "Too little traffic: even a {ratio}× rise takes about {minutes}. "
    "The smoke checks guard this step.",
    "too_short": "A {ratio}× rise takes about {minutes}, and this step may end after {bake}.",
}
FITS: Final[Mapping[str, str]] = {
    "in_time": "in time",
    "waits": "waits",
    "too_late": "too late",
}


def sentence(detected: StepDetection) -> str:
    """What the step can notice."""
    return SENTENCES[detected.code].format_map(_facts(detected.facts))


def minutes_in_words(minutes: int | None) -> str:
    """ "4 min", "9 h", "3 d": as exact as an estimate is."""
    if minutes is None:
        return "–"
    if minutes < 120:
        return f"{minutes} min"
    hours = minutes / 60
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:,.0f} d"


def bake_to_write(minutes: int) -> str:
    """The bake time with which a rise that takes so long is noticed, as one types it."""
    return format_duration(timedelta(minutes=minutes))


def _facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    words = dict(facts)
    if "minutes" in words:
        words["minutes"] = minutes_in_words(words["minutes"])
    if "limit" in words:
        words["limit"] = f"{words['limit'] * 100:.4g}%"
    return words
