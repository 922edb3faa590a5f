"""A plan as a value: steps, when each moves on, and what harm does. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from dashboard.rollouts.decisions.states import OnHarm
from dashboard.rollouts.external_guardrails.parse_terms import TermsError, external_from_json
from dashboard.rollouts.external_guardrails.terms import NO_EXTERNAL, ExternalTerms
from dashboard.statistics.comparison import MARGIN
from dashboard.times.durations import format_duration, parse_duration
from dashboard.times.hours import AllowedHours, hours_from_json
from routing.rules.split import TOTAL, format_percentage

MOST_STEPS = 20
_MOVES = {"auto": True, "hand": False}
_PERCENTAGE = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,3}))?%?")
UNDO_WINDOW = timedelta(hours=24)
EXPIRY = timedelta(days=7)
MOST_MARGIN = 100
SMALL_STEP = 1_000
"""Weight of 1%. A step up to this share gets too little traffic to wait for a sample."""


class Rule(StrEnum):
    """When a step moves on, after its bake time and without harm."""

    PROVED = "proved"
    SAMPLE = "sample"
    CHECKS = "checks"


class PlanError(ValueError):
    """An invalid plan. `field` is the name of the invalid input."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Step:
    """`weight` is in units of 0.001%. `bake` is the minimum duration, from when every edge has the
    deployment."""

    weight: int
    bake: timedelta = timedelta(0)
    rule: Rule = Rule.SAMPLE
    automatic: bool = True

    @property
    def percentage(self) -> str:
        return format_percentage(self.weight)


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps up to 100%, then the final bake. `min_sample`: candidate requests that a step needs;
    `min_callers`: distinct callers. `error_limit`: maximum share of failures, 0 to 1. A finished
    rollout can be undone within `undo_window`. A candidate that stays at 0% longer than `expiry`
    is listed as forgotten. `external`: repeated checks and outside guardrails.
    """

    steps: tuple[Step, ...]
    final_bake: timedelta = timedelta(0)
    on_harm: OnHarm = OnHarm.ABORT
    confirm_review: bool = True
    min_sample: int = 100
    min_callers: int = 30
    margin: float = MARGIN
    error_limit: float = 0.05
    hours: AllowedHours | None = None
    undo_window: timedelta = UNDO_WINDOW
    external: ExternalTerms = NO_EXTERNAL
    expiry: timedelta = EXPIRY

    def __post_init__(self) -> None:
        _check_steps(self.steps)
        for field in ("min_sample", "min_callers"):
            if getattr(self, field) < 0:
                raise PlanError(field, "Write 0 or more.")
        if not 0 < self.error_limit <= 1:
            raise PlanError("error_limit", "Write a share above 0 and up to 1.")
        if not 1 < self.margin <= MOST_MARGIN:
            raise PlanError("margin", f"Write a ratio above 1 and up to {MOST_MARGIN}.")

    def as_json(self) -> dict[str, Any]:
        """JSON for the database and the API; `plan_from_json` is the inverse."""
        return {
            "steps": [
                {
                    "percentage": step.percentage.rstrip("%"),
                    "bake": format_duration(step.bake),
                    "rule": step.rule.value,
                    "automatic": step.automatic,
                }
                for step in self.steps
            ],
            "final_bake": format_duration(self.final_bake),
            "on_harm": self.on_harm.value,
            "confirm_review": self.confirm_review,
            "min_sample": self.min_sample,
            "min_callers": self.min_callers,
            "margin": self.margin,
            "error_limit": self.error_limit,
            "hours": self.hours.as_json() if self.hours else None,
            "undo_window": format_duration(self.undo_window),
            "expiry": format_duration(self.expiry),
        } | self.external.as_json()


PRESETS: Final = {
    "all-at-once": "100",
    "canary": "1:5m,5:10m,25:10m,50:15m,100",
    "careful": "1:10m,2:10m,5:15m,10:15m,25:30m,50:30m,100",
    "checks-only": "10:5m:checks,50:5m:checks,100",
}
"""Name → steps in the syntax of `parse_steps`."""


def plan_from_json(data: dict[str, Any]) -> Plan:
    """Inverse of `as_json`. Raises `PlanError`."""
    try:
        steps = tuple(
            Step(
                parse_weight(str(step["percentage"])),
                parse_duration(step["bake"]),
                Rule(step["rule"]),
                bool(step["automatic"]),
            )
            for step in data["steps"]
        )
        return Plan(
            steps=steps,
            final_bake=parse_duration(data["final_bake"]),
            on_harm=OnHarm(data["on_harm"]),
            confirm_review=bool(data["confirm_review"]),
            min_sample=int(data["min_sample"]),
            min_callers=int(data["min_callers"]),
            margin=float(data["margin"]),
            error_limit=float(data["error_limit"]),
            hours=hours_from_json(data["hours"]) if data.get("hours") else None,
            undo_window=parse_duration(data.get("undo_window", format_duration(UNDO_WINDOW))),
            external=external_terms(data),
            expiry=parse_duration(data.get("expiry", format_duration(EXPIRY))),
        )
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, PlanError):
            raise
        raise PlanError("plan", f"This is not a plan: {error}.") from error


def external_terms(data: Mapping[str, Any]) -> ExternalTerms:
    """Repeated checks and outside guardrails from JSON. Raises `PlanError`."""
    try:
        return external_from_json(data)
    except TermsError as error:
        raise PlanError(error.field, str(error)) from error


def parse_steps(text: str, automatic: bool = True) -> tuple[Step, ...]:
    """ "20:10s,50:1h:proved:hand,100" → 20% for at least 10 seconds; 50% for at least an hour,
    until proved and stepped up by a person; then 100%. `automatic` is the default of steps
    without `auto` or `hand`. Raises `PlanError`."""
    parts = filter(None, (piece.strip() for piece in text.split(",")))
    steps = [_parse_step(part, automatic) for part in parts]
    _check_steps(steps)
    return tuple(steps)


def _parse_step(text: str, automatic: bool) -> Step:
    percentage, *rest = text.split(":")
    weight = parse_weight(percentage)
    bake = _duration("steps", rest[0] if rest and rest[0] else "0s")
    rule = Rule.CHECKS if weight <= SMALL_STEP else Rule.SAMPLE
    for word in rest[1:]:
        if word in list(Rule):
            rule = Rule(word)
        elif word in _MOVES:
            automatic = _MOVES[word]
        else:
            words = ", ".join([*Rule, *_MOVES])
            raise PlanError("steps", f"{word[:40]!r} in step {text[:40]!r} is not one of {words}.")
    return Step(weight, bake, rule, automatic)


def parse_weight(text: str) -> int:
    """ "12.5" → 12,500 units of 0.001%. Raises `PlanError`."""
    match = _PERCENTAGE.fullmatch(text.strip())
    weight = int(match[1]) * 1000 + int((match[2] or "").ljust(3, "0")) if match else -1
    if not 0 <= weight <= TOTAL:
        raise PlanError("steps", f"{text.strip()!r} is not a percentage from 0 to 100.")
    return weight


def _duration(field: str, text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise PlanError(field, str(error)) from error


def _check_steps(steps: tuple[Step, ...] | list[Step]) -> None:
    weights = [step.weight for step in steps]
    if not 1 <= len(weights) <= MOST_STEPS:
        raise PlanError(
            "steps", f"A plan has 1 to {MOST_STEPS} steps; this one has {len(weights)}."
        )
    if weights[-1] != TOTAL:
        raise PlanError("steps", f"The last step is 100%, not {steps[-1].percentage}.")
    if weights[0] <= 0:
        raise PlanError("steps", "The first step is above 0%; a rollout stages at 0% by itself.")
    if sorted(set(weights)) != weights:
        raise PlanError("steps", "Each step has a higher percentage than the one before it.")
