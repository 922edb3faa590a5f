"""Counts for rate limiting bindings. While it is away, requests are within every limit."""

from __future__ import annotations

import hashlib

from routing.agent.base.capnp_config import runtime
from routing.agent.cache.on_demand_process import OnDemandProcess
from routing.agent.users.claims import Users
from routing.compile import names
from routing.compile.workerd.binding_types import rate_limits

MEGABYTES = 32
"""Memory for keys and their counts."""


def rate_limits_key(edge_key: bytes) -> bytes:
    """For the capabilities of bindings; the same after a restart of the agent."""
    return hashlib.sha256(b"rate limits" + edge_key).digest()


class RateLimitsProcess(OnDemandProcess):
    """`key` is `rate_limits_key`. Counts in `megabytes` at most."""

    def __init__(self, key: bytes, users: Users, megabytes: int = MEGABYTES) -> None:
        self.key = key
        super().__init__(
            rate_limits.SOCKET,
            names.RATE_LIMITS_SOCKET,
            lambda: rate_limits.process_config(key, megabytes, runtime()),
            3 * megabytes + 256,
            users,
        )
