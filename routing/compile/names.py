"""Names that two programs must agree on. Paths are relative to the edge's folder.

Relative, because a Unix socket's path has at most 107 bytes, and because an unprivileged process
then needs access to its working directory only.
"""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote, unquote

from routing.rules.header.fields import OVERRIDES as OVERRIDES, VERSION_KEY
from routing.rules.permissions.permission import PERMISSION as PERMISSION
from routing.snapshot import Export, VersionSpec

KEY = VERSION_KEY

SLOTS = 32
"""The most processes of one Worker that run at a time, one per RPC slot. A version keeps its slot
until its process has ended; the next one waits until then (`routing.agent.state.plan`)."""

# Files and sockets in the edge's folder.
ADMIN_SOCKET = "admin.sock"
AGENT_SOCKET = "agent.sock"
DECIDE_SOCKET = "decide.sock"
INTERNAL_SOCKET = "internal.sock"
PREVIEWS_SOCKET = "previews.sock"
DISCOVERY_SOCKET = "xds.sock"
CACHE_SOCKET = "cache.sock"
"""Leads to the process with the edge's cache (`routing.agent.cache`)."""
RATE_LIMITS_SOCKET = "limits.sock"
"""Leads to the process that counts for rate limiting bindings (`routing.agent.cache`)."""
STATE_SOCKET = "state.sock"
"""Leads to the state process (`routing.storage`)."""
BOOTSTRAP = "xds/bootstrap.json"
LISTENERS = ("public", "proof", "internal")
FOLDERS = ("log", "v", "xds")
ASSETS = "assets"
"""The folder with static assets."""

RANGES = "ranges"
"""The socket of a version with static assets that gets its requests with a `Range` header. Envoy
chooses it within the version's cluster, by `LB_METADATA`."""
LB_METADATA = "envoy.lb"

PROPS = "__sluice_props"
"""The entrypoint for calls of service bindings with props (`runtime/entry.js`)."""
TAIL = "__sluice_tail"
"""The entrypoint of a Tail Worker: for events of other Workers."""

EVENTS = "events"
"""workerd's name for the socket, and the service, of cron and queue events."""

OBJECTS = "*objects"
"""The entrypoint of a version with Durable Objects that other processes call; no class can have
this name."""
OBJECTS_CONTROL = "objects"
"""workerd's name for the socket on which the agent assigns objects and rings alarms."""
OBJECTS_FOLDER = "objects"
"""The folder with the objects' data: one folder per namespace."""

PUBLIC, INTERNAL, WILDCARD = "public", "internal", "wildcard"
"""First halves of a scope's key (`scope`). Those of `WILDCARD` are for host names below a name."""

PREVIEW_SCOPE = "preview"
"""The key of the routes of previews. It has no first half, so no host name leads there."""

NO_HOST = "no-host.invalid"
"""The host of an HTTP/1.0 request without a Host header; no Worker answers there."""

# Headers between our own programs. From outside, `x-edge-*` and `x-sluice-*` are removed.
TARGET_HEADER = "x-edge-worker"
CALLER_HEADER = "x-edge-caller"
SCHEME_HEADER = "x-edge-proto"
CF_HEADER = "x-edge-cf"
ROUTE_HEADER = "x-edge-route"
VERSION_HEADER = "x-edge-version"
OUTCOME_HEADER = "x-edge-outcome"
PERMISSION_HEADER = "x-edge-permission"
HOST_HEADER = "x-edge-host"
CLIENT_HEADER = "x-edge-client"
TARGET_PATH_HEADER = "x-edge-path"
PROPS_HEADER = "x-edge-props"
"""What a call of `PROPS` is for: JSON with `entrypoint` and `props`."""
PRODUCER_HEADER = "x-edge-producer"
"""The Worker whose events a call of `TAIL` has."""
CLUSTER_HEADER = "x-edge-cluster"
SCOPE_HEADER = "x-edge-scope"
PREVIEW_HEADER = "x-edge-preview"
NOTHING_HEADER = "x-edge-none"
"""The decide service lists it in `x-envoy-auth-headers-to-remove`: Envoy evaluates the routes again
only after a change of headers."""

RAY = "[0-9a-f]{16}-[A-Z0-9]{1,8}"
"""A ray id, as a regular expression for Envoy and Python."""

_RAY = re.compile(RAY)

DECISION = "envoy.filters.http.ext_authz"
"""Namespace of the dynamic metadata with the decide service's answer."""

METADATA = "sluice"
"""Namespace of our own metadata on routes: reason, outcome, deployment, worker."""

LINK_PATH = "/__sluice/override"
"""The path of a shared link at a Worker's host. The edge answers and sets the cookie."""
LEAVE_PATH = "/__sluice/override/leave"
"""Removes the cookie."""
LINK = "link"
"""The name of both routes. It names no Worker, so their requests are not counted."""

# Kinds of routes, the second half of a route's name. The reason comes before the `+`.
OVERRIDE = "override"
AFFINITY = "affinity"
PERCENTAGE = "percentage"
PREVIEW = "preview"
RPC = "rpc"
_RPC_TWIN = "#rpc"
CHECKED = "+checked"
"""The decide service answered, and no version of the deployment matched."""


def log_file(listener: str) -> str:
    """The access log of one of `LISTENERS`."""
    return f"log/{listener}.log"


def output_file(version_id: str) -> str:
    """stdout and stderr of a version's process. Not a pipe, which blocks when it is not read."""
    return f"log/v-{version_id}.txt"


def secret(number: int) -> str:
    """Envoy's name for one of the public listener's certificates."""
    return f"certificate-{number}"


def secret_file(number: int) -> str:
    """Says where that certificate and its key are."""
    return f"xds/{secret(number)}.json"


def assets_folder(version_id: str) -> str:
    """The folder with a version's static assets."""
    return f"{ASSETS}/{version_id}"


def scope(kind: str, name: str) -> str:
    """The key of a set of routes: for a host name (`PUBLIC`), or for a service binding's target or
    RPC host (`INTERNAL`). Without a port."""
    return f"{kind}|{name.partition(':')[0]}"


def route(worker: str, kind: str) -> str:
    """The name of a Worker's route. Worker names contain no `/`."""
    return f"{worker}/{kind}"


def parse_route(name: str) -> tuple[str, str]:
    """(worker, kind) of a route's name; ("", name) if it names no Worker."""
    worker, _, kind = name.rpartition("/")
    return worker, kind


def reason(kind: str) -> str:
    """Why a version was picked: `override`, `affinity`, `percentage` or `preview`; "" for other
    routes."""
    chosen = kind.partition("+")[0]
    return chosen if chosen in (OVERRIDE, AFFINITY, PERCENTAGE, PREVIEW) else ""


def override_outcome(kind: str, answer: str | None) -> str:
    """The outcome of the override header, by the log's `route` kind and `outcome`.

    `answer` is the decide service's outcome if no route matches the version; None if it was not
    called or did not answer in time. A shared link's cookie is removed before routing, so its route
    may be one without an override.
    """
    if kind == OVERRIDE:
        return "applied"
    return answer or ("unavailable" if kind.endswith(CHECKED) else "absent")


def parse_ray(text: str | None) -> str:
    """The ray id, or "" if it is not one: a Worker may send any header to another."""
    return text if text and _RAY.fullmatch(text) else ""


def target(worker: str, entrypoint: str = "") -> str:
    """The value of `TARGET_HEADER`: the Worker and entrypoint of a service binding."""
    return f"{worker}/{quote(entrypoint, safe='')}" if entrypoint else worker


def objects_target(worker: str, slot: int) -> str:
    """As `target`, for the Durable Objects of the version in `slot`."""
    return f"{target(worker, OBJECTS)}.s{slot}"


def cluster(version_id: str, entrypoint: str = "") -> str:
    """Envoy's cluster for an entrypoint of a version; the default one is just the version's id."""
    return target(version_id, entrypoint)


def rpc_cluster(name: str) -> str:
    """The twin of a cluster that carries RPC. Callers hold its connections open for good, so only
    the first one's `upstream_rq_active` tells whether a version still has requests in it."""
    return name + _RPC_TWIN


def parse_cluster(name: str) -> tuple[str, str]:
    """(version id, entrypoint) of a cluster's name, as in the access log's `version`."""
    version_id, _, entrypoint = name.removesuffix(_RPC_TWIN).partition("/")
    return version_id, unquote(entrypoint)


def rpc_host(worker: str, entrypoint: str, slot: int) -> str:
    """The CONNECT host of one slot.

    Hex, because class names are case-sensitive and hosts are not. Envoy refuses a `_` in hosts, and
    Worker names have no dots.
    """
    label = "e" + entrypoint.encode().hex() if entrypoint else "default"
    return f"{worker.replace('_', '.u')}.{label}.s{slot}.rpc:80"


def socket(entrypoint: str = "") -> str:
    """workerd's name for the socket of an entrypoint: `http`, or `ep:<name>`."""
    return f"ep:{entrypoint}" if entrypoint else "http"


def entrypoint(socket_name: str) -> str:
    """The entrypoint a socket serves; "" is the default one."""
    return socket_name.removeprefix("ep:") if socket_name.startswith("ep:") else ""


def socket_file(version_id: str, socket_name: str) -> str:
    """The path of a version's socket, short for any entrypoint."""
    label = socket_name if socket_name in (RANGES, EVENTS, OBJECTS_CONTROL) else "http"
    if name := entrypoint(socket_name):
        label = "e" + hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"v/{version_id}.{label}.sock"


def entrypoints(version: VersionSpec) -> tuple[str, ...]:
    """Entrypoints that other Workers can bind to: "" (the default export), then by name; and
    `OBJECTS`."""
    named = (e.name for e in version.exports if e.name != "default" and _callable(e))
    return ("", *sorted(named), *([OBJECTS] if version.objects else []))


def own_entrypoints(version: VersionSpec) -> tuple[str, ...]:
    """Those that the edge adds to a version."""
    if not version.main_module:
        return ()
    return (PROPS, TAIL) if "tail" in _default_handlers(version) else (PROPS,)


def all_entrypoints(version: VersionSpec) -> tuple[str, ...]:
    """Each has a socket."""
    return (*entrypoints(version), *own_entrypoints(version))


def receives_events(version: VersionSpec) -> bool:
    """Whether its code may have a handler for cron or queue events. Service-worker syntax exports
    nothing, so it may."""
    return bool(version.body_part) or bool(_default_handlers(version) & {"scheduled", "queue"})


def _default_handlers(version: VersionSpec) -> set[str]:
    return {name for e in version.exports if e.name == "default" for name in e.handlers}


def _callable(export: Export) -> bool:
    return export.kind == "WorkerEntrypoint" or (export.kind == "object" and bool(export.handlers))
