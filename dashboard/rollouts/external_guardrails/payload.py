"""A rollout as JSON for webhooks and hooks, and as variables of queries."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dashboard.observability.versions.step_figures import split_figures
from dashboard.rollouts.models import Rollout
from dashboard.rollouts.record import report
from routing.models import Version


def payload_of(rollout: Rollout, now: datetime) -> dict[str, Any]:
    """The rollout's state, and the counts since its share went live."""
    counted = split_figures(
        rollout.worker.name,
        str(rollout.candidate_id),
        str(rollout.stable_id),
        rollout.deployment_id,
        rollout.since,
    )
    return state_of(rollout, now) | {
        "figures": {
            "candidate": _sums(counted.candidate),
            "stable": _sums(counted.stable),
        }
    }


def state_of(rollout: Rollout, now: datetime) -> dict[str, Any]:
    """The rollout's state. Contains no secrets."""
    return {
        "rollout_id": str(rollout.pk),
        "url": report.url(rollout),
        "worker": rollout.worker.name,
        "state": rollout.state,
        "step": rollout.step,
        "percentage": rollout.weight / 1000,
        "candidate": _version(rollout.candidate),
        "stable": _version(rollout.stable),
        "deployment_id": rollout.deployment_id,
        "since": rollout.since.isoformat(),
        "owner": rollout.owner.username if rollout.owner else "",
        "sent_at": now.isoformat(),
    }


def values_of(rollout: Rollout) -> dict[str, str]:
    """The variables of a PromQL query. None needs escaping in a label value."""
    return {
        "worker": rollout.worker.name,
        "candidate": str(rollout.candidate_id),
        "stable": str(rollout.stable_id),
        "deployment": rollout.deployment_id,
    }


def _version(version: Version) -> dict[str, Any]:
    return {"version_id": str(version.id), "number": version.number, "tag": version.tag}


def _sums(counted: tuple[int, int]) -> dict[str, int]:
    return {"requests": counted[0], "failed": counted[1]}
