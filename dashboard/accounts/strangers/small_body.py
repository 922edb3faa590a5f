"""The body of a request without credentials: in memory, and small."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

SMALL = 64 * 1024
"""Bytes; the sign-in form has some 300."""


class TooLarge(Exception):
    """More than `SMALL` bytes."""


class Disconnected(Exception):
    """The client left before its body was complete."""


def announced(headers: list[tuple[bytes, bytes]]) -> int:
    """The Content-Length; 0 where there is none, as with chunked bodies."""
    for name, value in headers:
        if name == b"content-length":
            return int(value) if value.isdigit() and len(value) < 20 else 0
    return 0


async def read_small(receive: Receive) -> bytes:
    """Raises `TooLarge` or `Disconnected`."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        body += message.get("body", b"")
        if len(body) > SMALL:
            raise TooLarge
        if not message.get("more_body", False):
            return bytes(body)


def replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives `body` first, and then what the connection says. What comes of a body
    that was left out is dropped: Django takes it for a fault of the server."""
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        if first:
            return first.pop()
        while (message := await receive())["type"] == "http.request":
            pass
        return message

    return replayed
