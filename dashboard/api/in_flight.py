"""How many requests of one session or token are answered at a time, before Django begins with one.

Refusing is cheap here, and late: a program that sends without end gets one answer a second on each
of its connections, and takes no thread, session or database for it. `dashboard.limits` is finer, by
person, for those that pass.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter

from dashboard.accounts.strangers.recognized import credentials
from dashboard.api.http.body_limit import App, Message, Receive, Send
from dashboard.api.http.errors import TOO_MANY
from dashboard.limits.messages import no_place
from dashboard.ui.http.response_headers import headers_before_django

EACH = 24
PAUSE_SECONDS = 1.0
_EDGES = "/edge/"
_WORDS = no_place("requests", own=True)


class InFlight:
    """`app`, with at most `EACH` requests at a time for one session or token."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._taken: Counter[str] = Counter()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        given = credentials(scope["headers"])
        subject = given.token or given.session
        if not subject or scope["path"].startswith(_EDGES):
            await self._app(scope, receive, send)
        elif self._taken[subject] >= EACH:
            await asyncio.sleep(PAUSE_SECONDS)
            await _refuse(scope["path"], send)
        else:
            await self._counted(subject, scope, receive, send)

    async def _counted(self, subject: str, scope: Message, receive: Receive, send: Send) -> None:
        self._taken[subject] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._taken[subject] -= 1
            if not self._taken[subject]:
                del self._taken[subject]


async def _refuse(path: str, send: Send) -> None:
    kind, text = b"text/plain; charset=utf-8", f"{_WORDS}\n"
    if path.startswith("/client/v4/"):
        problems = [{"code": TOO_MANY, "message": _WORDS}]
        envelope = {"success": False, "errors": problems, "messages": [], "result": None}
        kind, text = b"application/json", json.dumps(envelope)
    elif path.startswith("/api/"):
        kind, text = b"application/json", json.dumps({"error": "rate_limited", "message": _WORDS})
    body = text.encode()
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", b"1"),
        *headers_before_django(),
    ]
    await send({"type": "http.response.start", "status": 429, "headers": headers})
    await send({"type": "http.response.body", "body": body})
