"""Preview URLs of single versions: `<prefix>-<worker>.<domain>`, `<alias>-<worker>.<domain>`.

A host name without routes is a question to the agent. It looks up the version, starts its process
if necessary and answers with the cluster's name and the key of the one route that serves all
previews. It also knows host names of Workers in other cases: then it answers with the key of that
Worker's routes.
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
"""Status for the caller → status of the agent's answer: Envoy drops the body of a 5xx."""

_ON_ERROR = 503
_NO_AGENT = "This edge cannot start a version at the moment. Try again soon.\n"
_REFUSED = {"response_flag_filter": {"flags": ["UAEX"]}}
_FILTER_CONFIG = f"{TYPE}envoy.config.route.v3.FilterConfig"
_OFF = {"@type": _FILTER_CONFIG, "disabled": True}
WITHOUT_PREVIEWS = {"unknown": _OFF, "previews": _OFF}
"""For all routes: the filters are for requests that have none."""
_TO_PREVIEWS = f"""
function envoy_on_request(handle)
  handle:headers():replace("{names.SCOPE_HEADER}", "{names.PREVIEW_SCOPE}")
  handle:clearRouteCache()
end
"""

_Object = dict[str, Any]


def preview_routes() -> list[_Object]:
    """The routes of all previews: to the cluster that the agent named."""
    route = {
        "name": names.PREVIEW,
        "match": {"prefix": "/"},
        "route": {**ACTION, "cluster_header": names.CLUSTER_HEADER},
        "request_headers_to_remove": [names.CLUSTER_HEADER],
        "metadata": {"filter_metadata": {names.METADATA: {"reason": names.reason(names.PREVIEW)}}},
    }
    return [bad_url(), route]


def unknown_filter() -> _Object:
    """Gives requests without routes those of previews; without any, Envoy does not call the agent.
    No other request pays for it."""
    config = {
        "@type": f"{TYPE}envoy.extensions.filters.http.lua.v3.Lua",
        "default_source_code": {"inline_string": _TO_PREVIEWS},
    }
    return {"name": "unknown", "typed_config": config}


def previews_filter() -> _Object:
    """Calls the agent for requests without routes. The caller gets the agent's refusal as it is.

    The agent gets the host, and the client's address, to limit unknown names and starts per client.
    It gets an override as well: a host name in capital letters may be a Worker's, whose routes
    Envoy finds only afterwards.
    """
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
            "allowed_upstream_headers": {
                "patterns": [{"exact": names.CLUSTER_HEADER}, {"exact": names.SCOPE_HEADER}]
            },
            "allowed_client_headers": {
                "patterns": [{"exact": "content-type"}, {"exact": "retry-after"}]
            },
            "dynamic_metadata_from_headers": {
                "patterns": [
                    {"exact": names.PREVIEW_HEADER},
                    {"exact": names.VERSION_HEADER},
                    {"exact": names.OUTCOME_HEADER},
                ]
            },
        },
    }
    config = {
        "@type": f"{TYPE}envoy.extensions.filters.http.ext_authz.v3.ExtAuthz",
        "stat_prefix": "previews",
        "status_on_error": {"code": _ON_ERROR},
        "clear_route_cache": True,
        "charge_cluster_response_stats": False,
        "allowed_headers": {
            "patterns": [{"exact": name} for name in (names.OVERRIDES, names.PERMISSION, "cf-ray")]
        },
        # Sent to the service unless it is named here.
        "disallowed_headers": {"patterns": [{"exact": "authorization"}]},
        "http_service": service,
    }
    return {"name": "previews", "typed_config": config}


def refusals() -> list[_Object]:
    """Mappers of Envoy's local replies, which leave the agent's refusals unchanged."""
    again = [{"filter": _refused(sent), "status_code": status} for status, sent in REFUSALS.items()]
    text = {"text_format_source": {"inline_string": _NO_AGENT}}
    silent = {"filter": _refused(_ON_ERROR), "body_format_override": text}
    return [*again, silent, {"filter": _REFUSED}]


def previews_cluster() -> _Object:
    """The agent's socket for previews."""
    return unix_cluster("previews", [names.PREVIEWS_SOCKET], connect_timeout="1s")


def _refused(status: int) -> _Object:
    value = {"default_value": status, "runtime_key": "unused"}
    has_status = {"status_code_filter": {"comparison": {"op": "EQ", "value": value}}}
    return {"and_filter": {"filters": [_REFUSED, has_status]}}
