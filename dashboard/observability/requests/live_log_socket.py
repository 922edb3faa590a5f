"""The live log's WebSocket: rows as soon as edges send them, rendered once for all viewers.

A viewer that is slower than the Worker gets fewer rows and the number that it missed. It delays no
other viewer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

from channels.auth import AuthMiddlewareStack
from django.urls import path

from dashboard.accounts.sign_in.sessions import still_signed_in
from dashboard.live.channel.database import in_database
from dashboard.live.channel.origin import same_origin
from dashboard.live.channel.push_socket import PushSocket
from dashboard.live.logs import fanout as feed, subscriptions
from dashboard.live.models import Watch
from dashboard.observability.requests import search as searching
from dashboard.observability.requests.live_log_filter import wanted
from routing.models import Worker


class LogConsumer(PushSocket):
    """Sends `{"rows": [html, …], "said": [{"place", "html"}, …], "missed": n}`. The filters are in
    the address; a browser that changes them connects again."""

    watch: Watch | None = None

    async def admit(self) -> Sequence[str] | None:
        name = self.scope["url_route"]["kwargs"]["name"]
        if not await _may_look(self.scope, name):
            return None
        self.name, self.reader = name, feed.Reader()
        query = self.scope["query_string"].decode("latin-1")
        self.search = searching.parse(dict(parse_qsl(query)))
        return [feed.log_group(name)]

    async def ready(self) -> None:
        self.watch = await in_database(subscriptions.watch)(self.name)

    async def left(self) -> None:
        if self.watch is not None:
            await in_database(subscriptions.unwatch)(self.watch.id)

    async def feed(self, message: dict[str, Any]) -> None:
        """What happened at the edges."""
        items, missed = self.reader.read(message)
        fit = [item for item in items if wanted(item, self.search)]
        rows = [item["html"] for item in fit if "place" not in item]
        said = [{"place": i["place"], "html": i["html"]} for i in fit if "place" in i]
        if rows or said or missed:
            await self.send_json({"rows": rows, "said": said, "missed": missed})

    async def keep(self) -> int:
        """Renews the watch for as long as the viewer may look."""
        assert self.watch is not None
        while await _may_look(self.scope, self.name):
            if not await in_database(subscriptions.renew)(self.watch.id):
                break
            await self.join_again()
            await asyncio.sleep(subscriptions.RENEW_SECONDS)
        return 4408


@in_database
def _may_look(scope: dict[str, Any], name: str) -> bool:
    """Is the Worker there, and does the session still hold a person who may sign in?"""
    return still_signed_in(scope) is not None and Worker.objects.filter(name=name).exists()


websocket_urlpatterns = [
    path(
        "workers/<str:name>/log/live",
        same_origin(AuthMiddlewareStack(LogConsumer.as_asgi())),
    )
]
