"""Envoy's HTTP connection manager, which all listeners have: limits, filters, where routes come
from, and the texts of Envoy's own answers."""

from __future__ import annotations

from typing import Any

from routing.compile import names
from routing.compile.envoy import access_log
from routing.compile.envoy.clusters import TYPE
from routing.compile.envoy.ext_authz import overrides_filter
from routing.compile.envoy.previews import refusals

_X = f"{TYPE}envoy.extensions."
_HCM = f"{_X}filters.network.http_connection_manager.v3.HttpConnectionManager"
_NO_ROUTE = "Nothing answers here (%RESPONSE_CODE%).\nRay id: %REQ(cf-ray)%\n"
_NOT_DEPLOYED = (
    "The Worker that this service binding calls has no deployment, "
    "or exports no entrypoint of that name.\n"
)
_NO_CLUSTER = (
    "The version that was chosen exports no entrypoint of that name, or is not running here "
    "(%RESPONSE_CODE%).\nRay id: %REQ(cf-ray)%\n"
)
_NO_WORKER = (
    "The Worker did not answer: its version is not running, or it broke off "
    "(%RESPONSE_CODE%).\nRay id: %REQ(cf-ray)%\n"
)
_BAD_RESPONSE = (
    "The Worker's response cannot be passed on: its headers are larger than 128 KB, more than 200, "
    "or malformed, or it ended too early (%RESPONSE_CODE%).\nRay id: %REQ(cf-ray)%\n"
)

# Envoy's own advice for edges, with larger windows of a stream for uploads over long distances.
# Rapid resets and floods of frames end a connection by Envoy's defaults.
_HTTP2 = {
    "max_concurrent_streams": 100,
    "initial_stream_window_size": 256 * 1024,
    "initial_connection_window_size": 1024 * 1024,
}

_Object = dict[str, Any]


def connection_manager(
    name: str,
    *,
    filters: list[_Object],
    early: list[_Object],
    more: _Object,
) -> _Object:
    """A filter chain. `more` are fields of this listener alone."""
    manager = {
        "@type": _HCM,
        "stat_prefix": name,
        "scoped_routes": _scoped_routes(),
        "early_header_mutation_extensions": early,
        "http_filters": [
            *filters,
            overrides_filter("overrides"),
            overrides_filter("permits"),
            _ranges(),
            _router(),
        ],
        "access_log": access_log.access_log(name),
        "local_reply_config": _local_replies(name),
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        "server_header_transformation": "PASS_THROUGH",
        # WebSockets and event streams may be silent for ever; a slow header may not.
        "stream_idle_timeout": "0s",
        "request_headers_timeout": "15s",
        # A proxy that speaks HTTP/1.0 takes the end of the connection for the end of an answer of
        # unknown length, and Envoy closes so long after it. The default is a second.
        "delayed_close_timeout": "0.1s",
        "max_request_headers_kb": 128,
        "common_http_protocol_options": {"idle_timeout": "75s", "max_headers_count": 200},
        "http2_protocol_options": _HTTP2,
        **more,
    }
    return {"filters": [{"name": "http", "typed_config": manager}]}


DISCOVERED: _Object = {"ads": {}, "resource_api_version": "V3", "initial_fetch_timeout": "0s"}
"""From the agent. Envoy listens once it has everything, however long that takes."""


def _scoped_routes() -> _Object:
    """Routes by the value of `SCOPE_HEADER`, without the port. A change of one Worker is one small
    resource; in one route table it would be the whole table. The same for all listeners, which
    then share the routes."""
    key = {"name": names.SCOPE_HEADER, "element_separator": ":", "index": 0}
    return {
        "name": "routes",
        "scope_key_builder": {"fragments": [{"header_value_extractor": key}]},
        "rds_config_source": DISCOVERED,
        "scoped_rds": {"scoped_rds_config_source": DISCOVERED},
    }


def _ranges() -> _Object:
    """Marks requests with a `Range` header; `clusters.py` chooses the socket by it."""
    present = {
        "metadata_namespace": names.LB_METADATA,
        "key": names.RANGES,
        "value": "yes",
    }
    config = {
        "@type": f"{_X}filters.http.header_to_metadata.v3.Config",
        "request_rules": [{"header": "range", "on_header_present": present}],
    }
    return {"name": "ranges", "typed_config": config}


def _router() -> _Object:
    config = {"@type": f"{_X}filters.http.router.v3.Router", "suppress_envoy_headers": True}
    return {"name": "router", "typed_config": config}


def _local_replies(listener: str) -> _Object:
    """Envoy's own words name Unix sockets. Only answers with a failure flag are reworded, so the
    fixed answers of routes.py stay as they are."""
    no_route = _reworded({"flags": ["NR"]}, _NO_ROUTE)
    if listener == "internal":
        no_route = {**_reworded({"flags": ["NR"]}, _NOT_DEPLOYED), "status_code": 503}
    no_cluster = _reworded({"flags": ["NC"]}, _NO_CLUSTER)
    bad_response = _reworded({"flags": ["UPE"]}, _BAD_RESPONSE)
    mappers = [no_route, no_cluster, *refusals(), bad_response, _reworded({}, _NO_WORKER)]
    return {"mappers": mappers}


def _reworded(flags: _Object, text: str) -> _Object:
    plain = {
        "text_format_source": {"inline_string": text},
        "content_type": "text/plain; charset=utf-8",
    }
    return {"filter": {"response_flag_filter": flags}, "body_format_override": plain}
