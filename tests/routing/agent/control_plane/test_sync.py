"""Keeping up with a control plane: a real one in small, over loopback."""

import asyncio
from dataclasses import replace

import pytest

from routing.agent.control_plane import sync as syncing
from routing.agent.control_plane.client import ControlPlane as Client, ControlPlaneUnavailable
from routing.agent.control_plane.content import ContentMissing
from routing.agent.control_plane.sync import Sync
from routing.snapshot import EMPTY
from tests.real.control import TOKEN, ControlPlane
from tests.routing.agent.histories import make_version
from tests.routing.agent.identities import make_identity


class Wanted:
    def __init__(self):
        self.snapshots = []

    def set_desired(self, snapshot):
        self.snapshots.append(snapshot)

    async def revision(self, number, seconds=8):
        async with asyncio.timeout(seconds):
            while not self.snapshots or self.snapshots[-1].revision != number:
                await asyncio.sleep(0.005)
        return self.snapshots[-1]


@pytest.fixture
def control():
    control = ControlPlane().start()
    yield control
    control.stop()


@pytest.fixture
async def wanted():
    return Wanted()


async def deploy(control, worker, version_id):
    await asyncio.to_thread(control.deploy_versions, worker, (make_version(version_id), 100_000))


class Running:
    """A `Sync` at work."""

    def __init__(self, control, wanted, state=EMPTY, token=TOKEN):
        self.control, self.wanted, self.state, self.token = control, wanted, state, token

    async def __aenter__(self):
        self.client = Client(self.control.url, make_identity(self.token))
        await self.client.__aenter__()
        self.sync = Sync(self.client, self.state, self.wanted, lambda: None)
        self.tasks = [
            asyncio.create_task(self.sync.listen()),
            asyncio.create_task(self.sync.fetch()),
        ]
        return self.sync

    async def __aexit__(self, *_):
        for task in self.tasks:
            task.cancel()
        await asyncio.wait(self.tasks)
        assert all(task.cancelled() for task in self.tasks), self.tasks
        await self.client.__aexit__(None, None, None)


async def test_the_first_snapshot_is_whole_and_then_changes_come(control, wanted):
    async with Running(control, wanted):
        await wanted.revision(1)
        await deploy(control, "shop", "a")
        await deploy(control, "till", "t")
        snapshot = await wanted.revision(3)
        assert [w.name for w in snapshot.workers] == ["shop", "till"]
        control.remove("shop")
        snapshot = await wanted.revision(4)
        assert [w.name for w in snapshot.workers] == ["till"]
    assert "GET /edge/v1/snapshot?since=3" in control.asked


async def test_a_change_that_starts_elsewhere_is_answered_by_fetching_the_whole(control, wanted):
    async with Running(control, wanted):
        await wanted.revision(1)
        control.history[1] = replace(control.snapshot, revision=0)  # its changes start at 0
        await deploy(control, "shop", "a")
        control.history[1] = replace(control.snapshot, revision=0, workers=())
        assert (await wanted.revision(2)).workers


async def test_a_control_plane_that_was_reset_is_followed_back(control, wanted):
    state = replace(EMPTY, revision=50)
    async with Running(control, wanted, state):
        assert (await wanted.revision(1)).revision == 1


async def test_an_edge_that_does_not_know_all_workers_asks_for_the_whole(control, wanted):
    state = replace(control.snapshot, known=False)
    async with Running(control, wanted, state):
        assert (await wanted.revision(state.revision)).known
    assert "GET /edge/v1/snapshot?since=0" in control.asked


async def test_away_and_back(control, wanted, monkeypatch):
    async with Running(control, wanted) as sync:
        await wanted.revision(1)
        await asyncio.to_thread(control.stop)
        async with asyncio.timeout(5):
            while not sync.error:
                await asyncio.sleep(0.01)
        await deploy(control, "shop", "a")
        control.start()
        assert (await wanted.revision(2)).workers
        async with asyncio.timeout(5):
            while sync.error:
                await asyncio.sleep(0.01)


async def test_without_a_socket_the_snapshot_is_polled(control, wanted, monkeypatch):
    monkeypatch.setattr(syncing, "POLL_SECONDS", 0.05)

    async def deaf(self):
        raise ControlPlaneUnavailable("no socket")
        yield 0

    monkeypatch.setattr(Client, "revisions", deaf)
    async with Running(control, wanted) as sync:
        await wanted.revision(1)
        await deploy(control, "shop", "a")
        await wanted.revision(2)
        assert sync.error in ("", "no socket")


async def test_a_wrong_token_is_said_so(control, wanted):
    async with Running(control, wanted, token="sle_other") as sync:
        async with asyncio.timeout(5):
            while "token" not in sync.error:
                await asyncio.sleep(0.01)
    assert not wanted.snapshots


async def test_a_module_that_is_not_there_says_why(control):
    async with Client(control.url, make_identity(TOKEN)) as client:
        with pytest.raises(ContentMissing, match="404: No module has this hash"):
            await client.module("0" * 64)
    control.stop()
    async with Client(control.url, make_identity(TOKEN)) as client:
        with pytest.raises(ContentMissing, match="cannot be fetched"):
            await client.module("0" * 64)


async def test_a_large_batch_travels_packed(control):
    async with Client(control.url, make_identity(TOKEN)) as client:
        await client.invocations(b'{"rows": [' + b'"x",' * 1000 + b'"x"]}')
    assert len(control.batches[0]["rows"]) == 1001


async def test_what_is_withheld_is_asked_for_as_a_whole_when_the_control_plane_comes_back(
    control, wanted
):
    control.snapshot = replace(control.snapshot, withheld={"shop": "broken seal"})
    control.history[control.snapshot.revision] = control.snapshot
    async with Running(control, wanted):
        first = await wanted.revision(control.snapshot.revision)
        assert first.withheld == {"shop": "broken seal"}
        control.snapshot = replace(control.snapshot, withheld={})
        await asyncio.to_thread(control.stop)
        await asyncio.to_thread(control.start)
        async with asyncio.timeout(8):
            while wanted.snapshots[-1].withheld:
                await asyncio.sleep(0.01)
    assert wanted.snapshots[-1].revision == first.revision
