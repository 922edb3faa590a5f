"""Readers of live logs and tails, all at once, and the requests they look at."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
import websockets

from benchmarks.base import figures, machine
from benchmarks.base.system import System

_LAST_SECONDS = 2.0
PASSWORD = "correct horse battery"


@dataclass
class Reader:
    """`at` are the times at which an event came, by the path of its request."""

    count: int = 0
    missed: int = 0
    at: dict[str, float] = field(default_factory=dict)


@dataclass
class Seen:
    """What came of it. Times are in milliseconds, CPU in percent of a core."""

    sent: int = 0
    failed: int = 0
    took: list[float] = field(default_factory=list)
    begun: dict[str, float] = field(default_factory=dict)
    logs: list[Reader] = field(default_factory=list)
    tails: list[Reader] = field(default_factory=list)
    web: float = 0.0
    agent: float = 0.0

    @property
    def latency(self) -> str:
        return _two(self.took)

    @property
    def delay(self) -> str:
        waits = [
            1000 * (came - self.begun[path])
            for reader in self.tails
            for path, came in reader.at.items()
            if path in self.begun
        ]
        return _two(waits)

    @property
    def missed(self) -> int:
        return max((reader.missed for reader in (*self.logs, *self.tails)), default=0)

    @staticmethod
    def spread(readers: Sequence[Reader]) -> str:
        counts = [reader.count for reader in readers]
        return f"{min(counts)} to {max(counts)}"


async def many_look(
    system: System, worker: str, *, logs: int, tails: int, rate: int, seconds: int
) -> Seen:
    """`rate` requests a second for so long, and so many who look."""
    seen = Seen(logs=[Reader() for _ in range(logs)], tails=[Reader() for _ in range(tails)])
    async with AsyncExitStack() as stack:
        cookie = _session(system) if logs else ""
        for log in seen.logs:
            address = f"ws://127.0.0.1:{system.http_port}/workers/{worker}/log/live"
            headers = {"Cookie": cookie, "Origin": f"http://127.0.0.1:{system.http_port}"}
            socket = await stack.enter_async_context(
                websockets.connect(address, additional_headers=headers)
            )
            stack.push_async_callback(_ended, asyncio.ensure_future(_read_log(socket, log)))
        for tail in seen.tails:
            url = system.call("POST", f"{worker}/tails", json={"filters": []})["url"]
            socket = await stack.enter_async_context(
                websockets.connect(url, subprotocols=[websockets.Subprotocol("trace-v1")])
            )
            stack.push_async_callback(_ended, asyncio.ensure_future(_read_tail(socket, tail)))
        await asyncio.sleep(1.0)
        await _requests(system, worker, seen, rate, seconds)
        await asyncio.sleep(_LAST_SECONDS)
    return seen


async def _requests(system: System, worker: str, seen: Seen, rate: int, seconds: int) -> None:
    roles, began = system.processes(), time.monotonic()
    before = {role: machine.cpu_seconds(roles[role]) for role in ("web", "agent")}
    limits = httpx.Limits(max_connections=20)
    async with httpx.AsyncClient(limits=limits, timeout=10) as client, asyncio.TaskGroup() as group:
        for number in range(rate * seconds):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            path = f"/r{seen.sent}"
            seen.sent += 1
            group.create_task(_request(client, system, worker, path, seen))
    spent = time.monotonic() - began
    seen.web, seen.agent = (
        100 * (machine.cpu_seconds(roles[role]) - before[role]) / spent for role in before
    )


async def _request(
    client: httpx.AsyncClient, system: System, worker: str, path: str, seen: Seen
) -> None:
    began = time.monotonic()
    seen.begun[path] = began
    url = f"http://127.0.0.1:{system.edge_port}{path}"
    answer = await client.get(url, headers={"Host": f"{worker}.localhost"})
    seen.took.append(1000 * (time.monotonic() - began))
    seen.failed += answer.status_code != 200


async def _read_tail(socket: Any, reader: Reader) -> None:
    async for text in socket:
        event = json.loads(text)
        if "type" in event:
            reader.missed += 1
            continue
        reader.count += 1
        path = "/" + event["event"]["request"]["url"].rpartition("/")[2]
        reader.at[path] = time.monotonic()


async def _read_log(socket: Any, reader: Reader) -> None:
    async for text in socket:
        message = json.loads(text)
        reader.count += len(message["rows"])
        reader.missed += message["missed"]


async def _ended(task: asyncio.Future[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


def _session(system: System) -> str:
    """The cookie of somebody who signed in."""
    address = f"http://127.0.0.1:{system.http_port}/accounts/login/"
    with httpx.Client() as client:
        client.get(address)
        form = {"username": "admin", "password": PASSWORD}
        form["csrfmiddlewaretoken"] = client.cookies["csrftoken"]
        answer = client.post(address, data=form, headers={"Referer": address})
        assert answer.status_code == 302, answer.text
        return f"sessionid={client.cookies['sessionid']}"


def _two(values: Sequence[float]) -> str:
    if not values:
        return "–"
    return f"{figures.median(values):.1f} / {figures.percentile(values, 99):.1f}"
