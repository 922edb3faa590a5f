"""Runs versions for requests to their own address, and ends unused ones.

Envoy asks here about every host name without routes, such as `<prefix or alias>-<worker>.<domain>`
(`compile.previews`), and waits for the answer. The number of such versions is limited: the least
recently used one without a request makes room.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from routing.agent.answers.client_rates import ClientRates
from routing.agent.answers.preview_names import (
    PreviewLater,
    PreviewLimit,
    PreviewNames,
    PreviewRefused,
)
from routing.agent.answers.worker_hosts import Located, WorkerHosts, decide_question
from routing.agent.base import messages
from routing.agent.base.unix_http_server import Request, Response
from routing.agent.envoy.admin_client import EnvoyUnavailable
from routing.agent.state.plan import answers
from routing.agent.state.state import EdgeState, Phase, ProcessState, version_ids
from routing.compile import names
from routing.compile.envoy.previews import ANSWER_SECONDS, REFUSALS
from routing.snapshot import Preview

START_SECONDS = ANSWER_SECONDS - 5.0
PER_WORKER = 3
"""So that requests for one Worker cannot evict the previews of all others, nor use up the slots of
its deployments (`names.SLOTS`)."""
_SETTLE_SECONDS = 0.05
"""Envoy's worker threads get a new cluster shortly after its main thread reports it."""
_EVERY_SECONDS = 2.0
_TRIES, _AGAIN_SECONDS = 10, 0.2
_HOST, _CLIENT = names.HOST_HEADER.encode(), names.CLIENT_HEADER.encode()
_SCHEME, _PATH = names.SCHEME_HEADER.encode(), names.TARGET_PATH_HEADER.encode()
_STARTS, _STARTS_PER_SECOND = 16, 0.5
"""Versions that one client address may start, so that it cannot keep evicting others'."""

InFlight = Callable[[list[str]], Awaitable[Mapping[str, int]]]


class Previews:
    """`set_desired` takes the versions to run beside deployments, by id; `in_flight` counts
    requests in versions and raises `EnvoyUnavailable`."""

    def __init__(
        self,
        *,
        known: PreviewNames,
        set_desired: Callable[[Mapping[str, Preview]], None],
        state: Callable[[], EdgeState],
        in_flight: InFlight,
        places: int,
        idle_seconds: float,
        clock: Callable[[], float] = time.monotonic,
        decide: Callable[[Request], Response | Awaitable[Response]] | None = None,
    ) -> None:
        self._decide = decide
        self._names, self._want = known, set_desired
        self._workers = WorkerHosts()
        self._state, self._in_flight = state, in_flight
        self._places, self._idle_seconds, self._clock = places, idle_seconds, clock
        self._running: dict[str, Preview] = {}
        self._used: dict[str, float] = {}
        self._room = asyncio.Lock()
        self._starts = ClientRates(_STARTS, _STARTS_PER_SECOND, clock)
        self._news = asyncio.Event()

    def changed(self) -> None:
        """The state has changed: wakes waiting requests."""
        self._news.set()
        self._news = asyncio.Event()

    async def answer(self, request: Request) -> Response:
        """Where Envoy sends the request, or what the client gets instead."""
        host, client = (_text(request, name) for name in (_HOST, _CLIENT))
        if not self._state().applied.known:
            return _refusal(PreviewLater(messages.STILL_WAITING))
        scheme, path = (_text(request, name) for name in (_SCHEME, _PATH))
        if located := self._workers.locate(self._state().applied, host, scheme, path):
            return await self._routes_of(located, request)
        try:
            preview = await self._names.preview(host, client)
            await self._run(preview, client)
        except PreviewRefused as error:
            return _refusal(error)
        return _allowed(
            {names.CLUSTER_HEADER: preview.version.id, names.PREVIEW_HEADER: preview.worker}
        )

    async def _routes_of(self, located: Located, request: Request) -> Response:
        """The routes, and what the decide service answers about the override or the link."""
        answer = _allowed({names.SCOPE_HEADER: located.scope})
        if self._decide is None or not located.worker:
            return answer
        question = decide_question(located, request)
        if question is None:
            return answer
        decided = self._decide(question)
        if not isinstance(decided, Response):
            decided = await decided
        if question.path == "/link":
            return decided
        return Response(headers=answer.headers + decided.headers)

    async def keep(self) -> None:
        """Ends unused versions."""
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            old = self._clock() - self._idle_seconds
            await self._end([key for key, used in self._used.items() if used <= old])

    async def _run(self, preview: Preview, client: str) -> None:
        """Returns once Envoy reaches the version."""
        key = preview.version.id
        if key not in version_ids(self._state().applied.workers):
            if key not in self._running:
                if wait := self._starts.seconds_to_wait(client):
                    raise PreviewLimit(wait)
                async with self._room:
                    await self._take_in(preview)
            self._used[key] = self._clock()
        if not self._is_reached(key):
            await self._until_reached(key)
            await asyncio.sleep(_SETTLE_SECONDS)

    async def _until_reached(self, key: str) -> None:
        try:
            async with asyncio.timeout(START_SECONDS):
                while not self._is_reached(key):
                    process = self._state().processes.get(key)
                    if process is not None and process.state in (
                        ProcessState.failed,
                        ProcessState.backoff,
                    ):
                        raise PreviewRefused(502, messages.preview_failed(key, process.message))
                    await self._news.wait()
        except TimeoutError:
            raise PreviewRefused(503, messages.preview_late(key, START_SECONDS)) from None

    def _is_reached(self, key: str) -> bool:
        state = self._state()
        if key not in state.clusters or not answers(key, state):
            return False
        routed = key in state.leaving or key in version_ids(state.applied.workers)
        return routed and state.processes[key].phase is Phase.live

    async def _take_in(self, preview: Preview) -> None:
        if preview.version.id in self._running:
            return
        await self._make_room(preview)
        self._running[preview.version.id] = preview
        self._used[preview.version.id] = self._clock()
        self._want(dict(self._running))

    async def _make_room(self, preview: Preview) -> None:
        """Evicts a version of the same Worker if it has too many."""
        if not self._places:
            raise PreviewRefused(404, messages.PREVIEWS_OFF)
        for _ in range(_TRIES):  # a request that just ended is counted a moment longer
            rivals = self._rivals(preview)
            if not rivals:
                return
            for key in sorted(rivals, key=self._used.__getitem__):
                if await self._end([key]):
                    return
            await asyncio.sleep(_AGAIN_SECONDS)
        raise PreviewRefused(503, messages.PREVIEWS_BUSY)

    def _rivals(self, preview: Preview) -> list[str]:
        """Versions of which one has to go first; none if there is room."""
        same = [key for key, other in self._running.items() if other.worker == preview.worker]
        if len(same) >= PER_WORKER:
            return same
        return list(self._running) if len(self._running) >= self._places else []

    async def _end(self, keys: list[str]) -> bool:
        """Ends those without a request; returns whether there were any."""
        try:
            busy = await self._in_flight(keys) if keys else {}
        except EnvoyUnavailable:
            return False
        ended = [key for key in keys if not busy.get(key) and key in self._running]
        for key in ended:
            del self._running[key], self._used[key]
        for key in self._used.keys() & set(keys):
            self._used[key] = self._clock()
        if ended:
            self._want(dict(self._running))
        return bool(ended)


def _text(request: Request, name: bytes) -> str:
    return b"".join(request.lines(name)[:1]).decode("latin-1")


def _allowed(headers: Mapping[str, str]) -> Response:
    return Response(headers=tuple((k.encode(), v.encode()) for k, v in headers.items()))


def _refusal(error: PreviewRefused) -> Response:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    if isinstance(error, PreviewLimit | PreviewLater):
        headers.append((b"retry-after", str(error.seconds).encode()))
    status = REFUSALS.get(error.status, error.status)
    return Response(status, tuple(headers), f"{error}\n".encode())
