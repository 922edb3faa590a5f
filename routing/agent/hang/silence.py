"""Decides when a process that does not answer is hung. Pure.

With wall time alone, healthy processes look hung on a starved machine. Time in which the process
had no CPU, or the watchdog did not run (an answer may be there, unread), does not count here.
"""

from __future__ import annotations

from dataclasses import dataclass

LEAST_SHARE = 1 / 8
"""At least this much of each step counts, so that a process that never answers is detected on any
machine."""


@dataclass(slots=True)
class Silence:
    """Updated once per step; times are in seconds."""

    limit: float
    step: float
    counted: float = 0.0

    def heard(self) -> None:
        self.counted = 0.0

    def waited(self, elapsed: float, cpu_wait: float = 0.0) -> bool:
        """A step without an answer took `elapsed`, in `cpu_wait` of which the process was waiting
        for a CPU. True once it is hung.

        A step that took longer than planned counts as one step: the watchdog came late, and reads
        in the next step what it missed.
        """
        seen = min(elapsed, self.step)
        share = 1 - cpu_wait / elapsed if elapsed > 0 else 1.0
        self.counted += seen * min(1.0, max(LEAST_SHARE, share))
        return self.counted >= self.limit
