"""The rollout, an observation and a decision as values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from dashboard.rollouts.decisions.guardrails import Judgment
from dashboard.rollouts.decisions.plan import Plan, Step
from dashboard.rollouts.decisions.states import State
from dashboard.rollouts.hooks.events import OPEN, Gate
from routing.rules.split import TOTAL

EDGE_PATIENCE = timedelta(seconds=30)
"""How long a step waits for every edge before the rollout is put on hold."""


class Action(StrEnum):
    """What the conductor does in addition to saving the state."""

    NONE = "none"
    DEPLOY = "deploy"
    RUN_CHECKS = "run_checks"
    ASK_REVIEW = "ask_review"
    ASK_GATES = "ask_gates"


class Checks(StrEnum):
    """State of the rollout's run of its suite."""

    NOT_ASKED = "not_asked"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    BROKEN = "broken"


class Review(StrEnum):
    """State of the review that the Worker's policy requires before the next step."""

    NOT_NEEDED = "not_needed"
    NOT_ASKED = "not_asked"
    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CHECKS_MOVED = "checks_moved"
    OUTSIDE_HOURS = "outside_hours"


@dataclass(frozen=True, slots=True)
class Rollout:
    """The fields of the row that decisions depend on. `step` is -1 at 0%. `hold`: code of the
    reason while on hold; `hold_clears`: whether the hold ends by itself. `next_plan`: a newer
    edit of the plan, in force from the next step; `edit`: the number of the newest edit."""

    plan: Plan
    state: State
    step: int = -1
    since: datetime | None = None
    deployment_id: str = ""
    before_hold: State | None = None
    hold: str = ""
    hold_clears: bool = False
    has_suite: bool = False
    review_confirmed: bool = False
    step_requested: bool = False
    had_traffic: bool = False
    next_plan: Plan | None = None
    edit: int = 1

    @property
    def current(self) -> Step | None:
        return self.plan.steps[self.step] if self.step >= 0 else None

    @property
    def upcoming(self) -> Plan:
        """The plan of the next step."""
        return self.next_plan or self.plan

    @property
    def following(self) -> Step | None:
        """The step after this one; None at 100%."""
        later, steps = self.step + 1, self.upcoming.steps
        return steps[later] if later < len(steps) else None


@dataclass(frozen=True, slots=True)
class Observation:
    """Input of one decision. `ready_at`: when the last edge got the deployment; `gate`: state of
    the gates before the next step; `patience`: how long a step waits to be ready before the rollout
    is put on hold."""

    deployment_id: str
    ready_at: datetime | None = None
    waiting_edges: tuple[str, ...] = ()
    checks: Checks = Checks.NOT_ASKED
    judgment: Judgment | None = None
    unverified_edges: tuple[str, ...] = ()
    review: Review = Review.NOT_NEEDED
    review_id: str = ""
    gate: Gate = OPEN
    patience: timedelta = EDGE_PATIENCE


@dataclass(frozen=True, slots=True)
class Decision:
    """The next state, its action and its reason (`code`). `weight`: the candidate's share to
    deploy."""

    state: State
    code: str
    step: int
    action: Action = Action.NONE
    weight: int | None = None
    hold: str = ""
    hold_clears: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)

    def changes(self, rollout: Rollout) -> bool:
        """Whether state, step or hold change, or there is an action."""
        same = (self.state, self.step, self.hold) == (rollout.state, rollout.step, rollout.hold)
        return not same or self.action is not Action.NONE


def go_back(rollout: Rollout, code: str, facts: Mapping[str, Any]) -> Decision:
    """Rolls back to stable; needs no approval."""
    return Decision(State.ROLLING_BACK, code, rollout.step, Action.DEPLOY, weight=0, facts=facts)


def enter_step(rollout: Rollout, index: int, code: str) -> Decision:
    """Deploys the share of the plan's step `index`."""
    step = rollout.upcoming.steps[index]
    state = State.BAKING if step.weight == TOTAL else State.RAMPING
    facts: dict[str, Any] = {"percentage": step.percentage}
    if rollout.next_plan is not None:
        facts["edit"] = rollout.edit
    return Decision(state, code, index, Action.DEPLOY, weight=step.weight, facts=facts)


def after(rollout: Rollout, decision: Decision, now: datetime, deployment_id: str) -> Rollout:
    """The rollout after `decision`; `deployment_id` is then active."""
    moved = decision.step != rollout.step or decision.action is Action.DEPLOY
    holds = decision.state is State.HELD
    another_step = decision.step != rollout.step
    return replace(
        rollout,
        plan=rollout.upcoming if another_step else rollout.plan,
        next_plan=None if another_step else rollout.next_plan,
        state=decision.state,
        step=decision.step,
        since=now if moved else rollout.since,
        deployment_id=deployment_id,
        before_hold=_before_hold(rollout) if holds else None,
        hold=decision.hold if holds else "",
        hold_clears=decision.hold_clears if holds else False,
        step_requested=False if moved else rollout.step_requested,
        had_traffic=rollout.had_traffic or bool(decision.weight),
    )


def _before_hold(rollout: Rollout) -> State | None:
    return rollout.before_hold if rollout.state is State.HELD else rollout.state
