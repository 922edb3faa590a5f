"""The processes of a data folder, whoever their parent is: an edge outlives the program that
started it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from benchmarks.base.machine import command_line

_MODULES = {
    "dashboard.run": "run",
    "dashboard.run.web": "web",
    "dashboard.run.work": "work",
    "routing.agent": "agent",
}


def processes(data: Path) -> dict[str, list[int]]:
    """Process ids by role; what has no role of its own is "other"."""
    found: dict[str, list[int]] = {}
    for pid in _pids():
        if pid != os.getpid() and _belongs(pid, data):
            found.setdefault(_role(command_line(pid)), []).append(pid)
    return found


def version_pids(data: Path, version_id: str) -> list[int]:
    """The processes of one version: they write to its file."""
    output = f"v-{version_id}.txt"
    found = []
    for pid in processes(data).get("version", []):
        with suppress(OSError):
            if os.readlink(f"/proc/{pid}/fd/1").split(" ")[0].endswith(output):
                found.append(pid)
    return found


def send(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _pids() -> Iterator[int]:
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            yield int(entry)


def _belongs(pid: int, data: Path) -> bool:
    """By its working directory, or by the data folder in its environment."""
    with suppress(OSError):
        cwd = os.readlink(f"/proc/{pid}/cwd").removesuffix(" (deleted)")
        if Path(cwd).is_relative_to(data):
            return is_alive(pid)
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        return f"SLUICE_DATA_DIR={data}".encode() in environment and is_alive(pid)
    return False


def is_alive(pid: int) -> bool:
    """Whether it runs, or is stopped; one that nobody has reaped yet is dead."""
    with suppress(OSError):
        stat = Path(f"/proc/{pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] != "Z"
    return False


def _role(command: list[str]) -> str:
    if "-m" in command[:3]:
        return _MODULES.get(command[command.index("-m") + 1], "other")
    if command and command[0].endswith("/envoy"):
        return "envoy"
    return "version" if "serve" in command[:2] else "other"
