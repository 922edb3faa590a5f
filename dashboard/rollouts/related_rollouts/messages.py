"""The warning about a related rollout, for the page, the CLI and the API."""

from __future__ import annotations

from dashboard.rollouts import messages
from dashboard.rollouts.models import Rollout
from dashboard.rollouts.related_rollouts.queries import RelatedRollout, related_rollouts_of


def warning(neighbor: RelatedRollout, worker: str) -> str:
    """Two sentences: the other rollout, and its effect."""
    rollout = neighbor.rollout
    other, state = rollout.worker.name, messages.title(rollout).lower()
    calls = f"{worker} calls it" if neighbor.is_called else f"it calls {worker}"
    return (
        f"A rollout of #{rollout.candidate.number} runs on {other}, and {calls} by the service "
        f"binding {neighbor.binding}: {state}. A failure of one can count in both."
    )


def related_warnings(rollout: Rollout) -> list[str]:
    """All warnings of a running rollout. One query."""
    return [warning(one, rollout.worker.name) for one in related_rollouts_of(rollout)]
