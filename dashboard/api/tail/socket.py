"""The WebSocket of `wrangler tail`, subprotocol `trace-v1`: one JSON object a message."""

from __future__ import annotations

import asyncio
import hmac
import json
import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DatabaseError
from django.db.models import QuerySet
from django.utils import timezone

from dashboard.accounts.models import Token
from dashboard.accounts.tokens import hash_token
from dashboard.api.tail.sessions import end_session
from dashboard.api.tail.trace_events import NOTICE_ENDS, event, notice, parse_filters
from dashboard.live.channel.database import in_database
from dashboard.live.channel.push_socket import PushSocket
from dashboard.live.logs import fanout as feed, subscriptions
from dashboard.live.models import Tail
from dashboard.misbehavior import faults
from routing.models import Version

PROTOCOL = "trace-v1"
TAIL_SOCKETS = "/client/v4/tails/"
_CACHED_VERSIONS = 200


class TailConsumer(PushSocket):
    """Sends events that match the session's filters, and the number of dropped ones."""

    subprotocol = PROTOCOL
    tail: Tail | None = None

    async def admit(self) -> Sequence[str] | None:
        given = self.scope["url_route"]["kwargs"]
        tail = await in_database(_session)(given["tail_id"], given["secret"])
        if tail is None or PROTOCOL not in self.scope["subprotocols"]:
            return None
        self.tail = tail
        self.filters = parse_filters(tail.filters, tail.client_ip)
        self.reader, self.overloaded = feed.Reader(), False
        self.versions: dict[str, dict[str, str]] = {}
        return [feed.tail_group(tail.worker)]

    async def ready(self) -> None:
        """Waits until every process of the Worker sends details, so that nothing is missed."""
        assert self.tail is not None
        await asyncio.sleep(max(0.0, subscriptions.SETTLE_SECONDS - _age(self.tail.created_on)))

    async def left(self) -> None:
        if self.tail is not None:
            await in_database(end_session)(self.tail)

    async def feed(self, batch: dict[str, Any]) -> None:
        """Sends the matching events of a batch from an edge."""
        details, missed = self.reader.read(batch)
        if faults().tail_dead:
            return
        if faults().tail_overload:
            details, missed = details[::2], missed + len(details[1::2])
        if missed:
            await self.send(json.dumps(notice(missed)))
        elif self.overloaded:
            await self.send(json.dumps(NOTICE_ENDS))
        self.overloaded = bool(missed)
        matching = [d for d in details if self.filters.match(d, random.random())]
        await self._load_versions({d["version_id"] for d in matching})
        for detail in matching:
            message = event(detail, self.versions[detail["version_id"]])
            await self.send(json.dumps(message, ensure_ascii=False))

    async def _load_versions(self, ids: set[str]) -> None:
        """Versions never change, so each is looked up once."""
        if new := ids - self.versions.keys():
            if len(self.versions) > _CACHED_VERSIONS:
                self.versions.clear()
                new = ids
            self.versions |= await in_database(_versions)(new)

    async def keep(self) -> int:
        """Renews the watch until the session expires or is deleted."""
        tail = self.tail
        assert tail is not None
        while _age(tail.expires_on) < 0:
            left = await in_database(_still_open)(tail)
            if not left:
                break
            await self.join_again()
            await asyncio.sleep(max(0.0, min(subscriptions.RENEW_SECONDS, -_age(tail.expires_on))))
        return 1000


async def opens_tail(path: str) -> bool:
    """Whether `path` is a tail's address with the right secret. A database that is away counts as
    yes: the socket itself reports that."""
    tail_id, _, secret = path.removeprefix(TAIL_SOCKETS).partition("/")
    try:
        return await in_database(_session)(UUID(tail_id), secret) is not None
    except ValueError:
        return False
    except DatabaseError:
        return True


def _session(tail_id: UUID, secret: str) -> Tail | None:
    tail = _in_use().filter(id=tail_id).first()
    digest = tail.secret_sha256 if tail else ""
    return tail if hmac.compare_digest(digest, hash_token(secret)) else None


def _in_use() -> QuerySet[Tail]:
    """Sessions that have not expired and whose token is valid."""
    now = timezone.now()
    return Tail.objects.filter(expires_on__gt=now, token__in=Token.objects.in_use(now))


def _still_open(tail: Tail) -> bool:
    if not _in_use().filter(pk=tail.pk).exists():
        return False
    if tail.watch_id is not None and subscriptions.renew(tail.watch_id):
        return True
    tail.watch = subscriptions.watch(tail.worker)
    return bool(Tail.objects.filter(pk=tail.pk).update(watch=tail.watch))


def _versions(ids: set[str]) -> dict[str, dict[str, str]]:
    """`scriptVersion` by id: the id, and the tag and message of the upload."""
    rows = Version.objects.filter(id__in=ids).only("tag", "message")
    named = {str(v.id): {"tag": v.tag, "message": v.message} for v in rows}
    return {
        key: {"id": key, **{k: text for k, text in named.get(key, {}).items() if text}}
        for key in ids
    }


def _age(moment: datetime) -> float:
    """Seconds since then; negative before."""
    return (timezone.now() - moment).total_seconds()
