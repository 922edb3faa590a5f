"""The listeners of an edge: `public`, and `public-tls`; `proof`, on loopback, with headers for the
version and the reason; `internal`, a Unix socket for service bindings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

from routing.compile import names
from routing.compile.envoy import headers
from routing.compile.envoy.clusters import TYPE
from routing.compile.envoy.compression import compressors
from routing.compile.envoy.connection_manager import connection_manager
from routing.compile.envoy.geoip import geoip_filters
from routing.compile.envoy.permissions import links_filter
from routing.compile.envoy.previews import previews_filter, unknown_filter
from routing.compile.envoy.tls import redirect_to_https, transport_socket

_X = f"{TYPE}envoy.extensions."
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
    return connection_manager(
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
            # As code reads URLs: /a/../b would pass a route pattern for /b and be /b to a Worker.
            "normalize_path": True,
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
    return connection_manager(
        "internal",
        filters=[headers.inside_filter()],
        early=headers.on_arrival_inside(edge),
        more={"upgrade_configs": upgrades},
    )
