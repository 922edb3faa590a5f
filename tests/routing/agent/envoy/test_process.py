"""The Envoy process as a playbook: a fake process, admin socket and handover of sockets."""

import asyncio
import errno
import signal
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from routing.agent.base.process_notes import Note
from routing.agent.base.tasks import Tasks
from routing.agent.discovery.discovery import Rejected
from routing.agent.envoy import drain, process
from routing.agent.envoy.admin_client import EnvoyUnavailable
from routing.agent.envoy.process import Envoy
from routing.compile import names
from routing.compile.envoy.config import Settings
from routing.compile.envoy.protobuf import CLUSTER
from routing.process_identity import ProcessIdentity
from tests.eventually import eventually_async
from tests.routing.agent.discovery.fake_envoy import FakeEnvoy
from tests.routing.agent.histories import make_version, make_worker, snapshot

SHOP = snapshot(1, make_worker("shop", "a"))
SETTINGS = Settings(
    public_host="127.0.0.1",
    public_port=8787,
    proof_port=8788,
    public_headers=False,
    edge_name="local-1",
    trusted_proxies=(),
    connections=1000,
)


class FakeChild:
    def __init__(self, pid, command=(), about=None, note=None):
        self.pid, self.command = pid, list(command)
        self.note = note or Note(process=ProcessIdentity(pid, "b.1"), output="x", **(about or {}))
        self.is_adopted = note is not None
        self.ended = asyncio.get_running_loop().create_future()
        self.output, self.signals, self.facts = b"", [], {}

    def describe(self, **facts):
        self.facts |= facts

    def signal(self, number):
        self.signals.append(number)
        self.end(-number)

    def end(self, code=0):
        if not self.ended.done():
            self.ended.set_result(code)

    async def stop(self, grace):
        self.signal(signal.SIGTERM)

    def output_tail(self):
        return self.output

    def trim(self):
        pass


class FakeHandover:
    waited, count, is_under_way = 0, 2, False

    def __init__(self, log):
        self._log = log

    def arguments(self):
        return ["--fake-handover"]

    async def take(self, pid):
        self._log.append(f"take {pid}")

    def lost(self, *, was_up, wait):
        self._log.append(f"lost, was up: {was_up}")

    def cancel(self):
        self._log.append("cancel handover")

    def close(self):
        self._log.append("close handover")


class FakeAdmin:
    """Is live while it `answers`."""

    def __init__(self, log):
        self._log, self.answers = log, True

    async def get(self, target):
        if not self.answers:
            raise EnvoyUnavailable("not yet")
        return "LIVE\n"

    async def post(self, target):
        self._log.append(f"POST {target}")
        return ""

    async def close(self):
        pass


class Edge:
    def __init__(self, tasks):
        self.log, self.children, self.changes = [], [], 0
        self.fails = []
        self.tasks = tasks
        self.envoy = Envoy(Path("envoy").absolute(), SETTINGS, 2, self._changed, self._launch)
        self.envoy.handover = FakeHandover(self.log)
        self.admin = self.envoy.admin = FakeAdmin(self.log)
        #: Their sides of the discovery stream, by process id.
        self.streams = {}

    def _changed(self):
        self.changes += 1

    def _launch(self, command, *, about, **_):
        if self.fails:
            raise self.fails.pop(0)
        child = FakeChild(100 + len(self.children), command, about)
        self.children.append(child)
        self.streams[child.pid] = FakeEnvoy(self.envoy._discovery, child.pid)
        asyncio.get_running_loop().call_soon(self.streams[child.pid].subscribe)
        child.ended.add_done_callback(lambda _: self.streams[child.pid].leave())
        return child

    def run(self):
        self.tasks.forever("envoy", lambda: self.envoy.run(self.tasks))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("xds", "log", "pids"):
        (tmp_path / name).mkdir()
    (tmp_path / "envoy").touch()
    monkeypatch.setattr(process, "_TRIM_SECONDS", 0.05)
    monkeypatch.setattr(drain, "drain", lambda admin: admin.post("drain"))

    async def never(*_, **__):
        await asyncio.Event().wait()

    monkeypatch.setattr(process, "until_hung", never)
    return tmp_path


@asynccontextmanager
async def running(*, prepared=True):
    async with asyncio.TaskGroup() as group:
        tasks = Tasks(group)
        edge = Edge(tasks)
        if prepared:
            edge.envoy.prepare(SHOP, {})
        yield edge
        assert not tasks.faults
        await tasks.stop()


async def test_it_is_up_once_it_runs_its_resources():
    async with running() as edge:
        edge.admin.answers = False
        edge.run()
        await eventually_async(lambda: edge.children)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(edge.envoy.until_up(), 0.05)
        edge.admin.answers = True
        await edge.envoy.until_up()
        await eventually_async(lambda: edge.log == ["take 100"])
        command = edge.children[0].command
        assert command[1:3] == ["-c", names.BOOTSTRAP] and command[-1] == "--fake-handover"
        assert edge.children[0].facts["ready"] is True
        assert edge.envoy.revision == 1 and await edge.envoy.reached() == {"a"}
        assert edge.envoy.facts().sockets == 2


async def test_it_is_restarted_when_it_dies_and_says_why():
    async with running() as edge:
        edge.run()
        await edge.envoy.until_up()
        edge.children[0].end(1)
        await eventually_async(lambda: len(edge.children) == 2)
        await edge.envoy.until_up()
        facts = edge.envoy.facts()
        assert (facts.ends, facts.end.kind) == (1, "crash")
        assert facts.message == "Envoy ended by itself (exit code 1)"
        assert edge.envoy.problem == ""
        assert "lost, was up: True" in edge.log


async def test_one_that_hangs_is_killed(monkeypatch):
    async def hangs(address, pid, tasks, *, workers):
        if pid == 100:
            return "did not answer for 3 s and was replaced"
        await asyncio.Event().wait()

    monkeypatch.setattr(process, "until_hung", hangs)
    async with running() as edge:
        edge.run()
        await eventually_async(lambda: len(edge.children) == 2)
        assert edge.children[0].signals == [signal.SIGKILL]
        assert edge.envoy.facts().end.kind == "hang"


async def test_a_planned_end_drains_it():
    async with running() as edge:
        edge.run()
        await edge.envoy.until_up()
        await eventually_async(lambda: edge.log)
        edge.log.clear()
        stopping = asyncio.create_task(edge.envoy.stop())
        await eventually_async(lambda: "POST /quitquitquit" in edge.log)
        edge.children[0].end()
        await stopping
        assert edge.log == ["close handover", "POST drain", "POST /quitquitquit"]
        assert len(edge.children) == 1 and edge.envoy.deaths == 0


async def test_clusters_and_routes_are_confirmed_or_rejected():
    async with running() as edge:
        edge.run()
        await edge.envoy.reach([make_version("a"), make_version("b")], 2)
        assert await edge.envoy.reached() == {"a", "b"}
        worker = replace(make_worker("shop", "b"), hostnames=("shop.localhost",))
        await edge.envoy.route(snapshot(2, worker), {"b": 0}, {})
        assert edge.envoy.revision == 2
        stream = edge.streams[100]
        before = dict(stream.bodies[CLUSTER])
        edge.envoy.renew("a")
        stream.rejects = "bad"
        with pytest.raises(Rejected, match="bad"):
            await edge.envoy.reach([make_version("a")], 3)
        assert stream.bodies[CLUSTER] == before


async def test_what_does_not_run_is_unavailable(monkeypatch):
    monkeypatch.setattr(process, "UP_SECONDS", 0.01)
    async with running() as edge:
        with pytest.raises(EnvoyUnavailable, match="not running"):
            await edge.envoy.reached()


async def test_on_a_full_disk_it_starts_once_there_is_room(monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    async with running(prepared=False) as edge:
        with monkeypatch.context() as patched:
            patched.setattr(process.edge_folder, "write_or_overwrite", full)
            edge.envoy.prepare(SHOP, {})
            edge.run()
            await eventually_async(lambda: "cannot be started" in edge.envoy.problem)
            assert not edge.children and "cancel handover" in edge.log
        await edge.envoy.until_up()
        assert edge.envoy.problem == "" and edge.envoy.revision == 1


async def test_a_program_that_cannot_be_started_is_tried_again():
    async with running() as edge:
        edge.fails = [FileNotFoundError(errno.ENOENT, "No such file", "envoy")] * 2
        edge.run()
        await edge.envoy.until_up()
        assert len(edge.children) == 1 and not edge.fails


# --- After an earlier agent -----------------------------------------------------------------------


def adopting(edge, monkeypatch, fingerprint):
    about = edge.envoy._about()
    if fingerprint:
        about = SimpleNamespace(fingerprint=fingerprint)
    note = SimpleNamespace(process=ProcessIdentity(7, "b.1"), envoy=about)
    monkeypatch.setattr(process, "Child", lambda note: FakeChild(7, note=note))
    return note


async def test_one_of_an_earlier_agent_is_adopted_with_what_it_has(monkeypatch):
    async with running() as edge:
        edge.envoy._prepared = False
        FakeEnvoy(edge.envoy._discovery, 7, {CLUSTER: {"a": "1.old"}}).subscribe()
        assert edge.envoy.adopt(adopting(edge, monkeypatch, ""))
        edge.run()
        await edge.envoy.until_up()
        assert edge.children == [] and edge.envoy.revision == 1
        await edge.envoy.reach([make_version("a")], 2)


async def test_an_outdated_one_is_replaced_on_its_sockets_and_retired(monkeypatch):
    retired = []

    async def retire(child, until_up):
        await until_up()
        retired.append(child.pid)

    monkeypatch.setattr(process, "retire", retire)
    monkeypatch.setattr(process, "set_aside", retired.append)
    async with running() as edge:
        note = adopting(edge, monkeypatch, "other")
        assert not edge.envoy.adopt(note)
        edge.run()
        await eventually_async(lambda: retired == [7, 7])
        assert edge.log[:1] == ["take 7"] and edge.children[0].pid == 100
        edge.envoy.retire(note, edge.tasks)
        await eventually_async(lambda: retired == [7] * 4)
