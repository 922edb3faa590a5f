"""How processes are assigned objects, with fakes of processes behind real sockets."""

from __future__ import annotations

import asyncio
import signal
from types import SimpleNamespace

import pytest
from aiohttp import web

from routing.agent.base.tasks import Tasks
from routing.agent.objects import assignments, handover
from routing.agent.objects.assignments import Assignments
from routing.compile import names
from routing.rules.split import TOTAL, VersionWeight
from routing.snapshot import DeploymentSpec, ObjectClass, Snapshot, WorkerSpec

CLASSES = (ObjectClass(class_name="Counter", namespace="ab" * 16),)


class Process:
    """A version's process. `closes` is set while it may give up objects."""

    def __init__(self, log, version_id, pid, *, worker="w", is_adopted=False, ranges=()):
        self.log, self.version_id, self.pid = log, version_id, pid
        self.ranges, self.is_adopted, self.instance = ranges, is_adopted, f"instance-{pid}"
        self.ended = asyncio.get_running_loop().create_future()
        about = SimpleNamespace(
            id=version_id, worker=worker, objects=CLASSES, instance=self.instance
        )
        self.note = SimpleNamespace(version=about, ready=True)
        self.closes = asyncio.Event()
        self.closes.set()
        self.signals = []

    def signal(self, number):
        self.signals.append(number)
        self.end()

    def end(self):
        if not self.ended.done():
            self.ended.set_result(-9)

    async def serve(self):
        app = web.Application()
        app.router.add_get("/state", self._state)
        app.router.add_post("/assign", self._assign)
        self.runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self.runner.setup()
        path = names.socket_file(self.version_id, names.OBJECTS_CONTROL)
        await web.UnixSite(self.runner, path).start()
        return self

    async def _state(self, request):
        return web.json_response({"ranges": self.ranges, "open": 0})

    async def _assign(self, request):
        if request.headers["x-instance"] != self.instance:
            return web.Response(status=409)
        await self.closes.wait()
        self.ranges = tuple(map(tuple, (await request.json())["ranges"]))
        self.log.append((self.version_id, self.ranges))
        return await self._state(request)


class Edge:
    def __init__(self, tasks):
        self.log, self.processes, self.current = [], [], {}
        self.step(0)
        self.assignments = Assignments(
            tasks,
            children=lambda: [p for p in self.processes if not p.ended.done()],
            pid_of=self.current.get,
            applied=lambda: self.snapshot,
            admit=lambda namespaces: None,
            edge="edge-1",
        )
        tasks.forever("objects", self.assignments.run)

    def step(self, newest, **fields):
        shares = (VersionWeight("new", newest), VersionWeight("old", TOTAL - newest))
        deployment = DeploymentSpec(id="d", shares=shares)
        worker = WorkerSpec(name="w", hostnames=(), deployment=deployment, versions=(), **fields)
        self.snapshot = Snapshot(revision=1, workers=(worker,))

    async def run(self, version_id, pid, **options):
        process = await Process(self.log, version_id, pid, **options).serve()
        self.processes.append(process)
        self.current[version_id] = pid
        self.assignments.changed()
        return process

    async def expect(self, *changes):
        async with asyncio.timeout(20):
            while len(self.log) < len(changes):
                await asyncio.sleep(0.01)
        assert self.log == list(changes)
        self.log.clear()

    async def nothing_happens(self):
        await asyncio.sleep(0.2)
        assert self.log == []


@pytest.fixture
async def edge(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(assignments, "_CHECK_SECONDS", 0.05)
    monkeypatch.setattr(handover, "MOST_CLOSED", TOTAL)
    (tmp_path / "v").mkdir()
    async with asyncio.TaskGroup() as group:
        tasks = Tasks(group)
        made = Edge(tasks)
        yield made
        await tasks.stop()
    for process in made.processes:
        await process.runner.cleanup()


async def test_a_step_closes_before_it_opens(edge):
    await edge.run("old", 1)
    await edge.expect(("old", ((0, TOTAL),)))
    await edge.run("new", 2)
    edge.step(10_000)
    edge.assignments.changed()
    await edge.expect(("old", ((10_000, TOTAL),)), ("new", ((0, 10_000),)))


async def test_what_a_busy_process_has_not_closed_is_opened_nowhere(edge):
    old = await edge.run("old", 1)
    await edge.expect(("old", ((0, TOTAL),)))
    old.closes.clear()
    await edge.run("new", 2)
    edge.step(TOTAL)
    edge.assignments.changed()
    await edge.nothing_happens()
    old.closes.set()
    await edge.expect(("old", ()), ("new", ((0, TOTAL),)))


async def test_callers_are_sent_where_an_object_is_about_to_be(edge):
    old = await edge.run("old", 1)
    await edge.expect(("old", ((0, TOTAL),)))
    assert edge.assignments.assigned("w") == {"old": ((0, TOTAL),)}
    old.closes.clear()
    edge.step(30_000)
    edge.assignments.changed()
    async with asyncio.timeout(20):
        while edge.assignments.assigned("w") != {"old": ((30_000, TOTAL),)}:
            await asyncio.sleep(0.01)
    assert edge.log == [] and edge.assignments.assigned("another") == {}
    old.closes.set()


async def test_a_dead_process_has_nothing(edge):
    old = await edge.run("old", 1)
    await edge.expect(("old", ((0, TOTAL),)))
    old.closes.clear()
    await edge.run("new", 2)
    edge.step(TOTAL)
    edge.assignments.changed()
    await edge.nothing_happens()
    old.end()
    old.closes.set()
    async with asyncio.timeout(20):
        while ("new", ((0, TOTAL),)) not in edge.log:
            await asyncio.sleep(0.01)


async def test_an_adopted_process_is_asked_first(edge):
    edge.step(TOTAL)
    await edge.run("old", 1, is_adopted=True, ranges=((0, TOTAL),))
    await edge.run("new", 2)
    await edge.expect(("old", ()), ("new", ((0, TOTAL),)))


async def test_a_request_for_one_process_is_refused_by_its_successor(edge):
    """The agent has not noticed yet that the process has ended."""
    first = await edge.run("old", 1)
    await edge.expect(("old", ((0, TOTAL),)))
    first.instance = "another"  # another process answers on the socket
    edge.step(50_000)
    edge.assignments.changed()
    await edge.nothing_happens()
    assert first.signals == [signal.SIGKILL]


async def test_a_process_lets_go_before_another_one_takes_its_sockets(edge):
    process = await edge.run("old", 1)
    await edge.expect(("old", ((0, TOTAL),)))
    await edge.assignments.let_go("old")
    await edge.expect(("old", ()))
    await edge.nothing_happens()
    assert process.signals == []


async def test_objects_of_another_edge_are_opened_nowhere(edge):
    edge.step(0, objects_edge=("edge-2",))
    await edge.run("old", 1)
    await edge.nothing_happens()
    edge.step(0, objects_edge=("edge-1", "was-edge-1"))
    edge.assignments.changed()
    await edge.expect(("old", ((0, TOTAL),)))
    edge.step(0, objects_edge=("edge-2",))
    edge.assignments.changed()
    await edge.expect(("old", ()))


async def test_a_transferred_class_is_closed_in_its_old_worker_first(edge):
    giver = await edge.run("giver", 1, worker="v", is_adopted=True, ranges=((0, 10),))
    giver.closes.clear()
    await edge.nothing_happens()
    await edge.run("old", 2)
    await edge.expect(("old", ((10, TOTAL),)))
    giver.closes.set()
    await edge.expect(("giver", ()), ("old", ((0, TOTAL),)))


async def test_let_go_of_a_version_without_objects_does_nothing(edge):
    await edge.assignments.let_go("unknown")
    assert edge.log == []
