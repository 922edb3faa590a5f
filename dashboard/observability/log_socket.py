"""The live log's WebSocket: rows as soon as the edges told them, rendered once for all viewers.

A viewer that is slower than the Worker gets fewer rows and is told how many it missed; nobody waits
for it.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any
from urllib.parse import parse_qsl

from asgiref.sync import sync_to_async
from channels.auth import AuthMiddlewareStack
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.security.websocket import AllowedHostsOriginValidator
from django.urls import path

from dashboard.accounts.sessions import still_signed_in
from dashboard.live import feed, watching
from dashboard.live.models import Watch
from dashboard.observability import search as searching
from dashboard.observability.log_filter import wanted
from routing.models import Worker


class LogConsumer(AsyncJsonWebsocketConsumer):
    """Sends `{"rows": [html, …], "said": [{"place", "html"}, …], "missed": n}`. The filters are in
    the address; a browser that changes them connects again."""

    watch: Watch | None = None
    keeping: asyncio.Future[None] | None = None

    async def connect(self) -> None:
        name = self.scope["url_route"]["kwargs"]["name"]
        if not await _may_look(self.scope, name):
            await self.close(code=4404)
            return
        self.name, self.reader = name, feed.Reader()
        query = self.scope["query_string"].decode("latin-1")
        self.search = searching.parse(dict(parse_qsl(query)))
        await self.channel_layer.group_add(feed.log_group(name), self.channel_name)
        self.watch = await sync_to_async(watching.watch)(name)
        await self.accept()
        self.keeping = asyncio.ensure_future(self._keep(self.watch))

    async def disconnect(self, code: int) -> None:
        if self.watch is None:
            return
        if self.keeping is not None:
            self.keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.keeping
        await self.channel_layer.group_discard(feed.log_group(self.name), self.channel_name)
        await sync_to_async(watching.unwatch)(self.watch.id)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Browsers have nothing to say here."""

    async def feed(self, message: dict[str, Any]) -> None:
        """What happened at the edges."""
        items, missed = self.reader.read(message)
        fit = [item for item in items if wanted(item, self.search)]
        rows = [item["html"] for item in fit if "place" not in item]
        said = [{"place": i["place"], "html": i["html"]} for i in fit if "place" in i]
        if rows or said or missed:
            await self.send_json({"rows": rows, "said": said, "missed": missed})

    async def _keep(self, watch: Watch) -> None:
        """Says that somebody still looks, while they may; groups forget their members in time."""
        while await _may_look(self.scope, self.name):
            if not await sync_to_async(watching.renew)(watch.id):
                break
            await self.channel_layer.group_add(feed.log_group(self.name), self.channel_name)
            await asyncio.sleep(watching.RENEW_SECONDS)
        await self.close(code=4408)


@sync_to_async
def _may_look(scope: dict[str, Any], name: str) -> bool:
    """Is the Worker there, and does the session still hold a person who may sign in?"""
    return still_signed_in(scope) is not None and Worker.objects.filter(name=name).exists()


websocket_urlpatterns = [
    path(
        "workers/<str:name>/log/live",
        AllowedHostsOriginValidator(AuthMiddlewareStack(LogConsumer.as_asgi())),
    )
]
