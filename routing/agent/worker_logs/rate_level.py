"""How much versions should log now (levels of `runtime/tail.js`). Pure.

While someone is viewing a Worker it logs everything, as long as the edge can keep up. Otherwise
only notable requests; if that is too much, only failed ones.
"""

from __future__ import annotations

from dataclasses import dataclass

ALL, NOTABLE, ERRORS, OFF = "all", "notable", "errors", "off"


@dataclass(slots=True)
class DetailRateLimit:
    """`most` entries are stored per second; the rest are dropped and counted."""

    most: int
    calm_seconds: int = 5
    _second: int = 0
    _taken: int = 0
    _asked: int = 0
    _loud_until: float = 0.0
    _flooded_until: float = 0.0

    def is_full(self, now: float) -> bool:
        """If so, nothing needs to be parsed."""
        if int(now) != self._second:
            self._second, self._taken, self._asked = int(now), 0, 0
        return self._taken >= self.most

    def takes(self, now: float, count: int = 1) -> bool:
        """Counts entries; is there room for the first of them in this second?"""
        full = self.is_full(now)
        self._asked += count
        if self._asked > self.most:
            self._loud_until = now + self.calm_seconds
        if self._asked > 8 * self.most:
            self._flooded_until = now + 1.0
        self._taken += not full
        return not full

    def level(self, now: float, *, watched: bool) -> str:
        if now < self._flooded_until:
            return OFF if not watched else ERRORS
        if now < self._loud_until and not watched:
            return ERRORS
        return ALL if watched else NOTABLE
