"""Answers of a version's process: it runs other people's code, so they may be anything."""

from __future__ import annotations

import pytest
from aiohttp import web

from routing.agent.objects import object_process
from routing.agent.objects.object_process import Address, Unreachable
from routing.compile import names

RING = '{"outcome": "ok", "message": "%s"}'
STATE = '{"ranges": [%s], "open": 0}'


async def endless(request):
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" " * 65_536)


def text(content):
    async def answer(request):
        return web.Response(body=content)

    return answer


@pytest.fixture
async def serve(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "v").mkdir()
    app = web.Application()
    runner = web.AppRunner(app)

    async def start(answer):
        app.router.add_route("*", "/{path:.*}", answer)
        await runner.setup()
        await web.UnixSite(runner, names.socket_file("v", names.OBJECTS_CONTROL)).start()

    yield start
    await runner.cleanup()


@pytest.mark.parametrize(
    "answer",
    [
        endless,
        text("no JSON"),
        text(b'{"outcome": "\xff"}'),
        text("[]"),
        text(RING % ("x" * 300_000)),
    ],
)
async def test_an_alarm_with_an_answer_of_another_shape_did_not_reach_its_object(serve, answer):
    await serve(answer)
    with pytest.raises(Unreachable):
        await object_process.ring(Address("v"), {})


async def test_ranges_are_few(serve):
    await serve(text(STATE % ", ".join(["[0, 1]"] * 2000)))
    with pytest.raises(Unreachable):
        await object_process.open_ranges(Address("v"))
