"""Sorts out what an earlier agent left in this folder, before anything is started."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from routing.agent.adoption.inherited import Inherited, classify
from routing.agent.adoption.strays import strays
from routing.agent.base import process_notes
from routing.agent.base.process_notes import Note
from routing.agent.envoy.retire import put_back, retiring_socket
from routing.agent.handover.leftovers import remove_leftovers
from routing.compile import names
from routing.process_identity import ProcessIdentity

log = logging.getLogger("edge")

_DEAD_SECONDS = 5.0


def inherit() -> Inherited:
    """Kills what cannot be adopted and removes stale files. Run it in the edge's folder, with its
    lock."""
    found = list(process_notes.read_all())
    running = {note.process.pid for note in found if note.process.is_running()}
    inherited = classify(found, running)
    unknown = list(strays(Path.cwd(), running))
    dead = inherited.kill
    kill([*(note.process for note in dead), *unknown])
    left = running - {note.process.pid for note in dead}
    _forget_all_but(left)
    if inherited.envoy is not None:
        put_back(inherited.envoy.process.pid)
    _remove_stale_files(inherited)
    remove_leftovers(left)
    if running:
        log.info(
            "adopting %d versions and %s Envoy",
            len(inherited.versions),
            "the" if inherited.envoy else "no",
        )
    return inherited


def processes_in(folder: Path) -> list[ProcessIdentity]:
    """Envoy and versions running in an edge's folder, with or without a note."""
    noted = [
        n.process
        for n in process_notes.read_all(folder / process_notes.PIDS)
        if n.process.is_running()
    ]
    return [*noted, *strays(folder, {process.pid for process in noted})]


def kill(processes: Iterable[ProcessIdentity]) -> None:
    """Returns when all have ended, or after 5 seconds."""
    left = [process for process in processes if process.is_running()]
    for process in left:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(process.pid, signal.SIGKILL)
    deadline = time.monotonic() + _DEAD_SECONDS
    while any(process.is_running() for process in left) and time.monotonic() < deadline:
        time.sleep(0.01)


def _forget_all_but(pids: set[int]) -> None:
    for file in process_notes.PIDS.iterdir():
        if file.name.isascii() and file.name.isdigit() and file.is_file():
            if int(file.name) not in pids:
                process_notes.remove(int(file.name))


def _remove_stale_files(adopted: Inherited) -> None:
    """Keeps sockets that a living process listens on."""
    in_use = {path for note in adopted.versions for path in _sockets(note)}
    for note in (adopted.envoy, *adopted.leaving):
        if note is not None and note.envoy is not None:
            in_use |= {
                names.ADMIN_SOCKET,
                names.INTERNAL_SOCKET,
                retiring_socket(note.process.pid),
            }
    stale = (*Path("v").glob("*.sock*"), *Path().glob("*.sock"), *Path().glob("**/*.tmp"))
    for path in stale:
        if str(path) not in in_use and not path.is_dir():
            path.unlink(missing_ok=True)


def _sockets(note: Note) -> list[str]:
    version = note.version
    return [names.socket_file(version.id, name) for name in version.listeners] if version else []
