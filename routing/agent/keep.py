"""What an edge keeps on disk to serve after its own restart: what is applied, and its modules."""

from __future__ import annotations

import logging
from pathlib import Path

from routing.agent import folder
from routing.agent.held import Held
from routing.snapshot import EMPTY, Snapshot, SnapshotInvalid, Version, from_json, to_json

log = logging.getLogger("edge")

SNAPSHOT = Path("snapshot.json")


def last_applied() -> Snapshot:
    """What this edge routed by when it was last stopped, or nothing."""
    try:
        return from_json(SNAPSHOT.read_bytes())
    except FileNotFoundError:
        return EMPTY
    except SnapshotInvalid as error:
        log.error("the kept snapshot cannot be read, starting without it: %s", error)
        return EMPTY


def save(held: Held) -> None:
    """Keeps what is applied for the next start. Raises `OSError`."""
    folder.write(SNAPSHOT, to_json(held.applied), durable=True)


def needed(held: Held, desired: Snapshot) -> list[Version]:
    """The versions whose modules must stay: applied, desired, or still running."""
    return [
        *(version for worker in held.applied.workers for version in worker.versions),
        *(version for worker in desired.workers for version in worker.versions),
        *(process.version for process in held.processes.values()),
    ]
