"""Removes a forgotten version from the active deployment."""

from __future__ import annotations

from datetime import datetime

from dashboard.accounts.models import User
from dashboard.reviews import gate
from dashboard.rollouts.forgotten_versions.queries import ForgottenVersion
from routing.models import Deployment


def remove(forgotten: ForgottenVersion, by: User | None, source: str, now: datetime) -> Deployment:
    """Deploys stable at 100% alone; no traffic moves. Raises `DeployConflict` if another
    deployment is active, or what the gate raises."""
    return gate.deploy(
        worker=forgotten.worker,
        by_token=False,
        shares=[(str(forgotten.stable.pk), "100")],
        author=by,
        source=source,
        message=f"Removed #{forgotten.version.number}, forgotten at 0%",
        expected=forgotten.deployment_id,
        triggered_by="deployment",
        now=now,
        force=False,
    )
