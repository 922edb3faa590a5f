"""Parts that an edge has only if its configuration asks for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from routing.agent.cache.cache_process import CacheProcess, cache_key
from routing.agent.cache.rate_limits_process import RateLimitsProcess, rate_limits_key
from routing.agent.config import Config
from routing.agent.identity.identity import Identity
from routing.agent.state.readiness import NotReady
from routing.agent.state.status import Facts
from routing.agent.users.claims import Users

if TYPE_CHECKING:
    from routing.agent.metrics.exporter import Metrics


def make_cache(config: Config, identity: Identity, users: Users) -> CacheProcess | None:
    """What Workers store with the Cache API."""
    if not config.cache_mb:
        return None
    return CacheProcess(config.cache_mb, cache_key(identity.file_keys()[0]), users)


def make_rate_limits(identity: Identity, users: Users) -> RateLimitsProcess:
    """What rate limiting bindings count."""
    return RateLimitsProcess(rate_limits_key(identity.file_keys()[0]), users)


def make_metrics(
    config: Config, facts: Callable[[], Facts], not_ready: Callable[[], list[NotReady]]
) -> Metrics | None:
    """The endpoint for Prometheus, not started yet."""
    if config.metrics_port is None:
        return None
    from routing.agent.metrics.exporter import Metrics  # saves memory where it is off

    return Metrics(config.name, (config.metrics_host, config.metrics_port), facts, not_ready)
