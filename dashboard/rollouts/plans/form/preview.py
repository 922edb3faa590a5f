"""A plan with what each step detects at the traffic of the last day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from dashboard.observability.queries.traffic import traffic
from dashboard.rollouts.decisions.plan import Plan
from dashboard.rollouts.plans.detection import StepDetection, Traffic, detection
from dashboard.rollouts.plans.messages import sentence
from dashboard.rollouts.related_rollouts.messages import warning
from dashboard.rollouts.related_rollouts.queries import running_related
from routing.control.deploy import active_deployment
from routing.models import Worker

BASIS = timedelta(hours=24)


def traffic_of_day(worker: Worker, now: datetime) -> Traffic:
    """Requests and failures of all versions in the last 24 hours. Two queries."""
    versions = traffic(worker, now - BASIS, now).versions.values()
    requests, failed = sum(v.requests for v in versions), sum(v.failed for v in versions)
    return Traffic(requests, failed, BASIS / timedelta(minutes=1))


def preview(worker: Worker, plan: Plan, now: datetime, version_id: str = "") -> dict[str, Any]:
    """JSON for `--dry-run` and the API: the plan, with `traffic`, `detection`, and `warnings` about
    related rollouts."""
    basis = traffic_of_day(worker, now)
    return plan.as_json() | {
        "traffic": {"requests": basis.requests, "failed": basis.failed, "minutes": basis.minutes},
        "detection": [
            step.as_json() | {"words": sentence(step)} for step in detection(plan, basis)
        ],
        "warnings": _warnings(worker, version_id),
    }


def lines(worker: Worker, plan: Plan, now: datetime) -> list[str]:
    """One line per step, for a terminal."""
    return [_line(step) for step in detection(plan, traffic_of_day(worker, now))]


def _line(step: StepDetection) -> str:
    return f"{step.step.percentage:>7}  {step.as_json()['bake']:>4}  {sentence(step)}"


def _warnings(worker: Worker, version_id: str) -> list[str]:
    """Warnings about related rollouts."""
    live = active_deployment(worker)
    versions = [share.version for share in live.shares.all()] if live else []
    try:
        versions += worker.versions.filter(id=UUID(version_id))
    except ValueError:
        pass  # `start` reports the error
    return [warning(one, worker.name) for one in running_related(worker, versions)]
