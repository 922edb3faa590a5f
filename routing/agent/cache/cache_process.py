"""The edge's cache: stores responses for the Cache API. While it is away, caches are empty."""

from __future__ import annotations

import hashlib

from routing.agent.base.capnp_config import runtime
from routing.agent.cache.on_demand_process import OnDemandProcess
from routing.agent.users.claims import Users
from routing.compile import names
from routing.compile.workerd import cache


def cache_key(edge_key: bytes) -> bytes:
    """For the capabilities of Workers; the same after a restart of the agent."""
    return hashlib.sha256(b"cache" + edge_key).digest()


class CacheProcess(OnDemandProcess):
    """Stores `megabytes` at most. `key` is `cache_key`."""

    def __init__(self, megabytes: int, key: bytes, users: Users) -> None:
        self.key = key
        super().__init__(
            cache.SOCKET,
            names.CACHE_SOCKET,
            lambda: cache.process_config(key, megabytes, runtime()),
            3 * megabytes + 256,
            users,
        )
