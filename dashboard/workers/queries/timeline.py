"""What a Worker is doing and what each deployment did, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.fleet.version_roles import Role, Standing
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
        return WorkerState("never", "Never deployed", Role.NEVER, 3)
    first = standings[0]
    if first.role is Role.CANDIDATE:
        word = "Rolled back to" if first.rolled_back else "Ramping"
        return WorkerState("ramping", f"{word} {first.percentage}", Role.CANDIDATE, 0)
    if first.role is Role.STAGED:
        word = "Rolled back to" if first.rolled_back else "Staged"
        return WorkerState("staged", f"{word} 0%", Role.STAGED, 1)
    if is_rollback:
        return WorkerState("rolled-back", "Rolled back", Role.ROLLED_BACK, 2)
    return WorkerState("stable", "Stable", Role.STABLE, 4)


def entry_for(
    deployment: Deployment, standings: list[Standing], before: list[Standing]
) -> TimelineEntry:
    """What `deployment` did, compared with the standings in the one before it."""
    kind, words = _what(deployment, standings, before)
    return TimelineEntry(deployment, tuple(standings), kind, words)


def _what(deployment: Deployment, after: list[Standing], before: list[Standing]) -> tuple[str, str]:
    stable, first = after[-1], after[0]
    if deployment.is_rollback:
        return "back", f"Rolled back to #{stable.version.number}"
    if len(after) == 1:
        return "full", f"#{stable.version.number} to 100%"
    if first.role is Role.PREVIOUS:
        return "full", f"#{stable.version.number} to 100%, #{first.version.number} kept at 0%"
    number = f"#{first.version.number}"
    was = next((s for s in before if s.version.pk == first.version.pk), None)
    if was is not None and was.weight == first.weight:
        return "step", f"{number}: {first.percentage} again"
    if was is not None:
        kind = "down" if (was.weight or 0) > (first.weight or 0) else "step"
        return kind, f"{number}: {was.percentage} to {first.percentage}"
    if first.role is Role.STAGED:
        return "stage", f"#{first.version.number} staged at 0%"
    return "step", f"#{first.version.number} to {first.percentage}"
