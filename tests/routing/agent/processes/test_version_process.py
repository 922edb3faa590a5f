"""The process of one version, with real processes that serve nothing."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from unittest.mock import AsyncMock

import pytest

from routing.agent.base import limits
from routing.agent.base.limits import Command
from routing.agent.base.tasks import Tasks
from routing.agent.processes import version_process
from routing.agent.processes.start_limiter import StartLimiter
from routing.agent.processes.version_process import VersionProcess
from routing.agent.users.claims import Users
from routing.agent.users.isolation import Isolation, Kind
from tests.eventually import eventually_async
from tests.routing.agent.adoption.test_inherited import version_note

SERVE = """
import os, sys, time
sys.stdin.buffer.read()
number = len(os.listdir("started"))
open(f"started/{number}", "w").write(str(os.getpid()))
while number and not os.path.exists("go"):
    time.sleep(0.01)
os.write(int(sys.argv[1]), b'{"event": "listen", "socket": "http"}\\n')
time.sleep(600)
"""
"""From the second start on it is ready once there is a file `go`."""


@pytest.fixture(autouse=True)
def edge(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("pids", "v", "log", "started"):
        (tmp_path / name).mkdir()

    def serve(listeners, control, *, user):
        return Command([sys.executable, "-c", SERVE, str(control)], {"pass_fds": (control,)})

    monkeypatch.setattr(limits, "serve_command", serve)
    monkeypatch.setattr(version_process, "_LET_GO_SECONDS", 0.01)
    return tmp_path


def started():
    return sorted(os.listdir("started"))


async def nothing():
    return b""


def version(tasks, start_limiter, **more):
    return VersionProcess(
        version_id="a",
        sockets=("http",),
        prepare=nothing,
        groups=tuple,
        let_go=AsyncMock(),
        about=lambda: version_note("a"),
        users=Users(Isolation(kind=Kind.agent)),
        tasks=tasks,
        start_limiter=start_limiter,
        hang_seconds=600.0,
        **{"tell": lambda *_: None, **more},
    )


async def test_a_process_that_crashes_while_its_successor_starts_is_not_started_again(edge):
    async with asyncio.TaskGroup() as group:
        a = version(Tasks(group), StartLimiter(4))
        await eventually_async(lambda: a._child is not None and a._child.note.ready)
        first = a._child
        renewal = group.create_task(a.renew(nothing))
        await eventually_async(lambda: len(started()) == 2)
        first.signal(signal.SIGKILL)
        await first.ended
        await asyncio.sleep(0.3)  # time for a start too many
        (edge / "go").touch()
        await renewal
        await eventually_async(lambda: a._child is not None and a._child.note.ready)
        assert started() == ["0", "1"]
        assert str(a._child.pid) == (edge / "started/1").read_text()
        await a.stop(5)


async def test_a_version_that_is_stopped_while_its_renewal_waits_is_not_started(edge):
    start_limiter = StartLimiter(1)
    async with asyncio.TaskGroup() as group:
        a = version(Tasks(group), start_limiter)
        await eventually_async(lambda: a._child is not None and a._child.note.ready)
        async with start_limiter.slot():
            renewal = group.create_task(a.renew(nothing))
            await asyncio.sleep(0.05)
            await a.stop(5)
        await renewal
        assert started() == ["0"]


# --- Without a process until the first request ----------------------------------------------------


async def call():
    return await asyncio.open_unix_connection("v/a.http.sock")


async def test_a_cold_version_starts_once_at_its_first_requests(edge):
    Path("go").touch()
    async with asyncio.TaskGroup() as group:
        tasks = Tasks(group)
        states = []
        process = version(tasks, StartLimiter(1), cold=True, tell=lambda s, *_: states.append(s))
        await eventually_async(lambda: Path("v/a.http.sock").exists())
        await asyncio.sleep(0.05)
        assert started() == [] and process.pid is None
        writers = [(await call())[1] for _ in range(5)]
        await eventually_async(lambda: states[-1] == "running")
        assert started() == ["0"] and states == ["cold", "starting", "running"]
        for writer in writers:
            writer.close()
        await process.stop(1.0)
        await tasks.stop()


async def test_one_that_sleeps_ends_and_starts_at_the_next_request(edge):
    Path("go").touch()
    async with asyncio.TaskGroup() as group:
        tasks = Tasks(group)
        states = []
        process = version(tasks, StartLimiter(1), tell=lambda s, *_: states.append(s))
        await eventually_async(lambda: states[-1:] == ["running"])
        await process.sleep()
        await eventually_async(lambda: states[-1] == "cold")
        assert process.pid is None and process.restarts == 0
        _, writer = await call()
        await eventually_async(lambda: states[-1] == "running")
        assert states[-3:] == ["cold", "starting", "running"] and started() == ["0", "1"]
        writer.close()
        await process.sleep()
        await eventually_async(lambda: states[-1] == "cold")
        process.wake()
        await eventually_async(lambda: states[-1] == "running")
        await process.stop(1.0)
        await tasks.stop()
        assert not tasks.faults
