"""What Sluice's own API reads and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import ConfigDict, Field, StrictInt

Json = dict[str, Any]


class Input(Schema):
    """A request's body; unknown fields are refused, so that a typo never goes unnoticed."""

    model_config = ConfigDict(extra="forbid")


class SuiteItem(Schema):
    """A suite as its newest edit has it."""

    name: str
    edit: int
    checks: int
    author: str
    created_at: datetime


class SuiteDetail(SuiteItem):
    """With its checks, in the form that PUT reads."""

    document: Json


class RunInput(Input):
    """Which suite runs, and against what."""

    suite: str = Field(max_length=100)
    version_id: str = Field("", max_length=100, description="The candidate, if left out.")


class RunItem(Schema):
    """One run: `state` is waiting, running, passed, failed, broken, stopped or abandoned."""

    id: str
    state: str
    url: str
    reason: str
    problem: str
    suite: str
    edit: int
    version_id: str
    deployment_id: str
    edges: list[str]
    started_at: datetime
    ended_at: datetime | None
    done: int
    total: int


class RunDetail(RunItem):
    """With what each check came to at each edge."""

    checks: list[Json]


class VerbInput(Input):
    """Where the caller believes the rollout is; if it moved, nothing happens and 409 says who."""

    deployment_id: str = Field(max_length=100)
    step: StrictInt = Field(description="-1 while staged at 0%.")
    reason: str = Field("", max_length=500)
    to: float | str | None = Field(
        None, description="For `step`: a higher or lower share of the plan, in percent."
    )


class RolloutItem(Schema):
    """A rollout: the same object that `manage.py rollout --json` prints."""

    id: str
    state: str
    url: str
    reason: str
    code: str
    worker: str
    version_id: str
    stable_version_id: str
    deployment_id: str
    step: int
    percentage: float
    facts: Json
    review: str | None = Field(None, description="The review that it waits for.")


class EventItem(Schema):
    """One event: the decision, its numbers, and who made it."""

    at: datetime
    state: str
    step: int
    code: str
    words: str
    facts: Json
    by: str


class RolloutDetail(RolloutItem):
    """With its plan and its story. `next_plan` is a newer edit, in force from the next step;
    `slow_budget` are the thresholds of slow requests in microseconds, 0 where there is none;
    `warnings`, at its start, are about rollouts of Workers that it calls or that call it."""

    plan: Json
    next_plan: Json | None
    plan_edit: int
    slow_budget: dict[str, int]
    warnings: list[str] = []
    suite: str
    owner: str
    source: str
    started_at: datetime
    ended_at: datetime | None
    events: list[EventItem]


class Refusal(Schema):
    """Why nothing happened. `error` is a code that stays; `field` names what is wrong, if one is.

    A stale verb also gets `by`, `at` and `rollout`; a second start gets the `rollout` that runs.
    """

    error: str
    message: str
    field: str | None = None
    by: str | None = None
    at: datetime | None = None
    rollout: RolloutItem | None = None
    problems: list[str] | None = None


class ReviewItem(Schema):
    """A deployment that waits, or waited, for approvals."""

    id: str
    worker: str
    state: str
    url: str
    reason: str
    code: str
    message: str
    asked_by: str
    source: str
    round: int
    from_deployment_id: str | None
    versions: list[Json]
    plan: Json | None
    evidence: Json
    rollout_id: str | None
    needs: str
    approvals: int
    approved_by: list[str]
    missing: int
    deployment_id: str | None
    emergency: bool
    asked_at: datetime
    expires_at: datetime
    ended_at: datetime | None


class ReviewInput(Input):
    """Why; and the round that was read, so that a decision never meets another change."""

    comment: str = Field("", max_length=2000)
    round: StrictInt | None = None


class PolicyDetail(Schema):
    """Rules by risk; the strictest one that matches counts."""

    rules: list[Json] = Field(max_length=20)
    emergency: bool = True
    edit: int = 0
    own: bool = False
