"""The lane of clients that are not signed in: few requests at a time, small bodies.

A request with a session or token that opens something passes at once. All others take turns: the
sign-in forms, whose password hashes cost most, in a queue of their own, and so does `/healthz`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from dashboard.accounts import messages
from dashboard.accounts.strangers.client_address import address_group
from dashboard.accounts.strangers.queue import Full, Queue
from dashboard.accounts.strangers.recognized import (
    Credentials,
    Recognized,
    credentials,
    one_cookie_line,
)
from dashboard.accounts.strangers.small_body import (
    SMALL,
    App,
    Disconnected,
    Message,
    Receive,
    Send,
    TooLarge,
    announced,
    read_small,
    replay,
)
from dashboard.ui.http.response_headers import headers_before_django

RETRY_SECONDS = 3
TAILS = "/client/v4/tails/"
TRY_AGAIN, REFUSED = 1013, 4401
"""Close codes of WebSockets; before the handshake is over, both are a 403 on the wire."""

SocketCheck = Callable[[str], Awaitable[bool]]


async def _no_socket(path: str) -> bool:
    return False


class StrangersLane:
    """`app`, behind the queues for strangers.

    `opens_socket` tells whether the path of a WebSocket holds a secret that opens it, as the path
    of `wrangler tail` does.
    """

    def __init__(
        self,
        app: App,
        recognized: Recognized | None = None,
        opens_socket: SocketCheck = _no_socket,
    ) -> None:
        self._app, self._recognized = app, recognized or Recognized()
        self._opens_socket = opens_socket
        # First come, first served: each address that guesses delays a sign-in by one hash.
        self._sign_ins = Queue(2, waiting=64, per_address=6, seconds=15.0)
        self._health = Queue(2, waiting=16, per_address=16)
        self._others = Queue(4, waiting=128, per_address=32)
        self._lookups = Queue(4, waiting=256, per_address=64)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        scope = {**scope, "headers": one_cookie_line(scope["headers"])}
        given = credentials(scope["headers"])
        if self._recognized.remembers(given):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(given, scope, receive, send)
        else:
            await self._request(given, scope, receive, send)

    async def _request(
        self, given: Credentials, scope: Message, receive: Receive, send: Send
    ) -> None:
        try:
            if given and await self._is_recognized(given, scope):
                await self._app(scope, receive, send)
                return
            body = await self._body(given, scope, receive)
            async with self._queue(scope).turn(_address(scope)):
                await self._app(scope, replay(body, receive), send)
        except TooLarge:
            await _refuse(send, 413, messages.body_too_large(SMALL))
        except Full:
            await _refuse(send, 503, messages.busy(RETRY_SECONDS))
        except Disconnected:
            return

    async def _is_recognized(self, given: Credentials, scope: Message) -> bool:
        """Looking up is short, so it does not wait behind the answers to strangers."""
        async with self._lookups.turn(_address(scope)):
            return await self._recognized.look_up(given)

    async def _is_open_tail(self, scope: Message) -> bool:
        async with self._lookups.turn(_address(scope)):
            return await self._opens_socket(scope["path"])

    async def _body(self, given: Credentials, scope: Message, receive: Receive) -> bytes:
        """A large body is not read. With a token that opens nothing it is left out: then the API
        refuses the token before it would read anything."""
        large = announced(scope["headers"]) > SMALL
        if large and given.token:
            return b""
        if large:
            raise TooLarge
        return await read_small(receive)

    async def _socket(
        self, given: Credentials, scope: Message, receive: Receive, send: Send
    ) -> None:
        """Until it is accepted or refused, a socket counts as a stranger's, unless its credentials
        or the secret in its path are valid. Without either it is refused here."""
        is_tail = scope["path"].startswith(TAILS)
        if not given and not is_tail:
            await send({"type": "websocket.close", "code": REFUSED})
            return
        try:
            if given and await self._is_recognized(given, scope):
                await self._app(scope, receive, send)
                return
            if is_tail and await self._is_open_tail(scope):
                await self._app(scope, receive, send)
                return
            await self._others.take(_address(scope))
        except Full:
            await send({"type": "websocket.close", "code": TRY_AGAIN})
            return
        waits = True

        async def answered(message: Message) -> None:
            nonlocal waits
            if waits:
                waits = False
                self._others.give()
            await send(message)

        try:
            await self._app(scope, receive, answered)
        finally:
            if waits:
                self._others.give()

    def _queue(self, scope: Message) -> Queue:
        if scope["path"] in ("/healthz", "/readyz"):
            return self._health
        forms = scope["method"] == "POST" and scope["path"].startswith("/accounts/")
        return self._sign_ins if forms else self._others


def _address(scope: Message) -> str:
    client = scope.get("client")
    return address_group(client[0]) or "" if client else ""


async def _refuse(send: Send, status: int, text: str) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(text)),
        *headers_before_django(),
    ]
    if status == 503:
        headers.append((b"retry-after", b"%d" % RETRY_SECONDS))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})
