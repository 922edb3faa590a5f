"""Envoy's bootstrap."""

from __future__ import annotations

from typing import Any

from routing.compile import names
from routing.compile.envoy.clusters import TYPE, clusters, decide_cluster, discovery_cluster
from routing.compile.envoy.connection_manager import DISCOVERED
from routing.compile.envoy.listeners import Settings, listeners
from routing.compile.envoy.previews import previews_cluster
from routing.compile.envoy.routes import internal_scopes, public_scopes

__all__ = ["Settings", "bootstrap", "clusters", "internal_scopes", "public_scopes"]

_CONNECTIONS = "envoy.extensions.resource_monitors.downstream_connections.v3"


def bootstrap(settings: Settings) -> dict[str, Any]:
    """The configuration that Envoy starts with, in the edge's folder. The agent sends the rest."""
    services = [decide_cluster(), previews_cluster(), discovery_cluster()]
    return {
        "node": {"id": settings.edge_name, "cluster": "sluice"},
        "admin": {"address": {"pipe": {"path": names.ADMIN_SOCKET, "mode": 0o600}}},
        # So statistics of versions without requests cost nothing.
        "deferred_stat_options": {"enable_deferred_creation_stats": True},
        "stats_config": {"stats_matcher": {"inclusion_list": {"patterns": _statistics()}}},
        "overload_manager": {"resource_monitors": [_connection_limit(settings.connections)]},
        "static_resources": {"listeners": listeners(settings), "clusters": services},
        "dynamic_resources": {"ads_config": _ads(), "cds_config": DISCOVERED},
    }


def _statistics() -> list[dict[str, str]]:
    """Of a cluster only what the agent reads. Envoy's main thread walks all statistics for every
    query: the others would take it 0.2 s with thousands of versions, and routes wait meanwhile."""
    prefixes = ("http.", "listener", "server.", "filesystem.", "cluster_manager.")
    suffixes = (".upstream_rq_active", ".upstream_rq_total")
    return [*({"prefix": p} for p in prefixes), *({"suffix": s} for s in suffixes)]


def _ads() -> dict[str, Any]:
    """The incremental protocol: only what changed travels. Envoy's default waits up to 30 s before
    it connects to an agent that is back."""
    again = {"retry_back_off": {"base_interval": "0.1s", "max_interval": "0.5s"}}
    service = {"cluster_name": "discovery", "retry_policy": again}
    return {
        "api_type": "DELTA_GRPC",
        "transport_api_version": "V3",
        "grpc_services": [{"envoy_grpc": service}],
    }


def _connection_limit(most: int) -> dict[str, Any]:
    return {
        "name": "envoy.resource_monitors.global_downstream_max_connections",
        "typed_config": {
            "@type": f"{TYPE}{_CONNECTIONS}.DownstreamConnectionsConfig",
            "max_active_downstream_connections": most,
        },
    }
