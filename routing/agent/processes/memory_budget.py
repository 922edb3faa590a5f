"""Stops versions that are not used, within the edge's memory budget (`state.warmth`)."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from routing.agent.base.errors import EnvoyUnavailable
from routing.agent.config import Config
from routing.agent.processes.interfaces import EnvoyAdmin
from routing.agent.processes.versions import Versions
from routing.agent.state import warmth
from routing.agent.state.state import Phase, Process, ProcessState
from routing.agent.state.warmth import MB, Running
from routing.compile import names

log = logging.getLogger("edge")

_EVERY_SECONDS = 2.0
_MEASURED_SECONDS = 30.0
_AT_ONCE = 32
"""Processes that are measured or stopped in one round."""


class MemoryBudget:
    """Run `keep` as a task. `used` takes the versions that had requests."""

    def __init__(
        self,
        config: Config,
        versions: Versions,
        admin: EnvoyAdmin,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._budget, self._idle = config.memory_mb * MB, config.idle_seconds
        self._versions, self._admin, self._clock = versions, admin, clock
        self._used_at: dict[str, float] = {}
        #: Requests of candidates, by cluster. The access log tells later, or not at all.
        self._totals: dict[str, int] = {}
        #: By process id: bytes, and when they were measured.
        self._measured: dict[int, tuple[int, float]] = {}

    def room(self) -> int | None:
        """How many more versions may start; None without a budget."""
        return warmth.room(self.running(), self._budget) if self._budget else None

    def used(self, version_ids: Iterable[str]) -> None:
        """These versions had requests just now."""
        now = self._clock()
        self._used_at.update(dict.fromkeys(version_ids, now))

    def running(self) -> list[Running]:
        """Versions with a process, or that are about to have one."""
        state = self._versions.state
        return [
            Running(key, self._memory(key), self._last_used(process))
            for key, process in state.processes.items()
            if process.state is not ProcessState.cold and process.phase is Phase.live
        ]

    async def keep(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            if self._budget or self._idle:
                await self.stop_unused()

    async def stop_unused(self) -> tuple[str, ...]:
        """Returns the versions that were stopped. One with a request, however long it takes, or
        with an RPC connection goes on."""
        await asyncio.to_thread(self._measure, self._pids())
        running = [r for r in self.running() if self._can_stop(r.version_id)]
        others = sum(r.memory_bytes for r in self.running()) - sum(r.memory_bytes for r in running)
        budget = max(1, self._budget - others) if self._budget else 0
        found = warmth.to_stop(
            running, budget_bytes=budget, idle_seconds=self._idle, now=self._clock()
        )[:_AT_ONCE]
        busy = await self._busy(found) if found else frozenset()
        stopped = tuple(key for key in found if key not in busy)
        for key in stopped:
            log.info("version %s stops until it is requested", key)
            self._versions.sleep(key)
        return stopped

    def _can_stop(self, version_id: str) -> bool:
        return self._versions.state.processes[version_id].state is ProcessState.running

    async def _busy(self, version_ids: Iterable[str]) -> frozenset[str]:
        """Those with a request, or with one since they were looked at the last time."""
        clusters = {
            cluster: key
            for key in version_ids
            for entrypoint in names.all_entrypoints(self._versions.state.processes[key].version)
            for name in (names.cluster(key, entrypoint),)
            for cluster in (name, names.rpc_cluster(name))
        }
        try:
            active = await self._admin.in_flight(clusters)
            totals = await self._admin.totals(clusters)
        except EnvoyUnavailable:
            return frozenset(clusters.values())
        before, self._totals = self._totals, {name: totals.get(name, 0) for name in clusters}
        new = {name for name in clusters if name in before and before[name] != totals.get(name, 0)}
        used = {key for name, key in clusters.items() if active.get(name) or name in new}
        used |= {key for key in clusters.values() if self._versions.events[key]}
        self.used(used)
        unknown = {clusters[name] for name in clusters if name not in before}
        return frozenset(used | unknown)

    def _last_used(self, process: Process) -> float:
        return max(
            self._used_at.get(process.version.id, 0.0),
            process.starts[-1] if process.starts else process.since,
        )

    def _memory(self, version_id: str) -> int:
        pid = self._versions.pid(version_id)
        return self._measured.get(pid or 0, (warmth.ESTIMATE_BYTES, 0.0))[0]

    def _pids(self) -> list[int]:
        """Those that were never measured, or not recently."""
        pids = {self._versions.pid(key) or 0 for key in self._versions.state.processes} - {0}
        self._measured = {pid: m for pid, m in self._measured.items() if pid in pids}
        old = self._clock() - _MEASURED_SECONDS
        due = [pid for pid in pids if self._measured.get(pid, (0, 0.0))[1] <= old]
        return due[:_AT_ONCE]

    def _measure(self, pids: Iterable[int]) -> None:
        now = self._clock()
        for pid in pids:
            self._measured[pid] = (memory_of(pid) or warmth.ESTIMATE_BYTES, now)


def memory_of(pid: int) -> int:
    """The process's part of the memory, shared pages divided (PSS); 0 where it cannot be read."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return 0
