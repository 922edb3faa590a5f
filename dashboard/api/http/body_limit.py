"""The largest request body, counted while it arrives, with or without a Content-Length.

Bodies are written to disk as they arrive. Processing one takes several times its size in memory
(parts, runtime configuration, row), so only a few large ones are processed at a time; the others
wait on disk, without a thread.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from dashboard.accounts.strangers.queue import Full, Queue
from dashboard.api import messages
from dashboard.ui.http.response_headers import headers_before_django

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


LARGE = 1024 * 1024
"""Bytes of a body above which its request waits for a turn."""
AT_ONCE, WAITING, WAIT_SECONDS = 2, 64, 120.0
"""`AT_ONCE` is the number of inspections at a time (`routing.agent.inspection`)."""
RETRY_SECONDS = 10
ASSETS = 40 * 1024 * 1024
"""Bytes of an upload of static assets: a file of 25 MiB in base64, and the parts around it. A value
of KV has as many bytes, without base64; a SQL file for D1 may have all of them."""
OBJECTS = 300 * 1024 * 1024
"""Bytes of an object of R2, as on Cloudflare. Workers can store larger ones."""
_OBJECT_PATH = re.compile(
    r"/client/v4/accounts/[^/]+/r2/buckets/[^/]+/objects/.+|/storage/r2/[^/]+/upload/", re.DOTALL
)
_LARGE_PATH = re.compile(
    r"/client/v4/accounts/[^/]+/"
    r"(workers/assets/upload(/[^/]+)?|storage/kv/namespaces/[^/]+/(values/.+|bulk)|d1/upload/[^/]+)",
    re.DOTALL,
)


class _TooLarge(Exception):
    """More bytes arrived than are allowed."""


def limit_body(app: App, limit: int) -> App:
    """`app`, with a 413 in Cloudflare's envelope for bodies over `limit` bytes; static assets,
    values of KV and objects of R2 may have more.

    Django reads a body to its end before it answers, so nothing has been sent when we stop it.
    """
    large = Queue(AT_ONCE, waiting=WAITING, per_address=WAITING, seconds=WAIT_SECONDS)

    async def limited(scope: Message, receive: Receive, send: Send) -> None:
        most = max(limit, _largest(scope))
        if _announced(scope) > most:
            await _refuse(send, 413, _too_large(most))
            return
        body = _Body(receive, most, large)
        try:
            await app(scope, body.receive, send)
        except _TooLarge:
            await _refuse(send, 413, _too_large(most))
        except Full:
            await _refuse(send, 503, (10001, messages.TOO_MANY_UPLOADS))
        finally:
            body.end()

    return limited


def _largest(scope: Message) -> int:
    path = scope.get("path", "")
    if _OBJECT_PATH.fullmatch(path):
        return OBJECTS
    return ASSETS if _LARGE_PATH.fullmatch(path) else 0


def _announced(scope: Message) -> int:
    """The Content-Length; 0 when there is none, as with chunked bodies."""
    for name, value in scope.get("headers", []):
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0


class _Body:
    """Counts one request's body, and waits for a turn before `app` may have the end of a large
    one. Raises `_TooLarge` and `Full`."""

    def __init__(self, receive: Receive, limit: int, large: Queue) -> None:
        self._receive, self._limit, self._large = receive, limit, large
        self._arrived = 0
        self._has_turn = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._arrived += len(message.get("body", b""))
        if self._arrived > self._limit:
            raise _TooLarge
        is_end = message["type"] == "http.request" and not message.get("more_body", False)
        if is_end and self._arrived > LARGE and not self._has_turn:
            await self._large.take("")
            self._has_turn = True
        return message

    def end(self) -> None:
        if self._has_turn:
            self._has_turn = False
            self._large.give()


def _too_large(limit: int) -> tuple[int, str]:
    return 10027, messages.upload_too_large(limit / 1024**2)


async def _refuse(send: Send, status: int, problem: tuple[int, str]) -> None:
    code, message = problem
    errors = [{"code": code, "message": message}]
    envelope = {"success": False, "errors": errors, "messages": [], "result": None}
    body = json.dumps(envelope).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        *headers_before_django(),
    ]
    if status == 503:
        headers.append((b"retry-after", b"%d" % RETRY_SECONDS))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
