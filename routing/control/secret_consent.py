"""Which secrets change with a deployment, and when that needs consent (spec, Deployments)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from routing.models import Version

Weights: TypeAlias = Sequence[tuple[Version, int]]
"""Versions with their weights, in units of 0.001%."""


@dataclass(frozen=True, slots=True)
class SecretChange:
    """`version` gets traffic, and its secrets `names` differ from those of `newest`, the newest
    version of the active deployment."""

    version: Version
    newest: Version
    names: tuple[str, ...]

    @property
    def needs_consent(self) -> bool:
        """Going back to an older version does, at every door; going forward is shown only."""
        return self.version.number < self.newest.number


def secret_changes(active: Weights, asked: Weights) -> list[SecretChange]:
    """The changes of secrets that deploying `asked` makes, `active` being what is active.

    A version whose share stays or shrinks is given nothing, so it changes nothing: stepping up a
    newer version beside an old one is a step forward, however their secrets differ.
    """
    newest = max((v for v, _ in active), key=lambda version: version.number, default=None)
    if newest is None:
        return []
    had = {version.pk: weight for version, weight in active}
    gets_more = (version for version, weight in asked if weight > had.get(version.pk, 0))
    found = (SecretChange(v, newest, _changed(newest, v)) for v in gets_more)
    return [change for change in found if change.names]


def _changed(left: Version, right: Version) -> tuple[str, ...]:
    """The names of secrets that only one of both has, or has with another value."""
    ours, theirs = secret_fingerprints(left), secret_fingerprints(right)
    names = ours.keys() | theirs.keys()
    return tuple(sorted(name for name in names if ours.get(name) != theirs.get(name)))


def secret_fingerprints(version: Version) -> dict[str, str]:
    """Secret binding names → keyed fingerprints of their values."""
    return {b["name"]: b["fingerprint"] for b in version.bindings if "fingerprint" in b}
