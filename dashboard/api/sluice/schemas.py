"""What Sluice's own API reads and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import ConfigDict, Field, StrictInt

from dashboard.rollouts.ramp import PRESETS
from dashboard.rollouts.states import OnHarm

Json = dict[str, Any]


class Given(Schema):
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


class RunGiven(Given):
    """Which suite runs, and against what."""

    suite: str = Field(max_length=100)
    version_id: str = Field("", max_length=100, description="The candidate, if left out.")


class RunItem(Schema):
    """One run: `state` is waiting, running, passed, failed, broken, stopped or abandoned."""

    id: str
    state: str
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


class StepGiven(Given):
    """One step of a plan."""

    percentage: float | str
    bake: str = Field("0s", max_length=20)
    rule: str | None = Field(None, max_length=20, description="`sample`, `checks` or `proved`.")
    automatic: bool | None = Field(None, description="False: a person steps.")


class HoursGiven(Given):
    """The hours in which a plan steps up."""

    days: list[str] = Field(max_length=7)
    from_: str = Field(alias="from", max_length=5)
    until: str = Field(max_length=5)
    zone: str = Field("UTC", max_length=64)


class PlanGiven(Given):
    """The terms of a plan, as on the page and in `manage.py rollout start`."""

    steps: Annotated[str, Field(max_length=2000)] | list[StepGiven] | None = Field(
        None,
        description=f"`20:10s,50:1h:proved:hand,100`, a list of steps, or {', '.join(PRESETS)}.",
    )
    final_bake: str | None = Field(None, max_length=20)
    on_harm: str | None = Field(None, max_length=20, description=f"{' or '.join(OnHarm)}.")
    min_sample: StrictInt | None = Field(None, le=1_000_000_000)
    min_callers: StrictInt | None = Field(None, le=1_000_000_000)
    margin: float | None = Field(None, description="`proved`: not this many times as bad.")
    error_limit: float | None = Field(None, description="The share that may fail, 0 to 1.")
    hours: Annotated[str, Field(max_length=200)] | HoursGiven | None = Field(
        None, description="`mon-thu 09:00-16:00 Europe/Berlin`, or `any`."
    )
    undo_window: str | None = Field(
        None, max_length=20, description="After its end `undo` works so long."
    )
    expiry: str | None = Field(
        None, max_length=20, description="A candidate at 0% is forgotten after this."
    )
    recheck: str | None = Field(
        None, max_length=20, description="Run the suite again so often, as `5m`."
    )
    on_breach: dict[str, str] | None = Field(
        None, description="By guardrail: `roll_back`, `hold` or `show`, instead of `on_harm`."
    )
    prometheus: list[Json] | None = Field(
        None,
        description="Queries as guardrails: `name`, `query`, `limit`, `comparison` (`at_most` or "
        "`at_least`), `lasting`, `server`, `every`, `timeout`, `on_breach`.",
    )
    webhooks: list[Json] | None = Field(
        None,
        description="URLs that answer with a verdict: `name`, `url`, `every`, `timeout`, "
        "`on_breach`.",
    )

    def terms(self) -> Json:
        """As `plan_with` takes them; what is left out is None."""
        fields = PlanGiven.model_fields
        return {name: self.model_dump(by_alias=True)[name] for name in fields}


class StartGiven(PlanGiven):
    """A rollout's candidate and plan."""

    version_id: str = Field(max_length=100)
    suite: str = Field("", max_length=100, description="Checks that it must pass at 0%.")
    auto: bool = Field(False, description="Needs no confirmation before the ramp.")
    force: bool = Field(False, description="Also back to other secrets.")
    deployment_id: str | None = Field(
        None, max_length=100, description="Start only if this deployment is active."
    )
    dry_run: bool = Field(False, description="Answer with the plan, and start nothing.")

    plan: str | None = Field(
        None, max_length=60, description="A saved plan; terms that are given go over its own."
    )

    def terms(self) -> Json:
        return super().terms() | ({"confirm_review": False} if self.auto else {})


class PlanChangeGiven(PlanGiven):
    """Terms that change from the next step on, and where the caller believes the rollout is."""

    deployment_id: str = Field(max_length=100)
    step: StrictInt = Field(description="-1 while staged at 0%.")
    edit: StrictInt = Field(description="`plan_edit` of the rollout, as it was read.")
    reason: str = Field("", max_length=500)


class SavedPlanGiven(PlanGiven):
    """The terms to save. Those left out are the ones of the newest edit, or the defaults."""

    edit: StrictInt | None = Field(
        None, description="Save only over this edit; 0: only if there is no such plan."
    )
    auto: bool = Field(False, description="Needs no confirmation before the ramp.")

    def terms(self) -> Json:
        return super().terms() | ({"confirm_review": False} if self.auto else {})


class RenameGiven(Given):
    """The new name of a saved plan."""

    name: str = Field(max_length=100)


class SavedPlanItem(Schema):
    """The newest edit of a saved plan; `worker` is None for a plan of all Workers."""

    name: str
    worker: str | None
    edit: int
    plan: Json
    author: str
    created_at: datetime


class VerbGiven(Given):
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
    """One line of the story: what was decided, by which numbers, by whom."""

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


class ReviewGiven(Given):
    """Why; and the round that was read, so that a decision never meets another change."""

    comment: str = Field("", max_length=2000)
    round: StrictInt | None = None


class PolicyDetail(Schema):
    """Rules by risk; the strictest one that matches counts."""

    rules: list[Json] = Field(max_length=20)
    emergency: bool = True
    edit: int = 0
    own: bool = False
