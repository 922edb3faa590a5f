"""The Worker and the routes of a host name that Envoy has no exact routes for: in capital letters,
or matched by a route pattern with a wildcard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from routing.agent.base.unix_http_server import Request
from routing.compile import names
from routing.compile.envoy.hosts import hosts_with_routes, scope_of_host
from routing.rules.addresses.matching import Address, winner
from routing.rules.permissions.permission import COOKIE
from routing.snapshot import EMPTY, Snapshot

_OVERRIDES, _PERMISSION = names.OVERRIDES.encode(), names.PERMISSION.encode()


@dataclass(frozen=True, slots=True)
class Located:
    """`scope` is the key of the routes. `worker` is "" if no pattern matches the path.
    `is_checked`: its overrides need a permission, or it has shared links."""

    scope: str
    worker: str
    is_checked: bool = False


class WorkerHosts:
    """Remembers the table of the last snapshot."""

    def __init__(self) -> None:
        self._snapshot = EMPTY
        self._hosts: Mapping[str, tuple[Address, ...]] = {}
        self._own: dict[str, str] = {}
        self._checked: frozenset[str] = frozenset()

    def locate(self, snapshot: Snapshot, host: str, scheme: str, path: str) -> Located | None:
        """None if no Worker answers at `host`; it may be a preview's."""
        if snapshot is not self._snapshot:
            self._remember(snapshot)
        name = host.lower().partition(":")[0]
        scope = names.scope(names.PUBLIC, name)
        worker = self._own.get(scope, "")
        if scope in self._hosts or not worker:
            scope = scope_of_host(self._hosts, name, snapshot.domain)
            if not scope:
                return None
            found = winner(self._hosts[scope], scheme, name, path)
            worker = found.worker if found else ""
        return Located(scope, worker, worker in self._checked)

    def _remember(self, snapshot: Snapshot) -> None:
        self._snapshot, self._hosts = snapshot, hosts_with_routes(snapshot)
        self._own = {
            names.scope(names.PUBLIC, host.lower()): worker.name
            for worker in sorted(snapshot.workers, key=lambda w: w.name, reverse=True)
            for host in worker.hostnames
        }
        self._checked = frozenset(w.name for w in snapshot.workers if w.overrides)


def decide_question(located: Located, request: Request) -> Request | None:
    """What Envoy would ask the decide service on these routes; None if nothing."""
    path, route = "/decide", names.route(located.worker, names.CHECKED)
    if located.is_checked:
        target = b"".join(request.lines(names.TARGET_PATH_HEADER.encode())[:1]).decode("latin-1")
        if target.partition("?")[0] in (names.LINK_PATH, names.LEAVE_PATH):
            path, route = "/link", located.worker
        elif COOKIE.encode() in b"; ".join(request.lines(b"cookie")):
            path = "/permit"
        elif request.lines(_OVERRIDES):
            path = "/permit"
    if path == "/decide" and not request.lines(_OVERRIDES) and not request.lines(_PERMISSION):
        return None
    headers = [*request.headers, (names.ROUTE_HEADER.encode(), route.encode())]
    return Request("GET", path, headers, b"", request.peer)
