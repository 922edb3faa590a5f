"""Requests through the outbound socket of an agent; the agent is played by the test."""

import asyncio
import json
from datetime import timedelta

import msgspec
import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.test import Client
from django.utils import timezone

from dashboard.asgi import application
from dashboard.edges.protocol.registration import register_edge
from dashboard.sending.answer import EndedBy
from dashboard.sending.deadline import Cancellation
from dashboard.sending.models import Relayed
from dashboard.sending.relay import hub as hubs
from dashboard.sending.send import send
from dashboard.sending.wire_request import SendFailed, Socket, address_of, get
from routing.models import Edge
from routing.relayed_request import Failure, RelayedAnswer, RelayedRequest
from tests.eventually import eventually_async
from tests.factories import make_edge

pytestmark = pytest.mark.django_db(transaction=True)

ANSWER = RelayedAnswer(
    status=201, lines=[("x-sluice-version", "v1"), ("a", "b")], body=b"\0hi", wait=5.0
)


def far_edge(name="far"):
    """An edge on another machine, and its token."""
    token = register_edge(name)
    Edge.objects.filter(name=name).update(
        loopback="elsewhere",
        relays=True,
        last_seen_on=timezone.now(),
        up_at=timezone.now(),
        proof_url="http://127.0.0.1:1",
    )
    return Edge.objects.get(name=name), token


class Agent:
    """The agent's end of the socket; `answer` is what it posts to every request."""

    def __init__(self, token, answer=ANSWER):
        self.token, self.answer = token, answer
        self.got, self.cancelled = [], []

    async def __aenter__(self):
        headers = [(b"authorization", f"Bearer {self.token}".encode())]
        scope = {"type": "websocket", "path": "/edge/v1/live", "headers": headers}
        self.socket = ApplicationCommunicator(
            application, scope | {"subprotocols": [], "query_string": b""}
        )
        await self.socket.send_input({"type": "websocket.connect"})
        assert (await self.socket.receive_output())["type"] == "websocket.accept"
        self.reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_):
        self.reader.cancel()
        await self.close()

    async def close(self):
        await self.socket.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.socket.wait()

    async def _read(self):
        while True:
            message = json.loads((await self.socket.receive_output())["text"])
            self.cancelled += message.get("cancel", [])
            for item in message.get("relay", ()):
                self.got.append(msgspec.convert(item, RelayedRequest))
                if self.answer is not None:
                    await sync_to_async(self.post)(self.got[-1].id)

    def post(self, request_id, answer=None):
        return Client().post(
            f"/edge/v1/relayed/{request_id}",
            msgspec.json.encode(answer or self.answer),
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.token}"},
        )


def sent(edge, cancellation=None):
    return asyncio.to_thread(send, get("shop", edge, "/a?b"), cancellation)


async def test_a_request_goes_down_the_socket_and_its_answer_comes_back():
    edge, token = await sync_to_async(far_edge)()
    async with Agent(token) as agent:
        answer = await sent(edge)
    assert (answer.status, answer.body, answer.headers) == (201, b"\0hi", [("a", "b")])
    assert answer.proof_headers == {"version": "v1"} and answer.edge == "far"
    assert answer.elapsed_ms == 5.0 and answer.timing.travel > 0
    [request] = agent.got
    assert (request.worker, request.method, request.target) == ("shop", "GET", b"/a?b")
    assert not await Relayed.objects.aexists()


async def test_a_process_that_cannot_notify_the_socket_waits_for_its_poll(monkeypatch):
    monkeypatch.setattr(hubs, "broadcast", lambda *_: False)
    edge, token = await sync_to_async(far_edge)()
    async with Agent(token):
        assert (await sent(edge)).status == 201
        assert (await sent(edge)).timing.travel < 800


async def test_each_request_goes_to_the_edge_it_is_for_and_to_one_socket():
    edge, token = await sync_to_async(far_edge)()
    other, other_token = await sync_to_async(far_edge)("other")
    async with Agent(token) as one, Agent(token) as two, Agent(other_token) as far:
        await asyncio.gather(*(sent(edge) for _ in range(6)), sent(other))
    assert len(one.got) + len(two.got) == 6 and len(far.got) == 1


async def test_an_edge_answers_only_requests_of_its_own():
    edge, token = await sync_to_async(far_edge)()
    _, other_token = await sync_to_async(far_edge)("other")
    async with Agent(token, answer=None) as agent:
        waiting = asyncio.create_task(sent(edge))
        await eventually_async(lambda: agent.got)
        stranger = Agent(other_token)
        assert (await sync_to_async(stranger.post)(agent.got[0].id)).status_code == 404
        broken = await sync_to_async(agent.post)(agent.got[0].id, {"status": "x"})
        assert broken.status_code == 400
        assert (await sync_to_async(agent.post)(agent.got[0].id, ANSWER)).status_code == 204
        assert (await waiting).status == 201


@pytest.mark.parametrize("failure", [kind for kind in Failure if kind])
async def test_why_an_edge_did_not_answer(failure):
    edge, token = await sync_to_async(far_edge)()
    async with Agent(token, RelayedAnswer(failure, "refused")):
        with pytest.raises(SendFailed) as failed:
            await sent(edge)
    assert failed.value.title and "{" not in str(failed.value)


async def test_without_a_socket_nothing_is_sent(monkeypatch):
    monkeypatch.setattr(hubs, "TAKE_SECONDS", 0.2)
    edge, _ = await sync_to_async(far_edge)()
    with pytest.raises(SendFailed, match="is not connected") as failed:
        await sent(edge)
    assert failed.value.title == "The edge is away"
    assert not await Relayed.objects.aexists()


async def test_an_agent_that_ends_while_sending_is_named(monkeypatch):
    monkeypatch.setattr(hubs, "LOST_SECONDS", 0.3)
    edge, token = await sync_to_async(far_edge)()
    agent = Agent(token, answer=None)
    async with agent:
        waiting = asyncio.create_task(sent(edge))
        await eventually_async(lambda: agent.got)
        await agent.close()
        with pytest.raises(SendFailed) as failed:
            await waiting
    assert failed.value.title == "Disconnected while sending"


async def test_an_answer_counts_after_the_socket_has_closed(monkeypatch):
    """The web process that held it stopped: the agent posts the answer to another one."""
    monkeypatch.setattr(hubs, "LOST_SECONDS", 0.1)
    edge, token = await sync_to_async(far_edge)()
    agent = Agent(token, answer=None)
    async with agent:
        waiting = asyncio.create_task(sent(edge))
        await eventually_async(lambda: agent.got)
        await agent.close()
        later = timezone.now() + timedelta(seconds=60)
        await Edge.objects.filter(pk=edge.pk).aupdate(last_seen_on=later)
        await asyncio.sleep(0.4)
        assert (await sync_to_async(agent.post)(agent.got[0].id, ANSWER)).status_code == 204
        assert (await waiting).status == 201


async def test_a_browser_that_leaves_cancels_it_at_the_edge():
    edge, token = await sync_to_async(far_edge)()
    cancellation = Cancellation()
    async with Agent(token, answer=None) as agent:
        waiting = asyncio.create_task(sent(edge, cancellation))
        await eventually_async(lambda: agent.got)
        await asyncio.to_thread(cancellation.cancel)
        with pytest.raises(SendFailed) as failed:
            await waiting
        await eventually_async(lambda: agent.cancelled)
    assert failed.value.title == "Not waited for"
    assert agent.cancelled == [agent.got[0].id]


async def test_requests_and_answers_are_stored_encrypted():
    edge, token = await sync_to_async(far_edge)()
    async with Agent(token, answer=None) as agent:
        waiting = asyncio.create_task(sent(edge))
        await eventually_async(lambda: agent.got)
        row = await Relayed.objects.aget()
        assert "shop" not in row.request and "/a?b" not in row.request
        await sync_to_async(agent.post)(agent.got[0].id, ANSWER)
        assert (await waiting).ended_by is EndedBy.nothing


def test_which_way_a_request_takes():
    direct = make_edge("direct", proof_url="http://127.0.0.1:9")
    assert address_of(direct) == ("127.0.0.1", 9)
    far, _ = far_edge()
    assert address_of(far) == Socket(far.pk)
    Edge.objects.filter(pk=far.pk).update(last_seen_on=timezone.now() - timedelta(minutes=5))
    with pytest.raises(SendFailed, match="has not reported"):
        send(get("shop", Edge.objects.get(pk=far.pk)))
    Edge.objects.filter(pk=far.pk).update(relays=False)
    with pytest.raises(SendFailed, match="too old"):
        send(get("shop", Edge.objects.get(pk=far.pk)))
