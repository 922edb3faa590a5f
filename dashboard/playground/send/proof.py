"""Which version ran, and why: the edge's own log line, held against the prediction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core import signing

from dashboard.fleet.deployment_cache import roles_by_deployment_id
from dashboard.fleet.version_roles import Standing
from dashboard.playground.predict.predict import Expected
from routing.models import Invocation


@dataclass(frozen=True, slots=True)
class Proof:
    """The log's word. `differences` is empty when it agrees with what was predicted."""

    invocation: Invocation
    ran: Standing | None
    differences: tuple[str, ...] = ()
    other_deployment: bool = False

    @property
    def agrees(self) -> bool:
        return not self.differences


def prove(invocation: Invocation, expected: Expected | None, live: list[Standing]) -> Proof:
    """The log line with its version's name, and every way in which it is not as predicted."""
    other = expected is not None and invocation.deployment_id != expected.deployment_id
    return Proof(
        invocation,
        _ran(invocation, [] if other else live),
        tuple(_differences(invocation, expected)) if expected else (),
        other,
    )


def remember(expected: Expected | None) -> str:
    """The prediction, signed, for a later look at the same request."""
    return signing.dumps(expected.as_dict(), salt="playground") if expected else ""


def recall(text: str) -> Expected | None:
    """What `remember` gave, or None for anything else."""
    try:
        kept: dict[str, Any] = signing.loads(text, salt="playground")
    except signing.BadSignature:
        return None
    return Expected(**(kept | {"versions": tuple(kept["versions"])}))


def _ran(invocation: Invocation, live: list[Standing]) -> Standing | None:
    """The version that ran, as it stood in the deployment that the edge decided by."""
    for standing in live:
        if str(standing.version.id) == invocation.version_id:
            return standing
    then = _split_of(invocation.deployment_id)
    return next((s for s in then if str(s.version.id) == invocation.version_id), None)


def _split_of(deployment_id: str) -> list[Standing]:
    try:
        pk = UUID(deployment_id)
    except ValueError:
        return []
    return roles_by_deployment_id([pk])[pk]


def _differences(invocation: Invocation, expected: Expected) -> list[str]:
    """In words, shortest first; an outcome that the log leaves empty means no header."""
    found = []
    if invocation.version_id not in expected.versions:
        ids = " or ".join(v[:8] for v in expected.versions) or "none"
        found.append(f"Predicted version {ids}, ran {invocation.version_id[:8] or 'none'}.")
    if invocation.reason != expected.reason:
        found.append(f"Predicted reason {expected.reason}, was {invocation.reason or 'none'}.")
    outcome = invocation.override or "absent"
    if outcome != expected.outcome:
        found.append(f"Predicted override {expected.outcome}, was {outcome}.")
    return found
