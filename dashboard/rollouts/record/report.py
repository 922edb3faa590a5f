"""A rollout as JSON, and the exit code of its state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings

from dashboard.rollouts import messages
from dashboard.rollouts.decisions.states import State
from dashboard.rollouts.models import Rollout, RolloutEvent
from dashboard.rollouts.slow_requests.budget import budget_from_json

DONE, FAILED, USAGE, WAITS = 0, 1, 2, 3
"""Exit codes: done; failed, aborted or rolled back; bad usage; held, needs attention, timeout."""

_FAILED = frozenset({State.ABORTED, State.ROLLED_BACK})
_WAITS = frozenset({State.HELD, State.NEEDS_ATTENTION})


def as_json(rollout: Rollout) -> dict[str, Any]:
    """`id`, `state`, `url` and `reason` are fixed; the rest may grow."""
    return {
        "id": str(rollout.pk),
        "state": rollout.state,
        "url": url(rollout),
        "reason": messages.reason(rollout.reason, rollout.facts),
        "code": rollout.reason,
        "worker": rollout.worker.name,
        "version_id": str(rollout.candidate_id),
        "stable_version_id": str(rollout.stable_id),
        "deployment_id": rollout.deployment_id,
        "step": rollout.step,
        "percentage": rollout.weight / 1000,
        "facts": rollout.facts,
        "review": review_url(rollout),
    }


def with_story(rollout: Rollout, lines: Sequence[RolloutEvent] | None = None) -> dict[str, Any]:
    """The same with the plan, who started it, and every line of its story, oldest first; `lines`
    are these when they are read already."""
    events = [
        event.as_json() | {"words": messages.reason(event.code, event.facts)}
        for event in (rollout.events.all() if lines is None else lines)
    ]
    return as_json(rollout) | {
        "plan": rollout.plan,
        "next_plan": rollout.next_plan,
        "plan_edit": rollout.plan_edit,
        "slow_budget": budget_from_json(rollout.slow_budget).as_json(),
        "suite": rollout.suite,
        "owner": rollout.owner.username if rollout.owner else "",
        "source": rollout.source,
        "started_at": rollout.started_at,
        "ended_at": rollout.ended_at,
        "events": events,
    }


def url(rollout: Rollout) -> str:
    """Where a person on this machine opens it."""
    path = f"/workers/{rollout.worker.name}/rollouts/{rollout.pk}/"
    return f"{settings.PUBLIC_URL}{path}"


def review_url(rollout: Rollout) -> str | None:
    """The review that it waits for."""
    waits = rollout.facts.get("review")
    return f"{settings.PUBLIC_URL}/reviews/{waits}/" if waits else None


def exit_code(rollout: Rollout) -> int:
    """For a command that ends now."""
    state = State(rollout.state)
    if state in _FAILED:
        return FAILED
    return WAITS if state in _WAITS else DONE


def settled(rollout: Rollout) -> bool:
    """Whether waiting longer changes nothing without a person."""
    state = State(rollout.state)
    if state is State.HELD:
        return not rollout.hold_clears
    return state is State.DONE or state in _FAILED or state is State.NEEDS_ATTENTION
