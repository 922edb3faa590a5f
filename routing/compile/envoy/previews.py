"""Preview URLs of single versions: `<prefix>-<worker>.<domain>`, `<alias>-<worker>.<domain>`.

One route serves them all. The agent looks up the version, starts its process if necessary and
answers with the cluster's name, so Envoy's files do not change per preview. The name travels as a
header, because a request uses the routes that existed when it arrived.
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
_ASK = {"previews": {"@type": f"{TYPE}envoy.config.route.v3.FilterConfig", "config": {}}}

_Object = dict[str, Any]


def preview_host(domain: str) -> _Object:
    """The virtual host of every name under `domain` that is not a Worker's own."""
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
    """Calls the agent, on the preview route only. The caller gets the agent's refusal as it is. The
    agent gets the host, and the client's address, to limit unknown names and starts per client; no
    path, query or other header."""
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
