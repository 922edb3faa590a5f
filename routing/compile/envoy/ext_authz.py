"""Filters that ask the agent about a request (Envoy's ext_authz)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from routing.compile import names
from routing.compile.envoy.clusters import TYPE

_Object = dict[str, Any]


def ask_agent(
    name: str,
    cluster: str,
    path: str,
    timeout: str,
    *,
    added: Mapping[str, str],
    answer: _Object,
    **more: Any,
) -> _Object:
    """`added` are headers of the question, `answer` says what of the answer is used. `more` are
    further fields of the filter."""
    listed = [{"key": key, "value": value} for key, value in added.items()]
    service = {
        "server_uri": {"uri": f"http://{cluster}", "cluster": cluster, "timeout": timeout},
        "path_override": path,
        "authorization_request": {"headers_to_add": listed},
        "authorization_response": answer,
    }
    config = {
        "@type": f"{TYPE}envoy.extensions.filters.http.ext_authz.v3.ExtAuthz",
        "stat_prefix": name,
        "charge_cluster_response_stats": False,
        # Sent to the service unless it is named here.
        "disallowed_headers": exactly("authorization"),
        "http_service": service,
        **more,
    }
    return {"name": name, "typed_config": config}


def overrides_filter(name: str) -> _Object:
    """Asks the decide service, on routes that switch this on. If it is late or away, go on.

    It gets the override header, the permission header, the ray and the name of the matched route,
    nothing else of the request. `permits` is for Workers whose overrides are checked: their host
    and cookies go along, and the cookies come back without the shared link's.
    """
    permits = name == "permits"
    answer = [names.VERSION_HEADER, names.OUTCOME_HEADER]
    sent = [names.OVERRIDES, names.PERMISSION, "cf-ray"]
    added = {names.ROUTE_HEADER: "%ROUTE_NAME%"}
    answered: _Object = {"dynamic_metadata_from_headers": exactly(*answer)}
    if permits:
        sent.append("cookie")
        added[names.HOST_HEADER] = "%REQ(:AUTHORITY)%"
        answered = {
            "dynamic_metadata_from_headers": exactly(*answer, names.PERMISSION_HEADER),
            "allowed_upstream_headers": exactly("cookie"),
        }
    asked = ask_agent(
        name,
        "decide",
        "/permit" if permits else "/decide",
        "0.25s",
        added=added,
        answer=answered,
        failure_mode_allow=True,
        clear_route_cache=True,
        allowed_headers=exactly(*sent),
    )
    return {**asked, "disabled": True}


def exactly(*header_names: str) -> _Object:
    """Envoy's list of headers, by name."""
    return {"patterns": [{"exact": name} for name in header_names]}
