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
ELSEWHERE = ("deployed_elsewhere", "overwrote")
"""Holds after which a person chooses between the rollout's deployment and the other one."""
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
    if seen.elsewhere and rollout.state is not State.STAGING:
        return _elsewhere(rollout, seen)
    if not seen.unread:
        return next_step(rollout, seen.observation, now)
    watched = rollout.before_hold or rollout.state
    if watched in TAKES_TRAFFIC | GOING_BACK:
        return next_step(rollout, _unread(rollout, seen), now)
    hold, clears = rollout.hold, rollout.hold_clears
    facts = {"problem": seen.unread}
    return Decision(
        rollout.state, "unread", rollout.step, hold=hold, hold_clears=clears, facts=facts
    )


def _elsewhere(rollout: Rollout, seen: Seen) -> Decision:
    """Waits for a person, whatever it waited for before: harm is not judged, and nothing is rolled
    back over another client's deployment."""
    hold = rollout.hold if rollout.hold in ELSEWHERE else "deployed_elsewhere"
    return Decision(State.HELD, "deployed_elsewhere", rollout.step, hold=hold, facts=seen.elsewhere)


def _unread(rollout: Rollout, seen: Seen) -> Observation:
    """The rollout's own deployment was live last. Harm in the counts stays harm; else a step cannot
    be judged, nor a rollback be confirmed."""
    judgment = seen.observation.judgment
    if judgment is None or judgment.verdict is not Verdict.HARM:
        judgment = Judgment("reading", Verdict.CANNOT_JUDGE, "unread", {"problem": seen.unread})
    return replace(
        seen.observation,
        deployment_id=rollout.deployment_id,
        ready_at=rollout.since,
        unverified_edges=(PLACE,),
        judgment=judgment,
    )
