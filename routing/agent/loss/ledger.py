"""Lines that Envoy logged against lines on disk; the difference is lost. Pure.

Envoy counts every line that it logs (`filesystem.write_buffered`) and writes them a tenth of a
second later. A full disk, a log that was removed or emptied: then they are not there.
"""

from __future__ import annotations

import msgspec

_SAME_START_SECONDS = 12.0
"""Envoy tells its age in whole seconds, and as it was up to five seconds ago."""


class Logged(msgspec.Struct, frozen=True):
    """What one Envoy says: lines it logged since `started_at` (seconds since boot), and bytes of
    them that it has not tried to write yet."""

    lines: int
    unflushed: int
    started_at: float


class Ledger(msgspec.Struct):
    """`lost` lines since this log began. `before` are the lines on disk, or lost, before the Envoy
    of `started_at` logged its first one. Between two Envoys `started_at` is None, and `ended_at`
    when the last one ended."""

    lost: int = 0
    before: int = 0
    started_at: float | None = None
    ended_at: float = 0.0
    logged: int = 0

    def ended(self, on_disk: int, at: float) -> None:
        """Envoy has ended; what the next one logs comes after `on_disk` lines."""
        self.before, self.logged = on_disk + self.lost, 0
        self.started_at, self.ended_at = None, at

    def look(self, first: Logged, on_disk: int, second: Logged) -> int:
        """How many more lines are lost than the last time. `on_disk` was counted between `first`,
        which had nothing left to write, and `second`.

        Lines logged meanwhile may be on disk, so this is a lower bound, and exact in a pause.
        """
        self._follow(first, on_disk)
        # More on disk than was logged: another Envoy wrote as well. Count from here.
        self.before = max(self.before, on_disk + self.lost - second.lines)
        more = max(0, self.before + first.lines - on_disk - self.lost)
        self.lost += more
        self.logged = second.lines
        return more

    def _follow(self, now: Logged, on_disk: int) -> None:
        """Another Envoy than the last time is taken to have lost nothing yet, unless it is the one
        that was expected."""
        known = self.started_at
        if known is None:
            expected = now.started_at > self.ended_at - _SAME_START_SECONDS
        else:
            same = abs(known - now.started_at) < _SAME_START_SECONDS
            expected = same and now.lines >= self.logged
        if not expected:
            self.before = on_disk + self.lost - now.lines
        self.started_at = now.started_at
