"""Rollouts that run on Workers which this one calls by service binding, or which call it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.rollouts.models import Rollout
from routing.models import Version, Worker


@dataclass(frozen=True, slots=True)
class RelatedRollout:
    """A rollout beside this one. `is_called`: this Worker calls it, else it calls this Worker."""

    rollout: Rollout
    is_called: bool
    binding: str


def running_related(worker: Worker, versions: Iterable[Version | None]) -> list[RelatedRollout]:
    """`versions` of `worker` run in its rollout. One query."""
    ours = _called_by(versions)
    found = []
    others = Rollout.objects.active().exclude(worker=worker).with_versions()
    for rollout in others.order_by("worker__name"):
        if binding := ours.get(rollout.worker.name):
            found.append(RelatedRollout(rollout, True, binding))
        elif binding := _called_by((rollout.candidate, rollout.stable)).get(worker.name):
            found.append(RelatedRollout(rollout, False, binding))
    return found


def related_rollouts_of(rollout: Rollout) -> list[RelatedRollout]:
    """Of a rollout that runs."""
    return running_related(rollout.worker, (rollout.candidate, rollout.stable))


def _called_by(versions: Iterable[Version | None]) -> dict[str, str]:
    """Name of the Worker that is called → name of the binding."""
    return {
        row["service"]: row["name"]
        for version in versions
        if version is not None
        for row in version.bindings
        if row.get("type") == "service" and row.get("service")
    }
