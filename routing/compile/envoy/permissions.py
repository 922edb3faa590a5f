"""Routes of Workers whose overrides need a permission, and of shared links.

The agent answers a link: it checks the permission, sets the cookie on this host only and redirects
the browser. The caller gets its answer unchanged, as with a refused preview (`previews.py`).
"""

from __future__ import annotations

from typing import Any

from routing.compile import names
from routing.compile.envoy.clusters import TYPE
from routing.compile.envoy.ext_authz import ask_agent, exactly
from routing.rules.permissions.permission import COOKIE
from routing.snapshot import WorkerSpec

_Object = dict[str, Any]

# A substring is enough: the decide service parses the header, and an unnecessary call is only slow.
HAS_COOKIE: _Object = {"name": "cookie", "string_match": {"contains": COOKIE}}
NO_COOKIE: _Object = {
    **HAS_COOKIE,
    "invert_match": True,
    "treat_missing_header_as_empty": True,
}
LINK_RESPONSE_HEADERS = (
    "content-type",
    "set-cookie",
    "location",
    "cache-control",
    "referrer-policy",
)
"""What the caller gets of the agent's answer to a link."""
WITHOUT_COOKIES: _Object = {"request_headers_to_remove": ["cookie"]}


def _switched_on(name: str) -> _Object:
    return {name: {"@type": f"{TYPE}envoy.config.route.v3.FilterConfig", "config": {}}}


ASK_PERMITS = _switched_on("permits")


def link_routes(worker: WorkerSpec) -> list[_Object]:
    """The two paths of shared links at the Worker's host, which the edge itself answers."""
    metadata = {"filter_metadata": {names.METADATA: {"worker": worker.name}}}
    return [
        {
            "name": names.LINK,
            "match": {"path": path},
            "direct_response": {"status": 404},
            "metadata": metadata,
            "typed_per_filter_config": _switched_on("links"),
        }
        for path in (names.LINK_PATH, names.LEAVE_PATH)
    ]


def links_filter() -> _Object:
    """Asks the agent for its answer to the caller, on the routes that switch this on."""
    added = {
        names.ROUTE_HEADER: f"%METADATA(ROUTE:{names.METADATA}:worker)%",
        names.HOST_HEADER: "%REQ(:AUTHORITY)%",
        names.SCHEME_HEADER: "%REQ(x-forwarded-proto)%",
        names.TARGET_PATH_HEADER: "%REQ(:PATH)%",
    }
    asked = ask_agent(
        "links",
        "decide",
        "/link",
        "2s",
        added=added,
        answer={"allowed_client_headers": exactly(*LINK_RESPONSE_HEADERS)},
        status_on_error={"code": 503},
    )
    return {**asked, "disabled": True}
