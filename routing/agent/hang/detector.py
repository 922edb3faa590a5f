"""Probes a socket until the process behind it hangs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from routing.agent.hang.cpu_wait import cpu_wait
from routing.agent.hang.probe import Address, Probe
from routing.agent.hang.silence import Silence

STEP_SECONDS = 0.25
_AGAIN_SECONDS = 0.05


class Detector:
    """`pid` answers on `address`; any byte after `request` is an answer."""

    def __init__(self, address: Address, request: bytes, pid: int, *, hang_seconds: float) -> None:
        self._address, self._request, self._pid = address, request, pid
        self._step = min(STEP_SECONDS, hang_seconds / 4)
        self._silence = Silence(hang_seconds, self._step)

    async def until_hung(self, *, every: float, before_probe: Callable[[], None]) -> None:
        """Returns once the process has not answered for `hang_seconds` as counted by `Silence`.
        Probes `every` seconds while it answers."""
        while True:
            await asyncio.sleep(every)
            before_probe()
            if not await self._answers():
                return

    async def _answers(self) -> bool:
        """Repeats a probe whose connection broke; False once the process hangs."""
        while True:
            try:
                probe = Probe(self._address, self._request)
            except OSError:  # we are out of files: no sign of a hang
                await asyncio.sleep(self._step)
                continue
            with probe:
                answer = await self._listen(probe)
            if answer is not None:
                return answer

    async def _listen(self, probe: Probe) -> bool | None:
        """True if it answered, False if it hangs, None if the connection broke."""
        clock = asyncio.get_running_loop().time
        broken = False
        while not broken:
            began, waited = clock(), cpu_wait(self._pid)
            try:
                if await probe.answered(self._step):
                    self._silence.heard()
                    return True
            except OSError:
                broken = True
                await asyncio.sleep(_AGAIN_SECONDS)
            if self._silence.waited(clock() - began, cpu_wait(self._pid) - waited):
                return False
        return None
