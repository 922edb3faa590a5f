"""Sets Envoy's clusters and routes, and records them in the edge's state."""

from __future__ import annotations

import logging

from routing.agent.processes.interfaces import EnvoyProcess
from routing.agent.processes.versions import Versions
from routing.agent.state import state as edge_state
from routing.agent.state.actions import Routes
from routing.agent.state.state import version_ids
from routing.snapshot import VersionSpec

log = logging.getLogger("edge")


class EnvoyTargets:
    """Every method raises `Rejected` or `EnvoyUnavailable`."""

    def __init__(self, envoy: EnvoyProcess, versions: Versions) -> None:
        self._envoy, self._versions = envoy, versions

    async def reach(self, keys: frozenset[str], revision: int) -> None:
        """Envoy's clusters become these versions."""
        state = self._versions.state
        if not keys and state.applied.workers:
            raise RuntimeError("refusing to remove every cluster from Envoy")
        known = {v.id: v for worker in state.applied.workers for v in worker.versions}
        known |= {key: process.version for key, process in state.processes.items()}
        workers = {v.id: worker.name for worker in state.applied.workers for v in worker.versions}
        workers |= {key: process.worker for key, process in state.processes.items()}
        await self._envoy.reach([known[key] for key in sorted(keys)], revision, workers)
        self._versions.state = edge_state.clusters_changed(self._versions.state, keys)

    async def route(self, routes: Routes) -> None:
        """Envoy routes by `routes.snapshot`."""
        snapshot, versions = routes.snapshot, self._versions
        leaving: dict[str, list[VersionSpec]] = {}
        for key in sorted(routes.leaving):
            process = versions.state.processes[key]
            leaving.setdefault(process.worker, []).append(process.version)
        await self._envoy.route(snapshot, versions.slots(), leaving, routes.coming)
        if snapshot.revision != versions.state.applied.revision:
            log.info("revision %d is applied", snapshot.revision)
        versions.state = edge_state.routes_changed(
            versions.state, snapshot, routes.leaving, routes.coming
        )

    async def restate(self, revision: int) -> Routes:
        """Sends the current state to an Envoy that may have another."""
        state = self._versions.state
        deployed = version_ids(state.applied.workers)
        clusters = state.clusters | deployed
        await self.reach(clusters, revision)
        routes = Routes(state.applied, clusters - deployed, state.coming)
        await self.route(routes)
        return routes
