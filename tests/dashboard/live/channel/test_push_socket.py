"""What every socket does: it closes on a fault, and cleans up however it ended."""

import asyncio

import pytest
from asgiref.testing import ApplicationCommunicator
from channels.layers import get_channel_layer

from dashboard.live.channel import push_socket
from dashboard.live.channel.push_socket import PushSocket

SCOPE = {"type": "websocket", "path": "/", "headers": [], "query_string": b""}


class Probe(PushSocket):
    fault = ""
    left_count = 0

    async def admit(self):
        return ["probe"]

    async def ready(self):
        if self.fault == "ready":
            raise ConnectionError("away")

    async def keep(self):
        if self.fault == "keep":
            raise RuntimeError("database is gone")
        return await super().keep()

    async def hello(self, event):
        if self.fault == "event":
            raise RuntimeError("cannot be rendered")
        await self.send_json({"hello": True})

    async def left(self):
        type(self).left_count += 1


@pytest.fixture
def probe():
    return type("OneProbe", (Probe,), {})


def members():
    return get_channel_layer().groups.get("probe", {})


async def connected(kind):
    talk = ApplicationCommunicator(kind.as_asgi(), dict(SCOPE))
    await talk.send_input({"type": "websocket.connect"})
    return talk


@pytest.mark.parametrize("fault", ["ready", "keep", "event"])
async def test_a_fault_closes_the_socket_and_leaves_nothing_behind(probe, fault):
    probe.fault = fault
    talk = await connected(probe)
    if fault != "ready":
        assert (await talk.receive_output())["type"] == "websocket.accept"
    if fault == "event":
        await get_channel_layer().group_send("probe", {"type": "hello"})
    assert await talk.receive_output() == {"type": "websocket.close", "code": 1013}
    await talk.send_input({"type": "websocket.disconnect", "code": 1013})
    await talk.wait(2)
    assert probe.left_count == 1 and not members()


async def test_a_client_that_leaves_is_cleaned_up_once(probe):
    talk = await connected(probe)
    await talk.receive_output()
    assert len(members()) == 1
    await talk.send_input({"type": "websocket.disconnect", "code": 1000})
    await talk.wait(2)
    assert probe.left_count == 1 and not members()


async def test_a_process_that_stops_cleans_up_too(probe):
    talk = await connected(probe)
    await talk.receive_output()
    talk.future.cancel()
    await asyncio.wait([talk.future], timeout=2)
    assert probe.left_count == 1 and not members()


async def test_a_client_that_talks_too_much_is_closed(probe):
    talk = await connected(probe)
    await talk.receive_output()
    for _ in range(push_socket.MOST_HEARD + 1):
        await talk.send_input({"type": "websocket.receive", "text": "{}"})
    assert await talk.receive_output() == {"type": "websocket.close", "code": 1008}
    await talk.send_input({"type": "websocket.disconnect", "code": 1008})
    await talk.wait(2)


async def test_what_one_client_does_not_read_is_bounded(probe):
    started = []

    async def stuck():
        started.append(1)
        await asyncio.sleep(60)

    socket = probe()
    for _ in range(push_socket.MOST_PENDING + 5):
        socket.soon(stuck())
    await asyncio.sleep(0)
    assert len(started) == push_socket.MOST_PENDING
    for task in tuple(socket._pending):
        task.cancel()
