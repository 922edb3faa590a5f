"""Versions that run because their own address was asked for: started, and ended when unused.

Envoy asks here about every request to `<prefix or alias>-<worker>.<domain>` (`compile.previews`)
and holds it meanwhile. Only so many of these versions run at a time: the one that was asked for
longest ago makes room, unless a request is still in it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from routing.agent.answers.client_rates import ClientRates
from routing.agent.answers.preview_names import PreviewLimit, PreviewNames, PreviewRefused
from routing.agent.base.unix_http_server import Request, Response
from routing.agent.envoy.admin_client import Away
from routing.agent.state.plan import runs
from routing.agent.state.state import Held, Phase, State, version_ids
from routing.compile import names
from routing.compile.envoy.previews import ANSWER_SECONDS, REFUSALS
from routing.snapshot import Preview

START_SECONDS = ANSWER_SECONDS - 5.0
PER_WORKER = 3
"""At most: nobody who asks for addresses of one Worker ends those of all others, nor takes the
slots that its deployments need (`names.SLOTS`)."""
_SETTLE_SECONDS = 0.05
"""Envoy's own threads get a new cluster a moment after it says that it has it."""
_EVERY_SECONDS = 2.0
_TRIES, _AGAIN_SECONDS = 10, 0.2
_HOST, _CLIENT = names.HOST_HEADER.encode(), names.CLIENT_HEADER.encode()
_STARTS, _STARTS_PER_SECOND = 16, 0.5
"""Versions that one client address may have started: others' must not be ended all the time."""

InFlight = Callable[[list[str]], Awaitable[Mapping[str, int]]]


class Previews:
    """`want` is told what is to run beside the deployments, by version id; `in_flight` counts the
    requests in versions and raises `Away`."""

    def __init__(
        self,
        *,
        known: PreviewNames,
        want: Callable[[Mapping[str, Preview]], None],
        held: Callable[[], Held],
        in_flight: InFlight,
        places: int,
        idle_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._names, self._want = known, want
        self._held, self._in_flight = held, in_flight
        self._places, self._idle_seconds, self._clock = places, idle_seconds, clock
        self._running: dict[str, Preview] = {}
        self._used: dict[str, float] = {}
        self._room = asyncio.Lock()
        self._starts = ClientRates(_STARTS, _STARTS_PER_SECOND, clock)
        self._news = asyncio.Event()

    def changed(self) -> None:
        """What is held has changed: those who wait look again."""
        self._news.set()
        self._news = asyncio.Event()

    async def answer(self, request: Request) -> Response:
        """Where Envoy sends the request, or what its caller is told instead."""
        host, client = (b"".join(request.lines(n)[:1]).decode("latin-1") for n in (_HOST, _CLIENT))
        try:
            preview = await self._names.preview(host, client)
            await self._run(preview, client)
        except PreviewRefused as error:
            return _refusal(error)
        told = {names.CLUSTER_HEADER: preview.version.id, names.PREVIEW_HEADER: preview.worker}
        return Response(headers=tuple((k.encode(), v.encode()) for k, v in told.items()))

    async def keep(self) -> None:
        """Ends what nobody has asked for in a while."""
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            old = self._clock() - self._idle_seconds
            await self._end([key for key, used in self._used.items() if used <= old])

    async def _run(self, preview: Preview, client: str) -> None:
        """Returns once Envoy reaches the version."""
        key = preview.version.id
        if key not in version_ids(self._held().applied.workers):
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
                    process = self._held().processes.get(key)
                    if process is not None and process.state in (State.failed, State.backoff):
                        message = f"Version {key} does not start at this edge: {process.message}"
                        raise PreviewRefused(502, message)
                    await self._news.wait()
        except TimeoutError:
            message = f"Version {key} was not ready within {START_SECONDS:.0f} s."
            raise PreviewRefused(503, message) from None

    def _is_reached(self, key: str) -> bool:
        held = self._held()
        if key not in held.clusters or not runs(key, held):
            return False
        routed = key in held.leaving or key in version_ids(held.applied.workers)
        return routed and held.processes[key].phase is Phase.live

    async def _take_in(self, preview: Preview) -> None:
        """One more version that is to run."""
        if preview.version.id in self._running:
            return
        await self._make_room(preview)
        self._running[preview.version.id] = preview
        self._used[preview.version.id] = self._clock()
        self._want(dict(self._running))

    async def _make_room(self, preview: Preview) -> None:
        """For one more version; one of the same Worker goes if that has too many."""
        if not self._places:
            raise PreviewRefused(404, "This edge runs only versions that are in a deployment.")
        for _ in range(_TRIES):  # a request that just ended is counted a moment longer
            rivals = self._rivals(preview)
            if not rivals:
                return
            for key in sorted(rivals, key=self._used.__getitem__):
                if await self._end([key]):
                    return
            await asyncio.sleep(_AGAIN_SECONDS)
        message = "As many versions as may run at addresses of their own are busy. Try again soon."
        raise PreviewRefused(503, message)

    def _rivals(self, preview: Preview) -> list[str]:
        """Of whom one has to go first; none where there is room."""
        same = [key for key, other in self._running.items() if other.worker == preview.worker]
        if len(same) >= PER_WORKER:
            return same
        return list(self._running) if len(self._running) >= self._places else []

    async def _end(self, keys: list[str]) -> bool:
        """Gives those up in which no request is; whether there was any."""
        try:
            busy = await self._in_flight(keys) if keys else {}
        except Away:
            return False
        ended = [key for key in keys if not busy.get(key) and key in self._running]
        for key in ended:
            del self._running[key], self._used[key]
        for key in self._used.keys() & set(keys):
            self._used[key] = self._clock()
        if ended:
            self._want(dict(self._running))
        return bool(ended)


def _refusal(error: PreviewRefused) -> Response:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    if isinstance(error, PreviewLimit):
        headers.append((b"retry-after", str(error.seconds).encode()))
    status = REFUSALS.get(error.status, error.status)
    return Response(status, tuple(headers), f"{error}\n".encode())
