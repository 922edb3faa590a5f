"""Takes a forgotten version out of the active deployment: what has 100% stays, alone."""

from __future__ import annotations

from datetime import datetime

from dashboard.accounts.models import User
from dashboard.reviews import gate
from dashboard.rollouts.forgotten_versions.queries import ForgottenVersion
from routing.models import Deployment


def remove(forgotten: ForgottenVersion, by: User | None, source: str, now: datetime) -> Deployment:
    """No request moves. Raises `DeployConflict` when another deployment is live by now, or what the
    gate says."""
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
