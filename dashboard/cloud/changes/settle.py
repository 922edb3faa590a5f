"""What becomes of a change after it was made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dashboard.accounts.actor import Actor
from dashboard.cloud.changes.deploy import others_as_json
from dashboard.cloud.models import CloudChange
from dashboard.cloud.provider.guarded_deploy import outcome
from dashboard.cloud.provider.values import DeploymentSummary, DeployState, Share
from dashboard.cloud.verification.start import begin


def look_for(change: CloudChange, listed: Sequence[DeploymentSummary], read_at: datetime) -> None:
    """Settles a change without an answer by its marker, if `listed` was read after it was made."""
    if change.state != DeployState.UNSURE or not listed or read_at <= change.made_at:
        return
    result = outcome(change.before_id or None, change.marker, listed)
    if result.state is not DeployState.UNSURE:
        change.state, change.others = str(result.state), others_as_json(result.others)
        change.save(update_fields=["state", "others"])
    if result.state in (DeployState.LIVE, DeployState.OVERWROTE):
        begin(change.account, change.worker, change.marker, Actor(None, "work", read_at))


def other_side(change: CloudChange) -> list[Share]:
    """The deployment that is not live: theirs if ours overwrote it, else ours."""
    theirs = change.state == DeployState.OVERWROTE and change.others
    shares = change.others[0]["shares"] if theirs else change.shares
    return [Share(version_id, percentage) for version_id, percentage in shares]


def acknowledge(change: CloudChange, now: datetime) -> None:
    """A person has seen its note."""
    change.acknowledged_at = now
    change.save(update_fields=["acknowledged_at"])
