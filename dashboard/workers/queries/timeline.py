"""What a Worker is doing and what each deployment did, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.fleet.version_roles import Role, Standing
from dashboard.workers import messages
from dashboard.workers.messages import FILTERS
from routing.models import Deployment


@dataclass(frozen=True, slots=True)
class WorkerState:
    """A Worker's state: `kind` names it in addresses, `role` gives the mark, if any."""

    kind: str
    words: str
    role: Role | None
    order: int


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of the timeline: `kind` picks the icon."""

    deployment: Deployment
    standings: tuple[Standing, ...]
    kind: str
    words: str


def state_of(standings: Sequence[Standing], is_rollback: bool = False) -> WorkerState:
    """By what is live: nothing before the first deployment. Those that need attention come first
    in lists."""
    if not standings:
        return WorkerState("never", FILTERS["never"], Role.NEVER, 3)
    first = standings[0]
    if first.role is Role.CANDIDATE:
        words = messages.ramping(first.percentage, first.rolled_back)
        return WorkerState("ramping", words, Role.CANDIDATE, 0)
    if first.role is Role.STAGED:
        return WorkerState("staged", messages.staged(first.rolled_back), Role.STAGED, 1)
    if is_rollback:
        return WorkerState("rolled-back", FILTERS["rolled-back"], Role.ROLLED_BACK, 2)
    return WorkerState("stable", FILTERS["stable"], Role.STABLE, 4)


def entry_for(
    deployment: Deployment, standings: list[Standing], before: list[Standing]
) -> TimelineEntry:
    """What `deployment` did, compared with the standings in the one before it."""
    kind, words = _what(deployment, standings, before)
    return TimelineEntry(deployment, tuple(standings), kind, words)


def _what(deployment: Deployment, after: list[Standing], before: list[Standing]) -> tuple[str, str]:
    stable, first = after[-1], after[0]
    if deployment.is_rollback:
        return "back", messages.rolled_back(stable.version.number)
    if len(after) == 1:
        return "full", messages.promoted(stable.version.number)
    number = first.version.number
    if first.role is Role.PREVIOUS:
        return "full", messages.promoted(stable.version.number, kept=number)
    was = next((s for s in before if s.version.pk == first.version.pk), None)
    if was is not None and was.weight == first.weight:
        return "step", messages.share_again(number, first.percentage)
    if was is not None:
        kind = "down" if (was.weight or 0) > (first.weight or 0) else "step"
        return kind, messages.share_changed(number, was.percentage, first.percentage)
    if first.role is Role.STAGED:
        return "stage", messages.staged_version(number)
    return "step", messages.share(number, first.percentage)
