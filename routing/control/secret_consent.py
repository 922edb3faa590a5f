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
        """Going back to an older version needs it everywhere; going forward is only listed."""
        return self.version.number < self.newest.number


def secret_changes(active: Weights, requested: Weights) -> list[SecretChange]:
    """The secrets that change when `requested` replaces `active`.

    Only a version whose weight grows changes anything: raising a newer version beside an old one is
    a step forward, however their secrets differ.
    """
    newest = max((v for v, _ in active), key=lambda version: version.number, default=None)
    if newest is None:
        return []
    had = {version.pk: weight for version, weight in active}
    growing = (version for version, weight in requested if weight > had.get(version.pk, 0))
    changes = (SecretChange(v, newest, _changed(newest, v)) for v in growing)
    return [change for change in changes if change.names]


def _changed(left: Version, right: Version) -> tuple[str, ...]:
    """Names of secrets that only one version has, or with another value."""
    ours, theirs = secret_fingerprints(left), secret_fingerprints(right)
    names = ours.keys() | theirs.keys()
    return tuple(sorted(name for name in names if ours.get(name) != theirs.get(name)))


def secret_fingerprints(version: Version) -> dict[str, str]:
    """Secret binding names → keyed fingerprints of their values."""
    return {b["name"]: b["fingerprint"] for b in version.bindings if "fingerprint" in b}
