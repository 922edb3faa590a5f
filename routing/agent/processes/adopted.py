"""Processes that an earlier agent left running."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial

from routing.agent.adoption.edge_state import process_of
from routing.agent.adoption.unnamed import Unnamed
from routing.agent.base.child_process import Child
from routing.agent.base.process_notes import Note
from routing.agent.base.tasks import Tasks
from routing.agent.processes.envoy_targets import EnvoyTargets
from routing.agent.processes.interfaces import EnvoyProcess
from routing.agent.processes.version_process import STOP_SECONDS
from routing.agent.processes.versions import Versions
from routing.agent.state.actions import Start
from routing.snapshot import Preview, Snapshot

_RECONNECT_SECONDS = 10.0


class Adopted:
    """Adopts them, and replaces those that are out of date."""

    def __init__(
        self,
        versions: Versions,
        envoy: EnvoyProcess,
        *,
        fingerprint: Callable[[Start], str],
        tasks: Tasks,
        changed: Callable[[], None],
    ) -> None:
        self._versions, self._envoy = versions, envoy
        self._tasks, self._changed = tasks, changed
        self._unnamed = Unnamed(fingerprint)
        self._reconnects: list[asyncio.Future[None]] = []

    def adopt(self, note: Note) -> None:
        """Takes over a version's process, or ends one that has a successor."""
        about = note.version
        if note.envoy is not None:
            self._envoy.retire(note, self._tasks)
        elif about is None or about.id in self._versions.state.processes:
            with suppress(ProcessLookupError):
                self._tasks.once(f"stop {note.process.pid}", Child(note).stop(STOP_SECONDS))
        else:
            process = process_of(note, about)
            start = Start(about.worker, process.version, about.slot)
            self._versions.run(start, process, note)
            if note.stopping:
                self._versions.stop(about.id)
            else:
                self._unnamed.add(about)

    def name(self, snapshots: Iterable[Snapshot], previews: Mapping[str, Preview]) -> None:
        """Versions that a snapshot names can be restarted from now on. Those that run with another
        configuration are replaced."""
        for start, is_current in self._unnamed.named(snapshots, previews):
            self._versions.name(start)
            if not is_current:
                self._renew(start.version.id)

    def update_classes(self, snapshot: Snapshot) -> None:
        """Replaces processes whose version implements other Durable Objects now, because a
        migration has renamed or transferred a class."""
        for worker in snapshot.workers:
            for version in worker.versions:
                process = self._versions.state.processes.get(version.id)
                if process is not None and process.version.objects != version.objects:
                    self._versions.name(Start(worker.name, version, process.slot))
                    self._renew(version.id)

    def _renew(self, version_id: str) -> None:
        self._versions.renew(version_id, partial(self._reconnect, version_id))

    async def _reconnect(self, version_id: str) -> None:
        """Returns once Envoy has closed its connections to the version's old process, or after a
        time limit."""
        self._envoy.renew(version_id)
        done = asyncio.get_running_loop().create_future()
        self._reconnects.append(done)
        self._changed()
        with suppress(TimeoutError):
            async with asyncio.timeout(_RECONNECT_SECONDS):
                await done

    async def make_reconnects(self, targets: EnvoyTargets, revision: int) -> None:
        """Performs the reconnects that renewals wait for."""
        waiting, self._reconnects = self._reconnects, []
        if waiting and self._versions.state.clusters:
            await targets.reach(self._versions.state.clusters, revision)
        for future in waiting:
            if not future.done():
                future.set_result(None)
