"""Compiles clusters and routes of Envoy, each again only when its Worker or version changed."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

from routing.agent.discovery.messages import Resource
from routing.compile import names
from routing.compile.envoy import config as compiled, routes
from routing.compile.envoy.protobuf import CLUSTER, SCOPE, encode
from routing.compile.workerd.services import service_targets
from routing.snapshot import Snapshot, VersionSpec, WorkerSpec

Resources = dict[str, Resource]


class _Compiled(NamedTuple):
    """What `made` was made of."""

    source: Hashable
    made: Resources


class Compiler:
    """Remembers what the last call made."""

    def __init__(self) -> None:
        self._clusters: dict[str, _Compiled] = {}
        self._workers: dict[str, tuple[WorkerSpec, _Compiled, _Compiled]] = {}
        self._targets: dict[str, frozenset[tuple[str, str]]] = {}

    def clusters(self, versions: Sequence[VersionSpec], renewals: Mapping[str, int]) -> Resources:
        """Another number in `renewals` makes Envoy reconnect."""
        before, self._clusters = self._clusters, {}
        found: Resources = {}
        for version in versions:
            source = (names.entrypoints(version), renewals.get(version.id, 0))
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
        public, internal = _encoded(SCOPE, routes.fixed_scopes(coming)), Resources()
        for worker in reversed(routes.in_order(snapshot)):
            entry = _Entry(
                worker, called.get(worker.name, ()), slots, leaving.get(worker.name, ())
            ).compiled(before.get(worker.name))
            after[worker.name] = entry
            public |= entry[1].made
            internal |= entry[2].made
        self._workers = after
        return public | internal

    def _called(
        self, snapshot: Snapshot, leaving: Mapping[str, Sequence[VersionSpec]]
    ) -> dict[str, set[str]]:
        """By Worker, the entrypoints that service bindings call (`routes.called_by`)."""
        before, self._targets = self._targets, {}
        by_worker: dict[str, set[str]] = {}
        versions = [version for worker in snapshot.workers for version in worker.versions]
        versions += [version for left in leaving.values() for version in left]
        for version in versions:
            # An adopted version has no bindings until a snapshot names it.
            targets = before.get(version.id) or frozenset(service_targets(version))
            self._targets[version.id] = targets
            for name, entrypoint in targets:
                by_worker.setdefault(name, set()).add(entrypoint)
        return by_worker


class _Entry(NamedTuple):
    """What one Worker's scopes are made of."""

    worker: WorkerSpec
    called: Collection[str]
    slots: Mapping[str, int]
    leaving: Sequence[VersionSpec]

    def compiled(
        self, before: tuple[WorkerSpec, _Compiled, _Compiled] | None
    ) -> tuple[WorkerSpec, _Compiled, _Compiled]:
        worker, source = self.worker, self.made_of()
        same = before is not None and (before[0] is worker or before[0] == worker)
        public = before[1] if before is not None and same else None
        internal = before[2] if before is not None and same and before[2].source == source else None
        return (
            worker,
            public or _Compiled(None, _encoded(SCOPE, routes.worker_scopes(worker))),
            internal or _Compiled(source, self.made()),
        )

    def made_of(self) -> Hashable:
        if not self.called:
            return None
        versions = (*self.worker.versions, *self.leaving)
        return (
            frozenset(self.called),
            tuple((v.id, self.slots.get(v.id), names.entrypoints(v)) for v in versions),
        )

    def made(self) -> Resources:
        if not self.called:
            return {}
        scopes = routes.called_scopes(self.worker, self.called, self.slots, self.leaving)
        return _encoded(SCOPE, scopes)


def _clusters(version_id: str, entrypoints: Sequence[str], renewals: int) -> Resources:
    endpoints = {
        names.cluster(version_id, name): [names.socket_file(version_id, names.socket(name))]
        for name in entrypoints
    }
    return _encoded(CLUSTER, compiled.clusters(endpoints, dict.fromkeys(endpoints, renewals)))


def _encoded(message: str, resources: Mapping[str, dict[str, Any]]) -> Resources:
    return {name: resource_of(message, value) for name, value in resources.items()}


def resource_of(message: str, value: dict[str, Any]) -> Resource:
    body = encode(message, value)
    return Resource(blake2b(body, digest_size=8).hexdigest(), body)
