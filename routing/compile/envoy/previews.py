"""Preview URLs of single versions: `<prefix>-<worker>.<domain>`, `<alias>-<worker>.<domain>`.

A host name without routes is a question to the agent. It looks up the version, starts its process
if necessary and answers with the cluster's name and the key of the one route that serves all
previews. It also knows host names of Workers in other cases: then it answers with the key of that
Worker's routes.

Host names that only a route pattern with a wildcard matches come here, too: a scope has no
wildcard. For most requests the first filter finds their routes by itself. Those in other cases may
have exact routes and go to the agent, as do those whose override or shared link has to be checked:
Envoy builds the filters of a request with its first route, so the decide service's are not among
them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from routing.compile import names
from routing.compile.envoy.bad_url import BAD_HOST, bad_urls
from routing.compile.envoy.clusters import TYPE, unix_cluster
from routing.compile.envoy.decision import ACTION
from routing.compile.envoy.ext_authz import ask_agent, exactly
from routing.compile.envoy.headers import CLIENT
from routing.compile.envoy.permissions import LINK_RESPONSE_HEADERS
from routing.rules.permissions.permission import COOKIE

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
_PER_ROUTE = f"{TYPE}envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute"
CHOSEN_LATER = {"unknown": _OFF, "previews": {"@type": _PER_ROUTE, "disabled": True}}
"""For routes of wildcards: by then the filters exist, and this one looks at the route again."""
_TO_ROUTES = f"""
function envoy_on_request(handle)
  local headers = handle:headers()
  headers:replace("{names.SCOPE_HEADER}", "{names.PREVIEW_SCOPE}")
  handle:clearRouteCache()
  local wildcards = handle:metadata()
  local cookie, path = headers:get("cookie"), headers:get(":path") or ""  -- CONNECT has none
  if headers:get("{names.OVERRIDES}") or headers:get("{names.PERMISSION}")
      or (cookie and cookie:find("{COOKIE}", 1, true))
      or path:sub(1, {len(names.LINK_PATH)}) == "{names.LINK_PATH}" then return end
  local host = headers:get(":authority"):gsub(":%d+$", "")
  if host:find(",", 1, true) then  -- Envoy joins several Host headers
    handle:respond({{[":status"] = "400"}}, "{BAD_HOST}")
    return
  end
  if host ~= host:lower() then return end
  local dot = host:find(".", 1, true)
  while dot do
    local scope = wildcards:get(host:sub(dot + 1))
    if scope == "" then return end
    if scope then
      headers:replace("{names.SCOPE_HEADER}", scope)
      handle:clearRouteCache()
      return
    end
    dot = host:find(".", dot + 1, true)
  end
end
"""

_Object = dict[str, Any]


def preview_routes(wildcards: Iterable[str], domain: str) -> list[_Object]:
    """The routes of all previews: to the cluster that the agent named. `wildcards` are keys of
    scopes for all names below a name; `unknown_filter` reads them from the route. They match no
    name below `domain`."""
    below = {key.partition("|")[2]: key for key in sorted(wildcards)}
    if any(domain.endswith(f".{name}") for name in below):
        below[domain] = ""
    route = {
        "name": names.PREVIEW,
        "match": {"prefix": "/"},
        "route": {**ACTION, "cluster_header": names.CLUSTER_HEADER},
        "request_headers_to_remove": [names.CLUSTER_HEADER],
        "metadata": {
            "filter_metadata": {
                names.METADATA: {"reason": names.reason(names.PREVIEW)},
                **({"unknown": below} if below else {}),
            }
        },
    }
    # The first routes have it, too: one may match, and the filter reads the one that does.
    refusals = bad_urls()
    if below:
        metadata = {"filter_metadata": {"unknown": below}}
        refusals = [{**refusal, "metadata": metadata} for refusal in refusals]
    return [*refusals, route]


def unknown_filter() -> _Object:
    """Gives requests without routes those of a wildcard, or else those of previews; without any,
    Envoy does not call the agent. No other request pays for it."""
    config = {
        "@type": f"{TYPE}envoy.extensions.filters.http.lua.v3.Lua",
        "default_source_code": {"inline_string": _TO_ROUTES},
    }
    return {"name": "unknown", "typed_config": config}


def previews_filter() -> _Object:
    """Calls the agent for requests without routes. The caller gets the agent's refusal as it is.

    The agent gets the host, and the client's address, to limit unknown names and starts per client.
    It gets the URL, an override and cookies as well: the host name may be a Worker's, whose routes
    Envoy finds only afterwards.
    """
    answer = {
        "allowed_upstream_headers": exactly(names.CLUSTER_HEADER, names.SCOPE_HEADER, "cookie"),
        "allowed_client_headers": exactly("retry-after", *LINK_RESPONSE_HEADERS),
        "dynamic_metadata_from_headers": exactly(
            names.PREVIEW_HEADER,
            names.VERSION_HEADER,
            names.OUTCOME_HEADER,
            names.PERMISSION_HEADER,
        ),
    }
    return ask_agent(
        "previews",
        "previews",
        "/preview",
        f"{ANSWER_SECONDS}s",
        added={
            names.HOST_HEADER: "%REQ(:AUTHORITY)%",
            names.CLIENT_HEADER: CLIENT,
            names.SCHEME_HEADER: "%REQ(x-forwarded-proto)%",
            names.TARGET_PATH_HEADER: "%REQ(:PATH)%",
        },
        answer=answer,
        status_on_error={"code": _ON_ERROR},
        clear_route_cache=True,
        allowed_headers=exactly(names.OVERRIDES, names.PERMISSION, "cf-ray", "cookie"),
    )


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
