"""The secrets that a proposal changes, as its form shows them, and the consent that it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard.fleet.version_roles import Standing
from dashboard.workers.queries.worker_queries import WorkerRow
from routing.control.secret_consent import SecretChange, Weights, secret_changes
from routing.models import Version

CONSENT = "consent"
"""The field of a form that holds the id of the version whose other secrets are consented to."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """`back` needs consent, `forward` is information. `consented`: whether the form gives it."""

    back: SecretChange | None
    forward: tuple[SecretChange, ...]
    consented: bool


def secrets_of(row: WorkerRow, after: Sequence[Standing], sent: Mapping[str, str]) -> Secrets:
    """What replacing the live split of `row` by `after` does to secrets. One query."""
    ids = {s.version.pk for s in (*row.standings, *after)}
    versions = row.worker.versions.only("worker", "number", "tag", "bindings").in_bulk(ids)
    changes = secret_changes(_weights(row.standings, versions), _weights(after, versions))
    back = next((change for change in changes if change.needs_consent), None)
    forward = tuple(change for change in changes if not change.needs_consent)
    consented = back is not None and sent.get(CONSENT) == str(back.version.pk)
    return Secrets(back, forward, consented)


def _weights(standings: Sequence[Standing], versions: Mapping[object, Version]) -> Weights:
    return [(versions[s.version.pk], s.weight or 0) for s in standings]
