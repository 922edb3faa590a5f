"""How long to wait before the next try. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Backoff:
    """Doubles from `first` to `most` seconds; the first `free` failures cost nothing. Starts over
    after `reset` seconds without a failure."""

    first: float = 0.1
    most: float = 30.0
    free: int = 0
    reset: float = 60.0
    failures: int = 0

    def failed(self, *, after: float = 0.0) -> float:
        """The wait after a failure, which came after `after` healthy seconds."""
        if after >= self.reset:
            self.failures = 0
        self.failures += 1
        doublings = self.failures - self.free - 1
        return min(self.most, self.first * 2.0 ** min(doublings, 32)) if doublings >= 0 else 0.0

    def worked(self) -> None:
        self.failures = 0


def jittered(seconds: float, draw: float) -> float:
    """Between half of `seconds` and all of it, so that edges spread out. `draw` is from 0 to 1."""
    return seconds * (0.5 + draw / 2)
