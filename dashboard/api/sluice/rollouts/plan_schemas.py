"""Plans as Sluice's own API reads and answers them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from ninja import Schema
from pydantic import Field, StrictInt

from dashboard.api.sluice.schemas import Input, Json
from dashboard.rollouts.decisions.plan import PRESETS
from dashboard.rollouts.decisions.states import OnHarm


class StepInput(Input):
    """One step of a plan."""

    percentage: float | str
    bake: str = Field("0s", max_length=20)
    rule: str | None = Field(None, max_length=20, description="`sample`, `checks` or `proved`.")
    automatic: bool | None = Field(None, description="False: a person steps.")


class HoursInput(Input):
    """The hours in which a plan steps up."""

    days: list[str] = Field(max_length=7)
    from_: str = Field(alias="from", max_length=5)
    until: str = Field(max_length=5)
    zone: str = Field("UTC", max_length=64)


class PlanInput(Input):
    """The terms of a plan, as on the page and in `manage.py rollout start`."""

    steps: Annotated[str, Field(max_length=2000)] | list[StepInput] | None = Field(
        None,
        description=f"`20:10s,50:1h:proved:hand,100`, a list of steps, or {', '.join(PRESETS)}.",
    )
    final_bake: str | None = Field(None, max_length=20)
    on_harm: str | None = Field(None, max_length=20, description=f"{' or '.join(OnHarm)}.")
    min_sample: StrictInt | None = Field(None, le=1_000_000_000)
    min_callers: StrictInt | None = Field(None, le=1_000_000_000)
    margin: float | None = Field(None, description="`proved`: not this many times as bad.")
    error_limit: float | None = Field(None, description="The share that may fail, 0 to 1.")
    hours: Annotated[str, Field(max_length=200)] | HoursInput | None = Field(
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
        fields = PlanInput.model_fields
        return {name: self.model_dump(by_alias=True)[name] for name in fields}


class StartInput(PlanInput):
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


class PlanChangeInput(PlanInput):
    """Terms that change from the next step on, and where the caller believes the rollout is."""

    deployment_id: str = Field(max_length=100)
    step: StrictInt = Field(description="-1 while staged at 0%.")
    edit: StrictInt = Field(description="`plan_edit` of the rollout, as it was read.")
    reason: str = Field("", max_length=500)


class SavedPlanInput(PlanInput):
    """The terms to save. Those left out are the ones of the newest edit, or the defaults."""

    edit: StrictInt | None = Field(
        None, description="Save only over this edit; 0: only if there is no such plan."
    )
    auto: bool = Field(False, description="Needs no confirmation before the ramp.")

    def terms(self) -> Json:
        return super().terms() | ({"confirm_review": False} if self.auto else {})


class RenameInput(Input):
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
