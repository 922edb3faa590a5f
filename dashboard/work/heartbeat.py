"""Tells systemd and container probes that background work is alive.

It beats without a database, which a restart would not bring back, and stops when a task has hung
for `HUNG_SECONDS`.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from dashboard.work.loop import Task

HUNG_SECONDS = 600.0


def is_alive(tasks: Iterable[Task], clock: float) -> bool:
    return not any(task.running_seconds(clock) > HUNG_SECONDS for task in tasks)


def beat(file: Path | None) -> None:
    """Touches `file`, and resets the watchdog of the systemd unit (`WatchdogSec=`)."""
    with suppress(OSError):  # without a beat the probe says so
        if file is not None:
            file.touch()
        if address := os.environ.get("NOTIFY_SOCKET"):
            name = f"\0{address[1:]}" if address.startswith("@") else address
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
                notify.sendto(b"WATCHDOG=1", name)
