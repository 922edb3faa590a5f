"""The WebSocket of `wrangler tail`, subprotocol `trace-v1`: one JSON object a message."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import random
from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db.models import QuerySet
from django.utils import timezone

from dashboard.accounts.models import Token
from dashboard.accounts.tokens import hash_token
from dashboard.api.tails import end
from dashboard.api.trace_events import NOTICE_ENDS, event, notice, parse_filters
from dashboard.live import feed, watching
from dashboard.live.models import Tail
from routing.models import Version

PROTOCOL = "trace-v1"
_KEPT = 200


class TailConsumer(AsyncWebsocketConsumer):
    """Sends what passes the session's filters, and how much could not be sent."""

    tail: Tail | None = None
    keeping: asyncio.Future[None] | None = None

    async def connect(self) -> None:
        """Accepts once every process of the Worker says all, so that nothing is missed after."""
        given = self.scope["url_route"]["kwargs"]
        tail = await sync_to_async(_session)(given["tail_id"], given["secret"])
        if tail is None or PROTOCOL not in self.scope["subprotocols"]:
            await self.close(code=4404)
            return
        self.tail = tail
        self.filters = parse_filters(tail.filters, tail.client_ip)
        self.reader, self.overloaded = feed.Reader(), False
        self.versions: dict[str, dict[str, str]] = {}
        await self.channel_layer.group_add(feed.tail_group(tail.worker), self.channel_name)
        await asyncio.sleep(max(0.0, watching.SETTLE_SECONDS - _age(tail.created_on)))
        await self.accept(PROTOCOL)
        self.keeping = asyncio.ensure_future(self._keep(tail))

    async def disconnect(self, code: int) -> None:
        if self.tail is None:
            return
        if self.keeping is not None:
            self.keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.keeping
        await self.channel_layer.group_discard(feed.tail_group(self.tail.worker), self.channel_name)
        await sync_to_async(end)(self.tail)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """The client says `{"debug": …}`, which changes nothing here."""

    async def feed(self, message: dict[str, Any]) -> None:
        """What happened at the edges."""
        details, missed = self.reader.read(message)
        if missed:
            await self.send(json.dumps(notice(missed)))
        elif self.overloaded:
            await self.send(json.dumps(NOTICE_ENDS))
        self.overloaded = bool(missed)
        wanted = [d for d in details if self.filters.match(d, random.random())]
        await self._learn({d["version_id"] for d in wanted})
        for detail in wanted:
            said = event(detail, self.versions[detail["version_id"]])
            await self.send(json.dumps(said, ensure_ascii=False))

    async def _learn(self, ids: set[str]) -> None:
        """Versions never change, so each is looked up once."""
        if new := ids - self.versions.keys():
            if len(self.versions) > _KEPT:
                self.versions.clear()
                new = ids
            self.versions |= await sync_to_async(_versions)(new)

    async def _keep(self, tail: Tail) -> None:
        """Says that somebody still listens, until the session expires or is deleted."""
        while _age(tail.expires_on) < 0:
            left = await sync_to_async(_still_open)(tail)
            if not left:
                break
            await self.channel_layer.group_add(feed.tail_group(tail.worker), self.channel_name)
            await asyncio.sleep(min(watching.RENEW_SECONDS, -_age(tail.expires_on)))
        await self.close(code=1000)


def _session(tail_id: Any, secret: str) -> Tail | None:
    tail = _in_use().filter(id=tail_id).first()
    known = tail.secret_sha256 if tail else ""
    return tail if hmac.compare_digest(known, hash_token(secret)) else None


def _in_use() -> QuerySet[Tail]:
    """Those that have not expired, nor has the token that opened them ended."""
    now = timezone.now()
    return Tail.objects.filter(expires_on__gt=now, token__in=Token.objects.in_use(now))


def _still_open(tail: Tail) -> bool:
    if not _in_use().filter(pk=tail.pk).exists():
        return False
    if tail.watch_id is None or not watching.renew(tail.watch_id):
        tail.watch = watching.watch(tail.worker)
        tail.save(update_fields=["watch"])
    return True


def _versions(ids: set[str]) -> dict[str, dict[str, str]]:
    """`scriptVersion`: the id, and tag and message where the upload had them."""
    found = {str(v.id): v for v in Version.objects.filter(id__in=ids).only("tag", "message")}
    named = {key: {"tag": v.tag, "message": v.message} for key, v in found.items()}
    return {
        key: {"id": key, **{k: text for k, text in named.get(key, {}).items() if text}}
        for key in ids
    }


def _age(moment: datetime) -> float:
    """Seconds since then; negative before."""
    return (timezone.now() - moment).total_seconds()
