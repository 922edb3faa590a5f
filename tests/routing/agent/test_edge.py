"""One edge in this process: a fake Envoy and a fake control plane, everything else real."""

import asyncio
import errno
import json
import urllib.request
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from routing.agent import config, edge as edge_module
from routing.agent.adoption.ports import free_port
from routing.agent.base import edge_folder
from routing.agent.base.tasks import Tasks
from routing.agent.base.unix_http_server import Server
from routing.agent.control_plane import status_reporter
from routing.agent.control_plane.client import ControlPlaneUnavailable
from routing.agent.discovery.discovery import Discovery
from routing.agent.discovery.grpc import GrpcServer
from routing.agent.edge import Edge
from routing.agent.state.status import EnvoyFacts
from routing.agent.users.claims import Users
from routing.agent.users.isolation import Isolation, Kind
from routing.compile import names
from routing.snapshot import from_json, to_json
from tests.eventually import eventually_async
from tests.routing.agent.histories import snapshot
from tests.routing.agent.processes.playbook import FakeEnvoy


class FakeControl:
    def __init__(self, *_):
        self.reports, self.error, self.revision = [], None, 3
        self.watching = self.relaying = self.draining = self.removed = None
        self.read_snapshot = from_json

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass

    async def snapshot(self, revision):
        if self.error is not None:
            raise self.error
        return to_json(snapshot(self.revision)) if revision < self.revision else None

    async def report(self, body):
        if self.error is not None:
            raise self.error
        self.reports.append(body)

    async def revisions(self):
        if self.error is not None:
            raise self.error
        yield self.revision
        await asyncio.Event().wait()

    async def invocations(self, batch):
        pass

    details = module = asset = assets = preview = invocations


class EdgeEnvoy(FakeEnvoy):
    problem, deaths, metrics_port = "", 0, None

    def __init__(self, program, settings, concurrency, changed):
        super().__init__([])
        self.changed = changed
        self.discovery_server = GrpcServer(names.DISCOVERY_SOCKET, Discovery().connect)

    async def run(self, tasks):
        await asyncio.Event().wait()

    async def stop(self):
        self._log.append("stop")

    def facts(self):
        return EnvoyFacts()

    async def stats(self, pattern):
        return {}

    async def post(self, target):
        self._log.append(f"POST {target}")
        return ""


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in (*names.FOLDERS, "modules", "pids"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(edge_module, "ControlPlane", FakeControl)
    monkeypatch.setattr(edge_module, "Envoy", EdgeEnvoy)
    monkeypatch.setattr(edge_module, "_LAST_WORDS_SECONDS", 0.2)
    monkeypatch.setattr(edge_module, "_SOCKET_AGAIN_SECONDS", 0.02)
    monkeypatch.setattr(status_reporter, "EVERY_SECONDS", 0.05)
    variables = {
        "SLUICE_EDGE_TOKEN": "sle_" + "x" * 40,
        "SLUICE_ENVOY": "/bin/true",
        "SLUICE_EDGE_PROOF_PORT": str(free_port()),
        "SLUICE_EDGE_METRICS_PORT": str(free_port()),
        "SLUICE_DATA_DIR": str(tmp_path),
    }
    return config.read(variables)


@asynccontextmanager
async def running(settings):
    async with asyncio.TaskGroup() as group:
        tasks = Tasks(group)
        async with Edge(settings, tasks, Users(Isolation(kind=Kind.agent))) as edge:
            await edge.start()
            try:
                yield edge
                assert not tasks.faults
            finally:
                for server in edge._servers:
                    server.stop()
                await edge._metrics.stop()
            await tasks.stop()


def status():
    return json.loads(Path("status.json").read_text()) if Path("status.json").exists() else {}


async def test_it_applies_the_snapshot_reports_it_and_ends(settings):
    async with running(settings) as edge:
        await eventually_async(
            lambda: edge._control.reports and edge.facts().state.applied.revision == 3
        )
        await eventually_async(
            lambda: status().get("revision") == 3 and status()["control"] == "connected"
        )
        url = f"http://127.0.0.1:{settings.metrics_port}/metrics"
        text = await asyncio.to_thread(lambda: urllib.request.urlopen(url, timeout=10).read())
        assert b'sluice_edge_applied_revision{edge="local-1"} 3.0' in text
        await eventually_async(lambda: Path("snapshot.json").exists())
        await edge.stop()
        assert edge._envoy._log[-1] == "stop"
        edge.kill()


async def test_without_a_control_plane_it_says_so(settings):
    async with running(settings) as edge:
        edge._control.error = ControlPlaneUnavailable("refused")
        edge._sync._nudge.set()
        assert await eventually_async(lambda: status().get("control", "").startswith("away since"))
        edge._control.error = None
        assert await eventually_async(lambda: status()["control"] == "connected")


async def test_it_leaves_envoy_and_versions_to_the_next_agent(settings):
    async with running(settings) as edge:
        await eventually_async(lambda: edge.facts().state.applied.revision == 3)
        await edge.leave()
        assert "stop" not in edge._envoy._log
        assert Path("snapshot.json").exists()
    async with running(settings) as edge:
        assert edge.facts().state.applied.revision == 3


async def test_an_end_of_envoy_is_counted_and_its_problem_reported(settings):
    async with running(settings) as edge:
        await eventually_async(lambda: status().get("revision") == 3)
        edge._envoy.deaths, edge._envoy.problem = 1, "Envoy was killed"
        edge._envoy.changed()
        await eventually_async(lambda: status().get("error") == "Envoy was killed")
        assert edge._logs.requests._cuts == 1
        edge._control.watching(frozenset({"shop"}))
        assert edge._logs.workers.watched == {"shop"}
        await edge._logs._reopen()
        assert edge._envoy._log[-1] == "POST /reopen_logs"


async def test_it_starts_on_a_full_disk_and_opens_its_sockets_later(settings, monkeypatch, caplog):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(edge_folder, "write", full)
        patched.setattr(Server, "start", _full)
        async with running(settings) as edge:
            await eventually_async(lambda: edge.facts().state.applied.revision == 3)
            await eventually_async(lambda: "cannot be saved" in edge.facts().error)
            await eventually_async(lambda: "status.json cannot be written" in caplog.text)
            await eventually_async(lambda: "decide.sock cannot be opened" in caplog.text)
            patched.undo()
            await eventually_async(lambda: Path(names.DECIDE_SOCKET).exists())
            await eventually_async(lambda: status().get("revision") == 3)
            await eventually_async(lambda: not edge.facts().error)
            assert Path(names.DECIDE_SOCKET).is_socket()


async def _full(server):
    raise OSError(errno.ENOSPC, "No space left on device")
