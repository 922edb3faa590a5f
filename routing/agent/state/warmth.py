"""Which versions run and which wait for their first request, within a memory budget. Pure.

Without a budget every version runs. With one, a version that starts has to fit in, and while the
processes use more than the budget, those without a request for the longest time are stopped: never
one that had a request in the last minute, because then it has traffic.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MB = 1 << 20
ESTIMATE_BYTES = 14 * MB
"""Of a process that has not been measured: the median of the demo Workers, at idle."""
RECENT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Running:
    """A running version: its memory, and the time of its last request or start."""

    version_id: str
    memory_bytes: int
    used_at: float


def room(running: Iterable[Running], budget_bytes: int) -> int:
    """How many more versions may start."""
    used = sum(version.memory_bytes for version in running)
    return max(0, (budget_bytes - used) // ESTIMATE_BYTES)


def to_stop(
    running: Iterable[Running], *, budget_bytes: int, idle_seconds: float, now: float
) -> tuple[str, ...]:
    """Versions to stop, the least recently used first. With `idle_seconds` (0: off) those without
    a request for that long, whatever the memory."""
    oldest_first = sorted(running, key=lambda version: (version.used_at, version.version_id))
    used = sum(version.memory_bytes for version in oldest_first)
    stopped = []
    for version in oldest_first:
        unused_seconds = now - version.used_at
        is_idle = bool(idle_seconds) and unused_seconds >= idle_seconds
        is_over = bool(budget_bytes) and used > budget_bytes
        if is_idle or (is_over and unused_seconds >= RECENT_SECONDS):
            stopped.append(version.version_id)
            used -= version.memory_bytes
    return tuple(stopped)
