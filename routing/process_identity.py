"""Which process a note on disk means: its id, and when it started, because ids are used again."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import msgspec


class ProcessIdentity(msgspec.Struct, frozen=True):
    """`started` is opaque: the boot of this machine and the ticks since."""

    pid: int
    started: str

    def is_running(self) -> bool:
        """False once that process has ended, whoever has its id now. A zombie has ended."""
        return self.started != "" and start_time(self.pid) == self.started


def identify(pid: int) -> ProcessIdentity | None:
    """The process that has this id now; None where none has, or only a zombie."""
    started = start_time(pid)
    return None if started is None else ProcessIdentity(pid, started)


def this_process() -> ProcessIdentity:
    """The calling process."""
    return identify(os.getpid()) or ProcessIdentity(os.getpid(), "")


def start_time(pid: int) -> str | None:
    """When the process started; None where it has ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else f"{_boot()}.{fields[19]}"


@cache
def _boot() -> str:
    """Ticks since boot repeat after a reboot, and so do ids."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text()[:8]
    except OSError:
        return "boot"
