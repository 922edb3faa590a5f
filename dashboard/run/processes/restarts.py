"""When a process that has ended is started again. Pure: times are arguments, in seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from routing.agent.base.backoff import Backoff

#: A process that ran for so long was well; its next end is a first one.
WELL_SECONDS = 30.0
#: Between the starts of a process that keeps ending. It is never given up for good: what is in its
#: way may have gone by then.
LONGEST_WAIT_SECONDS = 60.0


class State(StrEnum):
    """`waiting`: it keeps ending, and its next start is some seconds away."""

    running = "running"
    waiting = "waiting"


@dataclass(slots=True)
class Restarts:
    """The starts of one process. The first end costs no wait; then 1 s, 2 s, 4 s … pass."""

    state: State = State.running
    count: int = 0
    retry_at: float = 0.0
    _started_at: float = 0.0
    _backoff: Backoff = field(
        default_factory=lambda: Backoff(
            first=1.0, most=LONGEST_WAIT_SECONDS, free=1, reset=WELL_SECONDS
        )
    )

    @property
    def quick_ends(self) -> int:
        """How often it ended in a row without having run well in between."""
        return self._backoff.failures

    def started(self, now: float) -> None:
        """It runs since `now`."""
        self.state, self._started_at = State.running, now

    def ended(self, now: float) -> float:
        """It has ended: how many seconds to wait before the next start."""
        wait = self._backoff.failed(after=now - self._started_at)
        self.state, self.retry_at = State.waiting, now + wait
        self.count += 1
        return wait

    def is_due(self, now: float) -> bool:
        """Whether it is time for the next start."""
        return self.state is State.waiting and now >= self.retry_at
