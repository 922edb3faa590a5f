"""So many in a minute, by GCRA (ITU-T I.371 annex A): one number for each subject, no window whose
end lets twice as many through, and the exact time of the next one.

Counted in this process, or with `REDIS_URL` for all of them. While Redis is away each process
counts by itself: a limit must never be the reason that nothing works.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cachetools import LRUCache
from django.conf import settings

log = logging.getLogger(__name__)

SUBJECTS = 10_000
_PREFIX = "sluice.limit."
_TIMEOUT_SECONDS = 0.2
_PAUSE_SECONDS = 5.0
#: Takes `cost`: returns 0, or how long to wait; then nothing was taken. Times are in seconds.
_SCRIPT = """
local now = redis.call('TIME')
now = now[1] + now[2] / 1000000
local free = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local wait = free + ARGV[1] - now - ARGV[2]
if wait > 0 and free > now then return tostring(wait) end
redis.call('SET', KEYS[1], string.format('%.6f', free + ARGV[1]), 'EX', math.ceil(ARGV[3]))
return '0'
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` at once, then `per_minute`."""

    name: str
    burst: int
    per_minute: int

    def interval(self) -> float:
        """Seconds that one takes."""
        return 60 / self.per_minute

    def after(self, free_at: float, now: float, cost: int = 1) -> tuple[float, float]:
        """(seconds to wait, when everything is free again). Who has taken nothing lately may take
        more than a burst at once."""
        free_at = max(free_at, now)
        ends = free_at + cost * self.interval()
        wait = ends - now - self.burst * self.interval()
        return (wait, free_at) if wait > 0 and free_at > now else (0.0, ends)


_free_at: LRUCache[tuple[str, str], float] = LRUCache(SUBJECTS)
_one_at_a_time = threading.Lock()
_away_until = 0.0


def seconds_to_wait(rate: Rate, subject: str, cost: int = 1) -> int:
    """Takes one; 0 when it is granted, else the seconds until it would be, rounded up."""
    wait = _in_redis(rate, subject, cost) if settings.REDIS_URL else None
    return math.ceil(_in_memory(rate, subject, cost) if wait is None else wait)


def forget_all() -> None:
    """Starts to count again, in this process."""
    with _one_at_a_time:
        _free_at.clear()


def _in_memory(rate: Rate, subject: str, cost: int) -> float:
    key, now = (rate.name, subject), time.monotonic()
    with _one_at_a_time:
        wait, _free_at[key] = rate.after(_free_at.get(key, 0.0), now, cost)
    return wait


def _in_redis(rate: Rate, subject: str, cost: int) -> float | None:
    """None while Redis is away."""
    global _away_until
    if time.monotonic() < _away_until:
        return None
    taken, room = cost * rate.interval(), rate.burst * rate.interval()
    try:
        script = _script(settings.REDIS_URL)
        key = f"{_PREFIX}{rate.name}.{subject}"
        return float(script(keys=[key], args=[taken, room, taken + room + 60]))
    except _redis_errors() as error:
        _away_until = time.monotonic() + _PAUSE_SECONDS
        log.warning("limits are counted in this process: %r", error)
        return None


@lru_cache(maxsize=1)
def _script(url: str) -> Any:
    from redis import Redis  # with REDIS_URL only

    client = Redis.from_url(
        url, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS
    )
    return client.register_script(_SCRIPT)


def _redis_errors() -> type[Exception]:
    from redis.exceptions import RedisError

    return RedisError
