"""A rollout's plan as values: its steps, when each moves on, and what harm does. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from dashboard.rollouts.durations import format_duration, parse_duration
from dashboard.rollouts.external.terms import (
    NO_EXTERNAL,
    ExternalTerms,
    TermsError,
    external_from_json,
)
from dashboard.rollouts.hours import AllowedHours, hours_from_json
from dashboard.rollouts.states import OnHarm
from dashboard.statistics.comparison import MARGIN
from routing.rules.split import TOTAL, format_percentage

MOST_STEPS = 20
_PERCENTAGE = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,3}))?%?")
UNDO_WINDOW = timedelta(hours=24)
SMALL_STEP = 1_000
"""Weight of 1%: at most this much traffic shows too little to wait for a sample."""


class Rule(StrEnum):
    """When a step has seen enough, its bake time being over and no harm found."""

    PROVED = "proved"
    SAMPLE = "sample"
    CHECKS = "checks"


class PlanError(ValueError):
    """A plan that cannot run. `field` names the input that is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Step:
    """`weight` in units of 0.001%; the step lasts at least `bake` once every edge has it."""

    weight: int
    bake: timedelta = timedelta(0)
    rule: Rule = Rule.SAMPLE
    automatic: bool = True

    @property
    def percentage(self) -> str:
        return format_percentage(self.weight)


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps up to 100%, then the final bake. `min_sample` counts candidate requests of a step,
    `min_callers` distinct callers; `error_limit` is the largest tolerable share of failures, 0..1.
    Until `undo_window` after its end one verb undoes the rollout. `external` are re-checks and
    guardrails that ask other programs.
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

    def __post_init__(self) -> None:
        _check_steps(self.steps)
        for field in ("min_sample", "min_callers"):
            if getattr(self, field) < 0:
                raise PlanError(field, "Write 0 or more.")
        if not 0 < self.error_limit <= 1:
            raise PlanError("error_limit", "Write a share above 0 and up to 1.")

    def as_json(self) -> dict[str, Any]:
        """Plain values, for the database and the API; `plan_from_json` reads them."""
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
        } | self.external.as_json()


PRESETS: Final = {
    "all-at-once": "100",
    "canary": "1:5m,5:10m,25:10m,50:15m,100",
    "careful": "1:10m,2:10m,5:15m,10:15m,25:30m,50:30m,100",
}
"""Plans by name, in the form of `parse_steps`."""


def plan_from_text(
    *,
    steps: str,
    final_bake: str,
    on_harm: str,
    undo_window: str = "24h",
    automatic: bool = True,
    **terms: Any,
) -> Plan:
    """The plan as people type it, in the form, the CLI and the API alike; `steps` may also be the
    name of a preset, `terms` are other fields of `Plan`. Raises `PlanError`, which names the field.
    """
    bake = _duration("final_bake", final_bake)
    window = _duration("undo_window", undo_window)
    if on_harm not in list(OnHarm):
        raise PlanError("on_harm", f"{on_harm!r} is not one of {', '.join(OnHarm)}.")
    typed = parse_steps(PRESETS.get(steps, steps), automatic)
    return Plan(typed, bake, OnHarm(on_harm), undo_window=window, **terms)


def plan_from_json(data: dict[str, Any]) -> Plan:
    """The plan that `as_json` wrote. Raises `PlanError` for anything that is not one."""
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
        )
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, PlanError):
            raise
        raise PlanError("plan", f"This is not a plan: {error}.") from error


def external_terms(data: Mapping[str, Any]) -> ExternalTerms:
    """Re-checks and outside guardrails of a plan as JSON. Raises `PlanError`."""
    try:
        return external_from_json(data)
    except TermsError as error:
        raise PlanError(error.field, str(error)) from error


def parse_steps(text: str, automatic: bool = True) -> tuple[Step, ...]:
    """ "20:10s,100" → 20% for at least 10 seconds, then 100%. Raises `PlanError`."""
    steps = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        percentage, _, bake = part.partition(":")
        weight = parse_weight(percentage)
        rule = Rule.CHECKS if weight <= SMALL_STEP else Rule.SAMPLE
        steps.append(Step(weight, _duration("steps", bake or "0s"), rule, automatic))
    _check_steps(steps)
    return tuple(steps)


def parse_weight(text: str) -> int:
    """ "12.5" → 12,500 units of 0.001%. Raises `PlanError` for what is no percentage."""
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
