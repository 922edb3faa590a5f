"""Headers that an edge removes and adds.

`x-edge-*` and `x-sluice-*` are ours, `cf-*` and the client's address are set by the edge, and
`x-envoy-*` would let a client change timeouts and retries.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from routing.compile import names
from routing.compile.envoy.clusters import TYPE
from routing.compile.envoy.geoip import HEADERS as GEOIP_HEADERS, cf_text, country_text
from routing.compile.envoy.tls import cf_fields

_EARLY = "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation"
_FILTER = "envoy.extensions.filters.http.header_mutation.v3.HeaderMutation"
#: Who connects, and whose request it is: another address only behind a trusted proxy.
_PEER = "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%"
CLIENT = "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"
_TARGET = f"%REQ({names.TARGET_HEADER}?:AUTHORITY)%"
_SEEDS = ("x-edge-seed-a", "x-edge-seed-b")
_NEW_RAY = "x-edge-ray"
#: What Envoy itself adds on arrival. Clients' own were removed before; a match of all names by
#: their prefix costs more.
_OF_ENVOY = ("x-envoy-external-address", "x-envoy-internal")
_SENT = "request.headers['cf-ray']"
_RAY = (
    f"%CEL('cf-ray' in request.headers && {_SENT}.matches('^{names.RAY}$') ? {_SENT} : "
    f"request.headers['{_NEW_RAY}'])%"
)

OUTCOME = (
    "%COALESCE("
    + json.dumps(
        {
            "operators": [
                {"command": "METADATA", "param": f"ROUTE:{names.METADATA}:outcome"},
                {
                    "command": "DYNAMIC_METADATA",
                    "param": f"{names.DECISION}:{names.OUTCOME_HEADER}",
                },
                {"command": "METADATA", "param": f"ROUTE:{names.METADATA}:otherwise"},
            ]
        }
    )
    + ")%"
)
"""What became of the override header; empty when there was none. Same words as
`names.override_outcome`: the route when it knows, else the decide service, else `unavailable`."""

_FAULT = f"%DYNAMIC_METADATA({names.DECISION}:{names.PERMISSION_HEADER})%"
"""Why an override is not permitted; empty for every other outcome."""

_Object = dict[str, Any]


def colo(edge_name: str) -> str:
    """The edge as `request.cf.colo` and at the end of ray ids: at most 8 letters and digits."""
    return re.sub(r"[^A-Z0-9]", "", edge_name.upper())[:8] or "LOCAL"


def route_says(key: str) -> str:
    """Envoy's expression for a value of the matched route's metadata; see `decision.named`."""
    return f"%METADATA(ROUTE:{names.METADATA}:{key})%"


def on_arrival(edge_name: str) -> list[_Object]:
    """For requests from outside, before routing: removes every header that only an edge may set."""
    prefixes = ("x-edge-", "x-envoy-", "x-sluice-", "cf-")
    stripped = [*map(_strip, prefixes), {"remove": "x-request-id"}]
    return _early(
        [*stripped, *_ray(edge_name, "cf-ray"), _scope(names.PUBLIC, "%REQ(:AUTHORITY)%")]
    )


def on_arrival_inside(edge_name: str) -> list[_Object]:
    """For requests between Workers: keeps a valid ray id and replaces any other text, because a
    Worker may send anything."""
    ours = (names.ROUTE_HEADER, names.VERSION_HEADER, names.OUTCOME_HEADER)
    removed = [*map(_strip, ("x-envoy-", "x-sluice-")), *({"remove": name} for name in ours)]
    ray = [*_ray(edge_name, _NEW_RAY), _set("cf-ray", _RAY), {"remove": _NEW_RAY}]
    return _early([*removed, *ray, _scope(names.INTERNAL, _TARGET)])


def outside_filter(
    edge_name: str,
    *,
    proof: bool,
    cf: Mapping[str, Any] | None = None,
    is_tls: bool = False,
    is_trusted: bool = False,
    has_geoip: bool = False,
) -> _Object:
    """Adds the caller's address for the Worker, and `cf`, further fields of `request.cf`. Only
    trusted proxies may send earlier addresses. Removes forged proof headers from the response, or
    sets ours."""
    country = str((cf or {}).get("country", ""))
    requests = [
        *({"remove": name} for name in _OF_ENVOY),
        (_add if is_trusted else _set)("x-forwarded-for", _PEER),
        _set("cf-connecting-ip", CLIENT),
        _set("x-real-ip", CLIENT),
        _set(names.SCHEME_HEADER, "%REQ(x-forwarded-proto)%"),
        _set(names.CF_HEADER, _cf(edge_name, cf or {}, is_tls=is_tls, has_geoip=has_geoip)),
        _set("cf-visitor", '{"scheme":"%REQ(x-forwarded-proto)%"}'),
        *_country(country, has_geoip=has_geoip),
    ]
    responses = [_strip("x-sluice-"), _set("cf-ray", "%REQ(cf-ray)%")]
    return _filter(requests, responses + (_proof(edge_name) if proof else []))


def inside_filter() -> _Object:
    """Keeps the scheme of the caller's URL; by default Envoy sends `http`."""
    scheme = _set("x-forwarded-proto", f"%REQ({names.SCHEME_HEADER})%")
    return _filter([scheme], [_set("cf-ray", "%REQ(cf-ray)%")])


def _scope(kind: str, name: str) -> _Object:
    """Selects the routes (`routes.py`). CONNECT has no target header, only its host."""
    return _set(names.SCOPE_HEADER, f"{kind}|{name}")


def _proof(edge_name: str) -> list[_Object]:
    """Empty values add no header, as for an unknown host, or a request without an override."""
    return [
        _set("x-sluice-version", "%UPSTREAM_CLUSTER%"),
        _set("x-sluice-deployment", route_says("deployment")),
        _set("x-sluice-reason", route_says("reason")),
        _set("x-sluice-override", OUTCOME),
        _set("x-sluice-permission", _FAULT),
        _set("x-sluice-edge", _literal(edge_name)),
    ]


def _ray(edge_name: str, header: str) -> list[_Object]:
    """A new ray in `header`: 16 hexadecimal digits and the edge (`names.RAY`). A UUID has dashes,
    so two give 8 digits each."""
    halves = "".join(f"%REQ({name}):8%" for name in _SEEDS)
    return [
        *(_set(name, "%UNIQUE_ID%") for name in _SEEDS),
        _set(header, f"{halves}-{colo(edge_name)}"),
        *({"remove": name} for name in _SEEDS),
    ]


def _country(default: str, *, has_geoip: bool) -> list[_Object]:
    if has_geoip:
        header = _set("cf-ipcountry", country_text(default if default.isalnum() else ""))
        return [header, *({"remove": name} for name in GEOIP_HEADERS)]
    return [_set("cf-ipcountry", _literal(default))] if default else []


def _cf(edge_name: str, more: Mapping[str, Any], *, is_tls: bool, has_geoip: bool) -> str:
    """`request.cf` as JSON. The protocol is the request's own; behind a proxy that ends TLS its
    version is unknown, so there are no fields for it."""
    fields = {"colo": colo(edge_name), **more}
    known = json.dumps(fields, separators=(",", ":"))[1:-1]
    tls = "".join(f',"{name}":"{value}"' for name, value in cf_fields()) if is_tls else ""
    place = cf_text() if has_geoip else ""  # of two values for a field the last one counts
    return f'{{{_literal(known)},"httpProtocol":"%PROTOCOL%"{tls}{place}}}'


def _literal(text: str) -> str:
    return text.replace("%", "%%")


def _strip(prefix: str) -> _Object:
    return {"remove_on_match": {"key_matcher": {"prefix": prefix}}}


def _set(name: str, value: str) -> _Object:
    header = {"key": name, "value": value}
    return {"append": {"header": header, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}}


def _add(name: str, value: str) -> _Object:
    header = {"key": name, "value": value}
    return {"append": {"header": header, "append_action": "APPEND_IF_EXISTS_OR_ADD"}}


def _early(mutations: list[_Object]) -> list[_Object]:
    config = {"@type": TYPE + _EARLY, "mutations": mutations}
    return [{"name": "arrival", "typed_config": config}]


def _filter(requests: list[_Object], responses: list[_Object]) -> _Object:
    mutations = {"request_mutations": requests, "response_mutations": responses}
    return {"name": "headers", "typed_config": {"@type": TYPE + _FILTER, "mutations": mutations}}
