"""Which traffic is replayed by which plan, as it is typed on the page, in the CLI and the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from dashboard.rollouts.backtest.recorded import of_hours, of_rollout
from dashboard.rollouts.backtest.replay import Replay, replay
from dashboard.rollouts.decisions.plan import Plan, PlanError
from dashboard.rollouts.models import Rollout
from dashboard.rollouts.plans.plan_text import plan_with
from routing.models import Worker

MOST_HOURS = 48
"""A replay of as many minutes takes about a second at most."""
MOST_RISE = 1000.0


@dataclass(frozen=True, slots=True)
class BacktestRequest:
    """Either an ended `rollout` or the last `hours`, in which a version just like stable is drawn
    whose failures are `rise` times as many."""

    worker: Worker
    plan: Plan
    rollout: Rollout | None = None
    hours: int = 0
    rise: float = 1.0

    def run(self, now: datetime) -> Replay:
        if self.rollout is not None:
            recording = of_rollout(self.rollout)
            return replay(self.plan, recording.blocks, recording.budget)
        recording = of_hours(self.worker, self.hours, now)
        return replay(self.plan, recording.blocks, rise=self.rise)


def most_hours() -> int:
    """How far back counts by minute are stored and replayed."""
    return int(min(MOST_HOURS, 24 * settings.KEEP_MINUTES))


def backtest_request(
    worker: Worker,
    terms: Mapping[str, Any],
    *,
    rollout_id: str = "",
    hours: int | None = None,
    rise: float = 1.0,
) -> BacktestRequest:
    """`terms` are those of a plan, by name; without steps the rollout's own plan is replayed.
    Raises `PlanError`, which names the field."""
    if bool(rollout_id) == (hours is not None):
        raise PlanError("hours", "Name a rollout or a number of hours.")
    rollout = _ended(worker, rollout_id) if rollout_id else None
    if hours is not None and not 1 <= hours <= most_hours():
        raise PlanError("hours", f"Write 1 to {most_hours()} hours: counts are stored that long.")
    if not 0 <= rise <= MOST_RISE:
        raise PlanError("rise", f"Write 0 to {MOST_RISE:g} times as many failures.")
    plan = plan_with(rollout.terms if rollout else None, terms)
    return BacktestRequest(worker, plan, rollout, hours or 0, rise)


def _ended(worker: Worker, rollout_id: str) -> Rollout:
    try:
        rollout = worker.rollouts.with_versions().filter(pk=UUID(rollout_id)).first()
    except ValueError:
        rollout = None
    if rollout is None:
        raise PlanError("rollout", f"{worker.name} has no rollout {rollout_id[:40]}.")
    return rollout
