"""Talking to the pages' WebSocket as a browser does."""

import asyncio
import json

from asgiref.testing import ApplicationCommunicator
from django.test import Client

from dashboard.asgi import application
from tests.factories import make_user


def socket(client=None, topics="topic=worker:shop", origin="http://localhost:8000"):
    cookies = "; ".join(f"{c.key}={c.value}" for c in client.cookies.values()) if client else ""
    headers = [(b"cookie", cookies.encode()), (b"host", b"localhost:8000")]
    if origin:
        headers.append((b"origin", origin.encode()))
    scope = {"type": "websocket", "path": "/live/", "headers": headers, "subprotocols": []}
    return ApplicationCommunicator(application, scope | {"query_string": topics.encode()})


def signed_in(name="maya"):
    client = Client()
    client.force_login(make_user(name))
    return client


async def opened(client, **given):
    talk = socket(client, **given)
    await talk.send_input({"type": "websocket.connect"})
    assert (await talk.receive_output())["type"] == "websocket.accept"
    assert (await pushed(talk))["why"] == "edges"  # how things stand, for what was missed meanwhile
    return talk


async def pushed(talk, timeout=2, why=""):
    """The next message that is more than a beat, of this kind; who else looks only when asked."""
    async with asyncio.timeout(timeout):
        while True:
            message = await talk.receive_output(timeout)
            assert message["type"] == "websocket.send", message
            found = json.loads(message["text"])
            if found and (found.get("why") == why if why else found.get("why") != "people"):
                return found


async def beat(talk, within=2.5):
    """A sign of life, however little there is to tell."""
    async with asyncio.timeout(within):
        while (await talk.receive_output(within))["text"] != "{}":
            pass


async def closed(talk):
    await talk.send_input({"type": "websocket.disconnect", "code": 1000})
    await talk.wait()
