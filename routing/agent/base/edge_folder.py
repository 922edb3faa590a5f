"""The edge's folder: its lock, and atomic writes.

agent.lock  locked by the agent that runs here
pids/       one file per process (`base.process_notes`)
edge_key, credentials.json, joining.json, snapshot.json, snapshot.earlier.json, status.json,
shipped.json, draining, modules/, assets/, objects/, log/, v/, xds/, sockets
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from routing.agent.base.limits import open_folder
from routing.compile import names
from routing.process_identity import ProcessIdentity, identify, this_process

log = logging.getLogger("edge")

STEP_ASIDE = signal.SIGUSR1
"""Asks an agent to exit and leave Envoy and its versions to the next one."""

_PRIVATE = ("modules", "pids")
_LOCK = "agent.lock"
_HOLDER_BYTES = 512
_ASIDE_SECONDS = 10.0
_lock: int | None = None


class FolderInUse(Exception):
    """The message names the other agent."""


class Holder(msgspec.Struct, frozen=True):
    """The agent that runs in a folder. `parent` is the process that it ends with."""

    process: ProcessIdentity
    parent: ProcessIdentity | None = None

    def is_orphan(self) -> bool:
        """Did its parent end without stopping it?"""
        return self.parent is not None and not self.parent.is_running()


def enter(
    folder: Path,
    group: int | None = None,
    *,
    parent: int | None = None,
    take_over: bool = False,
) -> None:
    """Makes `folder` the working directory, private except that processes of `group` may traverse
    it. Raises `FolderInUse`.

    An orphaned agent that runs here steps aside; with `take_over` any agent does. From here on
    paths are relative: a Unix socket's path is limited to 107 bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    open_folder(folder, group)
    os.chdir(folder)
    _take_lock(identify(parent) if parent is not None else None, take_over=take_over)
    for name in (*names.FOLDERS, *_PRIVATE):
        Path(name).mkdir(mode=0o700, exist_ok=True)


def write(path: str | Path, content: bytes, *, durable: bool = False) -> None:
    """Atomic; `durable` also survives a power cut."""
    temporary = f"{path}.tmp"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        os.rename(temporary, path)
    except OSError:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def write_or_overwrite(path: str | Path, content: bytes) -> None:
    """Like `write`. On a full disk it overwrites the file in place, which is not atomic, if the
    content fits into the file's blocks."""
    try:
        write(path, content)
    except OSError as error:
        if not is_full(error) or not _overwritten(path, content):
            raise


def is_full(error: OSError) -> bool:
    """No space is left, or none that this user may take."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def holder(folder: Path = Path()) -> Holder | None:
    """The agent that took this folder last; it may have ended."""
    try:
        return msgspec.json.decode((folder / _LOCK).read_bytes(), type=Holder)
    except (OSError, ValueError):
        return None


def _take_lock(parent: ProcessIdentity | None, *, take_over: bool) -> None:
    global _lock
    _lock = os.open(_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if not _locked(_lock):
        other = holder()
        if other is None or not (take_over or other.is_orphan()):
            pid = other.process.pid if other else "unknown"
            raise FolderInUse(f"{Path.cwd()}: another agent runs here (pid {pid}).")
        _ask_aside(_lock, other.process)
    _write_holder(_lock, msgspec.json.encode(Holder(this_process(), parent)))


def _write_holder(lock: int, content: bytes) -> None:
    """In place and padded, so that a full disk has room for it. If it fails the lock still counts;
    only the holder's id is missing."""
    try:
        os.pwrite(lock, content.ljust(_HOLDER_BYTES), 0)
        os.ftruncate(lock, _HOLDER_BYTES)
    except OSError as error:
        log.error("%s cannot be written: %s", _LOCK, error.strerror)


def _overwritten(path: str | Path, content: bytes) -> bool:
    try:
        with open(path, "r+b", buffering=0) as stream:
            if len(content) > os.fstat(stream.fileno()).st_blocks * 512:
                return False
            stream.write(content)
            stream.truncate()
            return True
    except OSError:
        return False


def _ask_aside(lock: int, other: ProcessIdentity) -> None:
    """The other agent leaves its processes to us. If it does not react it is killed, which leaves
    them as well."""
    for number in (STEP_ASIDE, signal.SIGKILL):
        log.info("asking the agent with pid %d to step aside (%s)", other.pid, number.name)
        with suppress(ProcessLookupError):
            if other.is_running():
                os.kill(other.pid, number)
        deadline = time.monotonic() + _ASIDE_SECONDS
        while time.monotonic() < deadline:
            if _locked(lock):
                return
            time.sleep(0.01)
    raise FolderInUse(f"{Path.cwd()}: the agent with pid {other.pid} does not end.")


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
