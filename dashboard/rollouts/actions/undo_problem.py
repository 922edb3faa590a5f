"""Whether an ended rollout can still be undone."""

from __future__ import annotations

from datetime import datetime

from dashboard.rollouts.decisions.states import State
from dashboard.rollouts.decisions.undo_window import undo_refusal
from dashboard.rollouts.models import Rollout
from routing.control.deploy import active_deployment


def undo_problem(rollout: Rollout, now: datetime) -> str:
    """Why the rollout cannot be undone, as a code of `undo_window.REFUSALS`; empty if it can."""
    live = active_deployment(rollout.worker)
    return undo_refusal(
        State(rollout.state),
        rollout.ended_at,
        rollout.terms.undo_window,
        rollout.deployment_id,
        str(live.id) if live else "",
        now,
    )
