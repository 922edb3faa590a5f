"""Whether a deployment has arrived: what probes of the confirmed host have seen.

Without probes, a step waits `UNPROBED` after the API lists the deployment, and a rollback is never
called finished.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from dashboard.accounts.actor import Actor
from dashboard.cloud.models import CloudChange
from dashboard.cloud.provider.values import Share
from dashboard.rollouts.remote.models import RemoteRollout

UNPROBED = timedelta(seconds=60)


def begin(change: CloudChange, before: Sequence[Share], by: Actor) -> None:
    """Probes begin. Call it once the deployment is listed."""


def state_of(rollout: RemoteRollout) -> str:
    """`probing`, `live`, `restored`, `attention`, `superseded`, or `unverifiable`: no probes."""
    return "unverifiable"


def ready_at(rollout: RemoteRollout, now: datetime) -> datetime | None:
    """When the current share was seen live; None while it was not."""
    if rollout.ready_at is not None:
        return rollout.ready_at
    match state_of(rollout):
        case "live" | "restored":
            return now
        case "unverifiable" if now >= rollout.since + UNPROBED:
            return now
    return None


def is_restored(rollout: RemoteRollout) -> bool:
    """Whether requests were seen to run stable again."""
    return state_of(rollout) in ("restored", "live")
