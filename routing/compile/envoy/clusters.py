"""Envoy's clusters: where the processes of a version listen.

Numbers come from measurements on Envoy 1.39.3. Its default circuit breakers (1024) refused 27 of
1,400 hanging requests, and workerd closes idle connections after 15 s, so Envoy closes them first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from routing.compile import names

TYPE = "type.googleapis.com/"
_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
_UNLIMITED = 100_000


def clusters(
    endpoints: Mapping[str, Sequence[str]],
    renewals: Mapping[str, int] = {},
    ranges: Mapping[str, str] = {},
) -> dict[str, dict[str, Any]]:
    """By name: for each name of `names.cluster` one cluster and its RPC twin, by socket paths.

    Several paths are replicas, used in turn whatever the version key. A growing number in
    `renewals` makes Envoy drop its connections, request by request, because another process listens
    at the same paths now. `ranges` are the sockets for requests with a `Range` header.
    """
    compiled: dict[str, dict[str, Any]] = {}
    for name in sorted(endpoints):
        for twin in (name, names.rpc_cluster(name)):
            compiled[twin] = _version_cluster(twin, endpoints[name])
            compiled[twin] |= _renewed(renewals.get(name, 0))
        if name in ranges:
            compiled[name] |= _with_ranges(name, endpoints[name], ranges[name])
    return compiled


def _with_ranges(name: str, paths: Sequence[str], ranges: str) -> dict[str, Any]:
    """Subsets of the cluster: requests whose metadata has `names.RANGES` reach that socket only,
    all others the rest."""
    endpoints = [*(_endpoint(path, "no") for path in paths), _endpoint(ranges, "yes")]
    return {
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": endpoints}]},
        "lb_subset_config": {
            "fallback_policy": "DEFAULT_SUBSET",
            "default_subset": {names.RANGES: "no"},
            "subset_selectors": [{"keys": [names.RANGES]}],
        },
    }


def _endpoint(path: str, ranges: str) -> dict[str, Any]:
    metadata = {"filter_metadata": {names.LB_METADATA: {names.RANGES: ranges}}}
    return {"endpoint": {"address": {"pipe": {"path": path}}}, "metadata": metadata}


def _renewed(count: int) -> dict[str, Any]:
    return {"metadata": {"filter_metadata": {"sluice": {"renewed": count}}}} if count else {}


def _version_cluster(name: str, paths: Sequence[str]) -> dict[str, Any]:
    http = {
        "max_response_headers_kb": 128,
        "idle_timeout": "10s",
        "max_headers_count": 200,
    }
    return {
        **unix_cluster(name, paths, connect_timeout="1s"),
        "circuit_breakers": {"thresholds": [_breakers()]},
        "typed_extension_protocol_options": {
            _OPTIONS: {
                "@type": TYPE + _OPTIONS,
                "explicit_http_config": {"http_protocol_options": {}},
                "common_http_protocol_options": http,
            }
        },
    }


def decide_cluster() -> dict[str, Any]:
    """The decide service. It is never ejected, or five requests from anyone could switch off all
    overrides. While it hangs, each request with an override waits 0.25 s."""
    return unix_cluster("decide", [names.DECIDE_SOCKET], connect_timeout="0.25s")


def discovery_cluster() -> dict[str, Any]:
    """The agent's discovery service, over HTTP/2."""
    http2 = {
        _OPTIONS: {
            "@type": TYPE + _OPTIONS,
            "explicit_http_config": {"http2_protocol_options": {}},
        }
    }
    cluster = unix_cluster("discovery", [names.DISCOVERY_SOCKET], connect_timeout="1s")
    return {**cluster, "typed_extension_protocol_options": http2}


def unix_cluster(name: str, paths: Sequence[str], *, connect_timeout: str) -> dict[str, Any]:
    """The part every cluster has: a name and Unix sockets."""
    endpoints = [{"endpoint": {"address": {"pipe": {"path": path}}}} for path in paths]
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": connect_timeout,
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": endpoints}]},
    }


def _breakers() -> dict[str, int]:
    return {
        "max_connections": _UNLIMITED,
        "max_pending_requests": _UNLIMITED,
        "max_requests": _UNLIMITED,
        "max_retries": 1000,
    }
