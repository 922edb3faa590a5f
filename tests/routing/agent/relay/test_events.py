"""Which events an agent delivers, and what it answers."""

import asyncio
from collections import Counter

import msgspec
import pytest
from aiohttp import web

from routing.agent.base.tasks import Tasks
from routing.agent.control_plane.client import ControlPlaneUnavailable, NotFound
from routing.agent.relay import events as delivering
from routing.agent.relay.events import Events, deliver
from routing.compile import names
from routing.event_delivery import EventAnswer, EventDelivery, EventFailure, EventKind

VERSION = "00000001-0000-4000-8000-000000000000"


class Control:
    """Takes answers; `errors` are raised first."""

    def __init__(self, *errors):
        self.answers, self.errors = {}, list(errors)

    async def event_answer(self, event_id, answer):
        if self.errors:
            raise self.errors.pop(0)
        self.answers[event_id] = msgspec.json.decode(answer, type=EventAnswer)


def event(number=1, version=VERSION, seconds=5.0):
    return EventDelivery(
        id=str(number),
        worker="shop",
        version_id=version,
        kind=EventKind.scheduled,
        payload=b'{"cron": "* * * * *"}',
        seconds=seconds,
    )


@pytest.fixture
async def helper(tmp_path, monkeypatch):
    """The helper Worker of a version; `reply` is its answer."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "v").mkdir()

    class Helper:
        reply = staticmethod(lambda: web.json_response({"outcome": "ok", "noRetry": False}))
        requests = []

    helper = Helper()

    async def answer(request):
        helper.requests.append((request.method, request.path, await request.text()))
        made = helper.reply()
        return await made if asyncio.iscoroutine(made) else made

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.UnixSite(runner, names.socket_file(VERSION, names.EVENTS)).start()
    yield helper
    await runner.cleanup()


async def test_an_event_is_posted_to_the_versions_own_socket(helper):
    answer = await deliver(event())
    assert helper.requests == [("POST", "/scheduled", '{"cron": "* * * * *"}')]
    assert (answer.failure, answer.outcome) == ("", "ok")
    assert answer.result == b'{"outcome": "ok", "noRetry": false}'


async def drop():
    raise ConnectionResetError


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (lambda: web.Response(status=500, text="Error: no"), EventFailure.broken),
        (lambda: web.Response(text="{}"), EventFailure.broken),
        (lambda: web.Response(body=b"x" * (2 << 20)), EventFailure.broken),
        (drop, EventFailure.broken),
        (lambda: asyncio.sleep(1), EventFailure.late),
    ],
)
async def test_what_is_no_outcome(helper, reply, failure):
    helper.reply = reply
    assert (await deliver(event(seconds=0.2))).failure == failure


async def test_a_version_that_does_not_listen_is_unreachable(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert (await deliver(event())).failure == EventFailure.unreachable


async def receive(control, *events, processes=(VERSION,)):
    in_progress = Counter()
    async with asyncio.TaskGroup() as group:
        Events(control, Tasks(group), lambda: dict.fromkeys(processes), in_progress).receive(events)
    assert in_progress == Counter() and VERSION not in in_progress
    return control.answers


async def test_only_versions_of_this_edge_and_each_event_once(helper):
    answers = await receive(Control(), event(1), event(1), event(2, "other"))
    assert len(helper.requests) == 1
    assert answers["1"].outcome == "ok" and answers["2"].failure == EventFailure.unknown_version


async def test_too_many_at_once_are_busy(helper, monkeypatch):
    monkeypatch.setattr(delivering, "AT_ONCE", 1)
    answers = await receive(Control(), event(1), event(2))
    assert {answer.failure for answer in answers.values()} == {EventFailure.busy}


async def test_an_answer_is_repeated_until_it_is_taken_or_too_late(helper, monkeypatch):
    monkeypatch.setattr(delivering, "_PAUSE_SECONDS", 0)
    assert await receive(Control(ControlPlaneUnavailable("away")), event())
    assert not await receive(Control(NotFound("no")), event())
    assert not await receive(Control(ControlPlaneUnavailable("no", refused=True)), event())
