"""Tells Envoy which versions it can reach and how to route, and records that it does."""

from __future__ import annotations

import logging

from routing.agent.envoy.process import Envoy
from routing.agent.processes.versions import Versions
from routing.agent.state import state as now_held
from routing.agent.state.plan import Routes
from routing.agent.state.state import version_ids
from routing.snapshot import VersionSpec

log = logging.getLogger("edge")


class EnvoyTargets:
    """Every method raises `Rejected`, `Unwritable` or `Away`."""

    def __init__(self, envoy: Envoy, versions: Versions) -> None:
        self._envoy, self._versions = envoy, versions

    async def reach(self, keys: frozenset[str], revision: int) -> None:
        """Envoy's clusters become these versions."""
        held = self._versions.held
        if not keys and held.applied.workers:
            raise RuntimeError("refusing to remove every cluster from Envoy")
        known = {v.id: v for worker in held.applied.workers for v in worker.versions}
        known |= {key: process.version for key, process in held.processes.items()}
        await self._envoy.reach([known[key] for key in sorted(keys)], revision)
        self._versions.held = now_held.clustered(self._versions.held, keys)

    async def route(self, routes: Routes) -> None:
        """Envoy routes by `routes.snapshot`."""
        snapshot, versions = routes.snapshot, self._versions
        leaving: dict[str, list[VersionSpec]] = {}
        for key in sorted(routes.leaving):
            process = versions.held.processes[key]
            leaving.setdefault(process.worker, []).append(process.version)
        await self._envoy.route(snapshot, versions.slots(), leaving, routes.coming)
        if snapshot.revision != versions.held.applied.revision:
            log.info("revision %d is applied", snapshot.revision)
        versions.held = now_held.routed(versions.held, snapshot, routes.leaving, routes.coming)

    async def restate(self, revision: int) -> Routes:
        """Writes the current state again, for an Envoy that runs with other files. Where they are
        the same nothing changes."""
        held = self._versions.held
        deployed = version_ids(held.applied.workers)
        clusters = held.clusters | deployed
        await self.reach(clusters, revision)
        routes = Routes(held.applied, clusters - deployed, held.coming)
        await self.route(routes)
        return routes
