import asyncio
import json

import pytest

from dashboard.api.http.body_limit import limit_body


async def echo(scope, receive, send):
    """Reads a body to its end, as Django does, then answers with its length."""
    length, more = 0, True
    while more:
        message = await receive()
        length += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(length).encode()})


async def send_body(*chunks: bytes, announce: int | None = None):
    """Status and body of the answer, and how many chunks were read."""
    waiting, sent = list(chunks), []

    async def receive():
        body = waiting.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    async def send(message):
        sent.append(message)

    headers = [] if announce is None else [(b"content-length", str(announce).encode())]
    await limit_body(echo, 10)({"type": "http", "headers": headers}, receive, send)
    return sent[0]["status"], sent[1]["body"], len(chunks) - len(waiting)


async def test_a_body_at_the_limit_passes():
    assert await send_body(b"12345", b"67890", announce=10) == (200, b"10", 2)


@pytest.mark.parametrize("announce", [11, 10**12])
async def test_an_announced_length_over_the_limit_is_refused_unread(announce):
    status, body, read = await send_body(b"12345678901", announce=announce)
    assert (status, read) == (413, 0)
    envelope = json.loads(body)
    assert envelope["errors"][0]["code"] == 10027 and not envelope["success"]
    assert "limit is" in envelope["errors"][0]["message"]


async def test_a_chunked_body_is_stopped_where_it_exceeds_the_limit():
    status, body, read = await send_body(b"12345", b"67890", b"1", b"never read")
    assert (status, read) == (413, 3)
    assert json.loads(body)["errors"][0]["code"] == 10027


async def test_a_length_that_lies_is_found_out():
    status, _, _ = await send_body(b"12345", b"67890", b"1", announce=5)
    assert status == 413


async def test_the_message_names_the_limit_in_megabytes():
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "headers": [(b"content-length", b"99999999")]}
    await limit_body(echo, 25 * 1024 * 1024)(scope, None, send)
    assert "25 MB" in json.loads(sent[1]["body"])["errors"][0]["message"]


async def test_few_large_bodies_are_worked_on_at_a_time(monkeypatch):
    monkeypatch.setattr("dashboard.api.http.body_limit.LARGE", 10)
    inside, door = [], asyncio.Event()

    async def app(scope, receive, send):
        await receive()
        inside.append(scope["name"])
        await door.wait()

    limited = limit_body(app, 100)

    async def upload(name, size):
        async def receive():
            return {"type": "http.request", "body": b"x" * size, "more_body": False}

        await limited({"type": "http", "headers": [], "name": name}, receive, None)

    uploads = [asyncio.create_task(upload(name, 50)) for name in "abc"]
    small = asyncio.create_task(upload("small", 5))
    for _ in range(10):
        await asyncio.sleep(0)
    assert sorted(inside) == ["a", "b", "small"]
    door.set()
    await asyncio.gather(*uploads, small)
    assert "c" in inside
