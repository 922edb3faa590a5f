"""Tells a view, by `cancellation(request)`, that its browser has left.

Django cancels what answers a request when its client hangs up, but a view that is no coroutine runs
on in its thread. Whatever it waits for can be ended by this.
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
    """`app`, with a `Cancellation` in the scope that is set as soon as the client hangs up."""

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
    """Set when the browser has left; None where no ASGI server carries the request."""
    found: Cancellation | None = getattr(request, "scope", {}).get(_KEY)
    return found
