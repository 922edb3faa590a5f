"""Envoy's routes, in scopes: which Worker a request is for. Which version: see decision.py.

A scope is all routes of one host name, or of one target of service bindings. Each is a resource of
its own, so a deployment changes the scopes of one Worker and no others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from routing.compile import names
from routing.compile.envoy.bad_url import bad_urls
from routing.compile.envoy.decision import ACTION, named, worker_routes
from routing.compile.envoy.hosts import NO_WORKER_HERE, address_routes, hosts_with_routes
from routing.compile.envoy.permissions import link_routes
from routing.compile.envoy.previews import CHOSEN_LATER, WITHOUT_PREVIEWS, preview_routes
from routing.compile.workerd.services import service_targets
from routing.rules.addresses.matching import Address
from routing.snapshot import Snapshot, VersionSpec, WorkerSpec

_COMING = (
    "This Worker is deployed, but no version of it runs at this edge yet. "
    "Try again in a few seconds.\n"
)
RETRY_AFTER_SECONDS = 5

# Only what has not been sent yet is tried again; clusters.py says when that happens.
_RETRY = {
    "retry_policy": {
        "retry_on": "connect-failure,reset-before-request",
        "num_retries": 2,
        "retry_back_off": {"base_interval": "0.025s", "max_interval": "0.25s"},
    }
}

_Object = dict[str, Any]
_Leaving = Mapping[str, Sequence[VersionSpec]]
Scopes = dict[str, _Object]
"""By key."""
Called = frozenset[tuple[str, str]]
"""(Worker, entrypoint) of service bindings."""


def public_scopes(snapshot: Snapshot, coming: Collection[str] = ()) -> Scopes:
    """Workers by host name, for the public and the proof listener, and previews.

    `coming` are host names of Workers that are not in the snapshot yet. Raises `ValueError` when a
    deployment's weights do not sum to 100%.
    """
    found: Scopes = {}
    for worker in reversed(in_order(snapshot)):  # the first one gets a host name that two have
        found |= worker_scopes(worker)
    workers = {worker.name: worker for worker in snapshot.workers}
    hosts = hosts_with_routes(snapshot)
    found |= {key: host_scope(key, shared, workers) for key, shared in hosts.items()}
    return fixed_scopes(coming, hosts, snapshot.domain) | found


def fixed_scopes(coming: Collection[str], hosts: Iterable[str], domain: str) -> Scopes:
    """Scopes that belong to no Worker of the snapshot. `hosts` are keys of `hosts_with_routes`,
    `domain` is the snapshot's."""
    waiting = [_later("coming", _COMING)]
    keys = {names.scope(names.PUBLIC, host.lower()) for host in coming}
    previews = preview_routes((key for key in hosts if key.startswith(names.WILDCARD)), domain)
    return {
        **{key: _scope(key, "*coming", waiting) for key in sorted(keys)},
        names.PREVIEW_SCOPE: _scope(names.PREVIEW_SCOPE, "previews", previews),
    }


def host_scope(
    key: str, addresses: Iterable[Address], workers: Mapping[str, WorkerSpec]
) -> _Object:
    """The routes of a host name that route patterns name, in the order of `addresses`. Any other
    URL gets 404. A shared link works for the first Worker that has links."""
    routes = bad_urls()
    known = [a for a in addresses if a.worker in workers or not a.worker]
    linked = next(
        (workers[a.worker] for a in known if a.worker and workers[a.worker].overrides), None
    )
    routes += link_routes(linked) if linked else []
    for address in known:
        routes += address_routes(address, workers.get(address.worker))
    return _scope(key, key, [*routes, NO_WORKER_HERE], retry=True)


def worker_scopes(worker: WorkerSpec) -> Scopes:
    """The Worker's scopes on the public and the proof listener. Raises `ValueError` as
    `public_scopes` does."""
    keys = sorted({names.scope(names.PUBLIC, host.lower()) for host in worker.hostnames})
    if not keys:
        return {}
    links = link_routes(worker) if worker.overrides else []
    routes = [*bad_urls(), *links, *worker_routes(worker)]
    return {key: _scope(key, worker.name, routes, retry=True) for key in keys}


def no_worker_message(domain: str) -> str:
    """The body of a 404 at a host name without a Worker."""
    return (
        "There is no Worker at this host name. "
        f"Workers answer at <worker>.{domain}, once they have a deployment.\n"
    )


def internal_scopes(
    snapshot: Snapshot, slots: Mapping[str, int], leaving: _Leaving | None = None
) -> Scopes:
    """Scopes of service bindings: fetch by target header, RPC by CONNECT host.

    `slots` are the slots of running versions, by id. `leaving` are, by Worker, versions that still
    run outside the deployment: their own calls need routes, and callers with an older answer call
    them a little longer. Raises `ValueError` as `public_scopes` does.
    """
    leaving = leaving or {}
    called = called_by(snapshot, leaving)
    found: Scopes = {}
    for worker in in_order(snapshot):
        entrypoints = frozenset(entry for name, entry in called if name == worker.name)
        found |= called_scopes(worker, entrypoints, slots, leaving.get(worker.name, ()))
    return found


def called_by(snapshot: Snapshot, leaving: _Leaving) -> Called:
    """What service bindings of running versions, and their events, call. Only these targets get
    routes: other Workers call few of them."""
    by_worker = [(worker.name, worker.versions) for worker in snapshot.workers]
    called = {
        target
        for name, versions in (*by_worker, *leaving.items())
        for target in targets_of(name, versions)
    }
    return frozenset(called.union(*map(tail_targets, snapshot.workers)))


def targets_of(worker: str, versions: Iterable[VersionSpec]) -> Iterator[tuple[str, str]]:
    """What the versions of a Worker call: targets of service bindings, and the Durable Objects of
    each other."""
    for version in versions:
        yield from service_targets(version)
        if version.objects:
            yield worker, names.OBJECTS


def tail_targets(worker: WorkerSpec) -> Called:
    """Where the Worker's events go."""
    return frozenset((name, names.TAIL) for name in worker.tail_consumers)


def called_with_props(
    versions: Iterable[VersionSpec], workers: Mapping[str, str]
) -> frozenset[str]:
    """Ids of the versions that others of them call with props. `workers` are names by id."""
    called = {
        name
        for version in versions
        for name, entrypoint in service_targets(version)
        if entrypoint == names.PROPS
    }
    return frozenset(key for key, name in workers.items() if name in called)


def called_scopes(
    worker: WorkerSpec,
    called: Collection[str],
    slots: Mapping[str, int],
    leaving: Sequence[VersionSpec] = (),
) -> Scopes:
    """Scopes of the Worker's `called` entrypoints. RPC has one for each slot: workerd keeps one
    CONNECT per host for all its calls, so a weighted route would be drawn once and never again."""
    found: Scopes = {}
    for entrypoint in _entrypoints(worker.versions):
        if entrypoint in called and entrypoint != names.OBJECTS:
            key = names.scope(names.INTERNAL, names.target(worker.name, entrypoint))
            found[key] = _scope(key, "*", worker_routes(worker, entrypoint), retry=True)
    for version in (*worker.versions, *leaving):
        for entrypoint in names.all_entrypoints(version):
            if version.id in slots and entrypoint in called:
                host = names.rpc_host(worker.name, entrypoint, slots[version.id])
                key = names.scope(names.INTERNAL, host)
                route = named(_connect(names.cluster(version.id, entrypoint)), worker)
                found[key] = _scope(key, host, [route], retry=True)
                if entrypoint == names.OBJECTS:
                    found |= _object_scope(worker, version, slots[version.id])
    return found


def _object_scope(worker: WorkerSpec, version: VersionSpec, slot: int) -> Scopes:
    """fetch() of Durable Objects that the version in `slot` runs. The caller has chosen it, so it
    counts as a connection between processes, not as a request to the Worker."""
    target = names.objects_target(worker.name, slot)
    key = names.scope(names.INTERNAL, target)
    action = {**ACTION, "cluster": names.cluster(version.id, names.OBJECTS)}
    route = {"name": names.RPC, "match": {"prefix": "/"}, "route": action}
    return {key: _scope(key, target, [named(route, worker)], retry=True)}


def in_order(snapshot: Snapshot) -> list[WorkerSpec]:
    return sorted(snapshot.workers, key=lambda worker: worker.name)


def _entrypoints(versions: Iterable[VersionSpec]) -> list[str]:
    """Entrypoints of any of them. A version without the called one answers 503."""
    return sorted({name for version in versions for name in names.all_entrypoints(version)})


def _scope(key: str, name: str, routes: list[_Object], *, retry: bool = False) -> _Object:
    """A resource of Envoy: a ScopedRouteConfiguration. The version that a service binding draws may
    lack the called entrypoint, so clusters of such routes need not exist."""
    host = {"name": name, "domains": ["*"], "routes": routes, **(_RETRY if retry else {})}
    table = {
        "name": key,
        "validate_clusters": key.startswith((names.PUBLIC, names.WILDCARD)),
        "request_headers_to_remove": [names.PERMISSION, names.SCOPE_HEADER],
        **_without_previews(key),
        "virtual_hosts": [host],
    }
    return {
        "name": key,
        "key": {"fragments": [{"string_key": key}]},
        "route_configuration": table,
    }


def _without_previews(key: str) -> _Object:
    if key == names.PREVIEW_SCOPE:
        return {}
    is_wildcard = key.startswith(names.WILDCARD)
    return {"typed_per_filter_config": CHOSEN_LATER if is_wildcard else WITHOUT_PREVIEWS}


def _connect(cluster: str) -> _Object:
    upgrade = {"upgrade_configs": [{"upgrade_type": "CONNECT"}]}
    return {
        "name": names.RPC,
        "match": {"connect_matcher": {}},
        "route": {**ACTION, **upgrade, "cluster": names.rpc_cluster(cluster)},
    }


def _later(name: str, text: str) -> _Object:
    """503 with `Retry-After`, for what will be ready soon. Its name has no `/`, as it belongs to no
    Worker."""
    value = {"key": "retry-after", "value": str(RETRY_AFTER_SECONDS)}
    return {
        "name": name,
        "match": {"prefix": "/"},
        "direct_response": {"status": 503, "body": {"inline_string": text}},
        "response_headers_to_add": [{"header": value}],
    }
