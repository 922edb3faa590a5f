"""A program that sends without end is refused before Django begins, and holds up nobody else."""

import asyncio
import json

import pytest
from asgiref.testing import ApplicationCommunicator

from dashboard.api import in_flight
from dashboard.api.in_flight import EACH, InFlight


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(in_flight, "PAUSE_SECONDS", 0.0)


def asked(app, secret, path="/workers/"):
    cookie = (b"cookie", f"sessionid={secret}".encode())
    bearer = (b"authorization", f"Bearer {secret}".encode())
    headers = [cookie if path == "/workers/" else bearer] if secret else []
    talk = ApplicationCommunicator(app, {"type": "http", "path": path, "headers": headers})
    return talk, asyncio.ensure_future(talk.receive_output(60))


@pytest.mark.parametrize("path", ["/workers/", "/client/v4/user", "/api/workers"])
async def test_so_many_of_one_session_or_token_and_no_more(path):
    release, begun = asyncio.Event(), []

    async def slow(scope, receive, send):
        begun.append(scope["path"])
        await release.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    app = InFlight(slow)
    running = [asked(app, "ann", path)[1] for _ in range(EACH)]
    while len(begun) < EACH:
        await asyncio.sleep(0)
    talk, refused = asked(app, "ann", path)
    start = await refused
    assert start["status"] == 429 and (b"retry-after", b"1") in start["headers"]
    body = (await talk.receive_output(60))["body"].decode()
    assert "Too many of your requests are still running." in body
    assert path == "/workers/" or json.loads(body)
    others = [asked(app, secret, path)[1] for secret in ("bob", "")]
    edge = asked(app, "ann", "/edge/v1/status")[1]
    while len(begun) < EACH + 3:
        await asyncio.sleep(0)
    release.set()
    answers = await asyncio.gather(*running, *others, edge)
    assert {answer["status"] for answer in answers} == {200}
    assert not app._taken
