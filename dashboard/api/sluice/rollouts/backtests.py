"""Backtests: what a plan's guardrails would have done over recorded traffic."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from dashboard.api.http.auth import ApiRequest, may_read
from dashboard.api.sluice.lookup import worker_at
from dashboard.api.sluice.schemas import Json
from dashboard.rollouts.backtest.report import as_json
from dashboard.rollouts.backtest.request import MOST_RISE, backtest_request

router = Router(tags=["Rollouts"])
WHICH = ("rollout_id", "hours", "rise")


class BacktestInput(Schema):
    """Either `rollout_id` or `hours`, and terms of a plan in place of the rollout's own."""

    rollout_id: str = Field("", max_length=40)
    hours: int | None = Field(None, description="The last hours, with a version just like stable.")
    rise: float = Field(1.0, ge=0, le=MOST_RISE, description="Its failures, times so many.")
    steps: str | None = Field(None, max_length=2000)
    final_bake: str | None = Field(None, max_length=20)
    on_harm: str | None = Field(None, max_length=20)
    min_sample: int | None = Field(None, ge=0, le=1_000_000_000)
    min_callers: int | None = Field(None, ge=0, le=1_000_000_000)
    margin: float | None = None
    error_limit: float | None = None


class BacktestDetail(Schema):
    """`outcome` is done, rolled_back, held, or ran_out if the recorded traffic ends first."""

    outcome: str
    words: str
    steps: list[Json]
    not_reached: list[float]
    plan: Json


@router.get("/workers/{name}/backtest", auth=may_read, response=BacktestDetail)
def backtest(request: ApiRequest, name: str, given: Query[BacktestInput]) -> Any:
    """Replays a plan over a rollout that ended, or over the last hours. Changes nothing."""
    terms = {key: value for key, value in given.dict().items() if key not in WHICH}
    which = {key: getattr(given, key) for key in WHICH}
    return as_json(backtest_request(worker_at(name), terms, **which).run(timezone.now()))
