"""The decide service: tells Envoy which version an override header asks for.

Envoy's routes contain the deployed versions; this service parses the header and names the outcome.
It always answers 200, because Envoy would return any error to the client.

Short fields are judged at once, in at most 2 ms. Longer ones, up to `override.LONGEST_FIELD`, go to
a thread with a short queue; when it is full Envoy is answered as if the service were down.

Where overrides are protected (`compile.permits`) the request carries its permission, host and
cookies; the answer returns the cookies without the shared link's. `share_links` answers for links.
"""

from __future__ import annotations

import asyncio
import logging
import math
import re
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from typing import Any, TypeAlias

from cachetools import LRUCache

from routing.agent.answers import share_links
from routing.agent.answers.permissions import Permits, protection_of
from routing.agent.base.tasks import Tasks
from routing.agent.base.unix_http_server import Request, Response, Server
from routing.compile import names
from routing.rules.decide import Target, judge
from routing.rules.override import Outcome, Override, too_long
from routing.rules.permissions.permission import NOTHING, UNPROTECTED, Permission, Presented
from routing.rules.permissions.presented import take_cookie
from routing.snapshot import EMPTY, Snapshot, WorkerSpec

log = logging.getLogger("edge")

_SAFE = re.compile(r"[!-~]{1,64}")
"""Ids that may be put into a header. A version's id is a UUID, so nothing else can match."""
_KEPT = 4096
_LONGEST_KEPT = 4096
SHORT_FIELD = 1024
"""Bytes of a field that is judged in the event loop: ten Workers' ids, or at worst 2 ms."""
MOST_WAITING = 16
"""Longer fields in the queue. At 3 ms each, all are answered within Envoy's 250 ms."""
_OVERRIDES = names.OVERRIDES.encode()
_ROUTE = names.ROUTE_HEADER.encode()
_PERMISSION, _HOST = names.PERMISSION.encode(), names.HOST_HEADER.encode()
_REMOVED = (b"x-envoy-auth-headers-to-remove", names.NOTHING_HEADER.encode())
_REMOVED_COOKIES = (_REMOVED[0], _REMOVED[1] + b",cookie")
_WITHOUT_VERSION = (Outcome.absent, Outcome.not_permitted)
"""Envoy routes to any version in the answer, so a refused one must not be in it."""
_NO_ANSWER = Response(headers=(_REMOVED,))

Judge: TypeAlias = Callable[[Target, list[bytes], Presented], Override]
Answer: TypeAlias = Response | Coroutine[Any, Any, Response]
_Key: TypeAlias = tuple[str, bytes, bytes, str, str]


class Decider:
    """Judges overrides by the applied snapshot; ids that are only in the desired one are pending.
    Protection is read from the desired snapshot: a revoked token is refused before Envoy has new
    routes."""

    def __init__(self, judge: Judge = judge, permits: Permits | None = None) -> None:
        self._judge = judge
        self._permits = permits or Permits()
        self._applied: dict[str, WorkerSpec] = {}
        self._desired: dict[str, WorkerSpec] = {}
        self._targets: dict[str, Target] = {}
        self._kept: LRUCache[_Key, tuple[Response, float]] = LRUCache(_KEPT)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="judge")
        self._waiting = 0
        #: Fields that were not judged because the queue was full.
        self.unjudged = 0

    def update_snapshots(self, applied: Snapshot = EMPTY, desired: Snapshot = EMPTY) -> None:
        self._applied = {worker.name: worker for worker in applied.workers}
        self._desired = {worker.name: worker for worker in desired.workers}
        self._targets.clear()
        self._kept = LRUCache(_KEPT)  # the thread may still write to the old one
        self._permits.forget()

    def answer(self, request: Request) -> Answer:
        """Never raises: an error here must not fail the request at the edge."""
        try:
            if request.path == "/link":
                return share_links.answer(request, self._permits, self._target)
            return self._answer(request)
        except Exception:
            log.exception("fault in the decide service")
            return _NO_ANSWER

    def close(self) -> None:
        """Drops what waits in the queue."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _answer(self, request: Request) -> Answer:
        route = b"".join(request.lines(_ROUTE)[:1]).decode("latin-1")
        worker, lines = names.parse_route(route)[0], request.lines(_OVERRIDES)
        header, cookie, rest, host = b", ".join(request.lines(_PERMISSION)), None, b"", ""
        if request.path == "/permit":
            cookie, rest = _cookies(b"; ".join(request.lines(b"cookie")))
            host = b"".join(request.lines(_HOST)[:1]).decode("latin-1")
        if header or self._protects(worker):
            header = self._permits.carry(b"".join(request.lines(b"cf-ray")[:1]), header)
        key = (worker, b", ".join(lines), header, cookie or "", host)
        answer = self._remembered(key) or self._verdict(key, lines, cookie)
        if cookie is None:
            return answer
        if isinstance(answer, Response):
            return _with_cookies(answer, rest)
        return _later_with_cookies(answer, rest)

    def _protects(self, worker: str) -> bool:
        return self._target(worker).protection is not UNPROTECTED

    def _remembered(self, key: _Key) -> Response | None:
        """A verdict based on permissions is valid until the first of them expires."""
        response, until = self._kept.get(key, (None, 0.0))
        return response if until > self._permits.now() else None

    def _verdict(self, key: _Key, lines: list[bytes], cookie: str | None) -> Answer:
        presented = self._presented(key, cookie)
        if len(key[1]) <= SHORT_FIELD or too_long(lines):
            keep = self._keeping(key, presented)
            return keep(self._judge(self._target(key[0]), lines, presented))
        if self._waiting >= MOST_WAITING:
            self._skip()
            return _NO_ANSWER
        self._waiting += 1
        return self._later(key, lines, presented)

    def _presented(self, key: _Key, cookie: str | None) -> Presented:
        worker, _, header, _, host = key
        if not header and cookie is None:
            return NOTHING
        protection = self._target(worker).protection
        return self._permits.presented(worker, protection, header, cookie, host)

    async def _later(self, key: _Key, lines: list[bytes], presented: Presented) -> Response:
        keep, target = self._keeping(key, presented), self._target(key[0])
        loop = asyncio.get_running_loop()
        judged = loop.run_in_executor(self._thread, self._judge, target, lines, presented)
        try:
            return keep(await judged)
        except Exception:
            log.exception("fault in the decide service")
            return _NO_ANSWER
        finally:
            self._waiting -= 1

    def _keeping(self, key: _Key, presented: Presented) -> Callable[[Override], Response]:
        """Builds the response and caches it for the snapshot that the verdict was based on."""
        kept, unmatched = self._kept, self._unmatched(key[0])
        until = _until(presented)

        def keep(override: Override) -> Response:
            response = _response(override, unmatched)
            if sum(map(len, key)) <= _LONGEST_KEPT:
                kept[key] = (response, until)
            return response

        return keep

    def _skip(self) -> None:
        self.unjudged += 1
        if self.unjudged % 1000 == 1:
            log.warning("too many long override headers at once: %d not judged", self.unjudged)

    def _target(self, name: str) -> Target:
        if name not in self._targets:
            target = _target(name, self._applied.get(name), self._desired.get(name))
            if name not in self._applied:
                return target
            self._targets[name] = target
        return self._targets[name]

    def _unmatched(self, name: str) -> Callable[[str], Outcome]:
        """The outcome for a deployed id that Envoy's routes did not match: they were switched a
        moment ago."""
        worker = self._desired.get(name)
        coming = {version.id for version in worker.versions} if worker else set()
        return lambda requested: (
            Outcome.not_propagated if requested in coming else Outcome.not_in_deployment
        )


def serve(decider: Decider, tasks: Tasks) -> Server:
    """For Envoy only, which runs as the agent's own user."""
    return Server(names.DECIDE_SOCKET, decider.answer, mode=0o600, tasks=tasks)


def _target(name: str, applied: WorkerSpec | None, desired: WorkerSpec | None) -> Target:
    here = {version.id for version in applied.versions} if applied else set()
    coming = {version.id for version in desired.versions} if desired else set()
    others = {*(applied.other_versions if applied else ())}
    others |= {*(desired.other_versions if desired else ())}
    return Target(
        worker=name,
        deployment_id=applied.deployment.id if applied else "",
        shares=applied.deployment.shares if applied else (),
        other_versions=frozenset(others - here),
        pending=frozenset(coming - here),
        protection=protection_of(desired or applied),
    )


@lru_cache(maxsize=1024)
def _cookies(line: bytes) -> tuple[str | None, bytes]:
    """Cached `take_cookie`: a browser repeats the same line."""
    return take_cookie([line]) if line else (None, b"")


def _until(presented: Presented) -> float:
    """When the first of the presented permissions expires."""
    reads = (*presented.header, presented.cookie)
    ends = (read.expires_at for read in reads if isinstance(read, Permission))
    return min((end for end in ends if end > presented.now), default=math.inf)


def _with_cookies(response: Response, rest: bytes) -> Response:
    """The Worker gets only the cookies in `rest`."""
    headers = tuple(header for header in response.headers if header != _REMOVED)
    more = (_REMOVED, (b"cookie", rest)) if rest else (_REMOVED_COOKIES,)
    return replace(response, headers=headers + more)


async def _later_with_cookies(answer: Coroutine[Any, Any, Response], rest: bytes) -> Response:
    return _with_cookies(await answer, rest)


def _response(override: Override, unmatched: Callable[[str], Outcome]) -> Response:
    """Without a header to remove, Envoy would not evaluate its routes again. The matching route
    reports `applied` itself, so this outcome counts only where none matches."""
    requested = override.requested or ""
    outcome = override.outcome
    if outcome is Outcome.applied:
        outcome = unmatched(requested)
    told = [(names.OUTCOME_HEADER.encode(), outcome.encode()), _REMOVED]
    if override.fault is not None:
        told.append((names.PERMISSION_HEADER.encode(), override.fault.encode()))
    if override.outcome not in _WITHOUT_VERSION and _SAFE.fullmatch(requested):
        told.append((names.VERSION_HEADER.encode(), requested.encode("ascii")))
    return Response(headers=tuple(told))
