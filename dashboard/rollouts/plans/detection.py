"""What each step of a plan detects at today's traffic. Pure.

Minutes are medians (`dashboard.statistics.detection`): half of such rises are found by then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dashboard.rollouts.decisions.guardrails import ABORTING_RULES
from dashboard.rollouts.decisions.plan import Plan, Rule, Step
from dashboard.statistics.comparison import HARM_ALPHA
from dashboard.statistics.detection import minutes_to_notice
from dashboard.times.durations import format_duration
from routing.rules.split import TOTAL

RATIOS = (2, 5, 20)
USUAL_RISE = 5
NEAR = 4
"""A longer bake time is advised up to this multiple of the current one."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """A Worker's requests and failures in the last `minutes`."""

    requests: int
    failed: int
    minutes: float

    @property
    def per_minute(self) -> float:
        return self.requests / self.minutes

    @property
    def errors_per_minute(self) -> float:
        return self.failed / self.minutes


@dataclass(frozen=True, slots=True)
class Notice:
    """Minutes until a rise by `ratio` is detected; None without failures to compare with. `fit` is
    `in_time`, `waits` (the step stays until proved) or `too_late`."""

    ratio: int
    minutes: int | None
    fit: str


@dataclass(frozen=True, slots=True)
class StepDetection:
    """`gets`: candidate requests a minute. `code` and `facts` are a sentence of `messages`."""

    step: Step
    bake: timedelta
    gets: float
    notices: tuple[Notice, ...]
    code: str
    facts: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {
            "percentage": self.step.weight / 1000,
            "bake": format_duration(self.bake),
            "requests_per_minute": round(self.gets, 3),
            "notices": [
                {"ratio": n.ratio, "minutes": n.minutes, "fit": n.fit} for n in self.notices
            ],
            "code": self.code,
        }


def detection(plan: Plan, traffic: Traffic) -> list[StepDetection]:
    """One for each step of the plan."""
    return [_of_step(plan, step, traffic) for step in plan.steps]


def _of_step(plan: Plan, step: Step, traffic: Traffic) -> StepDetection:
    bake = plan.final_bake if step.weight == TOTAL else step.bake
    notices = tuple(_notice(step, bake, ratio, traffic) for ratio in RATIOS)
    code, facts = _sentence(plan, step, bake, notices, traffic)
    return StepDetection(step, bake, traffic.per_minute * step.weight / TOTAL, notices, code, facts)


def _notice(step: Step, bake: timedelta, ratio: int, traffic: Traffic) -> Notice:
    share, alpha = step.weight / TOTAL, HARM_ALPHA / ABORTING_RULES
    minutes = minutes_to_notice(traffic.errors_per_minute, share, ratio, alpha)
    if minutes is None:
        return Notice(ratio, None, "too_late")
    if timedelta(minutes=minutes) <= bake:
        return Notice(ratio, minutes, "in_time")
    return Notice(ratio, minutes, "waits" if step.rule is Rule.PROVED else "too_late")


def _sentence(
    plan: Plan, step: Step, bake: timedelta, notices: Sequence[Notice], traffic: Traffic
) -> tuple[str, dict[str, Any]]:
    """A code of `messages.SENTENCES`, and its facts."""
    if step.weight == TOTAL:
        return "alone", {"limit": plan.error_limit}
    if not traffic.requests:
        return "no_traffic", {}
    if not traffic.failed:
        return "no_failures", {}
    return _of_notices(bake, notices)


def _of_notices(bake: timedelta, notices: Sequence[Notice]) -> tuple[str, dict[str, Any]]:
    """The smallest rise that is detected, or a longer bake time that would detect a 5× rise."""
    five = next(n for n in notices if n.ratio == USUAL_RISE)
    seen = next((n for n in notices if n.minutes is not None and n.fit != "too_late"), None)
    near = five.minutes is not None and timedelta(minutes=five.minutes) <= NEAR * bake
    if near and (seen is None or seen.ratio > USUAL_RISE):
        return "too_short", {
            "ratio": USUAL_RISE,
            "minutes": five.minutes,
            "bake": format_duration(bake),
        }
    if seen is not None:
        return "notices", {"ratio": seen.ratio, "minutes": seen.minutes, "fit": seen.fit}
    return "too_small", {"ratio": notices[-1].ratio, "minutes": notices[-1].minutes}
