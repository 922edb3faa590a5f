"""The applied snapshot on disk, which the edge serves after a restart."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from routing.agent.base import edge_folder
from routing.agent.base.sealed_file import Seal, SealBroken, is_sealed
from routing.agent.state.state import EdgeState
from routing.snapshot import EMPTY, Snapshot, SnapshotInvalid, VersionSpec, from_json, to_json

log = logging.getLogger("edge")

SNAPSHOT = Path("snapshot.json")
"""Encrypted, because it contains the secrets of versions."""
EARLIER = Path("snapshot.earlier.json")
"""The one before, in case the last cannot be read."""


class LastApplied(NamedTuple):
    """`problem` says why it is not the newest, or empty; "" if it is."""

    snapshot: Snapshot
    problem: str = ""


def last_applied(seal: Seal) -> LastApplied:
    """The last applied snapshot, or `EMPTY`.

    A file that cannot be read is set aside. The earlier one may lack Workers, so it is marked as
    incomplete.
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


def save(state: EdgeState, seal: Seal) -> None:
    """Writes what is applied, and keeps the snapshot before it. Raises `OSError`."""
    _keep_earlier()
    _write(SNAPSHOT, _as_known(state.applied), seal)


def _as_known(applied: Snapshot) -> Snapshot:
    """A new edge that has not applied a whole revision may lack Workers."""
    return applied if applied.revision else replace(applied, known=False)


def _keep_earlier() -> None:
    """By a hard link: there is a readable `SNAPSHOT` at every moment."""
    temporary = Path(f"{EARLIER}.tmp")
    temporary.unlink(missing_ok=True)
    with suppress(FileNotFoundError):
        os.link(SNAPSHOT, temporary)
        os.rename(temporary, EARLIER)
    # After a failed save both are links of one file, and POSIX rename does nothing.
    temporary.unlink(missing_ok=True)


def _write(path: Path, snapshot: Snapshot, seal: Seal) -> None:
    edge_folder.write(path, seal.close(to_json(snapshot)), durable=True)


def _read(path: Path, seal: Seal) -> Snapshot:
    """Encrypts a plain-text file of an earlier release."""
    content = path.read_bytes()
    if is_sealed(content):
        return from_json(seal.open(content))
    snapshot = from_json(content)
    try:
        _write(path, snapshot, seal)
        log.info("%s contained secrets in plain text and is now encrypted", path)
    except OSError as error:
        log.error(
            "%s contains secrets in plain text and cannot be encrypted: %s", path, error.strerror
        )
    return snapshot


def needed(state: EdgeState, desired: Snapshot, earlier: Snapshot = EMPTY) -> list[VersionSpec]:
    """The versions whose modules must stay: applied, desired, in `EARLIER`, or still running."""
    return [
        *(version for worker in state.applied.workers for version in worker.versions),
        *(version for worker in earlier.workers for version in worker.versions),
        *(version for worker in desired.workers for version in worker.versions),
        *(process.version for process in state.processes.values()),
    ]
