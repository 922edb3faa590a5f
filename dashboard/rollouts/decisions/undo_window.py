"""Whether a finished rollout can be undone. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from dashboard.rollouts.decisions.states import State

REFUSALS: Mapping[str, str] = {
    "not_done": "Only a rollout that is done can be undone; this one is {state}.",
    "replaced": "It cannot be undone: this Worker was deployed again since. Roll that back.",
    "too_late": "It cannot be undone any more: its window of {window} ended at {until} UTC.",
}
"""Code → reason."""


def undo_refusal(
    state: State,
    ended_at: datetime | None,
    window: timedelta,
    deployment_id: str,
    live_id: str,
    now: datetime,
) -> str:
    """A code of `REFUSALS`; empty if the rollout can be undone. `deployment_id` is the rollout's
    last deployment, `live_id` the active one."""
    if state is not State.DONE or ended_at is None:
        return "not_done"
    if deployment_id != live_id:
        return "replaced"
    return "" if now < ended_at + window else "too_late"
