"""Envoy's RouteConfigurations: which Worker a request is for. Which version: see decision.py."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from routing.compile import names
from routing.compile.envoy.bad_url import bad_url
from routing.compile.envoy.clusters import TYPE
from routing.compile.envoy.decision import ACTION, named, worker_routes
from routing.compile.envoy.permissions import link_routes
from routing.compile.envoy.previews import preview_host
from routing.compile.workerd.services import service_targets
from routing.snapshot import Snapshot, VersionSpec, WorkerSpec

_ROUTE = f"{TYPE}envoy.config.route.v3."
_NOT_DEPLOYED = (
    "The Worker that this service binding calls has no deployment, "
    "or exports no entrypoint of that name.\n"
)
_NO_SNAPSHOT = (
    "This edge does not know yet whether a Worker answers here: it is still waiting for its "
    "configuration. Try again in a few seconds.\n"
)
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


def public_routes(snapshot: Snapshot, coming: Collection[str] = ()) -> _Object:
    """Workers by host name, for the public and the proof listener.

    `coming` are host names of Workers that are not in the snapshot yet. Raises `ValueError` when a
    deployment's weights do not sum to 100%.
    """
    taken = {"*"}
    hosts = [_host(snapshot, worker, taken) for worker in _in_order(snapshot)]
    return {
        "@type": f"{_ROUTE}RouteConfiguration",
        "name": "public",
        "ignore_port_in_host_matching": True,
        "validate_clusters": True,
        "request_headers_to_remove": [names.PERMISSION],
        "virtual_hosts": [
            *(host for host in hosts if host["domains"]),
            *_without_worker(snapshot, {name.lower() for name in coming} - taken),
        ],
    }


def _without_worker(snapshot: Snapshot, coming: Collection[str]) -> Iterator[_Object]:
    """Host names without a Worker, or whose Worker is not ready yet."""
    if not snapshot.known:
        yield {"name": "*", "domains": ["*"], "routes": [_later("no-snapshot", _NO_SNAPSHOT)]}
        return
    if coming:
        routes = [_later("coming", _COMING)]
        yield {"name": "*coming", "domains": sorted(coming), "routes": routes}
    yield preview_host(snapshot.domain)
    no_worker = _answer("no-worker", 404, no_worker_message(snapshot.domain))
    yield {"name": "*", "domains": ["*"], "routes": [no_worker]}


def no_worker_message(domain: str) -> str:
    """The body of a 404 at a host name without a Worker."""
    return (
        "There is no Worker at this host name. "
        f"Workers answer at <worker>.{domain}, once they have a deployment.\n"
    )


def internal_routes(
    snapshot: Snapshot,
    slots: Mapping[str, int],
    leaving: _Leaving | None = None,
) -> _Object:
    """Routes of service bindings: fetch by target header, RPC by CONNECT host.

    `slots` are the slots of running versions, by id. `leaving` are, by Worker, versions that still
    run outside the deployment: their own calls need routes, and callers with an older answer call
    them a little longer. Raises `ValueError` as `public_routes` does.
    """
    leaving = leaving or {}
    called = _called(snapshot, leaving)
    return {
        "@type": f"{_ROUTE}RouteConfiguration",
        "name": "internal",
        "validate_clusters": True,
        "request_headers_to_remove": [names.PERMISSION],
        "virtual_hosts": [
            *_rpc_hosts(snapshot, slots, leaving, called),
            {"name": "*", "domains": ["*"], **_RETRY, **_by_target(snapshot, called)},
        ],
    }


def _in_order(snapshot: Snapshot) -> list[WorkerSpec]:
    return sorted(snapshot.workers, key=lambda worker: worker.name)


def _host(snapshot: Snapshot, worker: WorkerSpec, taken: set[str]) -> _Object:
    """Envoy refuses a file with the same host name twice, so the first Worker gets it."""
    domains = sorted({name.lower() for name in worker.hostnames} - taken)
    taken.update(domains)
    links = link_routes(worker) if worker.overrides else []
    routes = [bad_url(), *links, *worker_routes(worker, snapshot.revision)]
    return {"name": worker.name, "domains": domains, "routes": routes, **_RETRY}


def _called(snapshot: Snapshot, leaving: _Leaving) -> frozenset[tuple[str, str]]:
    """(Worker, entrypoint) of every service binding. Only these get routes: other Workers call few
    of them, and Envoy reads the whole file at every deployment."""
    versions = [version for worker in snapshot.workers for version in worker.versions]
    versions += [version for left in leaving.values() for version in left]
    return frozenset(target for version in versions for target in service_targets(version))


def _by_target(snapshot: Snapshot, called: frozenset[tuple[str, str]]) -> _Object:
    """A hash lookup on the target header. A list of header matches cost 468 µs at 1,000 Workers."""
    no_target = {"action": _list([_answer("no-target", 503, _NOT_DEPLOYED)])}
    targets = {
        names.target(worker.name, entrypoint): {
            "action": _list(worker_routes(worker, snapshot.revision, entrypoint))
        }
        for worker in _in_order(snapshot)
        for entrypoint in _entrypoints(worker)
        if (worker.name, entrypoint) in called
    }
    if not targets:
        return {"routes": [_answer("no-target", 503, _NOT_DEPLOYED)]}
    header = {
        "@type": f"{TYPE}envoy.type.matcher.v3.HttpRequestHeaderMatchInput",
        "header_name": names.TARGET_HEADER,
    }
    tree = {
        "input": {"name": "target", "typed_config": header},
        "exact_match_map": {"map": targets},
    }
    return {"matcher": {"matcher_tree": tree, "on_no_match": no_target}}


def _entrypoints(worker: WorkerSpec) -> list[str]:
    """Entrypoints of any of its versions. A version without the called one answers 503."""
    return sorted({name for version in worker.versions for name in names.entrypoints(version)})


def _rpc_hosts(
    snapshot: Snapshot,
    slots: Mapping[str, int],
    leaving: _Leaving,
    called: frozenset[tuple[str, str]],
) -> Iterator[_Object]:
    """A host for each slot and entrypoint: workerd keeps one CONNECT per host for all its calls,
    so a weighted route would be drawn once and never again."""
    for worker in _in_order(snapshot):
        for version in (*worker.versions, *leaving.get(worker.name, ())):
            for entrypoint in names.entrypoints(version):
                if version.id in slots and (worker.name, entrypoint) in called:
                    host = names.rpc_host(worker.name, entrypoint, slots[version.id])
                    route = _connect(names.cluster(version.id, entrypoint))
                    routes = [named(route, worker, snapshot.revision)]
                    yield {"name": host, "domains": [host], "routes": routes, **_RETRY}


def _connect(cluster: str) -> _Object:
    upgrade = {"upgrade_configs": [{"upgrade_type": "CONNECT"}]}
    return {
        "name": names.RPC,
        "match": {"connect_matcher": {}},
        "route": {**ACTION, **upgrade, "cluster": names.rpc_cluster(cluster)},
    }


def _list(routes: list[_Object]) -> _Object:
    return {
        "name": "routes",
        "typed_config": {"@type": f"{_ROUTE}RouteList", "routes": routes},
    }


def _answer(name: str, status: int, text: str) -> _Object:
    """A fixed response. Its name has no `/`, as it belongs to no Worker."""
    body = {"status": status, "body": {"inline_string": text}}
    return {"name": name, "match": {"prefix": "/"}, "direct_response": body}


def _later(name: str, text: str) -> _Object:
    """503 with `Retry-After`, for what will be ready soon."""
    value = {"key": "retry-after", "value": str(RETRY_AFTER_SECONDS)}
    return {**_answer(name, 503, text), "response_headers_to_add": [{"header": value}]}
