"""Rate limit per client address: GCRA, a burst and then a steady rate. Pure, with a bounded
table."""

from __future__ import annotations

import math
from collections.abc import Callable

from cachetools import LRUCache

from routing.gcra import consume

_ADDRESSES = 4096


class ClientRates:
    """Each address may do `burst` at once, then `per_second`."""

    def __init__(self, burst: int, per_second: float, clock: Callable[[], float]) -> None:
        self._interval, self._burst = 1 / per_second, burst
        self._clock = clock
        self._free_at: LRUCache[str, float] = LRUCache(_ADDRESSES)

    def seconds_to_wait(self, address: str) -> int:
        """Takes one; 0 if allowed, else the seconds to wait, rounded up."""
        now = self._clock()
        backlog = self._free_at.get(address, 0.0) - now
        wait, backlog = consume(backlog, interval=self._interval, burst=self._burst)
        if not wait:
            self._free_at[address] = now + backlog
        return math.ceil(wait)
