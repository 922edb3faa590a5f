"""Not all processes start at the same time."""

import asyncio

from routing.agent.processes import start_limiter
from routing.agent.processes.start_limiter import StartLimiter


async def test_as_many_as_there_are_places():
    at_once, most = 0, 0
    limited = StartLimiter(2)

    async def start():
        nonlocal at_once, most
        async with limited.slot():
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0.01)
            at_once -= 1

    await asyncio.gather(*(start() for _ in range(6)))
    assert most == 2


async def test_one_that_hangs_holds_up_nobody_and_gives_its_place_back_once(monkeypatch):
    monkeypatch.setattr(start_limiter, "_PATIENCE_SECONDS", 0.02)
    limited = StartLimiter(1)
    async with limited.slot():
        async with asyncio.timeout(1), limited.slot():
            pass
    assert limited._places._value == 1
