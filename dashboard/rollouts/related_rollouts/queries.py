"""Running rollouts of Workers that this Worker calls by service binding, or that call it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.rollouts.models import Rollout
from routing.models import Version, Worker


@dataclass(frozen=True, slots=True)
class RelatedRollout:
    """Another rollout. `is_called`: this Worker calls the other one, else the reverse."""

    rollout: Rollout
    is_called: bool
    binding: str


def running_related(worker: Worker, versions: Iterable[Version | None]) -> list[RelatedRollout]:
    """`versions`: those of `worker` in its rollout. One query."""
    ours = _called_by(versions)
    related = []
    others = Rollout.objects.active().exclude(worker=worker).with_versions()
    for rollout in others.order_by("worker__name"):
        if binding := ours.get(rollout.worker.name):
            related.append(RelatedRollout(rollout, True, binding))
        elif binding := _called_by((rollout.candidate, rollout.stable)).get(worker.name):
            related.append(RelatedRollout(rollout, False, binding))
    return related


def related_rollouts_of(rollout: Rollout) -> list[RelatedRollout]:
    """For a running rollout."""
    return running_related(rollout.worker, (rollout.candidate, rollout.stable))


def _called_by(versions: Iterable[Version | None]) -> dict[str, str]:
    """Called Worker → name of the binding."""
    return {
        row["service"]: row["name"]
        for version in versions
        if version is not None
        for row in version.bindings
        if row.get("type") == "service" and row.get("service")
    }
