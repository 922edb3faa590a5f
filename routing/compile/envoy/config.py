"""Envoy's bootstrap and discovery files."""

from __future__ import annotations

import json
from typing import Any

from routing.compile import names
from routing.compile.envoy.clusters import TYPE, clusters, decide_cluster
from routing.compile.envoy.listeners import Settings, file_source, listeners
from routing.compile.envoy.previews import previews_cluster
from routing.compile.envoy.routes import internal_routes, public_routes

__all__ = ["Settings", "bootstrap", "clusters", "discovery", "internal_routes", "public_routes"]

_CONNECTIONS = "envoy.extensions.resource_monitors.downstream_connections.v3"


def bootstrap(settings: Settings) -> dict[str, Any]:
    """The configuration that Envoy starts with, in the edge's folder. The rest is in the three
    files of `names.STATS`, which must exist before it starts."""
    services = [decide_cluster(), previews_cluster()]
    return {
        "node": {"id": settings.edge_name, "cluster": "sluice"},
        "admin": {"address": {"pipe": {"path": names.ADMIN_SOCKET, "mode": 0o600}}},
        # So statistics of versions without requests cost nothing.
        "deferred_stat_options": {"enable_deferred_creation_stats": True},
        "overload_manager": {"resource_monitors": [_connection_limit(settings.connections)]},
        "static_resources": {"listeners": listeners(settings), "clusters": services},
        "dynamic_resources": {"cds_config": file_source(names.CLUSTERS)},
    }


def discovery(revision: str, resources: list[dict[str, Any]]) -> bytes:
    """The content of one of Envoy's files; `revision` comes back as its `version_text`.

    Write it to a new file and rename it: Envoy does not notice a change in place. Raises
    `ValueError` for a route file with more than one RouteConfiguration, which Envoy would refuse.
    """
    kinds = [resource["@type"].rpartition(".")[2] for resource in resources]
    if "RouteConfiguration" in kinds and len(kinds) != 1:
        raise ValueError(f"one RouteConfiguration per file, not {kinds}")
    return _json({"version_info": revision, "resources": resources})


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _connection_limit(most: int) -> dict[str, Any]:
    return {
        "name": "envoy.resource_monitors.global_downstream_max_connections",
        "typed_config": {
            "@type": f"{TYPE}{_CONNECTIONS}.DownstreamConnectionsConfig",
            "max_active_downstream_connections": most,
        },
    }
