"""The release record of an ended rollout. All times are absolute.

Counts are stored by deployment and day; a step whose counts were deleted has None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q

from dashboard.discussion.record import conversation_of
from dashboard.observability.charts.charts import Chart
from dashboard.observability.flags.failure_rate import FailureRate
from dashboard.observability.versions.step_figures import sums_of_deployments
from dashboard.rollouts import messages
from dashboard.rollouts.decisions.states import State
from dashboard.rollouts.models import Rollout, RolloutEvent
from dashboard.rollouts.page.share_chart import share_chart
from dashboard.rollouts.record import report
from dashboard.smoketests.assertions import Verdict
from dashboard.smoketests.models import SmokeRun
from routing.models import Deployment
from routing.rules.split import format_percentage

CONFIRMATIONS = ("confirmed_by_person", "confirmed")
"""The second code is from an earlier release."""

Sums = tuple[int, int]
"""Requests, and how many of them failed."""


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One deployment of the rollout. `by`: the person who stepped, if any; `left_by`: the code
    of the decision that ended the step."""

    deployment_id: str
    weight: int
    began_at: datetime
    lasted: timedelta
    by: str
    left_by: str
    left_words: str
    candidate: Sums | None
    stable: Sums | None

    @property
    def percentage(self) -> str:
        return format_percentage(self.weight)

    @property
    def candidate_rate(self) -> FailureRate | None:
        return _rate(self.candidate)

    @property
    def stable_rate(self) -> FailureRate | None:
        return _rate(self.stable)

    def as_json(self) -> dict[str, Any]:
        return {
            "deployment_id": self.deployment_id,
            "percentage": self.weight / 1000,
            "began_at": self.began_at.isoformat(),
            "seconds": self.lasted.total_seconds(),
            "by": self.by,
            "left_by": self.left_by,
            "candidate": _sums_json(self.candidate),
            "stable": _sums_json(self.stable),
        }


@dataclass(frozen=True, slots=True)
class Record:
    """The record. `runs` are annotated with `passed` and `results_in_all`."""

    rollout: Rollout
    ended_at: datetime
    steps: Sequence[StepRecord]
    events: Sequence[RolloutEvent]
    runs: Sequence[SmokeRun]

    @property
    def took(self) -> timedelta:
        return self.ended_at - self.rollout.started_at

    @property
    def candidate(self) -> FailureRate | None:
        """The candidate's failures in all steps."""
        return _rate(_total([step.candidate for step in self.steps]))

    @property
    def stable(self) -> FailureRate | None:
        """Stable's failures in the same steps."""
        return _rate(_total([step.stable for step in self.steps]))

    @property
    def share_chart(self) -> Chart:
        """The candidate's share over time."""
        return share_chart(self.steps, self.rollout.started_at, self.ended_at)

    @property
    def approvals(self) -> list[RolloutEvent]:
        """Who confirmed before the ramp, with the reason in `facts`."""
        return [event for event in self.events if event.code in CONFIRMATIONS and event.username]

    @property
    def proved_at(self) -> datetime | None:
        """When a rollback was verified on every edge."""
        return next((e.at for e in reversed(self.events) if e.code == "verified"), None)

    @property
    def last_run(self) -> SmokeRun | None:
        """The newest run."""
        return self.runs[-1] if self.runs else None

    @property
    def slow_words(self) -> str:
        """The thresholds of slow requests that were fixed at the start."""
        return messages.slow_budget(self.rollout)

    @property
    def conversation(self) -> list[dict[str, Any]]:
        return conversation_of(self.rollout.pk)

    @property
    def timeline(self) -> list[tuple[RolloutEvent, str]]:
        return [(event, _words(event)) for event in self.events]

    def as_json(self) -> dict[str, Any]:
        """The export. `format` increases when a field changes its meaning."""
        candidate = _total([step.candidate for step in self.steps])
        stable = _total([step.stable for step in self.steps])
        return report.with_story(self.rollout, self.events) | {
            "format": 1,
            "started_at": self.rollout.started_at.isoformat(),
            "ended_at": self.ended_at.isoformat(),
            "seconds": self.took.total_seconds(),
            "candidate": _version_json(self.rollout.candidate) | {"sums": _sums_json(candidate)},
            "stable": _version_json(self.rollout.stable) | {"sums": _sums_json(stable)},
            "steps": [step.as_json() for step in self.steps],
            "approvals": [
                {"by": e.username, "at": e.at.isoformat(), "reason": e.facts.get("reason", "")}
                for e in self.approvals
            ],
            "checks": [_run_json(run) for run in self.runs],
            "conversation": self.conversation,
        }


def record_of(rollout: Rollout) -> Record | None:
    """None while it runs. Seven queries, whatever its length."""
    if rollout.ended_at is None:
        return None
    events = list(rollout.events.all())
    return Record(
        rollout=rollout,
        ended_at=rollout.ended_at,
        steps=_steps(rollout, rollout.ended_at, events),
        events=events,
        runs=_runs(rollout),
    )


def _steps(
    rollout: Rollout, ended_at: datetime, events: Sequence[RolloutEvent]
) -> list[StepRecord]:
    """Its deployments in order. One that it took over counts from the start of the rollout."""
    made = rollout.worker.deployments.filter(_made_by(rollout, ended_at, events))
    rows = list(made.with_shares().order_by("number"))
    if rows and (taken := _taken_over(rollout, rows[0])):
        rows.insert(0, taken)
    sums = sums_of_deployments(rollout.worker.name, [str(row.id) for row in rows])
    ends = [row.created_on for row in rows[1:]] + [ended_at]
    decided = {event.at: event for event in events}
    return [_step(rollout, row, end, decided, sums) for row, end in zip(rows, ends, strict=True)]


def _made_by(rollout: Rollout, ended_at: datetime, events: Sequence[RolloutEvent]) -> Q:
    """The deployments that its events name. Rollouts of earlier releases name none: by time,
    which is wrong if the clock was set back."""
    within = Q(source="rollout", created_on__gte=rollout.started_at, created_on__lte=ended_at)
    named = [event.facts["deployment_id"] for event in events if "deployment_id" in event.facts]
    return Q(id__in=named) if named else within


def _taken_over(rollout: Rollout, first: Deployment) -> Deployment | None:
    """The split that was live before its first deployment, if the candidate was part of it."""
    earlier = rollout.worker.deployments.filter(number__lt=first.number).with_shares()
    live = earlier.order_by("-number").first()
    parts = {share.version_id: share.weight for share in live.shares.all()} if live else {}
    return live if parts.get(rollout.candidate_id) else None


def _step(
    rollout: Rollout,
    row: Deployment,
    end: datetime,
    decided: Mapping[datetime, RolloutEvent],
    sums: dict[tuple[str, str], Sums],
) -> StepRecord:
    parts = {share.version_id: share.weight for share in row.shares.all()}
    began, left = max(row.created_on, rollout.started_at), decided.get(end)
    return StepRecord(
        deployment_id=str(row.id),
        weight=parts.get(rollout.candidate_id, 0),
        began_at=began,
        lasted=end - began,
        by=decided[row.created_on].username if row.created_on in decided else "",
        left_by=left.code if left else "",
        left_words=_words(left) if left else "",
        candidate=sums.get((str(row.id), str(rollout.candidate_id))),
        stable=sums.get((str(row.id), str(rollout.stable_id))),
    )


def _runs(rollout: Rollout) -> list[SmokeRun]:
    runs = SmokeRun.objects.filter(rollout_id=rollout.pk).select_related("edit__suite", "author")
    counted = runs.annotate(
        results_in_all=Count("results"),
        passed=Count("results", filter=Q(results__verdict=Verdict.PASSED)),
        expected=Count("results", filter=Q(results__accepted__isnull=False)),
    )
    return list(counted.order_by("started_at"))


def _words(event: RolloutEvent) -> str:
    return messages.reason(event.code, event.facts)


def _rate(sums: Sums | None) -> FailureRate | None:
    return FailureRate(sums[1], sums[0]) if sums else None


def _total(parts: Sequence[Sums | None]) -> Sums | None:
    counted = [part for part in parts if part]
    if not counted:
        return None
    return sum(requests for requests, _ in counted), sum(failed for _, failed in counted)


def _sums_json(sums: Sums | None) -> dict[str, int] | None:
    return {"requests": sums[0], "failed": sums[1]} if sums else None


def _version_json(version: Any) -> dict[str, Any]:
    return {"version_id": str(version.id), "number": version.number, "tag": version.tag}


def _run_json(run: Any) -> dict[str, Any]:
    return {
        "run_id": str(run.pk),
        "suite": run.edit.suite.name,
        "edit": run.edit.number,
        "state": run.state,
        "passed": run.passed,
        "results": run.results_in_all,
        "marked_as_expected": run.expected,
        "edges": run.edges,
        "started_at": run.started_at.isoformat(),
        "ended_at": run.ended_at.isoformat() if run.ended_at else None,
    }


def outcome(rollout: Rollout) -> str:
    """The headline of the record."""
    version = f"#{rollout.candidate.number} {rollout.candidate.tag}".strip()
    if State(rollout.state) is State.DONE:
        return f"{version} is the new stable"
    return f"{version} was {rollout.state.replace('_', ' ')}"
