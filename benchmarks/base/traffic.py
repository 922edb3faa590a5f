"""Requests of every kind that go on while deployments change, and a count of those that fail.

wrk sends short ones at an even pace: a fifth with a version key, a twentieth with an override. A
process beside it keeps slow requests and streams in flight and one WebSocket open, pinned to a
version that stays.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import re
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

import aiohttp

from benchmarks.base.peers import KEY, OVERRIDES

WORKER = "hello"
SLOW_SECONDS = 2
STREAM_LINES = 20
CONNECTIONS = 16
_PAUSE_MS = 8  # between an answer and the next request on its connection
_TIMEOUT = 15.0

SOURCE = f"""\
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function lines() {{
  const {{ readable, writable }} = new TransformStream();
  const writer = writable.getWriter();
  (async () => {{
    for (let line = 0; line < {STREAM_LINES}; line++) {{
      await writer.write(new TextEncoder().encode("line\\n"));
      await wait(100);
    }}
    await writer.close();
  }})();
  return new Response(readable);
}}

function echo() {{
  const [client, server] = Object.values(new WebSocketPair());
  server.accept();
  server.addEventListener("message", (event) => server.send(event.data));
  return new Response(null, {{ status: 101, webSocket: client }});
}}

export default {{
  async fetch(request, env) {{
    const {{ pathname }} = new URL(request.url);
    if (request.headers.get("Upgrade") === "websocket") return echo();
    if (pathname === "/stream") return lines();
    if (pathname === "/slow") await wait({SLOW_SECONDS * 1000});
    return new Response(env.VERSION.id);
  }},
}};
"""

_LUA = """
local turn = 0
local plain = {{ ["Host"] = "{host}" }}
local keyed = {{ ["Host"] = "{host}", ["{key}"] = "user-42" }}
local pinned = {{ ["Host"] = "{host}", ["{overrides}"] = '{override}' }}
function request()
  turn = turn + 1
  local headers = turn % 20 == 0 and pinned or turn % 4 == 0 and keyed or plain
  return wrk.format("GET", "/", headers)
end
function delay() return {pause} end
"""


@dataclass(frozen=True)
class Where:
    """Whom to ask, and the version that stays all the time. nginx gets no WebSocket."""

    port: int
    stays: str
    websocket: bool = True

    @property
    def headers(self) -> dict[str, str]:
        return {"Host": f"{WORKER}.localhost"}

    @property
    def pinned(self) -> dict[str, str]:
        return self.headers | {OVERRIDES: f'{WORKER}="{self.stays}"'}


@dataclass
class Seen:
    """Requests that were sent and that failed, by kind; `why` holds what the failures said."""

    sent: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    why: Counter[str] = field(default_factory=Counter)


@contextmanager
def flowing(where: Where) -> Iterator[Seen]:
    """All of it, from the start of the block to its end; `Seen` is filled in then."""
    seen = Seen()
    ours, theirs = multiprocessing.Pipe()
    beside = multiprocessing.get_context("spawn").Process(target=_beside, args=(where, theirs))
    beside.start()
    ours.recv()  # everything is in flight
    with _short_requests(where, seen):
        try:
            yield seen
        finally:
            ours.send("stop")
            others: Seen = ours.recv()
            beside.join()
    for kind in ("sent", "failed", "why"):
        getattr(seen, kind).update(getattr(others, kind))


# --- short requests: wrk --------------------------------------------------------------------------


@contextmanager
def _short_requests(where: Where, seen: Seen) -> Iterator[None]:
    script = _LUA.format(
        key=KEY,
        overrides=OVERRIDES,
        override=where.pinned[OVERRIDES],
        host=where.headers["Host"],
        pause=_PAUSE_MS,
    )
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        process = subprocess.Popen(
            [
                "wrk",
                "-t1",
                f"-c{CONNECTIONS}",
                "-d600s",
                "-s",
                file.name,
                f"http://127.0.0.1:{where.port}/",
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        time.sleep(0.5)
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=30)
    _count_short(said, seen)


def _count_short(said: str, seen: Seen) -> None:
    counted = re.search(r"(\d+) requests in", said)
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    broken = re.search(r"Socket errors: (.*)", said)
    seen.sent["short"] += int(counted[1]) if counted else 0
    if refused:
        seen.failed["short"] += int(refused[1])
        seen.why["short: not 2xx"] += int(refused[1])
    for kind, number in re.findall(r"(\w+) (\d+)", broken[1] if broken else ""):
        if int(number):
            seen.failed["short"] += int(number)
            seen.why[f"short: {kind} error"] += int(number)


# --- what stays in flight -------------------------------------------------------------------------


def _beside(where: Where, pipe: Connection) -> None:
    asyncio.run(_keep_in_flight(where, pipe))


async def _keep_in_flight(where: Where, pipe: Connection) -> None:
    seen, stop = Seen(), asyncio.Event()
    asyncio.get_running_loop().add_reader(pipe.fileno(), stop.set)
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT)
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    async with aiohttp.ClientSession(
        f"http://127.0.0.1:{where.port}", timeout=timeout, connector=connector
    ) as client:
        kinds: list[tuple[str, Callable[[], Awaitable[int]]]] = [
            *[("slow", lambda: _slow(client, where))] * 4,
            *[("stream", lambda: _stream(client, where))] * 2,
        ]
        if where.websocket:
            kinds.append(("websocket", lambda: _converse(client, where, stop)))
        async with asyncio.TaskGroup() as group:
            for kind, once in kinds:
                group.create_task(_repeat(kind, once, seen, stop))
            await asyncio.sleep(0.5)
            pipe.send("in flight")
    pipe.recv()
    pipe.send(seen)


async def _repeat(
    kind: str, once: Callable[[], Awaitable[int]], seen: Seen, stop: asyncio.Event
) -> None:
    while not stop.is_set():
        try:
            answered = await once()  # apart: others count while this one waits
            seen.sent[kind] += answered
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            seen.failed[kind] += 1
            seen.why[f"{kind}: {type(error).__name__} {error}"] += 1
            await asyncio.sleep(0.1)


async def _slow(client: aiohttp.ClientSession, where: Where) -> int:
    async with client.get("/slow", headers=where.headers) as answer:
        text = await answer.text()
        if answer.status != 200:
            raise ValueError(f"{answer.status} {text[:60]}")
    return 1


async def _stream(client: aiohttp.ClientSession, where: Where) -> int:
    async with client.get("/stream", headers=where.headers) as answer:
        lines = (await answer.text()).splitlines()
        if answer.status != 200 or len(lines) != STREAM_LINES:
            raise ValueError(f"{answer.status}, {len(lines)} of {STREAM_LINES} lines")
    return 1


async def _converse(client: aiohttp.ClientSession, where: Where, stop: asyncio.Event) -> int:
    """One WebSocket until the end. The number of messages that came back."""
    count = 0
    async with client.ws_connect("/", headers=where.pinned) as socket:
        while not stop.is_set():
            await socket.send_str(str(count))
            back = await socket.receive(timeout=5)
            if back.data != str(count):
                raise ValueError(f"after {count} messages: {back.type.name} {back.data!r}")
            count += 1
            await asyncio.sleep(0.05)
    return count
