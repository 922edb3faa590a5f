"""The processes of a run, as Linux lists them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from tests.running import System


def running_under(folder: Path) -> Iterator[tuple[int, str, bytes]]:
    """(id, command line, environment) of processes whose environment or working folder points into
    `folder`."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            environment = (entry / "environ").read_bytes()
            where = os.readlink(entry / "cwd")
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if str(folder).encode() in environment or where.startswith(str(folder)):
            yield int(entry.name), command, environment


def processes_under(folder: Path) -> list[str]:
    """Their command lines."""
    return [command for _, command, _ in running_under(folder)]


def edge_processes(system: System) -> list[int]:
    """Envoy and the versions, by the folder they run in."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (entry / "cmdline").read_bytes()
            is_agent = b"routing.agent" in command
            if os.readlink(entry / "cwd") == str(system.data_dir / "edge") and not is_agent:
                found.append(int(entry.name))
    return sorted(found)


def children_of(system: System) -> dict[str, int]:
    """The processes of a run by their module."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
            arguments = (entry / "cmdline").read_bytes().split(b"\0")
        except (OSError, IndexError):
            continue
        if parent == str(system.process.pid) and b"-m" in arguments:
            found[arguments[arguments.index(b"-m") + 1].decode()] = int(entry.name)
    return found
