"""One plan over a Worker's last rollouts: what it would have done with each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.rollouts import messages
from dashboard.rollouts.backtest.messages import OUTCOMES, headline
from dashboard.rollouts.backtest.replay import Outcome
from dashboard.rollouts.backtest.request import backtest_request
from dashboard.rollouts.models import Rollout
from routing.models import Worker

RECENT = 5


@dataclass(frozen=True, slots=True)
class RecentRow:
    """One rollout: how it really ended, and what the plan would have done."""

    rollout: Rollout
    ended: str
    tone: str
    word: str
    words: str


@dataclass(frozen=True, slots=True)
class Recent:
    """`summary` counts the outcomes; rollouts whose counts are gone are not among them."""

    summary: str
    rows: Sequence[RecentRow]


def recent(
    worker: Worker, terms: Mapping[str, Any], rollouts: Sequence[Rollout], now: datetime
) -> Recent:
    """Replays each. Raises `PlanError`."""
    rows, outcomes = [], Counter[Outcome]()
    for rollout in rollouts[:RECENT]:
        replay = backtest_request(worker, terms, rollout_id=str(rollout.pk)).run(now)
        tone, word = OUTCOMES[replay.outcome] if replay.steps else ("plain", "No counts")
        outcomes.update([replay.outcome] if replay.steps else [])
        rows.append(RecentRow(rollout, messages.title(rollout), tone, word, headline(replay)))
    return Recent(_summary(outcomes), rows)


def _summary(outcomes: Counter[Outcome]) -> str:
    total = outcomes.total()
    if not total:
        return "No rollout that ended has counts to replay."
    rolled_back, held = outcomes[Outcome.ROLLED_BACK], outcomes[Outcome.HELD]
    which = "On the last rollout" if total == 1 else f"On the last {total} rollouts"
    return f"{which} this plan would have rolled back {rolled_back} and held {held}."
