"""Which requests an agent sends, and what becomes of their answers."""

import asyncio

import msgspec
import pytest

from routing.agent.base.tasks import Tasks
from routing.agent.control_plane.client import ControlPlaneUnavailable, NotFound
from routing.agent.relay import exchange as exchanges, relay as relays
from routing.agent.relay.relay import Relay
from routing.relayed_request import Failure, RelayedAnswer, RelayedRequest
from tests.routing.agent.histories import make_worker, snapshot


class Control:
    """Takes answers; `errors` are raised first."""

    def __init__(self):
        self.answers, self.errors = {}, []
        self.answered = asyncio.Event()

    async def relay_answer(self, request_id, answer):
        if self.errors:
            raise self.errors.pop(0)
        self.answers[request_id] = msgspec.json.decode(answer, type=RelayedAnswer)
        self.answered.set()


def make_request(number=1, worker="shop"):
    return RelayedRequest(
        id=str(number), worker=worker, method="GET", target=b"/", lines=[], seconds=1
    )


@pytest.fixture
def sent(monkeypatch):
    """Hosts that were sent to; each send waits for `release`."""

    class Sent(list):
        release = asyncio.Event()

    sent = Sent()
    sent.release.set()

    async def exchange(request, host, port):
        sent.append((host, port))
        await sent.release.wait()
        return RelayedAnswer(status=200, body=b"hi")

    monkeypatch.setattr(exchanges, "exchange", exchange)
    monkeypatch.setattr(relays, "_PAUSE_SECONDS", 0)
    return sent


async def run(control, *requests, cancel=(), until=None):
    state = snapshot(1, make_worker("shop", "a"))
    async with asyncio.TaskGroup() as group:
        relay = Relay(control, Tasks(group), 8788, lambda: state)
        relay.receive(requests, ())
        if until is not None:
            await until(relay)
    return relay


async def test_only_to_the_own_listener_and_only_for_workers_of_the_snapshot(sent):
    control = Control()
    await run(control, make_request(1), make_request(2, worker="169.254.169.254"))
    assert sent == [("shop.localhost", 8788)]
    assert control.answers["1"].body == b"hi"
    assert control.answers["2"].failure == Failure.unknown_worker


async def test_a_request_that_comes_twice_is_sent_once(sent):
    control = Control()
    await run(control, make_request(1), make_request(1))
    assert len(sent) == 1


async def test_a_cancelled_request_ends_and_is_not_answered(sent):
    sent.release.clear()
    control = Control()

    async def cancel(relay):
        while not sent:
            await asyncio.sleep(0)
        relay.receive((), ["1", "unknown"])

    await run(control, make_request(1), until=cancel)
    assert not control.answers


async def test_an_answer_is_posted_again_after_an_error_but_not_when_it_is_too_late(sent):
    control = Control()
    control.errors = [ControlPlaneUnavailable("away")]
    await run(control, make_request(1))
    assert control.answers["1"].status == 200
    control = Control()
    control.errors = [NotFound("nobody waits")]
    await run(control, make_request(2))
    assert not control.answers


async def test_beyond_its_limits_it_answers_busy(sent, monkeypatch):
    monkeypatch.setattr(relays, "MOST_WAITING", 2)
    control = Control()
    await run(control, *(make_request(n) for n in range(3)))
    kinds = sorted(answer.failure for answer in control.answers.values())
    assert kinds[-1] == Failure.busy
