"""Rate limits, counted in this process, or with `REDIS_URL` in all of them together.

While Redis is down each process counts alone: a limit must never be the reason that nothing works.
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

from routing.gcra import consume

log = logging.getLogger(__name__)

SUBJECTS = 10_000
_PREFIX = "sluice.limit."
_TIMEOUT_SECONDS = 0.2
_PAUSE_SECONDS = 5.0
_ROUNDING = 1e-6
#: `routing.gcra.consume` in Lua, so that reading and writing are one step: seconds to wait, and the
#: backlog in seconds.
_SCRIPT = """
local now = redis.call('TIME')
now = now[1] + now[2] / 1000000
local free = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local wait = free + ARGV[1] - now - ARGV[2]
if wait > 0 and free > now then return {tostring(wait), tostring(free - now)} end
redis.call('SET', KEYS[1], string.format('%.6f', free + ARGV[1]), 'EX', math.ceil(ARGV[3]))
return {'0', tostring(free + ARGV[1] - now)}
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` at once, then `per_minute`."""

    name: str
    burst: int
    per_minute: int

    def interval(self) -> float:
        """Seconds that one costs."""
        return 60 / self.per_minute

    def after(self, free_at: float, now: float, cost: int = 1) -> tuple[float, float]:
        """(seconds to wait, when a whole burst is free again)."""
        wait, backlog = consume(
            free_at - now, interval=self.interval(), burst=self.burst, cost=cost
        )
        return wait, now + backlog


_free_at: LRUCache[tuple[str, str], float] = LRUCache(SUBJECTS)
_lock = threading.Lock()
_down_until = 0.0


@dataclass(frozen=True, slots=True)
class Balance:
    """Seconds to wait, 0 if the cost was consumed; what may still come at once; and in how many
    seconds that is a whole burst again."""

    wait: int
    left: int
    full_in: int


def seconds_to_wait(rate: Rate, subject: str, cost: int = 1) -> int:
    """Consumes `cost` and returns 0, or returns the seconds to wait, rounded up."""
    return consume_rate(rate, subject, cost).wait


def consume_rate(rate: Rate, subject: str, cost: int = 1) -> Balance:
    """Consumes `cost` if there is room for it."""
    given = _in_redis(rate, subject, cost) if settings.REDIS_URL else None
    wait, backlog = _in_memory(rate, subject, cost) if given is None else given
    left = max(0, math.floor(rate.burst - backlog / rate.interval() + _ROUNDING))
    return Balance(math.ceil(wait), left, math.ceil(backlog))


def forget_all() -> None:
    """Resets all counts of this process."""
    with _lock:
        _free_at.clear()


def _in_memory(rate: Rate, subject: str, cost: int) -> tuple[float, float]:
    key, now = (rate.name, subject), time.monotonic()
    with _lock:
        wait, free_at = rate.after(_free_at.get(key, 0.0), now, cost)
        _free_at[key] = free_at
    return wait, free_at - now


def _in_redis(rate: Rate, subject: str, cost: int) -> tuple[float, float] | None:
    """None while Redis is down."""
    global _down_until
    if time.monotonic() < _down_until:
        return None
    taken, room = cost * rate.interval(), rate.burst * rate.interval()
    try:
        script = _script(settings.REDIS_URL)
        key = f"{_PREFIX}{rate.name}.{subject}"
        wait, backlog = script(keys=[key], args=[taken, room, taken + room + 60])
        return float(wait), float(backlog)
    except _redis_errors() as error:
        _down_until = time.monotonic() + _PAUSE_SECONDS
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
