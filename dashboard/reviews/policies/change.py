"""What a deployment changes, as input of the rules of a policy. Pure.

Only versions that get more traffic than before, or are added at 0%, count. A deployment back to a
version that had 100% before is a way back and never needs an approval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from routing.rules.lineage import Lineage


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """The properties of a version that rules compare. `bindings` and `secrets` map names to
    fingerprints, never to secret values."""

    id: str
    number: int
    bindings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    compatibility: str = ""


Split = Sequence[tuple[VersionFacts, int]]
"""Versions with their weights, in units of 0.001%."""


@dataclass(frozen=True, slots=True)
class Part:
    """A version that gets more traffic. `before` is None if it was not deployed. `bindings` and
    `secrets` are names that differ from the stable version's."""

    version_id: str
    number: int
    before: int | None
    after: int
    bindings: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    compatibility: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """Versions that get more traffic. Empty for a way back or a step down."""

    parts: tuple[Part, ...] = ()

    @property
    def highest(self) -> Part | None:
        """The version with the largest share."""
        return max(self.parts, key=lambda part: part.after, default=None)


def change_between(before: Split, after: Split, history: Lineage | None) -> Change:
    """The change from `before` to `after`. `history` is the lineage up to `before`, None for a
    Worker that was never deployed."""
    had = {version.id: weight for version, weight in before}
    stable = _stable(before, history)
    parts = [
        _part(version, had.get(version.id), weight, stable)
        for version, weight in after
        if _adds_traffic(had.get(version.id), weight) and not is_way_back(version, weight, history)
    ]
    return Change(tuple(parts))


def is_way_back(version: VersionFacts, weight: int, history: Lineage | None) -> bool:
    """Whether traffic goes back to the stable version or an earlier one that had 100%. A stable
    version that never had 100% does not count, except in a Worker's first split: 100% of it was
    never approved."""
    if history is None or not weight:
        return False
    if version.number == history.stable:
        return version.number in history.ever_full or not history.ever_full
    return version.number < history.stable and version.number in history.ever_full


def _adds_traffic(before: int | None, after: int) -> bool:
    return before is None or after > before


def _stable(before: Split, history: Lineage | None) -> VersionFacts | None:
    if history is None:
        return None
    return next((version for version, _ in before if version.number == history.stable), None)


def _part(
    version: VersionFacts, before: int | None, after: int, stable: VersionFacts | None
) -> Part:
    if stable is None:
        return Part(version.id, version.number, before, after)
    return Part(
        version.id,
        version.number,
        before,
        after,
        bindings=_differing(stable.bindings, version.bindings),
        secrets=_differing(stable.secrets, version.secrets),
        compatibility=stable.compatibility != version.compatibility,
    )


def _differing(left: Mapping[str, str], right: Mapping[str, str]) -> tuple[str, ...]:
    names = left.keys() | right.keys()
    return tuple(sorted(name for name in names if left.get(name) != right.get(name)))
