"""The listeners of an edge: `public`, and `public-tls`; `proof`, on loopback, with headers for the
version and the reason; `internal`, a Unix socket for service bindings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

from routing.compile import names
from routing.compile.envoy import access_log, headers
from routing.compile.envoy.clusters import TYPE
from routing.compile.envoy.compression import compressors
from routing.compile.envoy.geoip import geoip_filters
from routing.compile.envoy.permissions import links_filter
from routing.compile.envoy.previews import previews_filter, refusals, unknown_filter
from routing.compile.envoy.tls import redirect_to_https, transport_socket

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

# Envoy's own advice for edges, with larger windows of a stream for uploads over long distances.
# Rapid resets and floods of frames end a connection by Envoy's defaults.
_HTTP2 = {
    "max_concurrent_streams": 100,
    "initial_stream_window_size": 256 * 1024,
    "initial_connection_window_size": 1024 * 1024,
}
_BUFFERED_BYTES = 256 * 1024
"""Of one connection whose other end does not read; Envoy's default is four times as much."""

_Object = dict[str, Any]


MOST_CONNECTIONS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where an edge listens. `proof_port` is always on 127.0.0.1; `public_headers` adds the proof
    headers to public responses; `edge_name` appears in them, in ray ids and in `request.cf`.
    With `compression` public responses are compressed for clients that accept it. `cf` are further
    fields of `request.cf`. `trusted_proxies` are CIDRs that may set the client's address and scheme
    on the public listener; `connections` is the limit for all callers together.

    With `tls_port` it also listens there, with `certificates` secret files (`tls.py`). With
    `https_port` plain requests from other than trusted proxies are redirected to that port.
    `geoip` are database files by kind (`geoip.py`)."""

    public_host: str
    public_port: int
    proof_port: int
    public_headers: bool = False
    edge_name: str = "local"
    trusted_proxies: tuple[str, ...] = ()
    compression: bool = True
    cf: Mapping[str, Any] = field(default_factory=dict)
    connections: int = MOST_CONNECTIONS
    tls_port: int | None = None
    certificates: int = 0
    https_port: int | None = None
    geoip: Mapping[str, str] = field(default_factory=dict)


def listeners(settings: Settings) -> list[_Object]:
    """All listeners, public first: the shared routes' statistics are named after it."""
    edge = settings.edge_name
    plain = _public_listener("public", settings.public_port, settings, is_tls=False)
    encrypted = (
        [_public_listener("public-tls", settings.tls_port, settings, is_tls=True)]
        if settings.tls_port
        else []
    )
    return [
        plain,
        *encrypted,
        {
            "name": "proof",
            "address": _tcp("127.0.0.1", settings.proof_port),
            "filter_chains": [
                _outside("proof", edge, proof=True, cf=settings.cf, geoip=settings.geoip)
            ],
        },
        {
            "name": "internal",
            "address": {"pipe": {"path": names.INTERNAL_SOCKET, "mode": 0o660}},
            "ignore_global_conn_limit": True,
            "filter_chains": [_inside(edge)],
        },
    ]


def _public_listener(name: str, port: int, settings: Settings, *, is_tls: bool) -> _Object:
    return {
        "name": name,
        "address": _tcp(settings.public_host, port),
        "per_connection_buffer_limit_bytes": _BUFFERED_BYTES,
        "filter_chains": _public(settings, is_tls=is_tls),
    }


def _tcp(host: str, port: int) -> _Object:
    return {"socket_address": {"address": host, "port_value": port}}


def _public(settings: Settings, *, is_tls: bool) -> list[_Object]:
    """Chosen by the connecting address: trusted proxies have their own chain, so only they can set
    a client's address."""
    cidrs = [_cidr(text) for text in settings.trusted_proxies]
    chains = [_public_chain(settings, is_tls=is_tls)]
    if cidrs:
        match = {"filter_chain_match": {"direct_source_prefix_ranges": cidrs}}
        chains.insert(0, {**_public_chain(settings, is_tls=is_tls, trusted_proxies=cidrs), **match})
    if is_tls:
        tls = {"transport_socket": transport_socket(settings.certificates)}
        return [{**chain, **tls} for chain in chains]
    return chains


def _public_chain(
    settings: Settings, *, is_tls: bool, trusted_proxies: Sequence[_Object] = ()
) -> _Object:
    chain = _outside(
        "public",
        settings.edge_name,
        proof=settings.public_headers,
        cf=settings.cf,
        filters=compressors() if settings.compression else [],
        trusted_proxies=trusted_proxies,
        is_tls=is_tls,
        geoip=settings.geoip,
    )
    if settings.https_port and not is_tls and not trusted_proxies:
        manager = chain["filters"][0]["typed_config"]
        del manager["scoped_routes"]
        manager["route_config"] = redirect_to_https(settings.https_port)
        headers_filter = next(f for f in manager["http_filters"] if f["name"] == "headers")
        router = manager["http_filters"][-1]
        manager["http_filters"] = [headers_filter, router]  # the others look for a Worker
    return chain


def _cidr(text: str) -> _Object:
    network = ip_network(text)
    return {"address_prefix": str(network.network_address), "prefix_len": network.prefixlen}


def _outside(
    name: str,
    edge: str,
    *,
    proof: bool,
    cf: Mapping[str, Any],
    filters: Sequence[_Object] = (),
    trusted_proxies: Sequence[_Object] = (),
    is_tls: bool = False,
    geoip: Mapping[str, str] = {},
) -> _Object:
    is_trusted = bool(trusted_proxies)
    return _chain(
        name,
        filters=[
            *geoip_filters(geoip),
            headers.outside_filter(
                edge,
                proof=proof,
                cf=cf,
                is_tls=is_tls,
                is_trusted=is_trusted,
                has_geoip=bool(geoip),
            ),
            *filters,
            unknown_filter(),
            previews_filter(),
            links_filter(),
        ],
        early=headers.on_arrival(edge),
        more={
            **(_forwarded(trusted_proxies) if trusted_proxies else {"use_remote_address": True}),
            # For callers on this machine Envoy would append the machine's own address.
            "skip_xff_append": True,
            "strip_trailing_host_dot": True,
            # nginx' `proxy_pass` and ApacheBench speak HTTP/1.0, which needs no Host.
            "http_protocol_options": {
                "accept_http_10": True,
                "default_host_for_http_10": names.NO_HOST,
            },
        },
    )


def _forwarded(trusted_proxies: Sequence[_Object]) -> _Object:
    """The client is the last address in X-Forwarded-For that is not a trusted proxy's; without that
    header it is the proxy. X-Forwarded-Proto stays as it came."""
    xff = {
        "@type": f"{_X}http.original_ip_detection.xff.v3.XffConfig",
        "xff_trusted_cidrs": {"cidrs": list(trusted_proxies)},
    }
    extension = {"name": "envoy.http.original_ip_detection.xff", "typed_config": xff}
    return {"use_remote_address": False, "original_ip_detection_extensions": [extension]}


def _inside(edge: str) -> _Object:
    upgrades = [{"upgrade_type": "websocket"}, {"upgrade_type": "CONNECT"}]
    return _chain(
        "internal",
        filters=[headers.inside_filter()],
        early=headers.on_arrival_inside(edge),
        more={"upgrade_configs": upgrades},
    )


def _chain(
    name: str,
    *,
    filters: list[_Object],
    early: list[_Object],
    more: _Object,
) -> _Object:
    manager = {
        "@type": _HCM,
        "stat_prefix": name,
        "scoped_routes": _scoped_routes(),
        "early_header_mutation_extensions": early,
        "http_filters": [
            *filters,
            _overrides("overrides"),
            _overrides("permits"),
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


def _overrides(name: str) -> _Object:
    """Asks the decide service, on routes that switch this on. If it is late or away, go on.

    It gets the override header, the permission header, the ray and the name of the matched route,
    nothing else of the request. `permits` is for Workers whose overrides are checked: their host
    and cookies go along, and the cookies come back without the shared link's.
    """
    permits = name == "permits"
    answer = [names.VERSION_HEADER, names.OUTCOME_HEADER]
    sent = [names.OVERRIDES, names.PERMISSION, "cf-ray"]
    added = [{"key": names.ROUTE_HEADER, "value": "%ROUTE_NAME%"}]
    answered: _Object = {"dynamic_metadata_from_headers": _exactly(*answer)}
    if permits:
        sent.append("cookie")
        added.append({"key": names.HOST_HEADER, "value": "%REQ(:AUTHORITY)%"})
        answered = {
            "dynamic_metadata_from_headers": _exactly(*answer, names.PERMISSION_HEADER),
            "allowed_upstream_headers": _exactly("cookie"),
        }
    service = {
        "server_uri": {"uri": "http://decide", "cluster": "decide", "timeout": "0.25s"},
        "path_override": "/permit" if permits else "/decide",
        "authorization_request": {"headers_to_add": added},
        "authorization_response": answered,
    }
    config = {
        "@type": f"{_X}filters.http.ext_authz.v3.ExtAuthz",
        "stat_prefix": name,
        "failure_mode_allow": True,
        "clear_route_cache": True,
        "charge_cluster_response_stats": False,
        "allowed_headers": _exactly(*sent),
        # Sent to the service unless it is named here.
        "disallowed_headers": _exactly("authorization"),
        "http_service": service,
    }
    return {"name": name, "disabled": True, "typed_config": config}


def _exactly(*header_names: str) -> _Object:
    return {"patterns": [{"exact": name} for name in header_names]}


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
    return {"mappers": [no_route, no_cluster, *refusals(), _reworded({}, _NO_WORKER)]}


def _reworded(flags: _Object, text: str) -> _Object:
    plain = {
        "text_format_source": {"inline_string": text},
        "content_type": "text/plain; charset=utf-8",
    }
    return {"filter": {"response_flag_filter": flags}, "body_format_override": plain}
