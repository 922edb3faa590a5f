"""What an edge keeps on disk to serve after its own restart: what is applied, and its modules."""

from __future__ import annotations

import logging
from pathlib import Path

from routing.agent import folder
from routing.agent.held import Held
from routing.agent.seal import Seal, SealBroken, is_sealed
from routing.snapshot import EMPTY, Snapshot, SnapshotInvalid, Version, from_json, to_json

log = logging.getLogger("edge")

SNAPSHOT = Path("snapshot.json")
"""Sealed, for it holds the secrets of versions."""


def last_applied(seal: Seal) -> Snapshot:
    """What this edge routed by when it was last stopped, or nothing."""
    try:
        return _read(SNAPSHOT, seal)
    except FileNotFoundError:
        return EMPTY
    except (SnapshotInvalid, SealBroken) as error:
        log.error("the kept snapshot cannot be read, starting without it: %s", error)
        return EMPTY


def save(held: Held, seal: Seal) -> None:
    """Keeps what is applied for the next start. Raises `OSError`."""
    _write(SNAPSHOT, held.applied, seal)


def _write(path: Path, snapshot: Snapshot, seal: Seal) -> None:
    folder.write(path, seal.close(to_json(snapshot)), durable=True)


def _read(path: Path, seal: Seal) -> Snapshot:
    """The file's snapshot. One that an earlier release left in clear is sealed right away."""
    content = path.read_bytes()
    if is_sealed(content):
        return from_json(seal.open(content))
    snapshot = from_json(content)
    try:
        _write(path, snapshot, seal)
        log.info("%s held secrets in clear and is sealed now", path)
    except OSError as error:
        log.error("%s holds secrets in clear and cannot be sealed: %s", path, error.strerror)
    return snapshot


def needed(held: Held, desired: Snapshot) -> list[Version]:
    """The versions whose modules must stay: applied, desired, or still running."""
    return [
        *(version for worker in held.applied.workers for version in worker.versions),
        *(version for worker in desired.workers for version in worker.versions),
        *(process.version for process in held.processes.values()),
    ]
