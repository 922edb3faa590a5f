"""Addresses of single versions: `<prefix>-<worker>.<domain>`, `<alias>-<worker>.<domain>`.

One route serves them all. The agent is asked whose version it is, starts its process if need be and
answers with the cluster's name, so that no file of Envoy's changes with the addresses asked for. A
request holds the routes it came in with, hence a header rather than a route of its own.
"""

from __future__ import annotations

from typing import Any

from routing.compile import names
from routing.compile.envoy.bad_url import bad_url
from routing.compile.envoy.clusters import TYPE, unix_cluster
from routing.compile.envoy.decision import ACTION
from routing.compile.envoy.headers import CLIENT

ANSWER_SECONDS = 20
"""How long a request waits for a version that is being started."""

REFUSALS = {502: 442, 503: 443}
"""Statuses that the agent cannot use: of a 5xx Envoy passes no words on. It answers with the second
number, and the caller gets the first."""

_ON_ERROR = 503
_NO_AGENT = "This edge cannot start a version at the moment. Try again soon.\n"
_REFUSED = {"response_flag_filter": {"flags": ["UAEX"]}}
_ASK = {"previews": {"@type": f"{TYPE}envoy.config.route.v3.FilterConfig", "config": {}}}

_Object = dict[str, Any]


def preview_host(domain: str) -> _Object:
    """The virtual host of every name under `domain` that is no Worker's own."""
    route = {
        "name": names.PREVIEW,
        "match": {"prefix": "/"},
        "route": {**ACTION, "cluster_header": names.CLUSTER_HEADER},
        "request_headers_to_remove": [names.CLUSTER_HEADER],
        "typed_per_filter_config": _ASK,
        "metadata": {"filter_metadata": {names.METADATA: {"reason": names.reason(names.PREVIEW)}}},
    }
    return {"name": "previews", "domains": [f"*.{domain}"], "routes": [bad_url(), route]}


def previews_filter() -> _Object:
    """Asks the agent, on the one route that switches this on. What it refuses, with its words, is
    what the caller gets; the path, the query and all headers but the host stay here. The client's
    address goes along: names that are unknown, and versions to start, are limited by it."""
    service = {
        "server_uri": {
            "uri": "http://previews",
            "cluster": "previews",
            "timeout": f"{ANSWER_SECONDS}s",
        },
        "path_override": "/preview",
        "authorization_request": {
            "headers_to_add": [
                {"key": names.HOST_HEADER, "value": "%REQ(:AUTHORITY)%"},
                {"key": names.CLIENT_HEADER, "value": CLIENT},
            ]
        },
        "authorization_response": {
            "allowed_upstream_headers": {"patterns": [{"exact": names.CLUSTER_HEADER}]},
            "allowed_client_headers": {
                "patterns": [{"exact": "content-type"}, {"exact": "retry-after"}]
            },
            "dynamic_metadata_from_headers": {"patterns": [{"exact": names.PREVIEW_HEADER}]},
        },
    }
    config = {
        "@type": f"{TYPE}envoy.extensions.filters.http.ext_authz.v3.ExtAuthz",
        "stat_prefix": "previews",
        "status_on_error": {"code": _ON_ERROR},
        "clear_route_cache": True,
        "charge_cluster_response_stats": False,
        # Sent to the service unless it is named here.
        "disallowed_headers": {"patterns": [{"exact": "authorization"}]},
        "http_service": service,
    }
    return {"name": "previews", "disabled": True, "typed_config": config}


def refusals() -> list[_Object]:
    """Mappers of Envoy's local replies: what the agent refused keeps its words."""
    again = [{"filter": _refused(told), "status_code": status} for status, told in REFUSALS.items()]
    text = {"text_format_source": {"inline_string": _NO_AGENT}}
    silent = {"filter": _refused(_ON_ERROR), "body_format_override": text}
    return [*again, silent, {"filter": _REFUSED}]


def previews_cluster() -> _Object:
    """The agent, where it answers for versions that may have to be started."""
    return unix_cluster("previews", [names.PREVIEWS_SOCKET], connect_timeout="1s")


def _refused(status: int) -> _Object:
    value = {"default_value": status, "runtime_key": "unused"}
    has_status = {"status_code_filter": {"comparison": {"op": "EQ", "value": value}}}
    return {"and_filter": {"filters": [_REFUSED, has_status]}}
