"""Compiles clusters and routes of Envoy, each again only when its Worker or version changed."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

from routing.agent.discovery.messages import Resource
from routing.compile import names
from routing.compile.envoy import config as compiled, routes
from routing.compile.envoy.hosts import hosts_with_routes
from routing.compile.envoy.protobuf import CLUSTER, SCOPE, encode
from routing.snapshot import Snapshot, VersionSpec, WorkerSpec

Resources = dict[str, Resource]


class _Compiled(NamedTuple):
    """What `made` was made of."""

    source: Hashable
    made: Resources


class _Worker(NamedTuple):
    """What the last call made of a Worker. `targets` are those of its service bindings and of its
    events."""

    spec: WorkerSpec
    targets: frozenset[tuple[str, str]]
    public: Resources
    internal: _Compiled


class Compiler:
    """Remembers what the last call made."""

    def __init__(self) -> None:
        self._clusters: dict[str, _Compiled] = {}
        self._workers: dict[str, _Worker] = {}
        self._hosts: dict[str, tuple[object, Resource]] = {}

    def clusters(
        self,
        versions: Sequence[VersionSpec],
        renewals: Mapping[str, int],
        with_props: Collection[str] = (),
    ) -> Resources:
        """Another number in `renewals` makes Envoy reconnect. `with_props` are ids of versions that
        are called with props: the others need no clusters for it."""
        before, self._clusters = self._clusters, {}
        found: Resources = {}
        for version in versions:
            entrypoints, has_ranges = names.all_entrypoints(version), version.assets is not None
            if version.id not in with_props:
                entrypoints = tuple(name for name in entrypoints if name != names.PROPS)
            source = (entrypoints, has_ranges, renewals.get(version.id, 0))
            known = before.get(version.id)
            if known is None or known.source != source:
                known = _Compiled(source, _clusters(version.id, *source))
            self._clusters[version.id] = known
            found |= known.made
        return found

    def scopes(
        self,
        snapshot: Snapshot,
        slots: Mapping[str, int],
        leaving: Mapping[str, Sequence[VersionSpec]],
        coming: Collection[str] = (),
    ) -> Resources:
        """Arguments are those of `routes.public_scopes` and `routes.internal_scopes`. Raises
        `ValueError` as they do."""
        called = self._called(snapshot, leaving)
        before, after = self._workers, {}
        hosts = self._shared_hosts(snapshot)
        public = _encoded(SCOPE, routes.fixed_scopes(coming, hosts, snapshot.domain))
        internal = Resources()
        for spec in reversed(routes.in_order(snapshot)):
            known = before.get(spec.name)
            entrypoints = called.get(spec.name, ())
            if known is None or known.spec is not spec or entrypoints or known.internal.made:
                called_as = _Called(spec, entrypoints, slots, leaving.get(spec.name, ()))
                known = _compiled(called_as, known)
            after[spec.name] = known
            public.update(known.public)
            internal.update(known.internal.made)
        self._workers = after
        return public | hosts | internal

    def _shared_hosts(self, snapshot: Snapshot) -> Resources:
        """Scopes of host names that route patterns name. One Worker's change compiles its own."""
        workers = {worker.name: worker for worker in snapshot.workers}
        before, self._hosts = self._hosts, {}
        for key, addresses in hosts_with_routes(snapshot).items():
            source = (addresses, tuple(workers.get(address.worker) for address in addresses))
            known = before.get(key)
            if known is None or known[0] != source:
                scope = routes.host_scope(key, addresses, workers)
                known = (source, resource_of(SCOPE, scope))
            self._hosts[key] = known
        return {key: resource for key, (_, resource) in self._hosts.items()}

    def _called(
        self, snapshot: Snapshot, leaving: Mapping[str, Sequence[VersionSpec]]
    ) -> dict[str, set[str]]:
        """By Worker, the entrypoints that service bindings call (`routes.called_by`)."""
        by_worker: dict[str, set[str]] = {}
        # An adopted version has no bindings until a snapshot names it.
        targets = [_targets(name, versions) for name, versions in leaving.items()]
        for spec in snapshot.workers:
            known = self._workers.get(spec.name)
            same = known is not None and known.spec is spec
            targets.append(known.targets if known and same else _called_by(spec))
        for name, entrypoint in (target for some in targets if some for target in some):
            by_worker.setdefault(name, set()).add(entrypoint)
        return by_worker


class _Called(NamedTuple):
    """What one Worker's internal scopes are made of."""

    worker: WorkerSpec
    called: Collection[str]
    slots: Mapping[str, int]
    leaving: Sequence[VersionSpec]

    def made_of(self) -> Hashable:
        if not self.called:
            return None
        versions = (*self.worker.versions, *self.leaving)
        return (
            frozenset(self.called),
            tuple((v.id, self.slots.get(v.id), names.all_entrypoints(v)) for v in versions),
        )

    def made(self) -> Resources:
        if not self.called:
            return {}
        scopes = routes.called_scopes(self.worker, self.called, self.slots, self.leaving)
        return _encoded(SCOPE, scopes)


def _compiled(called: _Called, before: _Worker | None) -> _Worker:
    spec, source = called.worker, called.made_of()
    if before is None or (before.spec is not spec and before.spec != spec):
        public = _encoded(SCOPE, routes.worker_scopes(spec))
        return _Worker(spec, _called_by(spec), public, _Compiled(source, called.made()))
    if before.internal.source != source:
        return _Worker(spec, before.targets, before.public, _Compiled(source, called.made()))
    return before._replace(spec=spec)


def _called_by(spec: WorkerSpec) -> frozenset[tuple[str, str]]:
    return _targets(spec.name, spec.versions) | routes.tail_targets(spec)


def _targets(worker: str, versions: Iterable[VersionSpec]) -> frozenset[tuple[str, str]]:
    return frozenset(routes.targets_of(worker, versions))


def _clusters(
    version_id: str, entrypoints: Sequence[str], has_ranges: bool, renewals: int
) -> Resources:
    endpoints = {
        names.cluster(version_id, name): [names.socket_file(version_id, names.socket(name))]
        for name in entrypoints
    }
    ranges = {names.cluster(version_id): names.socket_file(version_id, names.RANGES)}
    return _encoded(
        CLUSTER,
        compiled.clusters(
            endpoints, dict.fromkeys(endpoints, renewals), ranges if has_ranges else {}
        ),
    )


def _encoded(message: str, resources: Mapping[str, dict[str, Any]]) -> Resources:
    return {name: resource_of(message, value) for name, value in resources.items()}


def resource_of(message: str, value: dict[str, Any]) -> Resource:
    body = encode(message, value)
    return Resource(blake2b(body, digest_size=8).hexdigest(), body)
