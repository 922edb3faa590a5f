"""Detects hung worker threads of Envoy without sending a request.

A probe connects and shuts down its sending half. A worker thread that runs accepts the connection,
reads its end and closes it; the kernel alone never does. There is no request, so nothing is logged
or counted. Each worker has its own queue, which the kernel selects by the connection's addresses:
several probes reach all of them sooner or later.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TypeVar

from routing.agent.hang.cpu_wait import cpu_wait
from routing.agent.hang.silence import Silence

T = TypeVar("T")

STEP_SECONDS = 0.25
_MOST_PROBES = 32


class ListenerDetector:
    """Probes the TCP listener at `address` (IP address, port) of process `pid`."""

    def __init__(
        self, address: tuple[str, int], pid: int, *, workers: int, hang_seconds: float
    ) -> None:
        self._address, self._pid = address, pid
        self._probes = min(_MOST_PROBES, 2 * workers + 2)
        self._step = min(STEP_SECONDS, hang_seconds / 4)
        self._silence = Silence(hang_seconds, self._step)

    async def until_hung(self, *, every: float) -> None:
        """Returns once a probe has been open for `hang_seconds` as counted by `Silence`. Probes
        `every` seconds while all are closed."""
        while True:
            await asyncio.sleep(every)
            if not await self._all_close():
                return

    async def _all_close(self) -> bool:
        probes: list[socket.socket] = []
        try:
            for _ in range(self._probes):
                probe = await self._waits_for(self._connected)
                if probe is None:
                    return False
                probes.append(probe)
            for probe in probes:
                if not await self._waits_for(partial(self._is_closed, probe)):
                    return False
                self._silence.heard()
            return True
        except OSError:
            # Nothing listens, or we are out of files: no sign of a hang.
            return True
        finally:
            for probe in probes:
                probe.close()

    async def _waits_for(self, step: Callable[[], Awaitable[T | None]]) -> T | None:
        """Repeats the step until it has a result; None once Envoy hangs. Raises `OSError`."""
        clock = asyncio.get_running_loop().time
        while True:
            began, waited = clock(), _cpu_waits(self._pid)
            if (result := await step()) is not None:
                return result
            starved = _longest(waited, _cpu_waits(self._pid))
            if self._silence.waited(clock() - began, starved):
                return None

    async def _connected(self) -> socket.socket | None:
        """A connection without a request; None on a timeout: the queues are full."""
        probe = socket.socket(socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET)
        try:
            probe.setblocking(False)
            async with asyncio.timeout(self._step):
                await asyncio.get_running_loop().sock_connect(probe, self._address)
            probe.shutdown(socket.SHUT_WR)
        except TimeoutError:
            probe.close()
            return None
        except BaseException:
            probe.close()
            raise
        return probe

    async def _is_closed(self, probe: socket.socket) -> bool | None:
        """None if it is still open after a step."""
        try:
            async with asyncio.timeout(self._step):
                await asyncio.get_running_loop().sock_recv(probe, 64)
        except TimeoutError:
            return None
        except OSError:
            pass  # reset: closed as well
        return True


def _cpu_waits(pid: int) -> dict[str, float]:
    """Seconds by thread."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return {}
    return {thread: cpu_wait(int(thread)) for thread in threads}


def _longest(before: Mapping[str, float], now: Mapping[str, float]) -> float:
    """We cannot tell which thread has our probe."""
    return max((now[thread] - before[thread] for thread in now.keys() & before.keys()), default=0.0)
