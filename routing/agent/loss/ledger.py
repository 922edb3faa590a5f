"""Lines that Envoy logged minus lines on disk are lost. Pure.

Envoy counts each line as it logs it (`filesystem.write_buffered`) and writes it 0.1 s later. On a
full disk, or after the log was deleted or truncated, it is missing.
"""

from __future__ import annotations

import msgspec

_SAME_START_SECONDS = 12.0
"""Envoy reports its uptime in whole seconds, up to five seconds late."""


class Logged(msgspec.Struct, frozen=True):
    """Lines that one Envoy logged since `started_at` (seconds since boot), and bytes of them that
    it has not tried to write yet."""

    lines: int
    unflushed: int
    started_at: float


class Ledger(msgspec.Struct):
    """`lost` lines since this log began. `before` are lines on disk or lost before the Envoy of
    `started_at` logged its first one. Between two Envoys `started_at` is None and `ended_at` is the
    end of the last one."""

    lost: int = 0
    before: int = 0
    started_at: float | None = None
    ended_at: float = 0.0
    logged: int = 0

    def ended(self, on_disk: int, at: float) -> None:
        """Envoy has ended; the next one's lines follow `on_disk` lines."""
        self.before, self.logged = on_disk + self.lost, 0
        self.started_at, self.ended_at = None, at

    def look(self, first: Logged, on_disk: int, second: Logged) -> int:
        """Newly lost lines. `on_disk` was counted between `first`, which had nothing left to write,
        and `second`. Lines logged in between may be on disk, so this is a lower bound; it is exact
        in a pause."""
        self._follow(first, on_disk)
        # More lines on disk than logged: another Envoy wrote as well. Count from here.
        self.before = max(self.before, on_disk + self.lost - second.lines)
        more = max(0, self.before + first.lines - on_disk - self.lost)
        self.lost += more
        self.logged = second.lines
        return more

    def _follow(self, now: Logged, on_disk: int) -> None:
        """An unexpected Envoy is assumed to have lost nothing yet."""
        known = self.started_at
        if known is None:
            expected = now.started_at > self.ended_at - _SAME_START_SECONDS
        else:
            same = abs(known - now.started_at) < _SAME_START_SECONDS
            expected = same and now.lines >= self.logged
        if not expected:
            self.before = on_disk + self.lost - now.lines
        self.started_at = now.started_at
