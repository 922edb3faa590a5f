"""A supervisor between a fake Envoy and fake processes: events go in, commands come out."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from types import SimpleNamespace
from unittest.mock import AsyncMock

from routing.agent.base.process_end import EndKind
from routing.agent.base.sealed_file import Seal
from routing.agent.base.tasks import Tasks
from routing.agent.processes.supervisor import Supervisor
from routing.agent.state.state import ProcessState
from routing.agent.users.claims import Users
from routing.agent.users.isolation import Isolation, Kind
from routing.snapshot import EMPTY
from tests.routing.agent.histories import no_assets, snapshot

KEY = b"the key of this edge"

CONFIG = {
    "details": False,
    "hang_seconds": 600.0,
    "drain_seconds": 0.0,
    "wait_until_seconds": 0.0,
    "memory_mb": 0,
    "idle_seconds": 0.0,
}


class FakeEnvoy:
    """`fails` are exceptions for the next commands; `clusters` are what an adopted one reaches."""

    def __init__(self, log):
        self._log, self.admin = log, self
        self.fails, self.busy, self.clusters = [], 0, set()
        self.revision, self.adopts = 0, True
        self.up = asyncio.Event()
        self.up.set()

    def adopt(self, note):
        return self.adopts

    def retire(self, note, tasks):
        self._log.append(f"retire Envoy {note.process.pid}")

    def prepare(self, snapshot, slots):
        self._log.append(f"prepare {snapshot.revision}")

    async def reached(self):
        return self.clusters

    async def reach(self, versions, revision, workers):
        self._command("reach " + " ".join(version.id for version in versions))

    def renew(self, version_id):
        self._log.append(f"reconnect {version_id}")

    async def route(self, snapshot, slots, leaving, coming=frozenset()):
        gone = " ".join(version.id for versions in leaving.values() for version in versions)
        self._command(f"route {snapshot.revision}" + (f" leaving {gone}" if gone else ""))

    async def totals(self, clusters):
        return {}

    async def in_flight(self, clusters):
        if isinstance(self.busy, Exception):
            raise self.busy
        return {name: self.busy for name in clusters}

    def _command(self, text):
        self._log.append(text)
        if self.fails:
            raise self.fails.pop(0)


class FakeVersion:
    pid = None

    sockets = ()

    def __init__(self, log, processes, *, version_id, tell, adopted=None, cold=False, **_):
        self._log, self._id, self.tell = log, version_id, tell
        self.ended = asyncio.Event()
        processes[version_id] = self
        log.append(("adopt " if adopted else "cold " if cold else "start ") + version_id)
        if cold:
            asyncio.get_running_loop().call_soon(tell, ProcessState.cold, 0, "", None)

    async def stop(self, grace=10.0):
        self._log.append(f"stop {self._id}")
        await self.ended.wait()

    async def renew(self, reconnect):
        self._log.append(f"renew {self._id}")
        await reconnect()

    async def sleep(self):
        self._log.append(f"sleep {self._id}")
        self.tell(ProcessState.cold, 0, "", None)

    def wake(self):
        self._log.append(f"wake {self._id}")

    def hurry(self):
        self._log.append(f"hurry {self._id}")

    def note(self):
        pass

    def is_peer(self, peer):
        return peer == self._id


class Playbook:
    def __init__(self, tasks, config):
        self.log, self.processes = [], {}
        self.envoy = FakeEnvoy(self.log)
        self.supervisor = Supervisor(
            config=SimpleNamespace(**{**CONFIG, **config}),
            envoy=self.envoy,
            modules=SimpleNamespace(evict=AsyncMock()),
            assets=no_assets(),
            seal=Seal(KEY),
            key=KEY,
            users=Users(Isolation(kind=Kind.agent)),
            tasks=tasks,
            changed=lambda: None,
            start_version=lambda **about: FakeVersion(self.log, self.processes, **about),
        )

    def desire(self, revision, *workers):
        self.supervisor.set_desired(snapshot(revision, *workers))

    def ready(self, *ids):
        for key in ids:
            self.processes[key].tell(ProcessState.running, 0, "", None)

    def crashes(self, version_id, message):
        self.processes[version_id].tell(ProcessState.failed, 1, message, EndKind.start)

    async def expect(self, *commands):
        """Waits until exactly these commands were given since the last call."""
        try:
            async with asyncio.timeout(30):
                while len(self.log) < len(commands):
                    await asyncio.sleep(0.005)
        except TimeoutError:
            pass
        await asyncio.sleep(0.02)  # time for a command too many
        assert self.log == list(commands), self.log
        self.log.clear()


@asynccontextmanager
async def playing(applied=EMPTY, **boot):
    async with asyncio.TaskGroup() as group:
        tasks = Tasks(group)
        edge = Playbook(tasks, boot.pop("config", {}))
        for name, value in boot.pop("envoy", {}).items():
            setattr(edge.envoy, name, value)
        edge.supervisor.boot(applied, **boot)
        tasks.forever("supervise", edge.supervisor.run)
        yield edge
        assert not tasks.faults
        await tasks.stop()
