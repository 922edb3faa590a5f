"""Identifies a process across restarts of the agent: id and start time, because ids are reused."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import msgspec


class ProcessIdentity(msgspec.Struct, frozen=True):
    """`started` is opaque: the machine's boot id and the ticks since."""

    pid: int
    started: str

    def is_running(self) -> bool:
        """False once that process has ended, even if its id was reused. A zombie has ended."""
        return self.started != "" and start_time(self.pid) == self.started


def identify(pid: int) -> ProcessIdentity | None:
    """The process with this id; None if there is none, or only a zombie."""
    started = start_time(pid)
    return None if started is None else ProcessIdentity(pid, started)


def this_process() -> ProcessIdentity:
    """The calling process."""
    return identify(os.getpid()) or ProcessIdentity(os.getpid(), "")


def start_time(pid: int) -> str | None:
    """When the process started; None if it has ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else f"{_boot()}.{fields[19]}"


@cache
def _boot() -> str:
    """Part of the boot id: ticks and process ids repeat after a reboot."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text()[:8]
    except OSError:
        return "boot"
