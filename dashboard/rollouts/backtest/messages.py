"""Outcomes of a replay as text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from dashboard.rollouts.backtest.replay import Outcome, Replay

OUTCOMES: Mapping[Outcome, tuple[str, str]] = {
    Outcome.MOVED_ON: ("ok", "Moves on"),
    Outcome.DONE: ("ok", "Done"),
    Outcome.ROLLED_BACK: ("danger", "Rolls back"),
    Outcome.HELD: ("warn", "Holds"),
    Outcome.RAN_OUT: ("plain", "Still waits"),
}
"""Outcome → (tone, label)."""

_HEADLINES: Mapping[Outcome, str] = {
    Outcome.MOVED_ON: "Would have moved on.",
    Outcome.DONE: "Would have reached 100% after {total}.",
    Outcome.ROLLED_BACK: "Would have rolled back at {share}, {lasted} into the step.",
    Outcome.HELD: "Would have held at {share}, {lasted} into the step.",
    Outcome.RAN_OUT: "Would still be at {share} when the recorded traffic ends, after {total}.",
}


def headline(replay: Replay) -> str:
    """What the plan would have done, in one sentence."""
    if not replay.steps:
        return "No counts are stored for this time. Counts by minute are deleted first."
    last = replay.steps[-1]
    return _HEADLINES[replay.outcome].format(
        share=last.step.percentage,
        lasted=span(last.lasted),
        total=span(last.ended_at - replay.steps[0].began_at),
    )


def span(time: timedelta) -> str:
    seconds = int(time.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{seconds // 60} min"
    return f"{seconds / 3600:.1f} h"
