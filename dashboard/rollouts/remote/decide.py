"""The next decision: the rules of every rollout, and what others did meanwhile. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from dashboard.rollouts.decisions.guardrails import Judgment
from dashboard.rollouts.decisions.next_step import next_step
from dashboard.rollouts.decisions.states import GOING_BACK, TAKES_TRAFFIC, State, Verdict
from dashboard.rollouts.decisions.values import Decision, Observation, Rollout

PATIENCE = timedelta(seconds=90)
"""How long a deployment may take to be confirmed before the rollout is put on hold."""
PLACE = "Cloudflare"
"""Stands for the edges of a rollout on our own edges, in facts."""


@dataclass(frozen=True, slots=True)
class Seen:
    """`unread`: what is live could not be read for a while, and why. `elsewhere`: the deployment
    that another client made: `author`, `source`, `message`, `deployment`, `at`."""

    observation: Observation
    unread: str = ""
    elsewhere: Mapping[str, Any] = field(default_factory=dict)


def decide(rollout: Rollout, seen: Seen, now: datetime) -> Decision:
    """The decision at `now`. Deterministic."""
    if seen.elsewhere and rollout.state in GOING_BACK:
        return Decision(
            State.NEEDS_ATTENTION, "deployed_elsewhere", rollout.step, facts=seen.elsewhere
        )
    if seen.elsewhere:
        decision = next_step(rollout, replace(seen.observation, judgment=None), now)
        if decision.code == "deployed_elsewhere":
            return replace(decision, facts=dict(seen.elsewhere))
        return decision
    return next_step(rollout, _unread(rollout, seen), now)


def _unread(rollout: Rollout, seen: Seen) -> Observation:
    """What is known while nothing can be read: the rollout's own deployment was live last. A step
    with traffic cannot be judged; no other state moves on."""
    if not seen.unread:
        return seen.observation
    takes_traffic = (rollout.before_hold or rollout.state) in TAKES_TRAFFIC
    judgment = Judgment("reading", Verdict.CANNOT_JUDGE, "unread", {"problem": seen.unread})
    return replace(
        seen.observation,
        deployment_id=rollout.deployment_id,
        ready_at=rollout.since if takes_traffic else None,
        waiting_edges=(PLACE,),
        unverified_edges=(PLACE,),
        judgment=judgment if takes_traffic else None,
        patience=PATIENCE,
    )
