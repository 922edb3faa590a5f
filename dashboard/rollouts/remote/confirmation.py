"""Whether a deployment has arrived: what probes of the confirmed address have seen.

Where no probe can be sent or proved, a step waits `UNPROBED` after the API lists the deployment,
and a rollback is never called finished.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from dashboard.accounts.actor import Actor
from dashboard.cloud.models import Verification
from dashboard.cloud.verification.rules import VerificationState
from dashboard.cloud.verification.start import begin as begin_probes, verification_of
from dashboard.rollouts.remote.models import RemoteRollout

UNPROBED = timedelta(seconds=60)


def begin(rollout: RemoteRollout, by: Actor) -> None:
    """Probes begin. Call it once the deployment is listed."""
    if rollout.change is not None:
        begin_probes(rollout.account, rollout.worker_name, rollout.change.marker, by)


def verification(rollout: RemoteRollout) -> Verification | None:
    """Of its last deployment; None if it made none."""
    if rollout.change is None:
        return None
    return verification_of(rollout.account, rollout.worker_name, rollout.change.marker)


def ready_at(rollout: RemoteRollout, probes: Verification | None, now: datetime) -> datetime | None:
    """When the current share was seen live; None while it was not."""
    if rollout.ready_at is not None:
        return rollout.ready_at
    if probes is None or probes.state == VerificationState.UNVERIFIABLE:
        waited = rollout.since + UNPROBED
        return waited if waited <= now else None
    return probes.ended_at or now if is_restored(probes) else None


def is_restored(probes: Verification | None) -> bool:
    """Whether requests were seen to run what was deployed."""
    return probes is not None and probes.state == VerificationState.LIVE
