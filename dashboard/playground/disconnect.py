"""`cancellation(request)`: cancelled when the browser disconnects.

A view that is not a coroutine runs on in its thread when its client disconnects. This lets it stop
waiting.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.http import HttpRequest

from dashboard.sending.deadline import Cancellation

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

_KEY = "sluice.cancellation"


def note_disconnect(app: App) -> App:
    """`app`, with a `Cancellation` in the scope, cancelled when the client disconnects."""

    async def noting(scope: Message, receive: Receive, send: Send) -> None:
        cancellation = scope[_KEY] = Cancellation()

        async def noted() -> Message:
            message = await receive()
            if message["type"] == "http.disconnect":
                cancellation.cancel()
            return message

        await app(scope, noted, send)

    return noting


def cancellation(request: HttpRequest) -> Cancellation | None:
    """None without an ASGI server."""
    own: Cancellation | None = getattr(request, "scope", {}).get(_KEY)
    return own
