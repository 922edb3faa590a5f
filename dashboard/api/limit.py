"""How large a request may be: counted while it arrives, whether or not it says its length."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from dashboard.ui.response_headers import headers_before_django

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


class _TooLarge(Exception):
    """More bytes arrived than are allowed."""


def limit_body(app: App, limit: int) -> App:
    """`app`, with a 413 in Cloudflare's envelope for bodies over `limit` bytes.

    Django reads a body to its end before it answers, so nothing has been sent when we stop it.
    """

    async def limited(scope: Message, receive: Receive, send: Send) -> None:
        if _announced(scope) > limit:
            await _refuse(send, limit)
            return
        try:
            await app(scope, _counted(receive, limit), send)
        except _TooLarge:
            await _refuse(send, limit)

    return limited


def _announced(scope: Message) -> int:
    """The Content-Length; 0 when there is none, as with chunked bodies."""
    for name, value in scope.get("headers", []):
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0


def _counted(receive: Receive, limit: int) -> Receive:
    arrived = 0

    async def counted() -> Message:
        nonlocal arrived
        message = await receive()
        arrived += len(message.get("body", b""))
        if arrived > limit:
            raise _TooLarge
        return message

    return counted


async def _refuse(send: Send, limit: int) -> None:
    problem = {
        "code": 10027,
        "message": f"The upload is too large: the limit is {limit / 1024**2:g} MB in all.",
    }
    envelope = {"success": False, "errors": [problem], "messages": [], "result": None}
    body = json.dumps(envelope).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        *headers_before_django(),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
