"""When is a process that does not answer hung? Pure.

A watchdog that reads only the clock calls healthy processes hung on a starved machine: it counts
time in which the process had no CPU, and time in which the watchdog itself did not run (its answer
was there, unread). Neither says anything about the process, so neither counts here.
"""

from __future__ import annotations

from dataclasses import dataclass

LEAST_SHARE = 1 / 8
"""Of each step at least this much counts, however starved the process is: with it, a process that
never answers is found on any machine."""


@dataclass(slots=True)
class Silence:
    """Fed once a step. Times are in seconds; a step is how long the watchdog means to wait."""

    limit: float
    step: float
    counted: float = 0.0

    def heard(self) -> None:
        """The process has answered."""
        self.counted = 0.0

    def waited(self, elapsed: float, cpu_wait: float = 0.0) -> bool:
        """A step without an answer took `elapsed`, for `cpu_wait` of which the process wanted a
        CPU and got none. Returns True once the process is hung.

        A step that took longer than it should counts as one step: the watchdog came late, and
        what it missed meanwhile it reads in the next step.
        """
        seen = min(elapsed, self.step)
        share = 1 - cpu_wait / elapsed if elapsed > 0 else 1.0
        self.counted += seen * min(1.0, max(LEAST_SHARE, share))
        return self.counted >= self.limit
