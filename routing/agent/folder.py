"""The edge's folder: who owns it, what a killed predecessor left in it, files that are replaced.

agent.lock    held by the agent that runs here
pids/         one file for each process we started, its start time inside
snapshot.json, snapshot.earlier.json, status.json, shipped.json, modules/, log/, v/, xds/ and the
sockets
"""

from __future__ import annotations

import fcntl
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from routing.agent.limits import open_folder
from routing.compile import names

_PIDS = Path("pids")
_PRIVATE = ("modules", "pids")
_lock: int | None = None


class FolderTaken(Exception):
    """Another agent runs in this folder; the message says which."""


def enter(folder: Path, group: int | None = None) -> None:
    """Makes `folder` the working directory and ours alone; raises `FolderTaken`. Processes of
    `group` may pass through it.

    Paths are relative from here on: a Unix socket's path may have 107 bytes only.
    """
    folder.mkdir(parents=True, exist_ok=True)
    open_folder(folder, group)
    os.chdir(folder)
    _take_lock()
    for name in (*names.FOLDERS, *_PRIVATE):
        Path(name).mkdir(mode=0o700, exist_ok=True)
    _kill_leftovers()
    for path in (*Path("v").glob("*.sock"), *Path().glob("*.sock"), *Path().glob("**/*.tmp")):
        if not path.is_dir():
            path.unlink()


def write(path: str | Path, content: bytes, *, durable: bool = False) -> None:
    """Replaces the file at once or not at all; `durable` also survives a power cut."""
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


def remember(pid: int) -> None:
    """Notes a process of ours, so that the next agent can end it if this one is killed."""
    with suppress(OSError):
        (_PIDS / str(pid)).write_text(_start_time(pid) or "")


def forget(pid: int) -> None:
    """The process has ended."""
    (_PIDS / str(pid)).unlink(missing_ok=True)


def _take_lock() -> None:
    global _lock
    _lock = os.open("agent.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(_lock, 20).decode() or "unknown"
        raise FolderTaken(f"{Path.cwd()}: another agent runs here (pid {holder}).") from None
    os.ftruncate(_lock, 0)
    os.write(_lock, str(os.getpid()).encode())


def _kill_leftovers() -> None:
    """Only a process that started when ours did is ours: pids are used again. What has not the
    name of a process is no file of ours, and stays."""
    left = []
    for file in _PIDS.iterdir():
        if not (file.name.isascii() and file.name.isdigit() and file.is_file()):
            continue
        pid = int(file.name)
        if _start_time(pid) == file.read_text(errors="replace") != "":
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            left.append(pid)
        file.unlink()
    deadline = time.monotonic() + 5
    while any(_start_time(pid) for pid in left) and time.monotonic() < deadline:
        time.sleep(0.01)


def _start_time(pid: int) -> str | None:
    """When the process started, in ticks since boot; None if it is not there, or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]
