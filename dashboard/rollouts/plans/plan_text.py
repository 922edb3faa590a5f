"""The terms of a plan as text, for the page, the CLI and the API. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from dashboard.rollouts.decisions.plan import (
    PRESETS,
    SMALL_STEP,
    Plan,
    PlanError,
    Rule,
    Step,
    external_terms,
    parse_steps,
    parse_weight,
)
from dashboard.rollouts.decisions.states import OnHarm
from dashboard.rollouts.external_guardrails.terms import FIELDS, NO_EXTERNAL
from dashboard.times.durations import format_duration, parse_duration
from dashboard.times.hours import AllowedHours, hours_from_json, parse_hours

NO_STEPS = "Write steps as 20:10s,100, the name of a preset, or the name of a saved plan."


def plan_with(base: Plan | None, terms: Mapping[str, Any]) -> Plan:
    """`base` with the `terms` that are not None, by the names of `Plan`'s fields. Without a base,
    steps are required. `automatic`: default of steps in short form. Raises `PlanError`."""
    given = {name: value for name, value in terms.items() if value is not None}
    automatic = bool(given.pop("automatic", True))
    steps = read_steps(given.pop("steps"), automatic) if "steps" in given else None
    if base is None and steps is None:
        raise PlanError("steps", NO_STEPS)
    outside = {name: given.pop(name) for name in FIELDS if name in given}
    fields = {name: _READ.get(name, _as_given)(name, value) for name, value in given.items()}
    if outside:
        before = base.external if base else NO_EXTERNAL
        fields["external"] = external_terms(before.as_json() | outside)
    if base is None:
        return Plan(steps or (), **fields)
    return replace(base, steps=steps or base.steps, **fields)


def read_steps(value: Any, automatic: bool = True) -> tuple[Step, ...]:
    """Steps in short form, by a preset's name, or as objects with `percentage`, `bake`, `rule` and
    `automatic`. Raises `PlanError`."""
    if isinstance(value, str):
        return parse_steps(PRESETS.get(value.strip(), value), automatic)
    return tuple(_step(row, number, automatic) for number, row in enumerate(value, 1))


def format_steps(steps: Sequence[Step]) -> str:
    """The short form that `parse_steps` reads: "1:5m,20:10m:proved:hand,100"."""
    return ",".join(_format_step(step) for step in steps)


def _format_step(step: Step) -> str:
    parts = [step.percentage.rstrip("%")]
    usual = Rule.CHECKS if step.weight <= SMALL_STEP else Rule.SAMPLE
    flags = [step.rule.value] if step.rule is not usual else []
    flags += [] if step.automatic else ["hand"]
    if step.bake or flags:
        parts.append(format_duration(step.bake))
    return ":".join([*parts, *flags])


def _step(row: Mapping[str, Any], number: int, automatic: bool) -> Step:
    try:
        weight = parse_weight(str(row["percentage"]))
        usual = Rule.CHECKS if weight <= SMALL_STEP else Rule.SAMPLE
        bake = parse_duration(str(row.get("bake") or "0s"))
        rule = Rule(row.get("rule") or usual)
    except KeyError as error:
        raise PlanError("steps", f"Step {number} has no percentage.") from error
    except ValueError as error:
        raise PlanError("steps", f"Step {number}: {error}") from error
    own = row.get("automatic")
    return Step(weight, bake, rule, automatic if own is None else bool(own))


def _duration(field: str, value: str) -> timedelta:
    try:
        return parse_duration(value)
    except ValueError as error:
        raise PlanError(field, str(error)) from error


def _on_harm(field: str, value: str) -> OnHarm:
    if value not in list(OnHarm):
        raise PlanError(field, f"{value!r} is not one of {', '.join(OnHarm)}.")
    return OnHarm(value)


def _hours(field: str, value: Any) -> AllowedHours | None:
    """From text, or from the JSON of a plan."""
    try:
        if isinstance(value, str):
            return parse_hours(value)
        return hours_from_json(value)
    except KeyError as error:
        raise PlanError(field, f"{error} is missing.") from error
    except (TypeError, ValueError) as error:
        raise PlanError(field, f"{error}.".replace("..", ".")) from error


def _as_given(field: str, value: Any) -> Any:
    return value


_READ: Final[Mapping[str, Callable[[str, Any], Any]]] = {
    "final_bake": _duration,
    "undo_window": _duration,
    "expiry": _duration,
    "on_harm": _on_harm,
    "hours": _hours,
}
