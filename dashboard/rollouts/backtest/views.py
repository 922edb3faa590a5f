"""The page of a backtest: a plan and recorded traffic, by GET, so that it can be shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard.observability.flags.failure_rate import FailureRate
from dashboard.rollouts import messages
from dashboard.rollouts.backtest.messages import OUTCOMES, headline, span
from dashboard.rollouts.backtest.recent import Recent, recent
from dashboard.rollouts.backtest.replay import Replay, StepReplay
from dashboard.rollouts.backtest.report import why
from dashboard.rollouts.backtest.request import BacktestRequest, backtest_request, most_hours
from dashboard.rollouts.decisions.plan import PRESETS, PlanError
from dashboard.rollouts.decisions.states import ENDED
from dashboard.rollouts.models import Rollout
from dashboard.rollouts.plans.plan_text import format_steps
from dashboard.times.durations import format_duration
from dashboard.ui.page import page
from routing.models import Worker

ALL_RECENT = "recent"
"""In place of one rollout: the last few."""
LISTED = 10
"""Ended rollouts to choose from."""
FIELDS = ("steps", "final_bake", "on_harm", "min_sample", "min_callers", "error_limit")
DEFAULTS = {
    "steps": PRESETS["canary"],
    "final_bake": "30m",
    "on_harm": "abort",
    "min_sample": "100",
    "min_callers": "30",
    "error_limit": "5",
}
"""As typed; the error limit in percent."""


@dataclass(frozen=True, slots=True)
class Input:
    """A field of the form with what was typed."""

    name: str
    label: str
    hint: str
    value: str


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step: what the candidate and stable did, and how it ended."""

    percentage: str
    replay: StepReplay
    lasted: str
    candidate: FailureRate
    stable: FailureRate | None
    tone: str
    word: str
    why: str


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """`not_reached`: percentages of the steps after the last one."""

    headline: str
    rows: list[StepRow]
    not_reached: list[str]


@dataclass(frozen=True, slots=True)
class BacktestPage:
    """At most one of `replay`, `recent` and `refused`. `ended`: rollouts with their titles."""

    worker: Worker
    ended: list[tuple[Rollout, str]]
    typed: dict[str, str]
    inputs: list[Input]
    replay: ReplayResult | None
    recent: Recent | None
    refused: PlanError | None


@require_GET
def of_worker(request: HttpRequest, name: str) -> HttpResponse:
    """The form; with `over`, also what the plan would have done."""
    worker = get_object_or_404(Worker, name=name)
    ended = _ended(worker)
    chosen = next((r for r in ended if str(r.pk) == request.GET.get("over")), None)
    typed = _typed(request.GET, chosen)
    replayed, refused = None, None
    if "over" in request.GET:
        try:
            replayed = _replayed(worker, typed, ended)
        except PlanError as error:
            refused = error
    context = BacktestPage(
        worker=worker,
        ended=[(rollout, messages.title(rollout)) for rollout in ended],
        typed=typed,
        inputs=_inputs(typed),
        replay=replayed if isinstance(replayed, ReplayResult) else None,
        recent=replayed if isinstance(replayed, Recent) else None,
        refused=refused,
    )
    status = 422 if refused else 200
    return page(
        request, "rollouts/backtest/backtest.html", context, partial="backtest", status=status
    )


def _replayed(
    worker: Worker, typed: Mapping[str, str], ended: Sequence[Rollout]
) -> ReplayResult | Recent:
    """Raises `PlanError`."""
    now = timezone.now()
    if typed["over"] == ALL_RECENT:
        return recent(worker, _terms(typed), ended, now)
    return _result_of(_request(worker, typed).run(now))


def _inputs(typed: Mapping[str, str]) -> list[Input]:
    labels = (
        ("hours", "Hours", f"for the last hours, 1 to {most_hours()}"),
        ("rise", "Failures, times", "for the last hours; 1 is like stable"),
        ("steps", "Steps", "percentage:time, …"),
        ("final_bake", "Final bake", "at 100%"),
        ("error_limit", "Error limit", "% of requests"),
        ("min_sample", "Requests a step needs", ""),
        ("min_callers", "Callers a step needs", ""),
    )
    return [Input(name, label, hint, typed[name]) for name, label, hint in labels]


def _ended(worker: Worker) -> list[Rollout]:
    states = [state.value for state in ENDED]
    ended = worker.rollouts.with_versions().filter(state__in=states, had_traffic=True)
    return list(ended.order_by("-started_at")[:LISTED])


def _typed(data: Mapping[str, str], chosen: Rollout | None) -> dict[str, str]:
    """The fields as they were typed; those left out as in the rollout's own plan."""
    before = DEFAULTS | (_own(chosen) if chosen else {})
    fields = {field: data.get(field, "").strip() or before[field] for field in FIELDS}
    return fields | {
        "over": data.get("over", "hours"),
        "hours": data.get("hours", "").strip() or "24",
        "rise": data.get("rise", "").strip() or "1",
    }


def _own(rollout: Rollout) -> dict[str, str]:
    plan = rollout.terms
    return {
        "steps": format_steps(plan.steps),
        "final_bake": format_duration(plan.final_bake),
        "on_harm": plan.on_harm.value,
        "min_sample": str(plan.min_sample),
        "min_callers": str(plan.min_callers),
        "error_limit": f"{plan.error_limit * 100:g}",
    }


def _terms(typed: Mapping[str, str]) -> dict[str, Any]:
    terms: dict[str, Any] = {field: typed[field] for field in FIELDS}
    for field in ("min_sample", "min_callers"):
        terms[field] = int(_number(field, typed[field], whole=True))
    terms["error_limit"] = _number("error_limit", typed["error_limit"]) / 100
    return terms


def _request(worker: Worker, typed: Mapping[str, str]) -> BacktestRequest:
    terms = _terms(typed)
    if typed["over"] != "hours":
        return backtest_request(worker, terms, rollout_id=typed["over"])
    hours = int(_number("hours", typed["hours"], whole=True))
    return backtest_request(worker, terms, hours=hours, rise=_number("rise", typed["rise"]))


def _number(field: str, text: str, *, whole: bool = False) -> float:
    try:
        return float(int(text[:9]) if whole else float(text[:20]))
    except ValueError as error:
        kind = "whole number" if whole else "number"
        raise PlanError(field, f"{text[:40]!r} is not a {kind}.") from error


def _result_of(replay: Replay) -> ReplayResult:
    return ReplayResult(
        headline=headline(replay),
        rows=[_row(step) for step in replay.steps],
        not_reached=[step.percentage for step in replay.not_reached],
    )


def _row(step: StepReplay) -> StepRow:
    tone, word = OUTCOMES[step.outcome]
    requests, failed = step.figures.stable
    return StepRow(
        percentage=step.step.percentage,
        replay=step,
        lasted=span(step.lasted),
        candidate=_rate(step.figures.candidate),
        stable=FailureRate(failed, requests) if requests else None,
        tone=tone,
        word=word,
        why=why(step),
    )


def _rate(counted: tuple[int, int]) -> FailureRate:
    requests, failed = counted
    return FailureRate(failed, requests)
