"""Start, crash, hang and end of a version's process, and the states that are reported."""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager
from unittest.mock import AsyncMock

import pytest

from routing.agent.base import limits
from routing.agent.base.limits import Command
from routing.agent.base.process_end import EndKind
from routing.agent.base.tasks import Tasks
from routing.agent.processes import process_start, version_process
from routing.agent.processes.process_start import NotStarted
from routing.agent.processes.start_limiter import StartLimiter
from routing.agent.processes.version_process import VersionProcess
from routing.agent.state.state import ProcessState
from routing.agent.users.claims import Users
from routing.agent.users.isolation import Isolation, Kind
from routing.agent.users.peers import Peer
from tests.routing.agent.adoption.test_inherited import version_note

SERVES = """
import os, sys, time
sys.stdin.buffer.read()
os.write(int(sys.argv[1]), b'{"event": "listen", "socket": "http"}\\n')
time.sleep(600)
"""
FAILS = "import sys; sys.stdin.buffer.read(); sys.exit('top level failed')"
SILENT = "import time; time.sleep(600)"


class Version:
    """`code` is what its process runs, or the error of its start."""

    def __init__(self, tasks, code):
        self.code, self.states = code, []
        self.process = VersionProcess(
            version_id="a",
            sockets=("http",),
            prepare=self._prepare,
            groups=tuple,
            let_go=AsyncMock(),
            about=lambda: version_note("a"),
            tell=lambda *state: self.states.append(state),
            users=Users(Isolation(kind=Kind.agent)),
            tasks=tasks,
            start_limiter=StartLimiter(2),
            hang_seconds=600.0,
        )

    async def _prepare(self):
        if isinstance(self.code, Exception):
            raise self.code
        return b""

    async def until(self, state):
        async with asyncio.timeout(30):
            while not self.states or self.states[-1][0] is not state:
                await asyncio.sleep(0.005)
        return self.states[-1]


@pytest.fixture
def start(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("pids", "v", "log"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(version_process, "_LET_GO_SECONDS", 0.01)
    versions = []

    def serve(listeners, control, *, user):
        code = versions[-1].code
        program = sys.executable if code else "/nothing/there"
        return Command([program, "-c", code, str(control)], {"pass_fds": (control,)})

    monkeypatch.setattr(limits, "serve_command", serve)

    @asynccontextmanager
    async def running(code):
        async with asyncio.TaskGroup() as group:
            tasks = Tasks(group)
            versions.append(Version(tasks, code))
            yield versions[-1]
            assert not tasks.faults
            await versions[-1].process.stop(5)
            await tasks.stop()

    return running


async def test_a_crash_is_followed_by_a_start_at_once(start):
    async with start(SERVES) as version:
        await version.until(ProcessState.running)
        first = version.process._child
        assert version.process.is_peer(Peer(first.pid, os.getuid(), os.getgid()))
        assert not version.process.is_peer(Peer(1, os.getuid(), os.getgid()))
        version.process.note()
        first.signal(signal.SIGTERM)
        await until_restarted(version)
        states = [(state, kind) for state, _, _, kind in version.states]
        assert states == [
            (ProcessState.running, None),
            (ProcessState.starting, EndKind.crash),
            (ProcessState.running, None),
        ]
        assert version.states[1][2] == "ended by itself (SIGTERM)"


async def until_restarted(version):
    async with asyncio.timeout(30):
        while version.process.restarts < 1 or version.states[-1][0] is not ProcessState.running:
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        (FAILS, EndKind.start, "top level failed"),
        ("", EndKind.edge, "cannot start workerd: No such file or directory"),
        (NotStarted("no module"), EndKind.start, "no module"),
        (PermissionError(13, "Permission denied"), EndKind.edge, "cannot start: "),
    ],
)
async def test_what_never_became_ready_has_failed(start, code, kind, message):
    async with start(code) as version:
        state = await version.until(ProcessState.failed)
        assert state[3] is kind and state[2].startswith(message)
        version.code = SERVES
        await version.until(ProcessState.running)


async def test_a_start_has_a_time_limit(start, monkeypatch):
    monkeypatch.setattr(process_start, "READY_SECONDS", 0.05)
    async with start(SILENT) as version:
        state = await version.until(ProcessState.failed)
        assert state[2] == "was not ready after 0 s"


async def test_a_hang_is_killed_and_started_again(start, monkeypatch):
    hung = asyncio.Event()

    async def watch(path, child, *, hang_seconds):
        await hung.wait()
        hung.clear()
        return True

    monkeypatch.setattr(version_process, "watch", watch)
    async with start(SERVES) as version:
        await version.until(ProcessState.running)
        hung.set()
        await until_restarted(version)
        hangs = [state for state in version.states if state[3] is EndKind.hang]
        assert hangs[0][0] is ProcessState.hung


async def test_one_that_keeps_crashing_is_started_later_and_refuses_meanwhile(start, monkeypatch):
    monkeypatch.setattr(version_process, "_WORTH_WAITING_SECONDS", -1.0)
    async with start(SERVES) as version:
        await version.until(ProcessState.running)
        version.process._child.signal(signal.SIGKILL)  # the first is free
        await until_restarted(version)
        version.process._child.signal(signal.SIGKILL)
        state = await version.until(ProcessState.backoff)
        assert state[3] is EndKind.memory
        assert not os.path.exists("v/a.http.sock")
        await version.until(ProcessState.running)


async def test_a_hurried_end_kills(start):
    async with start(SERVES) as version:
        await version.until(ProcessState.running)
        child = version.process._child
        stopping = asyncio.create_task(version.process.stop(600))
        await asyncio.sleep(0)
        version.process.hurry()
        async with asyncio.timeout(30):
            await stopping
        assert child.ended.result() in (-signal.SIGKILL, -signal.SIGTERM)
        assert os.listdir("v") == []
