"""How long a process was runnable but had no CPU."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_NANOSECONDS = 1e9


def cpu_wait(pid: int) -> float:
    """Seconds since the start of `pid`, for its main thread; 0 where the kernel does not count it
    (second field of `schedstat`, Documentation/scheduler/sched-stats)."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / _NANOSECONDS
    return 0.0
