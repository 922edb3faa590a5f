"""A replay as scripts read it, and as lines of a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dashboard.rollouts import messages
from dashboard.rollouts.backtest.messages import OUTCOMES, headline, span
from dashboard.rollouts.backtest.replay import Replay, StepReplay
from dashboard.rollouts.decisions.guardrails import Judgment


def as_json(replay: Replay) -> dict[str, Any]:
    return {
        "outcome": replay.outcome.value,
        "words": headline(replay),
        "steps": [_step_json(step) for step in replay.steps],
        "not_reached": [step.weight / 1000 for step in replay.not_reached],
        "plan": replay.plan.as_json(),
    }


def lines(replay: Replay) -> Iterator[str]:
    """One line a step, then what the plan would have done."""
    for step in replay.steps:
        word = OUTCOMES[step.outcome][1].lower()
        requests, failed = step.figures.candidate
        yield (
            f"{step.step.percentage:>7}  {step.began_at:%Y-%m-%d %H:%M} UTC  "
            f"{span(step.lasted):>8}  {requests:,} requests, {failed:,} failed  {word}: {why(step)}"
        )
    for missed in replay.not_reached:
        yield f"{missed.percentage:>7}  not reached"
    yield headline(replay)


def why(step: StepReplay) -> str:
    """The judgment that ended the step, in words."""
    return messages.reason(step.decides.code, step.decides.facts) if step.decides else ""


def _step_json(step: StepReplay) -> dict[str, Any]:
    return {
        "percentage": step.step.weight / 1000,
        "began_at": step.began_at.isoformat(),
        "ended_at": step.ended_at.isoformat(),
        "seconds": step.lasted.total_seconds(),
        "outcome": step.outcome.value,
        "why": why(step),
        "candidate": _sums(step.figures.candidate),
        "stable": _sums(step.figures.stable),
        "judgments": [_judgment(one) for one in step.judgments],
    }


def _judgment(judgment: Judgment) -> dict[str, Any]:
    return {
        "name": judgment.name,
        "verdict": judgment.verdict.value,
        "code": judgment.code,
        "words": messages.reason(judgment.code, judgment.facts),
        "on_breach": judgment.on_breach.value if judgment.on_breach else None,
    }


def _sums(counted: tuple[int, int]) -> dict[str, int]:
    return {"requests": counted[0], "failed": counted[1]}
