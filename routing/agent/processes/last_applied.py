"""What an edge keeps on disk to serve after its own restart: what is applied, and its modules."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from routing.agent.base import edge_folder
from routing.agent.base.sealed_file import Seal, SealBroken, is_sealed
from routing.agent.state.state import Held
from routing.snapshot import EMPTY, Snapshot, SnapshotInvalid, VersionSpec, from_json, to_json

log = logging.getLogger("edge")

SNAPSHOT = Path("snapshot.json")
"""Sealed, for it holds the secrets of versions."""
EARLIER = Path("snapshot.earlier.json")
"""The one before, for a start at which the last cannot be read."""


class LastApplied(NamedTuple):
    """`problem` is why it is not the newest, or nothing at all; "" if all is well."""

    snapshot: Snapshot
    problem: str = ""


def last_applied(seal: Seal) -> LastApplied:
    """What this edge routed by when it was last stopped; `EMPTY` if there is no such file.

    A file that cannot be read is set aside. Beside the Workers of the earlier one there may be
    others that it does not know of.
    """
    problems = []
    for path in (SNAPSHOT, EARLIER):
        try:
            snapshot = _read(path, seal)
        except FileNotFoundError:
            continue
        except (SnapshotInvalid, SealBroken, OSError) as error:
            problems.append(f"{path} cannot be read: {error}")
            log.error("%s", problems[-1])
            with suppress(OSError):
                path.replace(path.with_suffix(".damaged"))
        else:
            if not problems:
                return LastApplied(snapshot)
            problems.append(f"revision {snapshot.revision} of {path} is used")
            return LastApplied(replace(snapshot, known=False), "; ".join(problems))
    return LastApplied(EMPTY, "; ".join(problems))


def save(held: Held, seal: Seal) -> None:
    """Keeps what is applied for the next start, and what was kept until now. Raises `OSError`."""
    _keep_earlier()
    _write(SNAPSHOT, _as_known(held.applied), seal)


def _as_known(applied: Snapshot) -> Snapshot:
    """A new edge that has not taken over a whole revision yet does not know all Workers."""
    return applied if applied.revision else replace(applied, known=False)


def _keep_earlier() -> None:
    """By a second link: there is a readable `SNAPSHOT` at every moment."""
    temporary = Path(f"{EARLIER}.tmp")
    temporary.unlink(missing_ok=True)
    with suppress(FileNotFoundError):
        os.link(SNAPSHOT, temporary)
        os.rename(temporary, EARLIER)
    # POSIX: a rename between two links of one file, after a failed save, does nothing.
    temporary.unlink(missing_ok=True)


def _write(path: Path, snapshot: Snapshot, seal: Seal) -> None:
    edge_folder.write(path, seal.close(to_json(snapshot)), durable=True)


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


def needed(held: Held, desired: Snapshot, earlier: Snapshot = EMPTY) -> list[VersionSpec]:
    """The versions whose modules must stay: applied, desired, in `EARLIER`, or still running."""
    return [
        *(version for worker in held.applied.workers for version in worker.versions),
        *(version for worker in earlier.workers for version in worker.versions),
        *(version for worker in desired.workers for version in worker.versions),
        *(process.version for process in held.processes.values()),
    ]
