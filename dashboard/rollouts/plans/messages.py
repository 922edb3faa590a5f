"""What a step detects, and labels of the form, as text for the page, the CLI and the API."""

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

RULES: Final[Mapping[str, str]] = {
    "sample": "No harm, enough data",
    "checks": "Checks pass, no harm",
    "proved": "Proved: not worse than the margin",
}
BREACHES: Final[Mapping[str, str]] = {
    "": "As the plan",
    "roll_back": "Roll back",
    "hold": "Hold",
    "show": "Only show",
}
DAYS: Final[Mapping[str, str]] = {
    "mon": "Mon",
    "tue": "Tue",
    "wed": "Wed",
    "thu": "Thu",
    "fri": "Fri",
    "sat": "Sat",
    "sun": "Sun",
}
#: Term → label, hint; `PLACES` are fields that have their label elsewhere.
FIELDS: Final[Mapping[str, tuple[str, str]]] = {
    "on_harm": ("On harm", ""),
    "confirm": ("Before the ramp", ""),
    "min_sample": ("Requests a step needs", "of the candidate"),
    "min_callers": ("Callers a step needs", "distinct ones"),
    "error_limit": ("Error limit", "percent of requests"),
    "margin": ("Margin", "“proved”: less than this many times as bad"),
    "recheck": ("Run the checks again every", "like 5m; empty: never"),
    "undo_window": ("Undo window", "after its end"),
    "expiry": ("Forgotten at 0% after", "listed until its owner removes it"),
}

PLACES: Final[Mapping[str, tuple[str, str]]] = {
    "final_bake": ("Final bake", ""),
    "day": ("Hours", ""),
    "begins": ("Hours", ""),
    "ends": ("Hours", ""),
    "zone": ("Hours", ""),
    "outside": ("Outside guardrails", ""),
}


def sentence(detected: StepDetection) -> str:
    """What the step detects."""
    return SENTENCES[detected.code].format_map(_facts(detected.facts))


def problem(name: str, words: str) -> str:
    """An error with the label of its field: "Step 3: Write a percentage, like 5 or 12.5."."""
    _, _, number = name.rpartition("-")
    if number.isdigit():
        return f"Step {number}: {words}"
    label = FIELDS.get(name, PLACES.get(name))
    return f"{label[0]}: {words}" if label else words


def minutes_in_words(minutes: int | None) -> str:
    """ "4 min", "9 h", "3 d"."""
    if minutes is None:
        return "–"
    if minutes < 120:
        return f"{minutes} min"
    hours = minutes / 60
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:,.0f} d"


def rate_in_words(per_minute: float) -> str:
    """ "12 req/min"."""
    if per_minute < 0.1:
        return "< 0.1 req/min"
    shown = f"{per_minute:,.0f}" if per_minute >= 10 else f"{per_minute:.1f}"
    return f"{shown} req/min"


def bake_to_write(minutes: int) -> str:
    """The bake time that detects a rise after `minutes`, as text for the form."""
    return format_duration(timedelta(minutes=minutes))


def _facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    words = dict(facts)
    if "minutes" in words:
        words["minutes"] = minutes_in_words(words["minutes"])
    if "limit" in words:
        words["limit"] = f"{words['limit'] * 100:.4g}%"
    return words


def saved(name: str, edit: int) -> str:
    return f"Saved as {name}, edit {edit}."


def changed(edit: int) -> str:
    return f"Edit {edit} of the plan applies from the next step."


def renamed(before: str, name: str) -> str:
    return f"Renamed {before} to {name}."


def not_renamed(error: Exception) -> str:
    return f"Not renamed. {error}"


def deleted(name: str) -> str:
    return f"Deleted the plan {name}."


def fields_wrong(count: int, first: str) -> str:
    return f"{count} fields are wrong. {first}"
