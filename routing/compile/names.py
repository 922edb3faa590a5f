"""Every name that two programs must agree on. Paths are relative to the edge's folder.

Relative, because a Unix socket's path may have 107 bytes only, and because a process without
privileges then needs nothing but to pass through its working directory.
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
"""Processes of one Worker that RPC can tell apart at a time, and so the most that run. A version
keeps its slot until its process has ended; one more waits until then (`agent.plan`)."""

# Files and sockets in the edge's folder.
ADMIN_SOCKET = "admin.sock"
AGENT_SOCKET = "agent.sock"
DECIDE_SOCKET = "decide.sock"
INTERNAL_SOCKET = "internal.sock"
PREVIEWS_SOCKET = "previews.sock"
BOOTSTRAP = "xds/bootstrap.json"
CLUSTERS = "xds/clusters.json"
PUBLIC_ROUTES = "xds/public.json"
INTERNAL_ROUTES = "xds/internal.json"
LISTENERS = ("public", "proof", "internal")
FOLDERS = ("log", "v", "xds")

STATS = {
    CLUSTERS: "cluster_manager.cds",
    PUBLIC_ROUTES: "http.public.rds.public",
    INTERNAL_ROUTES: "http.internal.rds.internal",
}
"""Where Envoy says which file it has: `<prefix>.version_text` is the revision it runs,
`<prefix>.update_rejected` and `<prefix>.update_failure` count what it refused."""

NO_HOST = "no-host.invalid"
"""Stands for the host of an HTTP/1.0 request that names none; no Worker answers there."""

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
CLUSTER_HEADER = "x-edge-cluster"
PREVIEW_HEADER = "x-edge-preview"
NOTHING_HEADER = "x-edge-none"
"""The decide service lists it in `x-envoy-auth-headers-to-remove`: without some header change
Envoy does not look at the routes again."""

RAY = "[0-9a-f]{16}-[A-Z0-9]{1,8}"
"""A ray id, as a regular expression; Envoy and Python read it alike."""

_RAY = re.compile(RAY)

DECISION = "envoy.filters.http.ext_authz"
"""Namespace of the dynamic metadata in which Envoy keeps the decide service's answer."""

METADATA = "sluice"
"""Namespace of our own metadata on routes: reason, outcome, deployment, revision, worker."""

LINK_PATH = "/__sluice/override"
"""Where a shared link leads at a Worker's own host: the edge answers, and sets the cookie."""
LEAVE_PATH = "/__sluice/override/leave"
"""The way out: it removes the cookie."""
LINK = "link"
"""Name of the route of both. It belongs to no Worker, so its requests count for none."""

# Kinds of routes, the second half of a route's name. The reason stands before the `+`.
OVERRIDE = "override"
AFFINITY = "affinity"
PERCENTAGE = "percentage"
PREVIEW = "preview"
RPC = "rpc"
_RPC_TWIN = "#rpc"
CHECKED = "+checked"
"""The decide service was asked, and no version of the deployment matched its answer."""


def log_file(listener: str) -> str:
    """The access log of one of `LISTENERS`."""
    return f"log/{listener}.log"


def output_file(version_id: str) -> str:
    """Where a version's process writes stdout and stderr. Never a pipe: an unread one stops it."""
    return f"log/v-{version_id}.txt"


def route(worker: str, kind: str) -> str:
    """The name of a Worker's route. Worker names contain no `/`."""
    return f"{worker}/{kind}"


def parse_route(name: str) -> tuple[str, str]:
    """(worker, kind) of a route's name; ("", name) for one that belongs to no Worker."""
    worker, _, kind = name.rpartition("/")
    return worker, kind


def reason(kind: str) -> str:
    """Why a version was chosen: `override`, `affinity`, `percentage`, or `preview`, where its own
    address was asked for; "" for other routes."""
    chosen = kind.partition("+")[0]
    return chosen if chosen in (OVERRIDE, AFFINITY, PERCENTAGE, PREVIEW) else ""


def override_outcome(kind: str, told: str | None) -> str:
    """What became of the override header: the log's `route` kind and its `outcome` together.

    `told` is what the decide service answered for the case that no route knows the version; None
    when it did not answer in time, or was not asked. A shared link's cookie is gone by the time
    that the request is routed, so its route may be one of those without an override.
    """
    if kind == OVERRIDE:
        return "applied"
    return told or ("unavailable" if kind.endswith(CHECKED) else "absent")


def parse_ray(text: str | None) -> str:
    """The ray id, or "" for what is none: a Worker may send any header to another."""
    return text if text and _RAY.fullmatch(text) else ""


def target(worker: str, entrypoint: str = "") -> str:
    """The value of `TARGET_HEADER`: whom a service binding calls."""
    return f"{worker}/{quote(entrypoint, safe='')}" if entrypoint else worker


def cluster(version_id: str, entrypoint: str = "") -> str:
    """Envoy's cluster for an entrypoint of a version; the default one is just the version's id."""
    return target(version_id, entrypoint)


def rpc_cluster(name: str) -> str:
    """The twin of a cluster that carries RPC. Callers hold its connections open for good, so only
    the first one's `upstream_rq_active` tells whether a version still has requests in it."""
    return name + _RPC_TWIN


def parse_cluster(name: str) -> tuple[str, str]:
    """(version id, entrypoint) of a cluster's name, as the access log's `version` tells it."""
    version_id, _, entrypoint = name.removesuffix(_RPC_TWIN).partition("/")
    return version_id, unquote(entrypoint)


def rpc_host(worker: str, entrypoint: str, slot: int) -> str:
    """The CONNECT host of one slot.

    Hosts have no case and class names do, hence the hex; Envoy refuses a `_` in them, and no Worker
    is called anything with a dot.
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
    """The path of a version's socket: short, whatever the entrypoint is called."""
    label = "http"
    if name := entrypoint(socket_name):
        label = "e" + hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"v/{version_id}.{label}.sock"


def entrypoints(version: VersionSpec) -> tuple[str, ...]:
    """What other Workers can bind to: "" for the default export, then the named ones, sorted."""
    named = (e.name for e in version.exports if e.name != "default" and _callable(e))
    return ("", *sorted(named))


def _callable(export: Export) -> bool:
    return export.kind == "WorkerEntrypoint" or (export.kind == "object" and bool(export.handlers))
