"""Plays a rollout without a database: what is seen goes in, states and deployed shares come out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from dashboard.rollouts.decisions.guardrails import Judgment
from dashboard.rollouts.decisions.next_step import (
    Action,
    Checks,
    Decision,
    Observation,
    Rollout,
    after,
    next_step,
)
from dashboard.rollouts.decisions.plan import Plan, parse_steps
from dashboard.rollouts.decisions.states import State, Verdict

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)  # a Monday
SAFE = Judgment("errors", Verdict.SAFE, "sample")
HARM = Judgment("errors", Verdict.HARM, "worse_than_stable")
NOT_YET = Judgment("errors", Verdict.NOT_YET, "too_few_requests")
BLIND = Judgment("errors", Verdict.CANNOT_JUDGE, "edge_silent")


def plan_of(steps: str = "20:10s,100", **fields: object) -> Plan:
    given = {"confirm_review": False, "final_bake": timedelta(seconds=5)} | fields
    return Plan(parse_steps(steps), **given)  # type: ignore[arg-type]


@dataclass
class Playbook:
    """A rollout and its clock. Each look decides once; `deployed` lists the candidate's shares."""

    rollout: Rollout
    now: datetime = NOON
    deployed: list[int] = field(default_factory=list)
    checks_run: int = 0
    ready: bool = True

    def look(
        self,
        judgment: Judgment | None = SAFE,
        *,
        seconds: float = 0,
        checks: Checks = Checks.NOT_ASKED,
        elsewhere: str = "",
        unverified: tuple[str, ...] = (),
    ) -> Decision:
        """Lets time pass, decides, and carries the decision out."""
        self.now += timedelta(seconds=seconds)
        seen = Observation(
            deployment_id=elsewhere or self.rollout.deployment_id,
            ready_at=self.rollout.since if self.ready else None,
            waiting_edges=() if self.ready else ("local-2",),
            checks=checks,
            judgment=judgment,
            unverified_edges=unverified,
        )
        decision = next_step(self.rollout, seen, self.now)
        assert next_step(self.rollout, seen, self.now) == decision
        self._carry_out(decision)
        return decision

    def until_ramping(self) -> None:
        """Stage, wait for the edges, pass the review."""
        for _ in range(3):
            self.look()

    def state(self) -> State:
        return self.rollout.state

    def change(self, **fields: object) -> None:
        """What a person's verb writes."""
        self.rollout = replace(self.rollout, **fields)  # type: ignore[arg-type]

    def _carry_out(self, decision: Decision) -> None:
        deployment = self.rollout.deployment_id
        if decision.action is Action.DEPLOY:
            assert decision.weight is not None
            self.deployed.append(decision.weight)
            deployment = f"deployment {len(self.deployed)}"
        self.checks_run += decision.action is Action.RUN_CHECKS
        self.rollout = after(self.rollout, decision, self.now, deployment)


def play(plan: Plan | None = None, **fields: object) -> Playbook:
    rollout = Rollout(plan or plan_of(), State.STAGING, deployment_id="before")
    return Playbook(replace(rollout, **fields))  # type: ignore[arg-type]
