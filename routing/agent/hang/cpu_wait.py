"""How long a process has waited for a CPU: runnable, but not running."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_NANOSECONDS = 1e9


def cpu_wait(pid: int) -> float:
    """Seconds since its start that the main thread of `pid` waited for a CPU; 0 where the kernel
    does not count it (Documentation/scheduler/sched-stats: the second field of `schedstat`)."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / _NANOSECONDS
    return 0.0
