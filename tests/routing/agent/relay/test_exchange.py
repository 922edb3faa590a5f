"""One relayed request to a listener on loopback."""

import asyncio

import pytest

from routing.agent.relay.exchange import exchange
from routing.relayed_request import Failure, RelayedRequest
from tests.running import free_port


def make_request(**given):
    fields = {"id": "1", "worker": "shop", "method": "GET", "target": b"/a%20b?c", "lines": []}
    return RelayedRequest(**fields | given)


async def through(reply, request, hold=False):
    """The answer to `request` by a server that writes `reply`, and what the server read. With
    `hold` it keeps the connection open until there is an answer."""
    got = bytearray()
    answered, closed = asyncio.Event(), asyncio.Event()

    async def serve(reader, writer):
        got.extend(await reader.readuntil(b"\r\n\r\n"))
        got.extend(await reader.readexactly(len(request.body)))
        writer.write(reply)
        await writer.drain()
        if hold:
            await answered.wait()
        writer.close()
        closed.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        answer = await exchange(request, "shop.localhost", port)
        answered.set()
        if got:
            await closed.wait()
    return answer, bytes(got)


OK = b"HTTP/1.1 200 OK\r\nx-sluice-edge: far\r\nset-cookie: a\r\nset-cookie: b\r\n"


async def test_lines_and_target_are_written_unchanged_and_the_edges_own_are_not_taken():
    lines = [
        ("Accept", "*/*"),
        ("Host", "other.localhost"),
        ("X-Sluice-Version", "forged"),
        ("transfer-encoding", "chunked"),
        ("content-length", "7"),
        ("accept", "text/plain"),
        ("x-name", "Zoë"),
    ]
    answer, got = await through(
        OK + b"content-length: 2\r\n\r\nhi", make_request(method="POST", lines=lines, body=b"xyz")
    )
    assert got == (
        b"POST /a%20b?c HTTP/1.1\r\nHost: shop.localhost\r\nAccept: */*\r\naccept: text/plain\r\n"
        b"x-name: Zo\xeb\r\nContent-Length: 3\r\n\r\nxyz"
    )
    assert (answer.failure, answer.status, answer.body, answer.ended_by) == ("", 200, b"hi", "")
    assert answer.lines[1:3] == [("set-cookie", "a"), ("set-cookie", "b")]
    assert answer.wait > 0


@pytest.mark.parametrize(
    ("reply", "given", "body", "ended_by"),
    [
        (b"content-length: 9\r\n\r\n123456789", {"max_bytes": 4}, b"1234", "size"),
        (b"content-length: 9\r\n\r\n123", {"seconds": 0.2}, b"123", "time"),
    ],
)
async def test_a_large_or_slow_answer_ends_with_its_first_part(reply, given, body, ended_by):
    answer, _ = await through(OK + reply, make_request(**given), hold=True)
    assert (answer.status, answer.body, answer.ended_by) == (200, body, ended_by)


async def test_an_answer_that_breaks_off_says_so():
    answer, _ = await through(OK + b"content-length: 9\r\n\r\n123", make_request())
    assert (answer.body, answer.ended_by) == (b"123", "broken")


@pytest.mark.parametrize(
    ("reply", "given", "failure"),
    [
        (b"", {"seconds": 0.2}, Failure.late),
        (b"no HTTP\r\n\r\n", {}, Failure.broken),
        (b"", {"target": b"/ /"}, Failure.broken),
    ],
)
async def test_why_there_is_no_answer(reply, given, failure):
    answer, _ = await through(reply, make_request(**given), hold=bool(given))
    assert answer.failure == failure and answer.status == 0


async def test_an_envoy_that_is_away():
    answer = await exchange(make_request(), "shop.localhost", free_port())
    assert answer.failure == Failure.unreachable and answer.detail
